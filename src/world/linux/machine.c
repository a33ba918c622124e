/* world/linux/machine.c - what of this machine may bite a configuration: properties of pools,
 * timers, the cachefile, hubs */
#include <limits.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "model/command.h"
#include "model/path.h"
#include "world/linux/child.h"
#include "world/linux/file.h"
#include "world/linux/machine.h"
#include "world/linux/nvlist.h"

#define ASK_LIMIT     (4 * USEC_PER_SEC)
#define ANSWER_MAX    ((size_t) 256 << 10)
#define CACHEFILE_MAX ((size_t) 16 << 20)
#define CRON_MAX      ((size_t) 64 << 10)

const struct machine_folders machine_folders_usual = {
        .etc = "/etc",
        .sys = "/sys",
        .dev = "/dev",
        .kstat = "/proc/spl/kstat/zfs",
};

struct reader {
        struct arena *arena;
        const struct config *config;
        const struct machine_folders *in;
        sd_event *loop;
        struct children *children;
        /* the question that was asked last */
        bool ended;
        const char *answer, *failure;
};

/* --- asking ZFS
 * ------------------------------------------------------------------------------------------ */

static void on_end(void *userdata, const struct child_end *end) {
        struct reader *r = userdata;

        r->ended = true;
        if (end->started && !end->timed_out && !end->exit_status && !end->output_cut)
                r->answer = arena_strdup(r->arena, end->output);
        else if (end->timed_out)
                r->failure = "it does not answer";
        else
                r->failure = *end->errors ? arena_strdup(r->arena, end->errors) : "it failed";
}

static void on_drop(void *userdata) {
        struct reader *r = userdata;

        r->ended = true;
}

/* What the command printed; NULL: it failed, and `failure` says why. */
static const char *reader_ask(struct reader *r, enum question question, const char *pool) {
        struct child_options options = {
                .argv = question_argv(r->arena, question, pool),
                .output_max = ANSWER_MAX,
                .time_limit = ASK_LIMIT,
                .on_end = on_end,
                .on_drop = on_drop,
                .userdata = r,
        };

        r->ended = false;
        r->answer = r->failure = NULL;
        (void) child_start(r->children, &options);
        while (!r->ended && sd_event_run(r->loop, UINT64_MAX) >= 0)
                ;
        if (!r->answer && !r->failure)
                r->failure = "it could not be asked";
        return r->answer;
}

/* "tab-separated\tlines": the value behind the name. */
static bool answer_is_on(const char *answer, const char *name) {
        const char *line = answer;

        while (line && *line) {
                size_t n = strlen(name);

                if (!strncmp(line, name, n) && line[n] == '\t')
                        return text_starts(line + n + 1, "on\n");
                line = strchr(line, '\n');
                line += line != NULL;
        }
        return false;
}

static bool pool_is_suspended(const struct reader *r, const char *name) {
        const char *state = file_read_line(
                r->arena, arena_printf(r->arena, "%s/%s/state", r->in->kstat, name));

        return state && text_equal(state, "SUSPENDED");
}

static void pool_ask(struct reader *r, const char *name, bool cron, struct machine_pool *ret) {
        const char *answer;

        if (pool_is_suspended(r, name)) {
                ret->failure = "it is suspended";
                return;
        }
        answer = reader_ask(r, QUESTION_POOL_PROPERTIES, name);
        if (answer) {
                ret->autoreplace = answer_is_on(answer, "autoreplace");
                ret->multihost = answer_is_on(answer, "multihost");
                answer = reader_ask(r, QUESTION_POOL_SPARES, name);
        }
        if (answer) {
                ret->spares = strstr(answer, "\n\tspares");
                answer = cron ? reader_ask(r, QUESTION_POOL_SCRUB, name) : "";
        }
        if (answer)
                ret->scrub_disabled = strstr(answer, COMMAND_SCRUB_PROPERTY "\tdisable");
        ret->failure = r->failure;
}

/* --- files
 * -----------------------------------------------------------------------------------------------
 */

static bool is_there(const char *path) {
        return access(path, F_OK) == 0 || readlink(path, (char[1]){}, 1) >= 0;
}

/* The distribution's scrub of one pool, as a systemd timer: zfs-scrub-weekly@tank.timer. */
static const char *find_scrub_timer(const struct reader *r, const char *pool) {
        static const char *const often[] = { "weekly", "monthly" };

        for (size_t i = 0; i < ELEMENTSOF(often); i++) {
                const char *unit = arena_printf(r->arena, "zfs-scrub-%s@%s.timer", often[i], pool);

                if (is_there(arena_printf(r->arena, "%s/systemd/system/timers.target.wants/%s",
                                          r->in->etc, unit)))
                        return unit;
        }
        return NULL;
}

/* Debian's /etc/cron.d/zfsutils-linux, unless somebody has put a # before the line. */
static bool cron_scrubs(const struct reader *r) {
        struct text t = {};
        bool found = false;

        if (file_read(arena_printf(r->arena, "%s/cron.d/zfsutils-linux", r->in->etc), CRON_MAX,
                      &t) >= 0)
                for (const char *line = t.s; line && !found; line = strchr(line, '\n')) {
                        size_t n;

                        line += *line == '\n';
                        n = strcspn(line, "\n");
                        found = *line != '#' && memmem(line, n, "zfs-linux/scrub", 15);
                }
        text_done(&t);
        return found;
}

static bool imports_cached(const struct reader *r) {
        static const char *const targets[] = { "zfs-import.target.wants", "zfs.target.wants" };

        for (size_t i = 0; i < ELEMENTSOF(targets); i++)
                if (is_there(arena_printf(r->arena, "%s/systemd/system/%s/zfs-import-cache.service",
                                          r->in->etc, targets[i])))
                        return true;
        return false;
}

/* The cachefile is a list of the configurations of pools, by name (OpenZFS: spa_write_cachefile).
 */
static void read_cachefile(struct reader *r, struct machine *m) {
        struct nvlist all, one;
        struct text t = {};

        if (file_read(arena_printf(r->arena, "%s/zfs/zpool.cache", r->in->etc), CACHEFILE_MAX,
                      &t) >= 0 &&
            nvlist_open((const uint8_t *) t.s, t.length, &all))
                for (uint32_t i = 0; i < m->n_pools; i++)
                        m->pools[i].in_cachefile = nvlist_find_list(
                                all, config_entity(r->config, m->pools[i].pool)->name, &one);
        text_done(&t);
}

/* --- hubs
 * ------------------------------------------------------------------------------------------------
 */

static const char *link_target(struct arena *a, const char *path) {
        char target[PATH_MAX];
        ssize_t n = readlink(path, target, sizeof(target) - 1);

        return n < 0 ? NULL : arena_strndup(a, target, (size_t) n);
}

/* "2-1.3" is a device at the third port of the hub "2-1"; "2-1" is plugged into the machine itself.
 */
static bool is_usb_device(const char *s, size_t n) {
        size_t digits = strspn(s, "0123456789");

        return digits && digits < n && s[digits] == '-' &&
               digits + 1 + strspn(s + digits + 1, "0123456789.") == n;
}

/* In the path of a device in /sys: the hub that its USB device, the last one in it, hangs on. */
static const char *hub_of(struct arena *a, const char *syspath) {
        const char *hub = NULL;

        for (const char *s = syspath; *s; s += strcspn(s, "/")) {
                size_t n;

                s += *s == '/';
                n = strcspn(s, "/");
                if (is_usb_device(s, n)) {
                        const char *dot = memrchr(s, '.', n);

                        hub = dot ? arena_strndup(a, s, (size_t) (dot - s)) : NULL;
                }
        }
        return hub;
}

static const char *find_hub(const struct reader *r, const struct entity *part) {
        struct arena *a = r->arena;
        const char *device = link_target(
                a,
                arena_printf(a, "%s%s", r->in->dev, path_of_part(a, part->name) + strlen("/dev")));
        const char *syspath;

        if (!device)
                return NULL;
        if (strrchr(device, '/'))
                device = strrchr(device, '/') + 1;
        syspath = link_target(a, arena_printf(a, "%s/class/block/%s", r->in->sys, device));
        return syspath ? hub_of(a, syspath) : NULL;
}

/* --- all of it
 * ------------------------------------------------------------------------------------------- */

static const char *read_zfs_version(const struct reader *r) {
        const char *version = file_read_line(
                r->arena, arena_printf(r->arena, "%s/module/zfs/version", r->in->sys));

        return version ? version : "";
}

/* The module's parameter is 0 if nobody set it; then it reads the file, and is 0 without one. */
static bool lacks_hostid(const struct reader *r) {
        const char *set = file_read_line(
                r->arena,
                arena_printf(r->arena, "%s/module/spl/parameters/spl_hostid", r->in->sys));

        return set && text_equal(set, "0") &&
               !is_there(arena_printf(r->arena, "%s/hostid", r->in->etc));
}

static void read_pools(struct reader *r, struct machine *m) {
        for (entity_id i = 0; i < r->config->n_entities; i++)
                m->n_pools += config_entity(r->config, i)->type == ENTITY_ZPOOL;
        m->pools = arena_new_array(r->arena, struct machine_pool, m->n_pools);
        m->n_pools = 0;
        for (entity_id i = 0; i < r->config->n_entities; i++) {
                const struct entity *e = config_entity(r->config, i);
                struct machine_pool *p = &m->pools[m->n_pools];

                if (e->type != ENTITY_ZPOOL)
                        continue;
                m->n_pools++;
                p->pool = i;
                p->imported = is_there(arena_printf(r->arena, "%s/%s", r->in->kstat, e->name));
                p->scrub_timer = find_scrub_timer(r, e->name);
                if (p->imported)
                        pool_ask(r, e->name, m->cron_scrubs, p);
        }
}

void machine_look(struct arena *a, const struct config *c, const struct machine_folders *folders,
                  struct machine *ret) {
        struct reader r = { .arena = a, .config = c, .in = folders };

        *ret = (struct machine){};
        if (sd_event_new(&r.loop) < 0)
                return;
        r.children = children_new(r.loop);
        ret->zfs_version = read_zfs_version(&r);
        ret->cron_scrubs = cron_scrubs(&r);
        ret->imports_cached = imports_cached(&r);
        ret->lacks_hostid = lacks_hostid(&r);
        read_pools(&r, ret);
        read_cachefile(&r, ret);
        ret->hubs = arena_new_array(a, const char *, c->n_entities + 1);
        for (entity_id i = 0; i < c->n_entities; i++)
                if (config_entity(c, i)->type == ENTITY_PART)
                        ret->hubs[i] = find_hub(&r, config_entity(c, i));
        r.children = children_free(r.children);
        sd_event_unref(r.loop);
}
