/* model/command.c - every command line that zmirror can run, on one screen */
#include <inttypes.h>
#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "model/command.h"

/* What each is called in messages, and how long it may take before it is killed. */
static const struct {
        const char *name;
        usec_t time_limit;
} kinds[_COMMAND_KIND_MAX] = {
        [COMMAND_SETTLE] = { "settle", USEC_PER_MIN },
        [COMMAND_CRYPT_OPEN] = { "crypt-open", 5 * USEC_PER_MIN },
        [COMMAND_CRYPT_CLOSE] = { "crypt-close", USEC_PER_MIN },
        [COMMAND_POOL_IMPORT] = { "pool-import", 30 * USEC_PER_MIN },
        [COMMAND_POOL_EXPORT] = { "pool-export", 10 * USEC_PER_MIN },
        [COMMAND_POOL_SYNC] = { "pool-sync", 5 * USEC_PER_MIN },
        [COMMAND_LEG_ONLINE] = { "leg-online", 10 * USEC_PER_MIN },
        [COMMAND_LEG_OFFLINE] = { "leg-offline", 5 * USEC_PER_MIN },
        [COMMAND_LEG_CLEAR] = { "leg-clear", 5 * USEC_PER_MIN },
        [COMMAND_POOL_CLEAR] = { "pool-clear", 5 * USEC_PER_MIN },
        [COMMAND_SCRUB] = { "scrub", 5 * USEC_PER_MIN },
        [COMMAND_SCRUB_STOP] = { "scrub-stop", 5 * USEC_PER_MIN },
        [COMMAND_TRIM] = { "trim", 5 * USEC_PER_MIN },
        [COMMAND_TRIM_STOP] = { "trim-stop", 5 * USEC_PER_MIN },
        [COMMAND_SNAPSHOT] = { "snapshot", 5 * USEC_PER_MIN },
        [COMMAND_MOUNT] = { "mount", 5 * USEC_PER_MIN },
        [COMMAND_UNMOUNT] = { "unmount", 5 * USEC_PER_MIN },
        [COMMAND_VOLMODE_GET] = { "volmode-get", USEC_PER_MIN },
        [COMMAND_VOLMODE] = { "volmode", USEC_PER_MIN },
        [COMMAND_ENABLE_TRIM] = { "enable-trim", USEC_PER_MIN },
        [COMMAND_POWER_OFF] = { "power-off", 2 * USEC_PER_MIN },
        [COMMAND_RUN] = { "run", 6 * USEC_PER_HOUR },
};

const char *command_kind_print(enum command_kind kind) {
        return kinds[kind].name;
}

/* The words up to the first NULL, copied. Configuration refuses names that begin with a dash. */
static struct command command_make(struct arena *a, enum command_kind kind, entity_id about,
                                   const char *lane, const char *const *words, size_t n) {
        const char **argv = arena_new_array(a, const char *, n + 1);
        size_t kept = 0;

        for (size_t i = 0; i < n; i++)
                if (words[i])
                        argv[kept++] = arena_strdup(a, words[i]);
        return (struct command){ .kind = kind,
                                 .about = about,
                                 .lane = arena_strdup(a, lane),
                                 .argv = argv,
                                 .time_limit = kinds[kind].time_limit };
}

/* NULL words are left out. */
#define COMMAND(kind, lane, ...)                                                                   \
        command_make(a, kind, about, lane, (const char *const[]){ __VA_ARGS__ },                   \
                     sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

struct command command_settle(struct arena *a, entity_id about) {
        return COMMAND(COMMAND_SETTLE, NULL, "udevadm", "settle", "--timeout=30");
}

struct command command_enable_trim(struct arena *a, entity_id about, const char *devnode) {
        return COMMAND(COMMAND_ENABLE_TRIM, NULL, "zmirror", "enable-trim", devnode);
}

struct command command_power_off(struct arena *a, entity_id about, const char *devnode) {
        return COMMAND(COMMAND_POWER_OFF, NULL, "zmirror", "power-off", devnode);
}

struct command command_crypt_open(struct arena *a, entity_id about, const char *device,
                                  const char *name, const char *key_file, bool allow_discards,
                                  const char *prompt) {
        struct command c = COMMAND(COMMAND_CRYPT_OPEN, NULL, "cryptsetup", "open", device, name,
                                   "--key-file", key_file ? key_file : "-",
                                   allow_discards ? "--allow-discards" : NULL);

        c.passphrase = !key_file; /* "-": from its standard input */
        c.prompt = key_file ? NULL : arena_strdup(a, prompt);
        return c;
}

struct command command_crypt_close(struct arena *a, entity_id about, const char *name) {
        return COMMAND(COMMAND_CRYPT_CLOSE, NULL, "cryptsetup", "close", name);
}

struct command command_pool_import(struct arena *a, entity_id about,
                                   const struct pool_import *import) {
        const char *guid = import->guid ? arena_printf(a, "%" PRIu64, import->guid) : NULL;
        ARRAY(const char *) words = {};
        struct command c;

        array_append(&words, "zpool");
        array_append(&words, "import");
        array_append(&words, "-o");
        array_append(
                &words,
                "cachefile=none"); /* else it would be imported past the guards at the next boot */
        for (const char *const *d = import->devices; d && *d; d++) {
                array_append(&words, "-d");
                array_append(&words, *d);
        }
        for (const char *const *w = import->args; w && *w; w++)
                array_append(&words, *w);
        if (import->root) {
                array_append(&words, "-R");
                array_append(&words, import->root);
        }
        if (!import->mount)
                array_append(&words, "-N");
        array_append(&words, guid ? guid : import->pool);
        c = command_make(a, COMMAND_POOL_IMPORT, about, import->pool, words.items, words.count);
        array_done(&words);
        return c;
}

struct command command_pool_export(struct arena *a, entity_id about, const char *pool) {
        return COMMAND(COMMAND_POOL_EXPORT, pool, "zpool", "export", pool);
}

struct command command_pool_sync(struct arena *a, entity_id about, const char *pool) {
        return COMMAND(COMMAND_POOL_SYNC, pool, "zpool", "sync", pool);
}

struct command command_pool_clear(struct arena *a, entity_id about, const char *pool) {
        return COMMAND(COMMAND_POOL_CLEAR, pool, "zpool", "clear", pool);
}

struct command command_leg_online(struct arena *a, entity_id about, const char *pool,
                                  const char *const *vdevs) {
        const char *words[COMMAND_ARGS_MAX] = { "zpool", "online", pool };
        size_t n = 3;

        for (; *vdevs && n < COMMAND_ARGS_MAX; vdevs++)
                words[n++] = *vdevs;
        return command_make(a, COMMAND_LEG_ONLINE, about, pool, words, n);
}

struct command command_leg_offline(struct arena *a, entity_id about, const char *pool,
                                   const char *vdev) {
        return COMMAND(COMMAND_LEG_OFFLINE, pool, "zpool", "offline", pool, vdev);
}

struct command command_leg_clear(struct arena *a, entity_id about, const char *pool,
                                 const char *vdev) {
        return COMMAND(COMMAND_LEG_CLEAR, pool, "zpool", "clear", pool, vdev);
}

struct command command_scrub(struct arena *a, entity_id about, const char *pool, bool stop) {
        return COMMAND(stop ? COMMAND_SCRUB_STOP : COMMAND_SCRUB, pool, "zpool", "scrub",
                       stop ? "-s" : NULL, pool);
}

struct command command_trim(struct arena *a, entity_id about, const char *pool, const char *vdev,
                            bool stop) {
        return COMMAND(stop ? COMMAND_TRIM_STOP : COMMAND_TRIM, pool, "zpool", "trim",
                       stop ? "-s" : NULL, pool, vdev);
}

struct command command_snapshot(struct arena *a, entity_id about, const char *pool,
                                const char *dataset, const char *snapshot) {
        return COMMAND(COMMAND_SNAPSHOT, pool, "zfs", "snapshot",
                       arena_printf(a, "%s/%s@%s", pool, dataset, snapshot));
}

struct command command_mount(struct arena *a, entity_id about, const char *pool,
                             const char *dataset, bool mount) {
        return COMMAND(mount ? COMMAND_MOUNT : COMMAND_UNMOUNT, pool, "zfs",
                       mount ? "mount" : "umount", arena_printf(a, "%s/%s", pool, dataset));
}

struct command command_volmode_get(struct arena *a, entity_id about, const char *pool,
                                   const char *volume) {
        return COMMAND(COMMAND_VOLMODE_GET, pool, "zfs", "get", "-H", "-o", "value", "volmode",
                       arena_printf(a, "%s/%s", pool, volume));
}

struct command command_volmode(struct arena *a, entity_id about, const char *pool,
                               const char *volume) {
        return COMMAND(COMMAND_VOLMODE, pool, "zfs", "set", "volmode=dev",
                       arena_printf(a, "%s/%s", pool, volume));
}

struct command command_run(struct arena *a, entity_id about, const char *const *argv,
                           const char *entity, const char *event) {
        const char **env = arena_new_array(a, const char *, 3);
        struct command c;
        size_t n = 0;

        while (argv[n])
                n++;
        c = command_make(a, COMMAND_RUN, about, NULL, argv, n);
        env[0] = arena_printf(a, "ZMIRROR_ENTITY=%s", entity);
        env[1] = arena_printf(a, "ZMIRROR_EVENT=%s", event);
        c.env = env;
        return c;
}

/* --- questions
 * --------------------------------------------------------------------------------------- */

const char *const *question_argv(struct arena *a, enum question question, const char *pool) {
        static const char *const words[_QUESTION_MAX][9] = {
                /* zpool would keep events back in a buffer as long as its output is no terminal. */
                [QUESTION_EVENTS] = { "stdbuf", "-oL", "zpool", "events", "-Hvf" },
                [QUESTION_POOL_JSON] = { "zpool", "status", "-j", "--json-int", "-p", "-P", "-t" },
                [QUESTION_POOL_PATHS] = { "zpool", "status", "-pPt" },
                [QUESTION_POOL_GUIDS] = { "zpool", "status", "-gpPt" },
                [QUESTION_POOL_GUID] = { "zpool", "get", "-Hp", "-o", "value", "guid" },
                [QUESTION_POOL_SPARES] = { "zpool", "status" },
                [QUESTION_POOL_PROPERTIES] = { "zpool", "get", "-Hp", "-o", "property,value",
                                               "autoreplace,multihost" },
                [QUESTION_POOL_SCRUB] = { "zfs", "get", "-Hp", "-o", "property,value",
                                          COMMAND_SCRUB_PROPERTY },
        };
        const char **argv = arena_memdup(a, words[question], sizeof(words[question]));
        size_t n = 0;

        while (argv[n])
                n++;
        if (pool)
                argv[n] = arena_strdup(a, pool);
        return argv;
}

const char *const *question_passphrase(struct arena *a, const char *name, const char *text,
                                       usec_t time_limit) {
        const char *const argv[] = {
                "systemd-ask-password",
                "--no-tty",
                arena_printf(a, "--timeout=%" PRIu64, time_limit / USEC_PER_SEC),
                arena_printf(a, "--id=zmirror:%s", name),
                "--icon=drive-harddisk",
                "--",
                arena_strdup(a, text),
                NULL,
        };

        return arena_memdup(a, argv, sizeof(argv));
}

/* --- printing
 * ---------------------------------------------------------------------------------------- */

static bool word_is_plain(const char *s) {
        return *s && strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=."
                               ",:/@%^") == strlen(s);
}

const char *command_print(struct arena *a, const struct command *c) {
        struct text t = {};
        const char *s;

        for (const char *const *w = c->argv; *w; w++) {
                if (w != c->argv)
                        text_add(&t, " ");
                if (word_is_plain(*w)) {
                        text_add(&t, *w);
                        continue;
                }
                text_add(&t, "'");
                for (const char *p = *w; *p; p++)
                        text_add(&t, *p == '\'' ? "'\\''" : (char[]){ *p, 0 });
                text_add(&t, "'");
        }
        s = arena_strdup(a, t.s ? t.s : "");
        text_done(&t);
        return s;
}
