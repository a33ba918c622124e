/* base/log.c - lines for the journal or the terminal, with fields */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/text.h"

static const char *const level_names[_LOG_LEVEL_MAX] = {
        [LOG_LEVEL_TRACE] = "trace",       [LOG_LEVEL_DEBUG] = "debug",
        [LOG_LEVEL_VERBOSE] = "verbose",   [LOG_LEVEL_INFO] = "info",
        [LOG_LEVEL_WARNING] = "warning",   [LOG_LEVEL_ERROR] = "error",
        [LOG_LEVEL_CRITICAL] = "critical",
};

static log_sink the_sink;
static enum log_level the_level = LOG_LEVEL_INFO;

const char *log_level_print(enum log_level level) {
        return level_names[level];
}

bool log_level_parse(const char *s, enum log_level *ret) {
        for (enum log_level l = 0; l < _LOG_LEVEL_MAX; l++)
                if (text_equal(s, level_names[l])) {
                        *ret = l;
                        return true;
                }
        return false;
}

void log_set_sink(log_sink sink) {
        the_sink = sink;
}

void log_set_level(enum log_level level) {
        the_level = level;
}

enum log_level log_get_level(void) {
        return the_level;
}

void log_write(enum log_level level, const struct log_fields *fields, const char *format, ...) {
        static const struct log_fields none;
        struct text line = {};
        int saved = errno;
        va_list args;

        if (level < the_level)
                return;
        va_start(args, format);
        errno = saved; /* for %m */
        text_vaddf(&line, format, args);
        va_end(args);
        if (the_sink)
                the_sink(level, fields ? fields : &none, line.s);
        else
                (void) fprintf(stderr, "%s: %s\n", level_names[level], line.s);
        text_done(&line);
        errno = saved;
}
