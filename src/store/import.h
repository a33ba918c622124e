/* store/import.h - the dates that an older program left beside the state file */
#pragma once

struct store;

/* Looks for zmirror-cache.db in the same folder and takes over the dates of its legs; to be called
 * inside the transaction that makes the tables. What is not understood is left alone and said in
 * the store's import note: it never fails a start. */
int import_older(struct store *s);
