/* world/linux/pool_status_json.h - what `zpool status -j --json-int -p -P -t <pool>` says */
#pragma once

#include <stddef.h>

struct pool_status;

/* Reads the status of one pool. 0; -ENOENT if this is a whole document and the pool is not in it
 * (only what the command said on stderr tells why: see pool_status_is_missing); -EBADMSG if it
 * makes no sense, with one clause that says what is wrong in `ret_error` (static text). The caller
 * frees the status; its `txg` is left 0, as the one printed there is not the newest. */
int pool_status_parse_json(const char *text, size_t len, const char *pool, struct pool_status **ret,
                           const char **ret_error);
