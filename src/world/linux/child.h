/* world/linux/child.h - child processes: started, fed, listened to, limited in time, given up */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/time.h"
#include "world/linux/capture.h"

struct children; /* all of one event loop */
struct child;
struct sd_event;

#define CHILD_INPUT_MAX                                                                            \
        4096u /* fits into a pipe at once, so that nobody has to wait for a reader */

/* A child that is asked to end gets so long before it is killed, and as long again before it is
 * given up. */
#define CHILD_GRACE (5 * USEC_PER_SEC)

/* How a child ended. Everything is borrowed for the time of the call. */
struct child_end {
        bool started;       /* false: `errors` says why not */
        bool timed_out;     /* ended, or given up, after its time limit */
        int exit_status;    /* or -1 */
        int signal;         /* or 0 */
        const char *output; /* terminated; "" with a handler for output */
        size_t output_length;
        bool output_cut;    /* there was more */
        const char *errors; /* tidy text, see below */
};

struct child_options {
        const char *const *argv; /* NULL-terminated; a name without slash is looked up in PATH */
        const char *const *env;  /* "NAME=value" in addition; NULL-terminated or NULL */
        const char *input;       /* for its standard input, at most CHILD_INPUT_MAX; NULL: none */
        size_t input_length;
        /* Standard output is captured up to this, unless there is a handler for it, and the end of
         * standard error apart from it. 0: the end of both together is `errors`. */
        size_t output_max;
        bool secret;         /* its output is a secret */
        bool outlives_us;    /* goes on when the children are freed; others are asked to end */
        usec_t time_limit;   /* 0: none */
        const char *subject; /* for children_hang; NULL: none */

        void (*on_output)(void *userdata, const char *bytes, size_t n);
        /* Exactly one of the two is called, and then no other. `on_drop`: the children are freed.
         */
        void (*on_end)(void *userdata, const struct child_end *end);
        void (*on_drop)(void *userdata);
        void *userdata;
};

/* Children see the environment of the process in the C locale, its PATH with the usual folders
 * behind it, and none of its descriptors. The process has to ignore SIGPIPE: those that outlive us
 * inherit that, so that they can say something when nobody listens any more. */
struct children *children_new(struct sd_event *loop);

/* No child is killed or waited for. NULL is fine. Returns NULL. */
struct children *children_free(struct children *c);

/* A child that had been given up has ended after all. */
void children_on_late_end(struct children *c, void (*handler)(void *userdata, const char *subject),
                          void *userdata);

/* How many have been given up and still are there. */
uint32_t children_given_up(const struct children *c);

/* True if one with that subject has been given up and still is there. */
bool children_hang(const struct children *c, const char *subject);

/* Starts a child. `on_end` is called from the event loop or, if it cannot be started, at once. The
 * child is borrowed until one of the two was called; NULL if it was. */
struct child *child_start(struct children *children, const struct child_options *options);

/* Asks it to end, in the same way as after its time limit; its end is told as any other. */
void child_interrupt(struct child *c);
/* The same, but nobody is told any more. */
void child_stop(struct child *c);
