/* sim/scenario.h - the text of a scenario: one step a line, words, and blocks of configuration
 *
 *     # the USB night
 *     config
 *       --- !zmirror
 *       content: ...
 *     end
 *     plug blue
 *     expect run cryptsetup open /dev/sd?1 tank-b *
 *
 * Words are separated by blanks; "..." is one word; # begins a comment. What the words mean is told
 * in stage.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

#define SCENARIO_WORDS_MAX 64
#define SCENARIO_BYTES_MAX (4u << 20)

struct scenario_line {
        const char *const *words; /* at least one; NULL-terminated */
        uint32_t n_words;
        uint32_t number;   /* from 1 */
        const char *block; /* what stood up to the line "end", without its indentation; or NULL */
        size_t block_length;
        uint32_t block_number; /* of its first line */
};

struct scenario {
        const char *path;
        struct scenario_line *lines;
        uint32_t n_lines;
};

/* Both in the arena. NULL: `ret_error` is "<path>:<line>: what was expected". */
struct scenario *scenario_parse(struct arena *a, const char *path, const char *text, size_t length,
                                const char **ret_error);
struct scenario *scenario_load(struct arena *a, const char *path, const char **ret_error);

/* One line, as typed at the prompt: false if there is nothing in it, or a mistake. */
bool scenario_parse_line(struct arena *a, const char *text, struct scenario_line *ret,
                         const char **ret_error);
