/* store/schema.h - the tables of the state file, and how an older one becomes a new one */
#pragma once

#include <stdbool.h>

struct store;

/* Reads only. -EPROTO: from a newer version; -EUCLEAN: a database of something else. */
int schema_check(struct store *s);

/* Makes or updates the tables; to be called inside a transaction. */
int schema_update(struct store *s, bool *ret_made);
