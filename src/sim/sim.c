/* sim/sim.c - the simulated world: its clock, its looks and commands, and what people and fate do
 * in it */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim/build.h"
#include "sim/inside.h"

#define SILENT_LOOK (30 * USEC_PER_SEC) /* after that a look at a pool is given up */

/* --- time and chance --- */

void sim_later(struct sim *s, usec_t delay, void (*fire)(void *sim, void *what, uint64_t number),
               void *what, uint64_t number) {
        queue_add(&s->queue, (struct happening){
                                     .at = s->time + delay,
                                     .fire = fire,
                                     .owner = s,
                                     .what = what,
                                     .number = number,
                             });
}

usec_t sim_about(struct sim *s, usec_t usual) {
        return s->options.jitter ? usual / 2 + dice_below(&s->dice, usual + 1) : usual;
}

struct later {
        void (*call)(void *userdata, uint64_t number);
        void *userdata;
};

static void sim_on_call(void *owner, void *what, uint64_t number) {
        const struct later *l = what;

        l->call(l->userdata, number);
}

void sim_call_later(struct sim *s, usec_t delay, void (*call)(void *userdata, uint64_t number),
                    void *userdata, uint64_t number) {
        struct later later = { call, userdata };

        sim_later(s, delay, sim_on_call, arena_memdup(s->arena, &later, sizeof(later)), number);
}

uint64_t sim_guid(struct sim *s) {
        struct dice d = { s->options.seed * 31 + 7 * ++s->guids };

        return dice_next(&d) | (uint64_t) 1 << 62; /* long enough to look like one */
}

const char *sim_uuid(struct sim *s) {
        uint64_t a = sim_guid(s), b = sim_guid(s);

        return arena_printf(s->arena, "%08x-%04x-%04x-%04x-%012" PRIx64, (unsigned) (a >> 32),
                            (unsigned) (a >> 16 & 0xffff), (unsigned) (a & 0xffff),
                            (unsigned) (b >> 48), b & 0xffffffffffff);
}

usec_t sim_wall(const struct sim *s) {
        return s->time + s->wall_offset;
}

usec_t sim_next(const struct sim *s) {
        return queue_next(&s->queue);
}

usec_t sim_time(const struct sim *s) {
        return s->time;
}

void sim_set_time(struct sim *s, usec_t time) {
        assert(time >= s->time && time <= sim_next(s));
        s->time = time;
}

static void task_on_apply(void *owner, void *what, uint64_t number);

/* What hangs in the kernel is tried again when the world has changed. */
static void sim_retry_hung(struct sim *s) {
        for (size_t i = 0; i < s->tasks.count; i++) {
                struct task *t = s->tasks.items[i];

                if (!t->hung || t->fault == SIM_FAULT_HANG || t->hung_at == s->changes)
                        continue;
                t->hung_at = s->changes;
                task_on_apply(s, t, 0);
        }
}

void sim_step(struct sim *s) {
        struct happening h = queue_take(&s->queue);

        if (h.at > s->time)
                s->time = h.at;
        h.fire(h.owner, h.what, h.number);
        sim_retry_hung(s);
}

void sim_set_clock(struct sim *s, int64_t by_usec) {
        s->wall_offset += (usec_t) by_usec;
        s->changes++;
}

void sim_suspend(struct sim *s, usec_t duration) {
        sim_say(s, SIM_VOICE_PERSON, "suspend, and resume");
        s->wall_offset += duration;
        s->slept += duration;
        s->changes++;
}

uint64_t sim_changes(const struct sim *s) {
        return s->changes;
}

/* --- what is heard of it --- */

void sim_say(struct sim *s, enum sim_voice voice, const char *format, ...) {
        char text[1024];
        va_list args;

        if (!s->watcher.on_say)
                return;
        va_start(args, format);
        (void) vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        s->watcher.on_say(s->watcher.userdata, voice, text);
}

void sim_watch(struct sim *s, struct sim_watcher w) {
        s->watcher = w;
}

void sim_check(struct sim *s, struct sim_checker c) {
        s->checker = c;
}

static void sim_on_hint(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct look look = { .kind = (enum look_kind) number, .name = what };

        if (s->listener)
                s->listener->on_hint(s->listener->userdata, &look);
}

/* An event may be lost, late, or come twice. `name` lives as long as the world. */
static void sim_hint(struct sim *s, enum look_kind kind, const char *name) {
        usec_t delay = sim_about(s, 20 * USEC_PER_MSEC);

        if (!s->listener)
                return;
        if (dice_chance(&s->dice, s->faults.event_lost)) {
                s->deaf_until = s->time + 11 * USEC_PER_MIN; /* there is a regular look */
                return;
        }
        if (dice_chance(&s->dice, s->faults.event_late)) {
                delay += dice_below(&s->dice, 10 * USEC_PER_SEC);
                if (s->deaf_until < s->time + delay)
                        s->deaf_until = s->time + delay;
        }
        sim_later(s, delay, sim_on_hint, (void *) name, kind);
        if (dice_chance(&s->dice, s->faults.event_doubled))
                sim_later(s, delay + USEC_PER_MSEC, sim_on_hint, (void *) name, kind);
}

void sim_event_device(struct sim *s, const char *verb, const struct node *n) {
        sim_say(s, SIM_VOICE_UDEV, "%s %s%s%s", verb, n->devnode + strlen("/dev/"),
                n->kind == DEVICE_DISK ? "" : " ",
                n->kind == DEVICE_MAPPING ? n->dm_name
                : n->volume               ? n->volume->name
                                          : "");
        sim_hint(s, LOOK_DEVICE, n->syspath);
}

void sim_event_pool(struct sim *s, const struct zpool *p, const char *event, const char *detail) {
        sim_say(s, SIM_VOICE_ZFS, "%s %s%s%s", event, p->name, *detail ? " " : "", detail);
        if (text_starts(event, "pool_") || text_equal(event, "io_failure"))
                sim_hint(s, LOOK_POOLS, NULL);
        sim_hint(s, LOOK_POOL, p->name);
}

void sim_event_mounts(struct sim *s) {
        sim_hint(s, LOOK_MOUNTS, NULL);
}

/* --- looking --- */

static struct glance *glance_new(struct sim *s) {
        for (size_t i = 0; i < s->glances.count; i++)
                if (!s->glances.items[i]->used)
                        return s->glances.items[i];
        array_append(&s->glances, memory_new(1, sizeof(struct glance)));
        return s->glances.items[s->glances.count - 1];
}

static void look_devices(struct sim *s, const char *syspath, struct arena *a, struct facts *f) {
        struct device *d = arena_new_array(a, struct device, s->nodes.count + 1);
        uint32_t n = 0;

        for (size_t i = 0; i < s->nodes.count; i++) {
                const struct node *node = s->nodes.items[i];

                if (!node->visible || node->gone ||
                    (syspath && !text_equal(node->syspath, syspath)))
                        continue;
                node_fact(s, node, &d[n++]);
        }
        f->devices = d;
        f->n_devices = n;
}

static const char *zpool_kstat(const struct sim *s, const struct zpool *p) {
        if (p->suspended)
                return "SUSPENDED";
        return zpool_state(s, p) == VDEV_STATE_ONLINE ? "ONLINE" : "DEGRADED";
}

/* An entry is there before the import has ended, and says ONLINE. */
static bool zpool_is_being_imported(struct sim *s, const struct zpool *p) {
        for (size_t i = 0; i < s->tasks.count; i++) {
                const struct task *t = s->tasks.items[i];
                const char *last = NULL;
                uint64_t guid;

                if (t->applied || t->fault != SIM_FAULT_NONE ||
                    s->time < t->started + t->takes / 2 ||
                    !text_equal(t->command.argv[0], "zpool") ||
                    !text_equal(t->command.argv[1], "import"))
                        continue;
                for (const char *const *w = t->command.argv; *w; w++)
                        last = *w;
                if (text_to_u64(last, &guid) ? guid == p->guid : text_equal(last, p->name))
                        return true;
        }
        return false;
}

static void look_pools(struct sim *s, struct arena *a, struct facts *f) {
        struct pool_seen *seen = arena_new_array(a, struct pool_seen, s->pools.count);

        f->pools = seen;
        for (size_t i = 0; i < s->pools.count; i++) {
                const struct zpool *p = s->pools.items[i];

                if (!p->imported && !zpool_is_being_imported(s, p))
                        continue;
                seen[f->n_pools++] = (struct pool_seen){
                        .name = p->name,
                        .guid = s->options.old_zfs ? 0 : p->guid,
                        .suspended = p->imported && p->suspended,
                        .state = p->imported ? zpool_kstat(s, p) : "ONLINE",
                };
        }
}

static void look_mounts(struct sim *s, struct arena *a, struct facts *f) {
        struct mount *m;
        uint32_t n = 0;

        for (size_t i = 0; i < s->pools.count; i++)
                n += (uint32_t) s->pools.items[i]->datasets.count;
        f->mounts = m = arena_new_array(a, struct mount, n);
        for (size_t i = 0; i < s->pools.count; i++)
                for (size_t k = 0; k < s->pools.items[i]->datasets.count; k++)
                        if (s->pools.items[i]->mounted.items[k])
                                m[f->n_mounts++] = (struct mount){
                                        .source = s->pools.items[i]->datasets.items[k],
                                        .target = arena_printf(
                                                a, "/%s", s->pools.items[i]->datasets.items[k]),
                                        .fs_type = "zfs",
                                };
}

/* Of a device, a pool, or a dataset. */
static void look_holders(struct sim *s, const char *name, struct arena *a, struct facts *f) {
        char pool[256];
        struct node *n = node_find(s, name), *over = n ? node_find_over(s, n) : NULL;
        struct holder *h = arena_new_array(a, struct holder, 3);
        struct zpool *p;

        (void) snprintf(pool, sizeof(pool), "%.*s", (int) strcspn(name, "/"), name);
        p = zpool_find(s, pool);
        f->holders = h;
        if (over)
                h[f->n_holders++].text = arena_printf(
                        a, "held by %s (%s)", over->devnode + strlen("/dev/"), over->dm_name);
        if (n && n->holder)
                h[f->n_holders++].text = n->holder;
        if (p && p->imported && p->holder)
                h[f->n_holders++].text = p->holder;
}

static void look_label(struct sim *s, const char *path, struct arena *a, struct facts *f) {
        struct node *n = node_find(s, path);
        struct label *l = arena_new_one(a, struct label);

        l->pool_name = l->hostname = "";
        if (n)
                node_label(s, n, l);
        f->label = l;
}

static void look_pool(struct sim *s, const char *name, struct facts *f) {
        struct zpool *p = zpool_find(s, name);

        if (p && p->imported)
                f->pool = zpool_status(s, p);
}

static bool zpool_is_silent(struct sim *s, const char *name) {
        struct zpool *p = zpool_find(s, name);

        return p && p->imported && p->silent;
}

static void glance_fill(struct sim *s, const struct glance *g, struct arena *a, struct facts *f) {
        *f = (struct facts){ .kind = g->what.kind, .name = g->what.name };
        if (dice_chance(&s->dice, s->faults.look_failed) ||
            (g->what.kind == LOOK_POOL && zpool_is_silent(s, g->what.name))) {
                f->failed = true;
                f->error = "timed out";
                s->bites.looks++;
                return;
        }
        switch (g->what.kind) {
        case LOOK_DEVICES:
                look_devices(s, NULL, a, f);
                break;
        case LOOK_DEVICE:
                look_devices(s, g->what.name, a, f);
                break;
        case LOOK_POOLS:
                look_pools(s, a, f);
                break;
        case LOOK_POOL:
                look_pool(s, g->what.name, f);
                break;
        case LOOK_MOUNTS:
                look_mounts(s, a, f);
                break;
        case LOOK_HOLDERS:
                look_holders(s, g->what.name, a, f);
                break;
        case LOOK_LABEL:
                look_label(s, g->what.name, a, f);
                break;
        case _LOOK_KIND_MAX:
                break;
        }
}

static void glance_on_done(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct glance *g = what;
        struct facts f;

        if (!g->filled)
                glance_fill(s, g, s->scratch, &g->facts);
        f = g->facts;
        if (s->listener)
                s->listener->on_facts(s->listener->userdata, g->tag, &f);
        (void) pool_status_free(f.pool);
        g->arena = arena_free(g->arena);
        free(g->name);
        *g = (struct glance){};
        arena_clear(s->scratch);
}

static void sim_look(struct world *w, uint64_t tag, const struct look *what) {
        static const usec_t usual[_LOOK_KIND_MAX] = {
                [LOOK_DEVICES] = 5 * USEC_PER_MSEC, [LOOK_DEVICE] = USEC_PER_MSEC,
                [LOOK_POOLS] = USEC_PER_MSEC,       [LOOK_POOL] = 60 * USEC_PER_MSEC,
                [LOOK_MOUNTS] = USEC_PER_MSEC,      [LOOK_HOLDERS] = USEC_PER_MSEC,
                [LOOK_LABEL] = 30 * USEC_PER_MSEC,
        };
        struct sim *s = (struct sim *) w;
        struct glance *g = glance_new(s);

        *g = (struct glance){ .tag = tag, .what.kind = what->kind, .used = true };
        g->name = what->name ? memory_strdup(what->name) : NULL;
        g->what.name = g->name;
        if (s->options.jitter && dice_chance(&s->dice, 50)) { /* it saw what was a moment ago */
                g->arena = arena_new();
                glance_fill(s, g, g->arena, &g->facts);
                g->filled = true;
        }
        sim_later(s,
                  what->kind == LOOK_POOL && zpool_is_silent(s, what->name)
                          ? SILENT_LOOK
                          : sim_about(s, usual[what->kind]),
                  glance_on_done, g, 0);
}

/* --- running commands --- */

static void task_free(struct sim *s, struct task *t) {
        for (size_t i = 0; i < s->tasks.count; i++)
                if (s->tasks.items[i] == t) {
                        (void) array_remove(&s->tasks, i);
                        break;
                }
        (void) arena_free(t->arena); /* the task is in it */
}

static void task_report(struct task *t, const struct command_end *end) {
        struct sim *s = t->sim;

        assert(!t->ended);
        t->ended = true;
        if (end->timed_out)
                sim_say(s, SIM_VOICE_COMMAND, "%s: no answer", t->text);
        else if (end->exit_status)
                sim_say(s, SIM_VOICE_COMMAND, "%s: exit %d: %s", t->text, end->exit_status,
                        end->output);
        if (!t->by_person && s->listener)
                s->listener->on_command_end(s->listener->userdata, t->tag, end);
}

static void task_on_end(void *owner, void *what, uint64_t number) {
        static const struct command_end killed = {
                .started = true, .exit_status = -1, .signal = 9, .output = ""
        };
        struct task *t = what;
        struct command_end end = { .started = true, .output = "" };

        if (t->fault == SIM_FAULT_NOT_STARTED)
                end = (struct command_end){ .output = "No such file or directory",
                                            .exit_status = -1 };
        else if (t->fault == SIM_FAULT_DIE || t->fault == SIM_FAULT_DIE_AFTER)
                end = killed;
        else {
                end.exit_status = t->answer.exit_status;
                end.cancelled = t->cancelled;
                if (t->cancelled)
                        end.exit_status = -1;
                if (t->answer.text)
                        end.output = t->answer.text;
        }
        if (!t->ended)
                task_report(t, &end);
        task_free(owner, t);
}

/* Its time limit: it is given up; if it hangs in the kernel, it may still go on one day. */
static void task_on_limit(void *owner, void *what, uint64_t number) {
        static const struct command_end end = {
                .started = true, .timed_out = true, .exit_status = -1, .output = ""
        };
        struct sim *s = owner;

        for (size_t i = 0; i < s->tasks.count; i++)
                if (s->tasks.items[i] == what && s->tasks.items[i]->number == number &&
                    !s->tasks.items[i]->ended)
                        task_report(what, &end);
}

static bool task_asks_again(struct task *t);
static void task_on_passphrase(void *owner, void *what, uint64_t number);

/* The spectators see each command of zmirror's when it has its effect for the first time. */
static void task_show(struct sim *s, struct task *t) {
        struct sim_harm harm;

        if (!s->checker.on_execute || t->by_person || t->seen)
                return;
        t->seen = true;
        s->issued = t->started;
        harm = sim_harm(s, &t->command);
        harm.orphan = t->number <= s->heard_since;
        s->checker.on_execute(s->checker.userdata, &t->command, &harm);
}

static void task_on_apply(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct task *t = what;

        t->hung = false;
        t->applied = true;
        switch (t->fault) {
        case SIM_FAULT_FAIL:
                t->answer = (struct answer){ .exit_status = 1, .text = "it did not work" };
                break;
        case SIM_FAULT_HANG:
                t->answer = (struct answer){ .hangs = true };
                break;
        case SIM_FAULT_NO_EFFECT:
        case SIM_FAULT_DIE:
        case SIM_FAULT_NOT_STARTED:
                t->answer = (struct answer){};
                break;
        case SIM_FAULT_NONE:
        case SIM_FAULT_SLOW:
        case SIM_FAULT_DIE_AFTER:
        case _SIM_FAULT_MAX:
                if (t->by_person)
                        s->pulled_at = s->time;
                task_show(s, t);
                s->executes = t->started;
                s->ours = !t->by_person;
                t->answer = shell_execute(s, t);
                s->executes = 0;
                s->ours = false;
                break;
        }
        if (t->answer.hangs) {
                t->applied = false;
                t->hung = true;
                t->hung_at = s->changes;
                return;
        }
        if (shell_may_retry(t))
                sim_later(s, 500 * USEC_PER_MSEC, task_on_apply, t, 0);
        else if (!task_asks_again(t))
                sim_later(s, t->takes / 5, task_on_end, t, 0);
}

static const char *const *argv_copy(struct arena *a, const char *const *argv) {
        const char **copy;
        size_t n = 0;

        while (argv && argv[n])
                n++;
        copy = arena_new_array(a, const char *, n + 1);
        for (size_t i = 0; i < n; i++)
                copy[i] = arena_strdup(a, argv[i]);
        return copy;
}

static struct task *task_new(struct sim *s, uint64_t tag, const struct command *c) {
        struct arena *a = arena_new();
        struct task *t = arena_new_one(a, struct task);

        t->sim = s;
        t->arena = a;
        t->tag = tag;
        t->number = ++s->n_tasks;
        t->command = *c;
        t->command.argv = argv_copy(a, c->argv);
        t->command.lane = arena_strdup(a, c->lane);
        t->started = s->time;
        t->text = arena_printf(a, "%s%s%s", c->argv[0], c->argv[1] ? " " : "",
                               c->argv[1] ? c->argv[1] : "");
        array_append(&s->tasks, t);
        return t;
}

static enum sim_fault task_draw_fault(struct sim *s, enum command_kind kind) {
        if (s->next[kind].count) {
                s->next[kind].count--;
                return s->next[kind].fault;
        }
        for (enum sim_fault f = SIM_FAULT_FAIL; f < _SIM_FAULT_MAX; f++)
                if (dice_chance(&s->dice, s->faults.command[f]))
                        return f;
        return SIM_FAULT_NONE;
}

/* A wrong passphrase is asked for again, three times in all, before the command has ended. */
static bool task_asks_again(struct task *t) {
        if (!t->command.passphrase || t->withdrawn || t->answer.exit_status != 2 || ++t->tries >= 3)
                return false;
        sim_later(t->sim, t->takes / 5, task_on_passphrase, t, 0);
        return true;
}

static void task_on_passphrase(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        struct task *t = what;

        if (s->listener && s->listener->on_prompt)
                s->listener->on_prompt(s->listener->userdata, t->tag, /* waiting= */ !number);
        if (!number)
                sim_later(s, sim_about(s, 6 * USEC_PER_SEC), task_on_passphrase, t, 1);
        else if (s->no_passphrase || t->withdrawn) {
                t->cancelled = true;
                sim_later(s, 0, task_on_end, t, 0);
        } else
                sim_later(s, t->takes * 4 / 5, task_on_apply, t, 0);
}

static void sim_run(struct world *w, uint64_t tag, const struct command *command) {
        struct sim *s = (struct sim *) w;
        struct task *t = task_new(s, tag, command);

        t->fault = task_draw_fault(s, command->kind);
        s->bites.commands[t->fault]++;
        t->takes = shell_takes(s, command) * (t->fault == SIM_FAULT_SLOW ? 20 : 1);
        if (command->passphrase)
                sim_later(s, USEC_PER_MSEC, task_on_passphrase, t, 0);
        else
                sim_later(s, t->takes * 4 / 5, task_on_apply, t, 0);
        if (command->time_limit && command->time_limit != USEC_NEVER)
                sim_later(s, command->time_limit, task_on_limit, t, t->number);
}

static void sim_withdraw(struct world *w, uint64_t tag) {
        struct sim *s = (struct sim *) w;

        for (size_t i = 0; i < s->tasks.count; i++)
                if (s->tasks.items[i]->tag == tag && !s->tasks.items[i]->by_person)
                        s->tasks.items[i]->withdrawn = true;
}

void sim_type(struct sim *s, const char *const *argv) {
        struct command c = { .kind = COMMAND_RUN, .argv = argv };
        struct task *t = task_new(s, 0, &c);

        t->by_person = true;
        t->takes = 100 * USEC_PER_MSEC;
        sim_later(s, t->takes * 4 / 5, task_on_apply, t, 0);
}

unsigned sim_n_running(const struct sim *s) {
        unsigned n = 0;

        for (size_t i = 0; i < s->tasks.count; i++)
                n += !s->tasks.items[i]->ended &&
                     !(s->tasks.items[i]->by_person && s->tasks.items[i]->hung);
        return n;
}

/* --- the world's interface --- */

static int sim_start(struct world *w, const struct world_listener *listener) {
        struct sim *s = (struct sim *) w;

        if (listener)
                s->heard_by = *listener;
        s->listener = listener ? &s->heard_by : NULL;
        s->heard_since = s->n_tasks;
        for (size_t i = 0; listener && i < s->pools.count; i++) /* old events are told again */
                sim_hint(s, LOOK_POOL, s->pools.items[i]->name);
        for (size_t i = 0; listener && i < s->pools.count; i++)
                if (s->pools.items[i]->imported)
                        ranges_copy(&s->pools.items[i]->newest, &s->pools.items[i]->tree);
        return 0;
}

static struct now sim_now(struct world *w) {
        const struct sim *s = (struct sim *) w;

        return (struct now){ .wall = sim_wall(s),
                             .mono = s->time - s->booted + USEC_PER_SEC,
                             .slept = s->slept };
}

static void sim_on_alarm(void *owner, void *what, uint64_t number) {
        struct sim *s = owner;
        uint64_t *alarm = what;

        if (number == *alarm && s->listener)
                s->listener->on_alarm(s->listener->userdata, (uint32_t) (alarm - s->alarms));
}

static void sim_set_alarm(struct world *w, uint32_t alarm, usec_t mono, usec_t accuracy) {
        struct sim *s = (struct sim *) w;
        usec_t now = sim_now(w).mono;

        s->alarms[alarm]++;
        if (mono != USEC_NEVER)
                sim_later(s, mono > now ? mono - now : 0, sim_on_alarm, &s->alarms[alarm],
                          s->alarms[alarm]);
}

static const char *sim_boot_id(struct world *w) {
        return ((struct sim *) w)->boot_id;
}

static struct world *sim_world_free(struct world *w) {
        (void) sim_free((struct sim *) w);
        return NULL;
}

static const struct world_ops sim_ops = {
        .start = sim_start,
        .look = sim_look,
        .run = sim_run,
        .withdraw = sim_withdraw,
        .now = sim_now,
        .set_alarm = sim_set_alarm,
        .boot_id = sim_boot_id,
        .free = sim_world_free,
};

struct world *sim_world(struct sim *s) {
        return &s->world;
}

/* --- life --- */

static void sim_forget_running(struct sim *s) {
        while (s->tasks.count)
                task_free(s, s->tasks.items[s->tasks.count - 1]);
        for (size_t i = 0; i < s->glances.count; i++) {
                struct glance *g = s->glances.items[i];

                if (g->filled)
                        (void) pool_status_free(g->facts.pool);
                (void) arena_free(g->arena);
                free(g->name);
                *g = (struct glance){};
        }
        s->queue.heap.count = 0;
}

/* The system comes up: it unlocks what stands in crypttab and imports what stands in the cache
 * file; all that before the daemon starts. */
static void sim_boot(struct sim *s) {
        s->booted = s->time;
        s->slept = 0;
        s->boots++;
        (void) snprintf(s->boot_id, sizeof(s->boot_id), "%032" PRIx64, s->boots);
        media_reboot(s);
        for (size_t i = 0; i < s->nodes.count; i++)
                s->nodes.items[i]->visible = true;
        for (size_t i = 0; i < s->volumes.count; i++) {
                const struct volume *v = s->volumes.items[i];
                struct node *n = v->crypttab ? node_find_volume(s, v->outside) : NULL;

                if (n)
                        mapping_open(s, n, v->name, true)->visible = true;
        }
        for (size_t i = 0; i < s->pools.count; i++) {
                char guid[24];

                if (!s->pools.items[i]->by_others)
                        continue;
                (void) snprintf(guid, sizeof(guid), "%" PRIu64, s->pools.items[i]->guid);
                (void) zpool_import(s, guid, NULL, /* mount= */ true, /* force= */ false);
        }
        for (size_t i = 0; i < s->nodes.count; i++)
                s->nodes.items[i]->visible = true; /* zvols, too */
}

struct sim *sim_new(const struct config *config, const struct sim_options *options,
                    const char **ret_error) {
        _cleanup_(sim_freep) struct sim *s = memory_new(1, sizeof(*s));

        s->world.ops = &sim_ops;
        s->config = config;
        s->arena = arena_new();
        s->scratch = arena_new();
        s->options = *options;
        s->dice.state = options->seed;
        s->time = USEC_PER_SEC;
        s->hostid = 0x00bab10c;
        s->wall_offset = (options->wall ? options->wall : (usec_t) 1772395200 * USEC_PER_SEC);
        if (!build_world(s, ret_error))
                return NULL;
        sim_boot(s);
        return TAKE_PTR(s);
}

struct sim *sim_free(struct sim *s) {
        if (!s)
                return NULL;
        sim_forget_running(s);
        for (size_t i = 0; i < s->glances.count; i++)
                free(s->glances.items[i]);
        for (size_t i = 0; i < s->images.count; i++)
                image_done(s->images.items[i]);
        for (size_t i = 0; i < s->pools.count; i++)
                zpool_done(s->pools.items[i]);
        for (size_t i = 0; i < s->disks.count; i++)
                array_done(&s->disks.items[i]->parts);
        array_done(&s->glances);
        array_done(&s->images);
        array_done(&s->pools);
        array_done(&s->disks);
        array_done(&s->volumes);
        array_done(&s->nodes);
        array_done(&s->tasks);
        array_done(&s->snapshots);
        queue_done(&s->queue);
        (void) arena_free(s->scratch);
        (void) arena_free(s->arena);
        free(s);
        return NULL;
}

void sim_reboot(struct sim *s, bool clean) {
        sim_say(s, SIM_VOICE_PERSON, clean ? "reboot" : "power cut");
        zpools_reboot(s, clean);
        sim_forget_running(s);
        s->listener = NULL;
        s->time += 40 * USEC_PER_SEC;
        s->changes++;
        sim_boot(s);
}

/* --- what people and fate do --- */

const char *sim_list_disks(const struct sim *s, struct arena *a, bool plugged) {
        const char *list = "none";

        for (size_t i = 0; i < s->disks.count; i++) {
                const struct disk *d = s->disks.items[i];

                if (d->plugged == plugged && !d->internal)
                        list = text_equal(list, "none") ? d->name
                                                        : arena_printf(a, "%s, %s", list, d->name);
        }
        return list;
}

bool sim_plug(struct sim *s, const char *disk) {
        struct disk *d = disk_find(s, disk);

        if (!d || d->plugged)
                return false;
        sim_say(s, SIM_VOICE_PERSON, "plug %s", disk);
        disk_plug(s, d);
        return true;
}

bool sim_pull(struct sim *s, const char *disk) {
        struct disk *d = disk_find(s, disk);

        if (!d || !d->plugged)
                return false;
        sim_say(s, SIM_VOICE_PERSON, "pull %s", disk);
        disk_pull(s, d);
        return true;
}

bool sim_is_plugged(struct sim *s, const char *disk) {
        const struct disk *d = disk_find(s, disk);

        return d && d->plugged;
}

bool sim_write(struct sim *s, const char *pool, uint64_t bytes) {
        struct zpool *p = zpool_find(s, pool);

        if (!p || !p->imported || p->suspended || !bytes)
                return false;
        zpool_write(s, p, bytes);
        return true;
}

static void volume_write_elsewhere(struct sim *s, struct volume *v, uint64_t n, bool exported) {
        if (v->image && !v->image->live)
                image_write_elsewhere(s, v->image, n, exported);
        if (v->inside)
                volume_write_elsewhere(s, v->inside, n, exported);
}

bool sim_use_elsewhere(struct sim *s, const char *disk, uint64_t n_writes, bool exported) {
        struct disk *d = disk_find(s, disk);

        if (!d || d->plugged)
                return false;
        sim_say(s, SIM_VOICE_PERSON, "%s is used in another machine", disk);
        for (size_t i = 0; i < d->parts.count; i++)
                volume_write_elsewhere(s, d->parts.items[i], n_writes, exported);
        return true;
}

bool sim_clone(struct sim *s, const char *disk, const char *name) {
        struct disk *d = disk_find(s, disk);

        if (!d || disk_find(s, name))
                return false;
        (void) disk_clone(s, d, arena_strdup(s->arena, name));
        return true;
}

/* The same names outside, other UUIDs and other data inside. */
bool sim_counterfeit(struct sim *s, const char *disk, const char *name) {
        const struct disk *d = disk_find(s, disk);
        struct disk *copy;

        if (!d || disk_find(s, name))
                return false;
        copy = disk_new(s, arena_strdup(s->arena, name), NULL, ENTITY_NONE);
        for (size_t i = 0; i < d->parts.count; i++) {
                const struct volume *from = d->parts.items[i];
                struct volume *v = volume_new_part(s, copy, from->name);

                if (from->inside)
                        (void) volume_new_crypt(s, v, from->inside->name);
        }
        return true;
}

bool sim_checkpoint(struct sim *s, const char *pool, bool exists) {
        struct zpool *p = zpool_find(s, pool);

        if (!p || !p->imported || p->checkpoint == exists)
                return false;
        p->checkpoint = exists;
        (void) zpool_sync(s, p, true);
        sim_event_pool(s, p, "config_sync", "");
        return true;
}

bool sim_corrupt(struct sim *s, const char *pool, const char *leg) {
        struct zpool *p = zpool_find(s, pool);
        struct leg *l = p ? leg_find(p, leg) : NULL;
        struct image *i = l ? l->last : NULL;

        if (!i || ranges_is_empty(&i->holds))
                return false;
        ranges_add(&i->damaged, i->holds.items[0].from, i->holds.items[0].from + 1);
        ranges_remove(&i->holds, i->holds.items[0].from, i->holds.items[0].from + 1);
        s->changes++;
        return true;
}

bool sim_set_labels(struct sim *s, const char *pool, const char *leg, bool lost) {
        struct zpool *p = zpool_find(s, pool);
        struct leg *l = p ? leg_find(p, leg) : NULL;

        if (!l || !l->last)
                return false;
        l->last->unlabelled = lost;
        s->changes++;
        return true;
}

bool sim_io_error(struct sim *s, const char *pool, const char *leg, enum sim_io io, uint32_t n) {
        struct zpool *p = zpool_find(s, pool);
        struct leg *l = p && p->imported ? leg_find(p, leg) : NULL;

        if (!l || !l->node)
                return false;
        sim_say(s, SIM_VOICE_PERSON, "%u %s of %s fail", n,
                io == SIM_IO_WRITE  ? "writes"
                : io == SIM_IO_READ ? "reads"
                                    : "checksums",
                l->path);
        if (io == SIM_IO_WRITE)
                l->bad_writes = n;
        else
                leg_count_errors(s, l, io == SIM_IO_READ ? n : 0, io == SIM_IO_READ ? 0 : n);
        return true;
}

bool sim_set_pool(struct sim *s, const char *pool, enum sim_pool_fact fact, bool on) {
        struct zpool *p = zpool_find(s, pool);

        if (!p || !p->imported)
                return false;
        switch (fact) {
        case SIM_POOL_REMOVING:
                p->removing = on;
                break;
        case SIM_POOL_REBUILDING:
                p->rebuilding = on;
                break;
        case SIM_POOL_SPARE:
                p->spare_in_use = on;
                break;
        }
        sim_event_pool(s, p, "config_sync", "");
        if (fact == SIM_POOL_REBUILDING && !on)
                scan_resume(s, p);
        s->changes++;
        return true;
}

bool sim_hold(struct sim *s, const char *what, const char *holder) {
        struct zpool *p = zpool_find(s, what);
        struct volume *v = volume_find(s, VOLUME_ZVOL, what);
        struct node *n = v ? node_find_volume(s, v) : node_find_mapping(s, what);

        if (holder)
                holder = arena_strdup(s->arena, holder);
        if (n && n->visible) {
                n->holder = holder;
                n->holder_at = s->time;
        } else if (p && p->imported)
                p->holder = holder;
        else
                return false;
        s->changes++;
        return true;
}

void sim_be_kind(struct sim *s) {
        s->faults = (struct sim_faults){};
        memset(s->next, 0, sizeof(s->next));
        sim_set_passphrase(s, 0, false);
        for (size_t i = 0; i < s->nodes.count; i++)
                s->nodes.items[i]->holder = NULL;
        for (size_t i = 0; i < s->pools.count; i++) {
                s->pools.items[i]->holder = NULL;
                s->pools.items[i]->silent = false;
                (void) sim_set_pool(s, s->pools.items[i]->name, SIM_POOL_REMOVING, false);
                (void) sim_set_pool(s, s->pools.items[i]->name, SIM_POOL_SPARE, false);
                if (s->pools.items[i]->rebuilding)
                        (void) sim_set_pool(s, s->pools.items[i]->name, SIM_POOL_REBUILDING, false);
                for (uint32_t k = 0; k < s->pools.items[i]->n_legs; k++)
                        s->pools.items[i]->legs[k].bad_writes = 0;
                if (s->pools.items[i]->imported && s->pools.items[i]->scan_paused)
                        (void) zpool_scrub(s, s->pools.items[i], SCRUB_BEGIN);
                if (s->pools.items[i]->imported)
                        (void) sim_checkpoint(s, s->pools.items[i]->name, false);
        }
        for (size_t i = 0; i < s->images.count; i++) /* and of those that are not here */
                if (s->images.items[i]->mos) {
                        s->images.items[i]->mos->checkpoint = false;
                        s->images.items[i]->mos->scan.paused = 0;
                }
        s->changes++;
}

bool sim_silence(struct sim *s, const char *pool, bool silent) {
        struct zpool *p = zpool_find(s, pool);

        if (p)
                p->silent = silent;
        return p;
}

bool sim_set_bridge(struct sim *s, const char *disk) {
        struct disk *d = disk_find(s, disk);

        if (!d || d->plugged)
                return false;
        d->no_trim = true;
        return true;
}

bool sim_set_slow(struct sim *s, const char *disk, unsigned factor) {
        struct disk *d = disk_find(s, disk);

        if (d)
                d->slow = factor;
        return d;
}

/* --- faults --- */

static const char *const fault_names[_SIM_FAULT_MAX] = {
        [SIM_FAULT_NONE] = "none",
        [SIM_FAULT_FAIL] = "fail",
        [SIM_FAULT_HANG] = "hang",
        [SIM_FAULT_SLOW] = "slow",
        [SIM_FAULT_NO_EFFECT] = "no-effect",
        [SIM_FAULT_DIE] = "die",
        [SIM_FAULT_NOT_STARTED] = "not-started",
        [SIM_FAULT_DIE_AFTER] = "die-after",
};

const char *sim_fault_print(enum sim_fault f) {
        return fault_names[f];
}

bool sim_fault_parse(const char *s, enum sim_fault *ret) {
        for (enum sim_fault f = SIM_FAULT_NONE; f < _SIM_FAULT_MAX; f++)
                if (text_equal(s, fault_names[f])) {
                        *ret = f;
                        return true;
                }
        return false;
}

void sim_fail_next(struct sim *s, enum command_kind kind, enum sim_fault fault, uint32_t count) {
        s->next[kind].fault = fault;
        s->next[kind].count = count;
}

void sim_set_passphrase(struct sim *s, uint32_t wrong, bool nobody) {
        s->wrong_passphrases = wrong;
        s->no_passphrase = nobody;
}

void sim_set_faults(struct sim *s, const struct sim_faults *f) {
        s->faults = *f;
}

const struct sim_bites *sim_bites(const struct sim *s) {
        return &s->bites;
}
