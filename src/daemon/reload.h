/* daemon/reload.h - reading the configuration, at the start and again */
#pragma once

#include "api/reply.h"

struct arena;
struct config;
struct daemon;

/* Reads the file, logs every diagnosis. NULL if it has an error. `reply`: filled with the
 * diagnoses, in the arena; may be NULL. */
struct config *reload_read(struct arena *a, const char *path, struct reply_reload *reply);

/* Reads it again and takes it, or keeps the old one and says so. */
void reload_configuration(struct daemon *d, struct arena *a, struct reply_reload *reply);
