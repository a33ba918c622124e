/* daemon/journal.c - where the daemon's log lines go: the journal with fields, or stderr */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/journal.h"

static const int priorities[_LOG_LEVEL_MAX] = {
        [LOG_LEVEL_TRACE] = LOG_DEBUG,     [LOG_LEVEL_DEBUG] = LOG_DEBUG,
        [LOG_LEVEL_VERBOSE] = LOG_INFO,    [LOG_LEVEL_INFO] = LOG_NOTICE,
        [LOG_LEVEL_WARNING] = LOG_WARNING, [LOG_LEVEL_ERROR] = LOG_ERR,
        [LOG_LEVEL_CRITICAL] = LOG_CRIT,
};

/* systemd says which stream it connected to the journal. Whoever redirected stderr since does not
 * mean the journal. */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        char mine[64];
        struct stat st;

        if (!stream || fstat(STDERR_FILENO, &st) < 0)
                return false;
        (void) snprintf(mine, sizeof(mine), "%" PRIu64 ":%" PRIu64, (uint64_t) st.st_dev,
                        (uint64_t) st.st_ino);
        return text_equal(stream, mine);
}

struct journal_line {
        struct text fields[6];
        size_t n;
};

static void journal_add(struct journal_line *line, const char *name, const char *value) {
        if (!value)
                return;
        text_add(&line->fields[line->n], name);
        text_add(&line->fields[line->n], value);
        line->n++;
}

static void journal_sink(enum log_level level, const struct log_fields *fields, const char *text) {
        struct journal_line line = {};
        struct iovec vec[ELEMENTSOF(line.fields)];

        text_addf(&line.fields[line.n++], "PRIORITY=%d", priorities[level]);
        journal_add(&line, "MESSAGE=", text);
        journal_add(&line, "ZMIRROR_ENTITY=", fields->entity);
        journal_add(&line, "ZMIRROR_POOL=", fields->pool);
        journal_add(&line, "ZMIRROR_COMMAND=", fields->command);
        journal_add(&line, "ZMIRROR_EVENT=", fields->event);
        for (size_t i = 0; i < line.n; i++)
                vec[i] = (struct iovec){ line.fields[i].s, line.fields[i].length };
        (void) sd_journal_sendv(vec, (int) line.n);
        for (size_t i = 0; i < line.n; i++)
                text_done(&line.fields[i]);
}

void journal_set_up(void) {
        if (stderr_is_journal())
                log_set_sink(journal_sink);
}
