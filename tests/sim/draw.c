/* tests/sim/draw.c - random histories: what people and fate do to a configuration */
#include <string.h>

#include "draw.h"

struct drawer {
        struct play_history *h;
        struct universe *u;
        struct dice dice;
};

static void add_line(struct drawer *d, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void add_line(struct drawer *d, const char *format, ...) {
        va_list args;

        va_start(args, format);
        array_append(&d->h->lines, arena_vprintf(d->u->arena, format, args));
        va_end(args);
}

/* At most one in the arguments of a call: their order is the compiler's. */
static uint64_t draw(struct drawer *d, uint64_t n) {
        return dice_below(&d->dice, n);
}

#define PICK(d, list) ((list).items[draw(d, (list).count)])
#define ONE_OF(d, ...)                                                                             \
        ((const char *const[]){ __VA_ARGS__ }[draw(                                                \
                d, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))])

static void draw_wait(struct drawer *d) {
        switch (draw(d, 6)) {
        case 0:
                add_line(d, "wait %llu ms", (unsigned long long) 1 + draw(d, 900));
                break;
        case 1:
        case 2:
                add_line(d, "wait %llu s", (unsigned long long) 1 + draw(d, 12));
                break;
        case 3:
                add_line(d, "wait %llu s", (unsigned long long) 10 + draw(d, 120));
                break;
        case 4:
                add_line(d, "wait until rest");
                break;
        case 5:
                add_line(d, "wait %llu min", (unsigned long long) 5 + draw(d, 90));
                break;
        }
}

static void draw_plug(struct drawer *d) {
        add_line(d, "plug %s", PICK(d, d->u->disks));
}

static void draw_pull(struct drawer *d) {
        add_line(d, "pull %s", PICK(d, d->u->disks));
}

static void draw_write(struct drawer *d) {
        const char *size = ONE_OF(d, "1M", "300M", "4G", "20G");

        add_line(d, "write %s %s", PICK(d, d->u->pools), size);
}

static void draw_wish(struct drawer *d) {
        const char *cancel = draw(d, 6) ? "" : " --cancel";
        const char *wish = ONE_OF(d, "online", "online", "offline", "offline", "scrub", "trim");

        if (*wish == 'o')
                add_line(d, "%s %s%s", wish, PICK(d, d->u->things), cancel);
        else if (draw(d, 2))
                add_line(d, "%s zpool %s%s", wish, PICK(d, d->u->pools), cancel);
        else
                add_line(d, "%s zdev %s%s", wish, PICK(d, d->u->legs), cancel);
}

/* What zmirror refuses otherwise. */
static void draw_override(struct drawer *d) {
        if (draw(d, 2))
                add_line(d, "online zpool %s --accept-data-loss", PICK(d, d->u->pools));
        else
                add_line(d, "online zdev %s --overwrite-leg", PICK(d, d->u->legs));
}

static void draw_snapshot(struct drawer *d) {
        const char *zvol, *slash;

        if (!d->u->zvols.count)
                return;
        zvol = PICK(d, d->u->zvols);
        slash = strchr(zvol, '/');
        add_line(d, "snapshot zvol %.*s %s", (int) (slash - zvol), zvol, slash + 1);
}

static void draw_maintenance(struct drawer *d) {
        add_line(d, "%s", ONE_OF(d, "maintenance", "startup"));
}

static void draw_typed(struct drawer *d) {
        const char *pool = PICK(d, d->u->pools);
        size_t leg = draw(d, d->u->legs.count);
        const char *owner = d->u->legs.items[leg];
        int length = (int) strcspn(owner, " ");

        switch (draw(d, 9)) {
        case 0:
                add_line(d, "type zpool offline %.*s %s", length, owner, d->u->paths.items[leg]);
                break;
        case 1:
                add_line(d, "type zpool online %.*s %s", length, owner, d->u->paths.items[leg]);
                break;
        case 2:
                add_line(d, "type zpool clear %.*s", length, owner);
                break;
        case 3:
                add_line(d, "type zpool export %s", pool);
                break;
        case 4:
                add_line(d, "type zpool scrub %s%s", ONE_OF(d, "", "", "-s ", "-p "), pool);
                break;
        case 5:
                if (d->u->crypts.count) {
                        const char *name = PICK(d, d->u->crypts);

                        add_line(d, "type cryptsetup open /dev/disk/by-partlabel/%s %s", name,
                                 name);
                }
                break;
        case 6:
                if (d->u->crypts.count)
                        add_line(d, "type cryptsetup close %s", PICK(d, d->u->crypts));
                break;
        case 7: /* of whatever is there, or from one leg alone */
                if (draw(d, 2))
                        add_line(d, "type zpool import %s", pool);
                else
                        add_line(d, "type zpool import -d %s %.*s", d->u->paths.items[leg], length,
                                 owner);
                break;
        case 8:
                add_line(d, "type zpool trim %s%s", draw(d, 3) ? "" : "-s ", pool);
                if (draw(d, 2)) {
                        add_line(d, "wait %llu s", (unsigned long long) 2 + draw(d, 30));
                        add_line(d, "type zpool trim -s %s", pool);
                }
                break;
        }
}

static void draw_daemon(struct drawer *d) {
        switch (draw(d, 4)) {
        case 0:
                add_line(d, "kill after %llu", (unsigned long long) draw(d, 12));
                break;
        case 1:
                add_line(d, "kill");
                break;
        case 2:
                add_line(d, "start");
                break;
        case 3:
                add_line(d, "kill");
                add_line(d, "start");
                break;
        }
}

static void draw_reload(struct drawer *d) {
        add_line(d, "reload %s", ONE_OF(d, "other", "other", "first"));
}

static void draw_state_file(struct drawer *d) {
        add_line(d, "state-file full");
        if (draw(d, 2))
                draw_wait(d);
        add_line(d, "state-file writable");
        add_line(d, "start");
}

static void draw_machine(struct drawer *d) {
        add_line(d, "%s", ONE_OF(d, "reboot", "power-cut"));
}

/* Of the kinds that are run often, more often. */
static const char *draw_command(struct drawer *d) {
        static const enum command_kind often[] = {
                COMMAND_CRYPT_OPEN, COMMAND_CRYPT_CLOSE, COMMAND_POOL_IMPORT, COMMAND_POOL_EXPORT,
                COMMAND_POOL_SYNC,  COMMAND_LEG_ONLINE,  COMMAND_LEG_OFFLINE, COMMAND_SCRUB,
        };

        return command_kind_print(draw(d, 5) ? often[draw(d, ELEMENTSOF(often))]
                                             : (enum command_kind) draw(d, _COMMAND_KIND_MAX));
}

static const char *draw_how(struct drawer *d) {
        return sim_fault_print(SIM_FAULT_FAIL + (enum sim_fault) draw(d, _SIM_FAULT_MAX - 1));
}

static void draw_fault(struct drawer *d) {
        const char *how = draw_how(d), *percent;

        switch (draw(d, 6)) {
        case 0:
                percent = ONE_OF(d, "0", "0", "3", "20");
                add_line(d, "commands %s %s", how, percent);
                break;
        case 1:
                add_line(d, "looks failed %s", ONE_OF(d, "0", "0", "3", "20"));
                break;
        default:
                add_line(d, "fail-next %s %s", draw_command(d), how);
                break;
        }
}

/* At the worst moment. */
static void draw_ambush(struct drawer *d) {
        const char *command = draw_command(d);
        uint64_t ms = draw(d, 3) ? draw(d, 1200) : 0;
        const char *verb = ONE_OF(d, "pull", "pull", "plug");

        if (draw(d, 4))
                add_line(d, "at-next %s %llu ms %s %s", command, (unsigned long long) ms, verb,
                         PICK(d, d->u->disks));
        else
                add_line(d, "at-next %s %llu ms write %s 300M", command, (unsigned long long) ms,
                         PICK(d, d->u->pools));
}

/* A device that fails without being pulled. */
static void draw_errors(struct drawer *d) {
        const char *leg = PICK(d, d->u->legs), *io, *n;

        if (!draw(d, 3)) {
                add_line(d, "corrupt %s", leg);
                return;
        }
        io = ONE_OF(d, "read", "write", "write", "checksum");
        n = ONE_OF(d, "1", "1", "3", "12");
        add_line(d, "io-error %s %s %s", leg, io, n);
        if (*io == 'w' && draw(d, 4))
                add_line(d, "write %.*s 300M", (int) strcspn(leg, " "), leg);
}

static void draw_events(struct drawer *d) {
        const char *percent = ONE_OF(d, "0", "0", "10", "60", "100");

        add_line(d, "events %s %s", ONE_OF(d, "lost", "doubled", "late"), percent);
}

static void draw_passphrase(struct drawer *d) {
        add_line(d, "passphrase %s", ONE_OF(d, "wrong", "wrong 5", "nobody", "right"));
}

static void draw_elsewhere(struct drawer *d) {
        const char *exported = draw(d, 2) ? " exported" : "";
        uint64_t megabytes = 1 + draw(d, 200);

        add_line(d, "elsewhere %s %llu%s", PICK(d, d->u->disks), (unsigned long long) megabytes,
                 exported);
}

static void draw_copy(struct drawer *d) {
        const char *disk = PICK(d, d->u->disks), *verb = ONE_OF(d, "clone", "counterfeit");

        add_line(d, "%s %s as copy-%s", verb, disk, disk);
        if (draw(d, 2))
                add_line(d, "pull %s", disk);
        add_line(d, "plug copy-%s", disk);
        if (draw(d, 2)) {
                add_line(d, "wait %llu s", (unsigned long long) draw(d, 60) + 1);
                add_line(d, "pull copy-%s", disk);
        }
}

/* Somebody uses it, and his pool is to go. */
static void draw_hold(struct drawer *d, const char *what) {
        add_line(d, "%s %s", ONE_OF(d, "hold", "hold", "release"), what);
        if (strchr(what, '/') && draw(d, 2))
                add_line(d, "offline zpool %.*s", (int) strcspn(what, "/"), what);
}

/* A zvol, a container, or a pool. */
static const char *draw_held(struct drawer *d) {
        switch (draw(d, 3)) {
        case 0:
                return d->u->zvols.count ? PICK(d, d->u->zvols) : NULL;
        case 1:
                return d->u->crypts.count ? PICK(d, d->u->crypts) : NULL;
        default:
                return PICK(d, d->u->pools);
        }
}

static void draw_zfs(struct drawer *d) {
        const char *what, *whether;

        switch (draw(d, 5)) {
        case 0:
                what = ONE_OF(d, "on", "off");
                add_line(d, "checkpoint %s %s", PICK(d, d->u->pools), what);
                break;
        case 1:
                what = draw_held(d);
                if (what)
                        draw_hold(d, what);
                break;
        case 2:
                what = ONE_OF(d, "1", "5", "10");
                add_line(d, "slow %s %s", PICK(d, d->u->disks), what);
                break;
        case 3:
                what = ONE_OF(d, "removing", "rebuilding", "spare", "silence");
                whether = draw(d, 2) ? "on" : "off"; /* draws of one call have no order */
                add_line(d, "%s %s %s", what, PICK(d, d->u->pools), whether);
                break;
        case 4:
                add_line(d, "bridge %s", PICK(d, d->u->disks));
                break;
        }
}

static void draw_clock(struct drawer *d) {
        if (draw(d, 2))
                add_line(d, "clock %s",
                         ONE_OF(d, "+1h", "-1h", "+3days", "-1day", "+1s", "+4years",
                                "2026-03-29 01:59:30", "2026-10-25 02:59:30"));
        else
                add_line(d, "suspend %s", ONE_OF(d, "3 s", "20 min", "9 h", "40 days"));
}

/* Not after a leg went another way than its pool. */
static void draw_memory(struct drawer *d) {
        for (size_t i = 0; i < d->h->lines.count; i++)
                if (text_starts(d->h->lines.items[i], "elsewhere ") ||
                    text_starts(d->h->lines.items[i], "clone ") ||
                    text_starts(d->h->lines.items[i], "type zpool import "))
                        return;
        add_line(d, "kill");
        add_line(d, "lose-memory");
        add_line(d, "start");
}

static const struct {
        unsigned weight;
        bool gentle; /* a good user does it, too */
        void (*draw)(struct drawer *d);
} kinds[] = {
        { 30, true, draw_wait },       { 20, true, draw_plug },      { 14, false, draw_pull },
        { 10, true, draw_write },      { 7, true, draw_wish },       { 1, true, draw_snapshot },
        { 2, true, draw_maintenance }, { 4, false, draw_typed },     { 4, false, draw_daemon },
        { 2, false, draw_machine },    { 3, false, draw_fault },     { 2, false, draw_events },
        { 1, false, draw_passphrase }, { 1, false, draw_elsewhere }, { 1, false, draw_copy },
        { 3, false, draw_zfs },        { 1, false, draw_clock },     { 1, false, draw_reload },
        { 1, false, draw_state_file }, { 2, false, draw_ambush },    { 2, false, draw_errors },
        { 1, false, draw_override },   { 1, false, draw_memory },
};

/* A disk is plugged, or written to, or unplugged as it is safe; somewhere on the way the daemon is
 * killed, and starts again. In between everything comes to rest. */
static void draw_crashes(struct drawer *d, uint32_t n) {
        uint32_t crash = (uint32_t) draw(d, n);

        for (uint32_t i = 0; i < n; i++) {
                switch (draw(d, 4)) {
                case 0:
                        draw_write(d);
                        break;
                case 1:
                        draw_pull(d);
                        break;
                default:
                        draw_plug(d);
                        break;
                }
                if (i == crash || !draw(d, 6)) {
                        add_line(d, "kill after %llu", (unsigned long long) draw(d, 25));
                        add_line(d, "wait %llu s", (unsigned long long) 1 + draw(d, 400));
                        add_line(d, "kill");
                        add_line(d, "start");
                }
                add_line(d, "wait until rest");
        }
}

void draw_history(struct play_history *h, struct universe *u, uint64_t seed,
                  const struct draw_options *options) {
        struct drawer d = { .h = h, .u = u, .dice = { seed * 0x2545f491 + 5 } };
        uint32_t n = 3 + (uint32_t) draw(&d, options->n_lines - 2);
        unsigned sum = 0;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                sum += kinds[i].gentle || !options->gentle ? kinds[i].weight : 0;
        h->universe = u;
        h->crashes = options->crashes;
        if (h->crashes)
                draw_crashes(&d, n < 8 ? n : 8);
        while (!h->crashes && h->lines.count < n) {
                unsigned at = (unsigned) draw(&d, sum);

                for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                        unsigned weight = kinds[i].gentle || !options->gentle ? kinds[i].weight : 0;

                        if (at < weight) {
                                kinds[i].draw(&d);
                                break;
                        }
                        at -= weight;
                }
        }
}
