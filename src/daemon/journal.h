/* daemon/journal.h - where the daemon's log lines go: the journal with fields, or stderr */
#pragma once

/* Under systemd lines go to the journal, with ZMIRROR_ENTITY=, ZMIRROR_POOL=, ZMIRROR_COMMAND= and
 * ZMIRROR_EVENT= where they apply; else to stderr. */
void journal_set_up(void);
