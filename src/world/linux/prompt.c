/* world/linux/prompt.c - commands that need a passphrase
 *
 * systemd's agents ask for it: on the console, in Plymouth, on a desktop, in an SSH session. It
 * goes from one pipe to another through memory that is wiped, and nowhere else. The command is
 * logged by who began it, and its last end, too; here are the questions, and the tries between. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"
#include "world/linux/core.h"
#include "world/linux/prompt.h"

#define TRIES_MAX      3u
#define PROMPT_LIMIT   (10 * USEC_PER_MIN)
#define PASSPHRASE_MAX (CHILD_INPUT_MAX - 1)

/* cryptsetup's word for a passphrase that does not fit. */
#define EXIT_WRONG_PASSPHRASE 2

struct prompt {
        struct linux_world *w;
        struct arena *arena;
        uint64_t tag;
        struct command command;
        uint32_t tries;
        bool waiting;        /* for a person */
        struct child *agent; /* that asks him, or NULL */
        bool withdrawn;      /* nobody needs the answer any more */
};

static void prompt_ask(struct prompt *p);

static void prompt_free(void *userdata) {
        struct prompt *p = userdata;

        for (size_t i = 0; i < p->w->prompts.count; i++)
                if (p->w->prompts.items[i] == p) {
                        array_remove(&p->w->prompts, i);
                        break;
                }
        arena_free(p->arena);
}

static void prompt_set_waiting(struct prompt *p, bool waiting) {
        struct world_listener *l = &p->w->listener;

        if (p->waiting != waiting && l->on_prompt)
                l->on_prompt(l->userdata, p->tag, waiting);
        p->waiting = waiting;
}

static void prompt_finish(struct prompt *p, const struct command_end *end) {
        struct world_listener *l = &p->w->listener;

        prompt_set_waiting(p, false);
        l->on_command_end(l->userdata, p->tag, end);
        prompt_free(p);
}

static void prompt_log(const struct prompt *p, enum log_level level, const char *what,
                       const char *more) {
        const char *line = command_print(p->arena, &p->command);
        struct log_fields fields = { .pool = p->command.lane, .command = line };

        log_write(level, &fields, "%s (try %" PRIu32 " of %u): %s%s%s", what, p->tries + 1,
                  TRIES_MAX, line, more[0] ? ": " : "", more);
}

static void prompt_try_again(struct prompt *p, const struct command_end *end) {
        if (p->withdrawn || p->tries + 1 >= TRIES_MAX) {
                prompt_finish(p, end);
                return;
        }
        prompt_log(p, LOG_LEVEL_WARNING, "wrong passphrase", end->output);
        p->tries++;
        prompt_ask(p);
}

static void on_command_end(void *userdata, const struct child_end *end) {
        struct command_end ended = world_command_end(end);

        if (end->started && !end->timed_out && end->exit_status == EXIT_WRONG_PASSPHRASE)
                prompt_try_again(userdata, &ended);
        else
                prompt_finish(userdata, &ended);
}

static void prompt_feed(struct prompt *p, const char *passphrase, size_t length) {
        struct child_options options = {
                .argv = p->command.argv,
                .env = p->command.env,
                .input = passphrase,
                .input_length = length,
                .outlives_us = true,
                .time_limit = p->command.time_limit,
                .on_end = on_command_end,
                .on_drop = prompt_free,
                .userdata = p,
        };

        prompt_log(p, LOG_LEVEL_INFO, "running with the passphrase", "");
        (void) child_start(p->w->children, &options);
}

/* Nobody answered in time, somebody declined, it is too late, or there is no such program. */
static void prompt_unanswered(struct prompt *p, const struct child_end *end) {
        struct command_end ended = world_command_end(end);

        ended.cancelled = end->started;
        prompt_finish(p, &ended);
}

/* Not worth to be tried. */
static void prompt_unusable(struct prompt *p, const char *why) {
        struct command_end ended = {
                .started = true,
                .exit_status = EXIT_WRONG_PASSPHRASE,
                .output = why,
        };

        prompt_try_again(p, &ended);
}

static void on_answer(void *userdata, const struct child_end *end) {
        struct prompt *p = userdata;
        size_t length = end->output_length;

        p->agent = NULL;
        if (p->withdrawn || !end->started || end->timed_out || end->exit_status != 0) {
                prompt_unanswered(p, end);
                return;
        }
        prompt_set_waiting(p, false);
        if (length > 0 && end->output[length - 1] == '\n')
                length--;
        if (length == 0)
                prompt_unusable(p, "the passphrase given is empty");
        else if (end->output_cut)
                prompt_unusable(p, "the passphrase given is too long");
        else
                prompt_feed(p, end->output, length);
}

/* "Passphrase for crypt: tank-b (wrong passphrase, try 2 of 3):" */
static const char *prompt_question(const struct prompt *p) {
        const char *question = p->command.prompt ? p->command.prompt : "Passphrase:";
        int n = (int) strlen(question) - text_ends(question, ":");

        if (p->tries == 0)
                return question;
        return arena_printf(p->arena, "%.*s (wrong passphrase, try %" PRIu32 " of %u):", n,
                            question, p->tries + 1, TRIES_MAX);
}

/* By what agents tell prompts apart: the mapping's name. */
static const char *prompt_name(const struct prompt *p) {
        const char *const *argv = p->command.argv;
        size_t n = 0;

        while (argv[n])
                n++;
        return n > 3 ? argv[3] : "";
}

static void prompt_ask(struct prompt *p) {
        struct child_options options = {
                .argv = question_passphrase(p->arena, prompt_name(p), prompt_question(p),
                                            PROMPT_LIMIT),
                .output_max = PASSPHRASE_MAX,
                .secret = true,
                .time_limit = PROMPT_LIMIT + USEC_PER_MIN,
                .on_end = on_answer,
                .on_drop = prompt_free,
                .userdata = p,
        };

        struct child *agent;

        prompt_log(p, LOG_LEVEL_INFO, "asking for the passphrase", "");
        prompt_set_waiting(p, true);
        agent = child_start(p->w->children, &options);
        if (agent) /* else the prompt may be gone */
                p->agent = agent;
}

void prompt_begin(struct linux_world *w, uint64_t tag, struct arena *a,
                  const struct command *command, bool withdrawn) {
        static const struct child_end nobody = { .started = true, .exit_status = -1, .errors = "" };
        struct prompt *p = arena_new_one(a, struct prompt);

        *p = (struct prompt){ .w = w, .arena = a, .tag = tag, .command = *command };
        array_append(&w->prompts, p);
        if (withdrawn)
                prompt_unanswered(p, &nobody);
        else
                prompt_ask(p);
}

void prompt_withdraw(struct linux_world *w, uint64_t tag) {
        for (size_t i = 0; i < w->prompts.count; i++) {
                struct prompt *p = w->prompts.items[i];

                if (p->tag != tag)
                        continue;
                p->withdrawn = true;
                if (p->agent)
                        child_interrupt(p->agent);
        }
}
