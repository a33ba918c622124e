/* cli/hint.h - what somebody may have meant, or could have said */
#pragma once

#include <stddef.h>

#include "cli/cli.h"

/* ", did you mean 'scrub'?", or "" if nothing is near. In the arena. Names may be NULL. */
const char *hint_nearest(struct arena *a, const char *word, const char *const *names, size_t n);
/* The same, but all of them if nothing is near: "; it is one of disk, part, crypt". */
const char *hint_word(struct arena *a, const char *word, const char *const *names, size_t n);

/* Entities that have the words as their name, as they are called on the command line: ", did you
 * mean 'zpool tank'?"; "" if there is none. The daemon is asked, quietly. */
const char *hint_entity(const struct cli_call *call, const char *const *words);
