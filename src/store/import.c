/* store/import.c - the dates that an older program left beside the state file
 *
 * The older zmirror kept an SQLite file, too, but its tables changed from version to version. So
 * nothing is assumed but this: some table has a column with an entity's id
 * ("zdev|pool:tank|name:tank-a", perhaps with an older name of the type), and columns beside it
 * are called as the dates still are. A date may be ISO text, or seconds since 1970. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "base/time.h"
#include "model/entity.h"
#include "store/database.h"
#include "store/import.h"

#define OLDER_NAME       "zmirror-cache.db"
#define OLDER_ROWS_MAX   100000
#define OLDER_TABLES_MAX 64
#define OLDER_ID_MAX     1000

/* The dates, with the names that they were known by. */
enum older_date {
        OLDER_ADDED,
        OLDER_ONLINE,
        OLDER_UPDATE,
        OLDER_SCRUB,
        OLDER_TRIM,
        _OLDER_DATE_MAX
};

static const struct {
        const char *column;
        enum older_date date;
} older_columns[] = {
        { "added", OLDER_ADDED },          { "last_online", OLDER_ONLINE },
        { "last_update", OLDER_UPDATE },   { "last_updated", OLDER_UPDATE },
        { "last_resilver", OLDER_UPDATE }, { "last_resilvered", OLDER_UPDATE },
        { "last_scrub", OLDER_SCRUB },     { "last_scrubbed", OLDER_SCRUB },
        { "last_trim", OLDER_TRIM },       { "last_trimmed", OLDER_TRIM },
};

/* Where in a table the dates are; -1: not there. */
struct older_layout {
        int dates[_OLDER_DATE_MAX];
};

struct older_table {
        char name[128];
};

static void import_note(struct store *s, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

static void import_note(struct store *s, const char *format, ...) {
        struct text note = {};
        va_list args;

        va_start(args, format);
        text_vaddf(&note, format, args);
        va_end(args);
        free(s->import_note);
        s->import_note = note.s;
}

static void layout_read(sqlite3_stmt *stmt, struct older_layout *ret) {
        for (size_t d = 0; d < _OLDER_DATE_MAX; d++)
                ret->dates[d] = -1;
        for (int i = 0; i < sqlite3_column_count(stmt); i++) {
                const char *name = sqlite3_column_name(stmt, i);

                for (size_t k = 0; k < ELEMENTSOF(older_columns); k++)
                        if (strcasecmp(name, older_columns[k].column) == 0)
                                ret->dates[older_columns[k].date] = i;
        }
}

static bool layout_is_understood(const struct older_layout *l) {
        return l->dates[OLDER_ONLINE] >= 0 || l->dates[OLDER_UPDATE] >= 0 ||
               l->dates[OLDER_SCRUB] >= 0 || l->dates[OLDER_TRIM] >= 0;
}

/* "ZDev|pool:tank|name:a" and "zdev|pool:tank|name:a" are the same leg. Only legs have dates. */
static bool older_id_read(const char *older, char *ret, size_t size) {
        char type_name[32];
        const char *rest = strchr(older, '|');
        enum entity_type type;
        int n;

        if (!rest || (size_t) (rest - older) >= sizeof(type_name) || strlen(older) > OLDER_ID_MAX)
                return false;
        for (n = 0; older[n] != '|'; n++)
                type_name[n] = older[n] >= 'A' && older[n] <= 'Z' ? (char) (older[n] + 32)
                                                                  : older[n];
        type_name[n] = 0;
        if (!entity_type_parse(type_name, &type) || type != ENTITY_ZDEV)
                return false;
        n = snprintf(ret, size, "%s%s", entity_type_print(type), rest);
        return n > 0 && (size_t) n < size;
}

/* ISO text may have fractions of a second, which time_parse_iso refuses: they are cut out. */
static usec_t older_date_parse(const char *text) {
        char plain[64];
        const char *dot = strchr(text, '.');
        size_t fraction = 0;
        usec_t t;

        if (strlen(text) >= sizeof(plain))
                return 0;
        if (dot)
                fraction = 1 + strspn(dot + 1, "0123456789");
        (void) snprintf(plain, sizeof(plain), "%.*s%s",
                        dot ? (int) (dot - text) : (int) strlen(text), text,
                        dot ? dot + fraction : "");
        return time_parse_iso(plain, &t) ? t : 0;
}

static usec_t older_date_read(sqlite3_stmt *stmt, int column) {
        double seconds;

        if (column < 0)
                return 0;
        switch (sqlite3_column_type(stmt, column)) {
        case SQLITE_INTEGER:
        case SQLITE_FLOAT:
                seconds = sqlite3_column_double(stmt, column);
                /* Seconds until the year 9999; what is larger was kept in finer units. */
                return seconds > 0 && seconds < 253402300800.0 ? (usec_t) (seconds * 1e6) : 0;
        case SQLITE_TEXT:
                return older_date_parse(stmt_text(stmt, column));
        default:
                return 0;
        }
}

/* 1 if the row was taken over, 0 if it is none of a leg's. */
static int import_row(struct store *s, sqlite3_stmt *insert, sqlite3_stmt *older,
                      const struct older_layout *layout) {
        char id[OLDER_ID_MAX + 8];
        int at = 0, r;

        while (at < sqlite3_column_count(older) &&
               !older_id_read(stmt_text(older, at), id, sizeof(id)))
                at++;
        if (at == sqlite3_column_count(older))
                return 0;

        stmt_bind_text(insert, 1, id);
        for (int d = 0; d < _OLDER_DATE_MAX; d++)
                stmt_bind_number(insert, 2 + d, older_date_read(older, layout->dates[d]));
        r = database_step(s, insert, "write");
        return r < 0 ? r : 1;
}

/* Returns the number of rows taken over; -ENODATA if the table holds something else. */
static int import_table(struct store *s, sqlite3 *older, const char *table) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL, *insert = NULL;
        char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" LIMIT %d", table, OLDER_ROWS_MAX);
        struct older_layout layout;
        int r, n = 0;

        r = sqlite3_prepare_v2(older, sql, -1, &stmt, NULL);
        sqlite3_free(sql);
        if (r != SQLITE_OK)
                return -ENODATA;
        layout_read(stmt, &layout);
        if (!layout_is_understood(&layout))
                return -ENODATA;

        r = database_query(s,
                           "INSERT OR REPLACE INTO entity (id, state, in_use, device_seq,"
                           " operations, errors, used, added, last_online, last_update, last_scrub,"
                           " last_trim, vdev_guid)"
                           " VALUES (?1, 'unknown', 0, 0, 0, 0, 0, ?2, ?3, ?4, ?5, ?6, '0')",
                           &insert);
        if (r < 0)
                return r;

        while (sqlite3_step(stmt) == SQLITE_ROW) {
                r = import_row(s, insert, stmt, &layout);
                if (r < 0)
                        return r;
                n += r;
        }
        return n;
}

/* The names first: a statement over the schema must not run while others are prepared from it. */
static size_t older_tables(sqlite3 *older, struct older_table *ret) {
        _cleanup_(stmt_finalizep) sqlite3_stmt *stmt = NULL;
        size_t n = 0;

        if (sqlite3_prepare_v2(older, "SELECT name FROM sqlite_master WHERE type = 'table'", -1,
                               &stmt, NULL) != SQLITE_OK)
                return 0;
        while (n < OLDER_TABLES_MAX && sqlite3_step(stmt) == SQLITE_ROW)
                if (strlen(stmt_text(stmt, 0)) < sizeof(ret[n].name))
                        (void) snprintf(ret[n++].name, sizeof(ret[n].name), "%s",
                                        stmt_text(stmt, 0));
        return n;
}

static int import_tables(struct store *s, sqlite3 *older, const char *path) {
        struct older_table tables[OLDER_TABLES_MAX];
        size_t n_tables = older_tables(older, tables);
        int r, n = 0;

        for (size_t i = 0; i < n_tables; i++) {
                r = import_table(s, older, tables[i].name);
                if (r == -ENODATA)
                        continue;
                if (r < 0)
                        return r;
                n += r;
        }
        if (n > 0)
                import_note(s, "Took over the dates of %d legs from the older program's %s", n,
                            path);
        else
                import_note(s,
                            "Found an older program's %s, but did not understand it: its dates "
                            "were not taken over",
                            path);
        return 0;
}

int import_older(struct store *s) {
        _cleanup_(freep) char *path = NULL;
        const char *slash = strrchr(s->path, '/');
        sqlite3 *older = NULL;
        int r;

        if (asprintf(&path, "%.*s%s", slash ? (int) (slash + 1 - s->path) : 0, s->path,
                     OLDER_NAME) < 0)
                abort();
        if (access(path, F_OK) < 0)
                return 0;

        r = sqlite3_open_v2(path, &older, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
        if (r != SQLITE_OK) {
                import_note(s, "Found an older program's %s, but cannot open it: %s", path,
                            sqlite3_errmsg(older));
                r = 0;
        } else
                r = import_tables(s, older, path);
        (void) sqlite3_close(older);
        return r;
}
