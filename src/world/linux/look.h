/* world/linux/look.h - each look: what is read, or which program is asked, and the answer */
#pragma once

#include <stdint.h>

struct facts;
struct linux_world;
struct look;

/* Exactly one answer follows, or has been given when this returns. Only from the event loop. */
void look_begin(struct linux_world *w, uint64_t tag, const struct look *what);

/* The answer to a look. Frees the pool's status if nobody took it. */
void look_answer(struct linux_world *w, uint64_t tag, struct facts *facts);
void look_fail(struct linux_world *w, uint64_t tag, const struct look *what, const char *error);
