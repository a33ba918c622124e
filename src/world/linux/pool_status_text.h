/* world/linux/pool_status_text.h - what `zpool status` says to people, for tools without JSON */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pool_status;

/* Reads the status of one pool from two texts: `zpool status -pPt <pool>`, and, for the GUIDs,
 * `zpool status -gpPt <pool>` run right after it, NULL if there is none (then all GUIDs are 0).
 * The lines of both are matched by their order, and must show the same tree.
 *
 * The text does not tell the pool's own GUID, the start of a canceled scan, nor exact amounts.
 *
 * 0; -ENOENT if the pool is not there; -EAGAIN if the pool changed in between (look again);
 * -EBADMSG if the text makes no sense; then `ret_error` (static text) says what is wrong. */
int pool_status_parse_text(const char *text, size_t len, const char *guids, size_t guids_len,
                           const char *pool, struct pool_status **ret, const char **ret_error);

/* True if what `zpool status` wrote to stderr says that there is no pool of that name, as opposed
 * to any other failure. */
bool pool_status_is_missing(const char *stderr_text, const char *pool);
