/* demo/week.h - the story that is shown */
#pragma once

#include "base/time.h"

struct show;

/* The configuration that it needs. */
extern const char week_yml[];

/* When it begins: a Monday evening, so that its end is past. */
usec_t week_begin(usec_t now);

void week_play(struct show *s, usec_t begin);
