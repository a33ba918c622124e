/* demo/show.h - what is seen of the demonstration: what happens, what is typed, what is told
 *
 * There is one line for each thing that happens in the world; below them, on a terminal, what
 * `zmirror` says at that moment, written over again and again. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "api/reply.h"
#include "base/time.h"

struct show;

struct show_options {
        const char *program; /* zmirror itself */
        const char *socket_path;
        int fd;                            /* to the world: demo/world.h */
        const volatile sig_atomic_t *stop; /* not 0: somebody wants it to end */
        bool in_time; /* with pauses, at a pace that one can follow; else as fast as it goes */
};

struct show *show_new(const struct show_options *options);
struct show *show_free(struct show *s);
DEFINE_CLEANUP(struct show *, show_free);

/* Something did not go as it should, or it was stopped: nothing that is called afterwards does
 * anything. */
bool show_has_failed(const struct show *s);

/* A heading, and a paragraph that tells what is going on. */
void show_head(struct show *s, const char *text);
void show_tell(struct show *s, const char *text);
/* So long, if it is in time. */
void show_pause(struct show *s, usec_t duration);

/* Types a command of zmirror's ("list --types zdev", "" for `zmirror` alone), and shows what it
 * says. `status`: how it has to end. */
void show_type(struct show *s, const char *arguments, int status);

/* Somebody types a command of ZFS's, in the world. */
void show_by_hand(struct show *s, const char *command);

/* Asks the world for something, such as "plug blue". */
void show_do(struct show *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The pace: so many seconds of the world in one. */
void show_speed(struct show *s, unsigned speed);
/* To that time of the world. */
void show_skip(struct show *s, usec_t wall);

/* Watches until something has happened in the world whose line begins like this: after `line`, if
 * that is not NULL and the world is asked for it now, else after what was awaited before. */
void show_await(struct show *s, const char *line, const char *happening);
/* Watches until `until` says that it is enough; asked a few times a second. */
typedef bool (*show_until)(const struct reply_verdict *disk, double than);
void show_watch(struct show *s, const char *disk, show_until until, double than);
