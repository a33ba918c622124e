/* sim/timeline.c - tells what happens in a rehearsal, as it happens: events, states, commands, and
 * who asked for them */
#include <string.h>

#include "base/time.h"
#include "sim/actor.h"

#define COLOR_GREY  "\033[90m"
#define COLOR_BOLD  "\033[1m"
#define COLOR_GREEN "\033[32m"
#define COLOR_RED   "\033[31m"
#define COLOR_NONE  "\033[0m"

struct timeline {
        struct stage *stage;
        struct rehearsal *rehearsal;
        FILE *f;
        bool color;
        char date[16];      /* that was printed last */
        enum state *states; /* of all entities, as printed last */
        enum verdict_kind *verdicts;
        const struct config *config;
        struct arena *scratch;
};

struct timeline *timeline_new(struct stage *st, FILE *f, bool color) {
        struct timeline *t = memory_new(1, sizeof(*t));

        t->stage = st;
        t->f = f;
        t->color = color;
        t->scratch = arena_new();
        return t;
}

struct timeline *timeline_free(struct timeline *t) {
        if (!t)
                return NULL;
        free(t->states);
        free(t->verdicts);
        (void) arena_free(t->scratch);
        free(t);
        return NULL;
}

/* One line: the time, who, what; a line for the date when it is another. */
static void timeline_line(struct timeline *t, const char *color, const char *who,
                          const char *text) {
        char buffer[TIME_PRINT_MAX];
        const char *time = time_print(rehearsal_now(t->rehearsal).wall, buffer);

        if (strncmp(t->date, time, 10) != 0) {
                (void) snprintf(t->date, sizeof(t->date), "%.10s", time);
                (void) fprintf(t->f, "%s%s%s\n", t->color ? COLOR_BOLD : "", t->date,
                               t->color ? COLOR_NONE : "");
        }
        (void) fprintf(t->f, "%.8s  %-8s %s%s%s\n", time + 11, who, t->color ? color : "", text,
                       t->color && *color ? COLOR_NONE : "");
}

static void timeline_more(struct timeline *t, const char *text) {
        (void) fprintf(t->f, "                   %s%s%s\n", t->color ? COLOR_GREY : "", text,
                       t->color ? COLOR_NONE : "");
}

static void timeline_on_say(void *userdata, enum sim_voice voice, const char *text) {
        static const char *const who[] = {
                [SIM_VOICE_PERSON] = "you",
                [SIM_VOICE_UDEV] = "udev",
                [SIM_VOICE_ZFS] = "zfs",
                [SIM_VOICE_COMMAND] = "ended",
        };

        timeline_line(userdata, voice == SIM_VOICE_COMMAND ? COLOR_RED : COLOR_GREY, who[voice],
                      text);
}

void timeline_do(struct timeline *t, const char *what) {
        timeline_line(t, COLOR_GREY, "you", what);
}

void timeline_follow(struct timeline *t, struct rehearsal *r) {
        t->rehearsal = r;
        sim_watch(rehearsal_sim(r),
                  (struct sim_watcher){ .on_say = timeline_on_say, .userdata = t });
}

static void timeline_take_config(struct timeline *t) {
        t->config = rehearsal_config(t->rehearsal);
        t->states = memory_resize(t->states, t->config->n_entities + 1, sizeof(*t->states));
        t->verdicts = memory_resize(t->verdicts, t->config->n_entities + 1, sizeof(*t->verdicts));
        memset(t->states, 0, t->config->n_entities * sizeof(*t->states));
        for (uint32_t i = 0; i < t->config->n_entities; i++)
                t->verdicts[i] = _VERDICT_KIND_MAX;
}

static void timeline_states(struct timeline *t, struct engine *e) {
        for (uint32_t i = 0; i < t->config->n_entities; i++) {
                struct view_entity v;

                engine_view_entity(e, i, rehearsal_now(t->rehearsal), &v);
                if (v.state == t->states[i])
                        continue;
                if (t->states[i] != STATE_UNKNOWN || v.state != STATE_DISCONNECTED)
                        timeline_line(t, "", "state",
                                      arena_printf(t->scratch, "%s is %s", v.entity->hrid,
                                                   state_print(v.state)));
                t->states[i] = v.state;
        }
}

static void timeline_verdicts(struct timeline *t, struct engine *e) {
        struct view_verdict *v;
        uint32_t n = engine_view_verdicts(e, t->scratch, rehearsal_now(t->rehearsal), &v);

        for (uint32_t i = 0; i < n; i++) {
                const struct entity *disk = config_entity(t->config, v[i].disk);
                bool safe = v[i].kind == VERDICT_SAFE;

                if (t->verdicts[v[i].disk] == v[i].kind)
                        continue;
                t->verdicts[v[i].disk] = v[i].kind;
                timeline_line(t, safe ? COLOR_GREEN : "", "unplug?",
                              arena_printf(t->scratch, "%s: %s%s%s", disk->hrid,
                                           safe ? "safe to unplug" : verdict_kind_print(v[i].kind),
                                           *v[i].text ? ": " : "", v[i].text));
        }
}

static void timeline_tells(struct timeline *t, const struct effects *e) {
        for (size_t i = 0; i < e->tells.count; i++) {
                const struct effect_tell *tell = &e->tells.items[i];
                const char *hrid = tell->entity == ENTITY_NONE
                                           ? "something"
                                           : config_entity(t->config, tell->entity)->hrid;

                if (!tell->ended)
                        continue;
                if (tell->fulfilled)
                        timeline_line(
                                t, COLOR_GREEN, "done",
                                arena_printf(t->scratch, "%s of %s", wish_print(tell->wish), hrid));
                else
                        timeline_line(
                                t, COLOR_RED, "failed",
                                arena_printf(t->scratch, "%s of %s: %s", wish_print(tell->wish),
                                             hrid,
                                             reason_print(t->scratch, t->config, &tell->reason)));
        }
}

static bool history_is_told_otherwise(enum history_kind kind) {
        return kind == HISTORY_APPEARED || kind == HISTORY_DISCONNECTED || kind == HISTORY_ONLINE ||
               kind == HISTORY_OFFLINE || kind == HISTORY_SAFE;
}

void timeline_on_effects(struct timeline *t, const struct effects *e) {
        struct engine *engine = rehearsal_engine(t->rehearsal);

        if (t->config != rehearsal_config(t->rehearsal))
                timeline_take_config(t);
        for (size_t i = 0; i < e->history.count; i++)
                if (!history_is_told_otherwise(e->history.items[i].kind))
                        timeline_line(t, COLOR_BOLD, "zmirror", e->history.items[i].text);
        if (engine && engine_is_ready(engine)) {
                timeline_states(t, engine);
                timeline_verdicts(t, engine);
        }
        timeline_tells(t, e);
        arena_clear(t->scratch);
}

/* The requests for whose sake it is run, from the nearest to the one that somebody made. */
static void timeline_why(struct timeline *t, entity_id about) {
        struct engine *e = rehearsal_engine(t->rehearsal);
        struct view_request *all, *r = NULL;
        uint32_t n;

        if (!e || about == ENTITY_NONE)
                return;
        n = engine_view_requests(e, t->scratch, ENTITY_NONE, &all);
        for (uint32_t i = 0; i < n && !r; i++)
                if (all[i].entity == about)
                        r = &all[i];
        for (uint32_t depth = 0; r && depth < 8; depth++) {
                const char *hrid = config_entity(t->config, r->entity)->hrid;
                uint64_t next = r->n_needed_by ? r->needed_by[0] : 0;

                timeline_more(t, arena_printf(t->scratch, "for: %s %s, wanted by %s",
                                              wish_print(r->wish), hrid,
                                              next ? "another request" : r->by));
                r = NULL;
                for (uint32_t i = 0; i < n && next; i++)
                        if (all[i].id == next)
                                r = &all[i];
        }
}

void timeline_on_run(struct timeline *t, const struct command *c) {
        timeline_line(t, COLOR_BOLD, "runs", command_print(t->scratch, c));
        timeline_why(t, c->about);
        arena_clear(t->scratch);
}

void timeline_on_end(struct timeline *t, const struct command_end *end) {
        if (end->cancelled)
                timeline_line(t, COLOR_RED, "ended", "nobody entered a passphrase");
}

void timeline_status(struct timeline *t) {
        struct engine *e = t->rehearsal ? rehearsal_engine(t->rehearsal) : NULL;
        struct view_request *requests;
        uint32_t n;

        if (!e) {
                (void) fprintf(t->f, "the daemon does not run\n");
                return;
        }
        for (uint32_t i = 0; i < t->config->n_entities; i++) {
                struct view_entity v;
                const char *date;
                char buffer[TIME_PRINT_MAX];

                engine_view_entity(e, i, rehearsal_now(t->rehearsal), &v);
                date = v.last_update == USEC_NEVER ? "now"
                       : v.last_update             ? time_print(v.last_update, buffer)
                                                   : "never";
                (void) fprintf(t->f, "%*s%-*s %-13s%s%s%s%s\n", (int) v.entity->depth * 2, "",
                               40 - (int) v.entity->depth * 2, v.entity->hrid, state_print(v.state),
                               v.entity->type == ENTITY_ZDEV ? "up to date: " : "",
                               v.entity->type == ENTITY_ZDEV ? date : "",
                               v.errors ? "  errors: " : "", v.errors ? v.errors_text : "");
        }
        n = engine_view_requests(e, t->scratch, ENTITY_NONE, &requests);
        for (uint32_t i = 0; i < n; i++)
                (void) fprintf(t->f, "wanted by %s: %s %s: %s\n", requests[i].by,
                               wish_print(requests[i].wish),
                               config_entity(t->config, requests[i].entity)->hrid,
                               reason_print(t->scratch, t->config, &requests[i].reason));
        arena_clear(t->scratch);
}

void timeline_explain(struct timeline *t, entity_id id) {
        struct engine *e = t->rehearsal ? rehearsal_engine(t->rehearsal) : NULL;
        struct view_step *steps;
        uint32_t n = e ? engine_explain(e, t->scratch, id, rehearsal_now(t->rehearsal), &steps) : 0;

        for (uint32_t i = 0; i < n; i++)
                (void) fprintf(t->f, "%*s%s\n", (int) steps[i].depth * 2, "", steps[i].text);
        arena_clear(t->scratch);
}
