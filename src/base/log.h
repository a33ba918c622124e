/* base/log.h - lines for the journal or the terminal, with fields */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum log_level {
        LOG_LEVEL_TRACE,
        LOG_LEVEL_DEBUG,
        LOG_LEVEL_VERBOSE,
        LOG_LEVEL_INFO,
        LOG_LEVEL_WARNING,
        LOG_LEVEL_ERROR,
        LOG_LEVEL_CRITICAL,
        _LOG_LEVEL_MAX,
};

/* What a line is about; each may be NULL. They become journal fields ZMIRROR_ENTITY=,
 * ZMIRROR_POOL=, ... */
struct log_fields {
        const char *entity, *pool, *command, *event;
};

typedef void (*log_sink)(enum log_level level, const struct log_fields *fields, const char *text);

const char *log_level_print(enum log_level level);
bool log_level_parse(const char *s, enum log_level *ret);

/* Where lines go; without a sink they go to stderr as "level: text". */
void log_set_sink(log_sink sink);
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_write(enum log_level level, const struct log_fields *fields, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)
#define log_verbose(...) log_write(LOG_LEVEL_VERBOSE, NULL, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_error(...)   log_write(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
