/* engine/schedule.h - when a configured schedule fires next */
#pragma once

#include "base/time.h"
#include "model/config.h"

/* The first moment after `after` (wall clock, local calendar) that a rule of the schedule allows;
 * USEC_NEVER if there is none in the next 28 years, or no rule at all. */
usec_t schedule_next(const struct schedule *s, usec_t after);
