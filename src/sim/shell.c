/* sim/shell.c - what the commands do in the simulated world: from an argument vector to its effect
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim/inside.h"

#define WORDS_MAX 300

/* Options and operands of a command line, apart. */
struct words {
        const char *operands[WORDS_MAX];
        uint32_t n;
        const char *devices[WORDS_MAX]; /* of -d; NULL-terminated */
        uint32_t n_devices;
        bool stop, pause, no_mount, force, no_discards;
};

static struct answer answer_text(struct sim *s, int exit_status, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static struct answer answer_text(struct sim *s, int exit_status, const char *format, ...) {
        struct answer a = { .exit_status = exit_status };
        va_list args;

        va_start(args, format);
        a.text = arena_vprintf(s->arena, format, args);
        va_end(args);
        return a;
}

/* `with_value`: letters of options that take a value. */
static void words_split(struct words *w, const char *const *argv, const char *with_value) {
        for (; *argv && w->n < WORDS_MAX && w->n_devices < WORDS_MAX - 1; argv++) {
                const char *a = *argv;
                char letter = a[0] ? a[1] : 0;

                if (a[0] != '-' || !a[1]) {
                        w->operands[w->n++] = a;
                        continue;
                }
                if (text_starts(a, "--")) {
                        w->no_discards &= !text_equal(a, "--allow-discards");
                        if (text_equal(a, "--key-file") && argv[1])
                                argv++;
                        continue;
                }
                w->stop |= letter == 's';
                w->pause |= letter == 'p';
                w->no_mount |= letter == 'N';
                w->force |= letter == 'f';
                if (!strchr(with_value, letter))
                        continue;
                if (!a[2] && !argv[1])
                        return;
                a = a[2] ? a + 2 : *++argv;
                if (letter == 'd')
                        w->devices[w->n_devices++] = a;
        }
}

static struct answer shell_zpool_import(struct sim *s, const char *const *argv) {
        struct words w = {};

        words_split(&w, argv, "doR");
        if (w.n != 1)
                return answer_text(s, 2, "usage: zpool import: %s", "one pool");
        return zpool_import(s, w.operands[0], w.n_devices ? w.devices : NULL, !w.no_mount, w.force);
}

static struct answer shell_zpool_legs(struct sim *s, struct zpool *p, const char *verb,
                                      const struct words *w) {
        struct answer a = {};

        for (uint32_t i = 1; i < w->n && !a.exit_status && !a.hangs; i++) {
                struct leg *l = leg_find(p, w->operands[i]);

                if (!l)
                        return answer_text(s, 1, "cannot use %s: no such device in pool",
                                           w->operands[i]);
                if (text_equal(verb, "online"))
                        a = leg_online(s, l);
                else if (text_equal(verb, "offline"))
                        a = leg_offline(s, l);
                else
                        a = leg_clear(s, l);
        }
        return a;
}

static struct answer shell_zpool(struct sim *s, const char *const *argv) {
        const char *verb = argv[0] ? argv[0] : "";
        struct words w = {};
        struct leg *leg = NULL;
        struct zpool *p;

        if (text_equal(verb, "import"))
                return shell_zpool_import(s, argv + 1);
        words_split(&w, argv + 1, "r");
        if (!w.n)
                return answer_text(s, 2, "usage: zpool %s <pool>", verb);
        p = zpool_find(s, w.operands[0]);
        if (!p || !p->imported)
                return answer_text(s, 1, "cannot open '%s': no such pool", w.operands[0]);
        if (zpool_hangs(s, p) && !text_equal(verb, "clear"))
                return (struct answer){ .hangs = true };

        if (text_equal(verb, "export"))
                return zpool_export(s, p);
        if (text_equal(verb, "sync"))
                return zpool_force_sync(s, p);
        if (text_equal(verb, "scrub"))
                return zpool_scrub(s, p, w.stop ? SCRUB_STOP : w.pause ? SCRUB_PAUSE : SCRUB_BEGIN);
        if (text_equal(verb, "clear") && w.n == 1)
                return zpool_clear(s, p);
        if (text_equal(verb, "trim")) {
                leg = w.n > 1 ? leg_find(p, w.operands[1]) : NULL;
                if (w.n > 1 && !leg)
                        return answer_text(s, 1, "cannot trim %s: no such device in pool",
                                           w.operands[1]);
                return zpool_trim(s, p, leg, w.stop);
        }
        if (text_equal(verb, "online") || text_equal(verb, "offline") || text_equal(verb, "clear"))
                return shell_zpool_legs(s, p, verb, &w);
        return answer_text(s, 2, "unrecognized command '%s'", verb);
}

static struct answer shell_mount(struct sim *s, const char *name, bool mount) {
        char pool[256];
        struct zpool *p;

        (void) snprintf(pool, sizeof(pool), "%.*s", (int) strcspn(name, "/"), name);
        p = zpool_find(s, pool);
        if (!p || !p->imported)
                return answer_text(s, 1, "cannot open '%s': dataset does not exist", name);
        for (size_t i = 0; i < p->datasets.count; i++) {
                if (!text_equal(p->datasets.items[i], name))
                        continue;
                if (p->mounted.items[i] == mount)
                        return answer_text(s, 1, "cannot %s '%s': it is so already",
                                           mount ? "mount" : "unmount", name);
                if (!mount && p->holder)
                        return answer_text(s, 1, "cannot unmount '/%s': pool or dataset is busy",
                                           name);
                p->mounted.items[i] = mount;
                s->changes++;
                sim_event_mounts(s);
                return (struct answer){};
        }
        return answer_text(s, 1, "cannot open '%s': dataset does not exist", name);
}

static struct answer shell_volmode(struct sim *s, const char *value, const char *name) {
        struct volume *v = volume_find(s, VOLUME_ZVOL, name);

        if (!v || !v->pool->imported)
                return answer_text(s, 1, "cannot open '%s': dataset does not exist", name);
        if (!text_equal(value, "volmode=dev"))
                return (struct answer){};
        v->hidden = false;
        zvol_appear(s, v);
        return (struct answer){};
}

static struct answer shell_snapshot(struct sim *s, const char *name) {
        char pool[256];
        struct zpool *p;

        (void) snprintf(pool, sizeof(pool), "%.*s", (int) strcspn(name, "/@"), name);
        p = zpool_find(s, pool);
        if (!p || !p->imported)
                return answer_text(s, 1, "cannot open '%s': dataset does not exist", name);
        if (p->suspended || zpool_hangs(s, p))
                return (struct answer){ .hangs = true };
        for (size_t i = 0; i < s->snapshots.count; i++)
                if (text_equal(s->snapshots.items[i], name))
                        return answer_text(s, 1,
                                           "cannot create snapshot '%s': dataset already "
                                           "exists",
                                           name);
        array_append(&s->snapshots, arena_strdup(s->arena, name));
        zpool_write(s, p, 4096);
        return (struct answer){};
}

static struct answer shell_zfs(struct sim *s, const char *const *argv) {
        const char *verb = argv[0] ? argv[0] : "";
        struct words w = {};

        words_split(&w, argv[0] ? argv + 1 : argv, "");
        if (text_equal(verb, "snapshot") && w.n == 1)
                return shell_snapshot(s, w.operands[0]);
        if (text_equal(verb, "mount") && w.n == 1)
                return shell_mount(s, w.operands[0], true);
        if ((text_equal(verb, "umount") || text_equal(verb, "unmount")) && w.n == 1)
                return shell_mount(s, w.operands[0], false);
        if (text_equal(verb, "set") && w.n == 2)
                return shell_volmode(s, w.operands[0], w.operands[1]);
        return answer_text(s, 2, "unrecognized command '%s'", verb);
}

static struct answer shell_crypt_open(struct sim *s, struct task *t, const struct words *w) {
        struct node *n;

        if (w->n != 2)
                return answer_text(s, 1, "usage: cryptsetup open %s", "<device> <name>");
        n = node_find(s, w->operands[0]);
        if (!n || node_io(s, n) != IO_GOOD)
                return answer_text(s, 4, "Device %s does not exist or access denied.",
                                   w->operands[0]);
        if (!n->volume || !n->volume->inside)
                return answer_text(s, 1, "Device %s is not a valid LUKS device.", w->operands[0]);
        if (node_find_mapping(s, w->operands[1]))
                return answer_text(s, 5, "Device %s already exists.", w->operands[1]);
        if (n->users)
                return answer_text(s, 5,
                                   "Cannot use device %s which is in use (already mapped or "
                                   "mounted).",
                                   w->operands[0]);
        if (t->command.passphrase && s->wrong_passphrases) {
                s->wrong_passphrases--;
                return answer_text(s, 2, "%s", "No key available with this passphrase.");
        }
        (void) mapping_open(s, n, w->operands[1], !w->no_discards);
        return (struct answer){};
}

static struct answer shell_crypt_close(struct sim *s, const struct words *w) {
        struct node *n = w->n ? node_find_mapping(s, w->operands[0]) : NULL;

        if (!n)
                return answer_text(s, 4, "Device %s is not active.", w->n ? w->operands[0] : "");
        if (node_is_busy(s, n))
                return answer_text(s, 5, "Device %s is still in use.", w->operands[0]);
        mapping_close(s, n);
        return (struct answer){};
}

static struct answer shell_cryptsetup(struct sim *s, struct task *t, const char *const *argv) {
        struct words w = { .no_discards = true };
        const char *verb = argv[0] ? argv[0] : "";

        words_split(&w, argv[0] ? argv + 1 : argv, "d");
        if (text_equal(verb, "open") || text_equal(verb, "luksOpen"))
                return shell_crypt_open(s, t, &w);
        if (text_equal(verb, "close") || text_equal(verb, "luksClose"))
                return shell_crypt_close(s, &w);
        return answer_text(s, 1, "cryptsetup: unknown action %s", verb);
}

/* The kernel tells nobody of the new mode. */
static struct answer shell_enable_trim(struct sim *s, const char *path) {
        struct node *n = path ? node_find(s, path) : NULL;

        if (!n || !n->disk)
                return answer_text(s, 1, "zmirror: %s is no SCSI disk", path ? path : "");
        n->disk->no_trim = false;
        return (struct answer){};
}

/* A partition of it is. */
static bool disk_is_used(const struct sim *s, const struct node *disk) {
        for (size_t i = 0; i < s->nodes.count; i++) {
                const struct node *n = s->nodes.items[i];

                if (n->under == disk && (n->users || n->holder))
                        return true;
        }
        return false;
}

/* A disk in a USB enclosure goes with its port; others stay. */
static struct answer shell_power_off(struct sim *s, const char *path) {
        struct node *n = path ? node_find(s, path) : NULL;

        if (!n || !n->disk)
                return answer_text(s, 1, "zmirror: there is no disk %s", path ? path : "");
        if (disk_is_used(s, n))
                return answer_text(s, 1, "zmirror: %s is in use", path);
        if (!n->disk->usb)
                return answer_text(s, 0, "%s cannot be powered off", path);
        disk_pull(s, n->disk);
        return (struct answer){};
}

struct answer shell_execute(struct sim *s, struct task *t) {
        const char *const *argv = t->command.argv;
        const char *program = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];

        if (text_equal(program, "zpool"))
                return shell_zpool(s, argv + 1);
        if (text_equal(program, "zfs"))
                return shell_zfs(s, argv + 1);
        if (text_equal(program, "cryptsetup"))
                return shell_cryptsetup(s, t, argv + 1);
        if (text_equal(program, "zmirror") && text_equal(argv[1], "enable-trim"))
                return shell_enable_trim(s, argv[2]);
        if (text_equal(program, "zmirror") && text_equal(argv[1], "power-off"))
                return shell_power_off(s, argv[2]);
        return (struct answer){}; /* udevadm settle, a handler's program */
}

/* cryptsetup tries for five seconds to close what is in use. */
bool shell_may_retry(const struct task *t) {
        return text_equal(t->command.argv[0], "cryptsetup") && t->answer.exit_status == 5 &&
               (text_equal(t->command.argv[1], "close") ||
                text_equal(t->command.argv[1], "luksClose")) &&
               t->sim->time - t->started < 5 * USEC_PER_SEC;
}

usec_t shell_takes(struct sim *s, const struct command *c) {
        static const usec_t usual[_COMMAND_KIND_MAX] = {
                [COMMAND_SETTLE] = 50 * USEC_PER_MSEC,
                [COMMAND_CRYPT_OPEN] = 900 * USEC_PER_MSEC,
                [COMMAND_CRYPT_CLOSE] = 200 * USEC_PER_MSEC,
                [COMMAND_POOL_IMPORT] = 1500 * USEC_PER_MSEC,
                [COMMAND_POOL_EXPORT] = 800 * USEC_PER_MSEC,
                [COMMAND_POOL_SYNC] = 300 * USEC_PER_MSEC,
                [COMMAND_LEG_ONLINE] = 600 * USEC_PER_MSEC,
                [COMMAND_LEG_OFFLINE] = 500 * USEC_PER_MSEC,
        };

        return sim_about(s, usual[c->kind] ? usual[c->kind] : 200 * USEC_PER_MSEC);
}
