/* tests/system/world.h - the real world without a daemon, for tests: in a folder of its own, with
 * stand-ins for the programs that it runs, and everything kept that it says */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "world/linux/linux.h"
#include "world/world.h"

struct stage {
        struct arena *arena;
        sd_event *loop;
        struct world *world;
        char folder[64];
        uint64_t tag;
        bool inside; /* of world_look or world_run, from where nothing may be called */
        uint32_t n_answers, n_ends;
        struct facts facts; /* the last answer; what is looked at by tests is copied */
        const struct device *device;
        struct label label;
        const char *error;
        struct command_end end;
        struct text prompts, hints, events;
};

static inline usec_t stage_now(void) {
        struct timespec t;

        (void) clock_gettime(CLOCK_MONOTONIC, &t);
        return (usec_t) t.tv_sec * USEC_PER_SEC + (usec_t) t.tv_nsec / 1000;
}

/* Text as a file of the test's folder. */
static inline void stage_write(struct stage *s, const char *name, const char *text) {
        FILE *f = fopen(arena_printf(s->arena, "%s/%s", s->folder, name), "we");

        assert_non_null(f);
        assert_true(fputs(text, f) >= 0);
        assert_int_equal(fclose(f), 0);
}

/* A program that stands first in PATH; in the script $F is the folder. What it is called with is a
 * line of the file `ran`. */
static inline void stage_program(struct stage *s, const char *name, const char *script) {
        const char *path = arena_printf(s->arena, "bin/%s", name);

        stage_write(s, path,
                    arena_printf(s->arena, "#!/bin/sh\nF=%s\necho \"%s $*\" >>$F/ran\n%s\n",
                                 s->folder, name, script));
        assert_int_equal(chmod(arena_printf(s->arena, "%s/%s", s->folder, path), 0755), 0);
}

/* What a file of the folder holds, "" if there is none. */
static inline const char *stage_read(struct stage *s, const char *name) {
        FILE *f = fopen(arena_printf(s->arena, "%s/%s", s->folder, name), "re");
        char *text = arena_alloc(s->arena, 64 * 1024);

        if (!f)
                return "";
        text[fread(text, 1, 64 * 1024 - 1, f)] = 0;
        (void) fclose(f);
        return text;
}

static inline void stage_shell(struct stage *s, const char *script) {
        assert_int_equal(system(arena_printf(s->arena, "F=%s; %s", s->folder, script)), 0);
}

static inline void stage_on_facts(void *userdata, uint64_t tag, struct facts *facts) {
        struct stage *s = userdata;

        assert_false(s->inside);
        assert_int_equal(tag, s->tag);
        s->n_answers++;
        s->facts = *facts;
        s->error = arena_strdup(s->arena, facts->error);
        if (facts->n_devices > 0)
                s->device = device_copy(s->arena, facts->devices);
        if (facts->label) {
                s->label = *facts->label;
                s->label.pool_name = arena_strdup(s->arena, facts->label->pool_name);
        }
        facts->pool = NULL; /* taken */
}

static inline void stage_on_command_end(void *userdata, uint64_t tag,
                                        const struct command_end *end) {
        struct stage *s = userdata;

        assert_false(s->inside);
        assert_int_equal(tag, s->tag);
        s->n_ends++;
        s->end = *end;
        s->end.output = arena_strdup(s->arena, end->output);
}

static inline void stage_on_hint(void *userdata, const struct look *what) {
        static const char *const kinds[] = { "devices", "device",  "pools", "pool",
                                             "mounts",  "holders", "label" };
        struct stage *s = userdata;

        text_addf(&s->hints, "%s %s\n", kinds[what->kind], what->name ? what->name : "");
}

static inline void stage_on_prompt(void *userdata, uint64_t tag, bool waiting) {
        struct stage *s = userdata;

        assert_int_equal(tag, s->tag);
        text_add(&s->prompts, waiting ? "+" : "-");
}

static inline void stage_on_event(void *userdata, const char *source, const char *line,
                                  const char *const *keys) {
        struct stage *s = userdata;

        text_addf(&s->events, "%s: %s\n", source, line);
}

static inline void stage_begin(struct stage *s, bool zfs_events) {
        const struct world_listener listener = {
                .on_facts = stage_on_facts,
                .on_command_end = stage_on_command_end,
                .on_hint = stage_on_hint,
                .on_prompt = stage_on_prompt,
                .on_event = stage_on_event,
                .userdata = s,
        };
        struct linux_options options = {
                .kstat_dir = arena_printf(s->arena, "%s/kstat", s->folder),
                .label_program = arena_printf(s->arena, "%s/bin/label", s->folder),
                .zfs_events = zfs_events,
        };

        assert_int_equal(linux_world_new(s->loop, &options, &s->world), 0);
        assert_int_equal(world_start(s->world, &listener), 0);
}

static inline struct stage *stage_new(void) {
        struct stage *s = memory_new(1, sizeof(*s));

        s->arena = arena_new();
        s->error = "";
        (void) signal(SIGPIPE, SIG_IGN); /* as the service does */
        (void) strcpy(s->folder, "/tmp/zmirror-world-XXXXXX");
        assert_non_null(mkdtemp(s->folder));
        stage_shell(s, "mkdir $F/bin $F/kstat");
        (void) setenv("PATH", arena_printf(s->arena, "%s/bin:/usr/bin:/bin", s->folder), 1);
        assert_true(sd_event_new(&s->loop) >= 0);
        return s;
}

static inline void stage_free(struct stage *s) {
        (void) world_free(s->world);
        (void) sd_event_unref(s->loop);
        stage_shell(s, "rm -r $F");
        text_done(&s->prompts);
        text_done(&s->hints);
        text_done(&s->events);
        (void) pool_status_free(s->facts.pool);
        arena_free(s->arena);
        free(s);
}

/* Turns the loop until the condition holds, for a time that no test needs. */
#define STAGE_TURN_UNTIL(s, condition)                                                             \
        for (usec_t deadline_ = stage_now() + 30 * USEC_PER_SEC;                                   \
             !(condition) && stage_now() < deadline_;)                                             \
        assert_true(sd_event_run((s)->loop, 50 * USEC_PER_MSEC) >= 0)

/* Turns it until the text is in what was collected. */
static inline void stage_wait_for(struct stage *s, struct text *in, const char *what) {
        STAGE_TURN_UNTIL(s, in->s && strstr(in->s, what));
        if (!in->s || !strstr(in->s, what))
                fail_msg("'%s' did not come, only: %s", what, in->s ? in->s : "nothing");
}

/* A look and its answer, which stays valid until the next. */
static inline const struct facts *stage_look(struct stage *s, enum look_kind kind,
                                             const char *name) {
        uint32_t before = s->n_answers;
        struct look look = { kind, name };

        s->facts.pool = pool_status_free(s->facts.pool);
        s->device = NULL;
        s->error = "";
        s->tag++;
        s->inside = true;
        world_look(s->world, s->tag, &look);
        s->inside = false;
        STAGE_TURN_UNTIL(s, s->n_answers > before);
        assert_int_equal(s->n_answers, before + 1);
        assert_int_equal(s->facts.kind, kind);
        return &s->facts;
}

static inline const struct command_end *stage_run(struct stage *s, const struct command *command) {
        uint32_t before = s->n_ends;

        text_clear(&s->prompts);
        s->tag++;
        s->inside = true;
        world_run(s->world, s->tag, command);
        s->inside = false;
        STAGE_TURN_UNTIL(s, s->n_ends > before);
        assert_int_equal(s->n_ends, before + 1);
        return &s->end;
}
