/* world/linux/pool_status_text.c - what `zpool status` says to people, for tools without JSON
 *
 *   pool: tank
 *  state: DEGRADED
 * status: One or more devices ... (goes on in lines that begin with a tab)
 *   scan: resilver in progress since Mon Nov 23 05:03:08 2026
 *         60.4M / 60.6M scanned, 32.2M / 60.4M issued at 8.04M/s
 *         16.2M resilvered, 53.26% done, no estimated completion time
 * config:
 *
 *         NAME                    STATE     READ WRITE CKSUM
 *         tank                    DEGRADED     0     0     0
 *           mirror-0              DEGRADED     0     0     0
 *             /dev/mapper/tank-b  ONLINE       0     0     0  (resilvering)  (untrimmed)
 *         spares
 *           /dev/mapper/s         AVAIL
 *
 * errors: No known data errors
 *
 * So a text is a sequence of keyed paragraphs, and the config paragraph is a table whose column of
 * states begins where its heading says STATE. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "world/linux/pool_status.h"
#include "world/linux/pool_status_text.h"
#include "world/linux/scan_text.h"

/* A line of the table. */
struct row {
        unsigned depth; /* 0: the pool */
        enum vdev_class class;
        const char *name, *state; /* in the builder's arena */
        uint64_t errors[3];       /* read, write, checksum */
        const char *remarks;      /* all that follows */
};

/* A text that is being read. */
struct reader {
        struct arena *arena;
        const char *next, *end; /* what is not read yet */
        const char *error;
        size_t state_column; /* of the table; 0: its heading has not come yet */
        enum vdev_class class;
        ARRAY(struct row) rows;
        const char *health, *problem, *errors, *removal, *checkpoint; /* paragraphs, on one line */
        struct scan scan;
        bool rebuilding;
};

/* --- lines and paragraphs ------------------------------------------------------------------- */

struct line {
        const char *s;
        size_t len;
};

static bool line_next(struct reader *r, struct line *ret) {
        const char *newline;

        if (r->next >= r->end)
                return false;
        newline = memchr(r->next, '\n', (size_t) (r->end - r->next));
        *ret = (struct line){ r->next, (size_t) ((newline ?: r->end) - r->next) };
        r->next = newline ? newline + 1 : r->end;
        return true;
}

static bool line_starts(struct line l, const char *prefix) {
        size_t n = strlen(prefix);

        return l.len >= n && memcmp(l.s, prefix, n) == 0;
}

enum key {
        KEY_NONE, /* goes on with the paragraph before */
        KEY_POOL,
        KEY_STATE,
        KEY_STATUS,
        KEY_SCAN,
        KEY_REMOVE,
        KEY_CHECKPOINT,
        KEY_CONFIG,
        KEY_ERRORS,
        KEY_OTHER,
        _KEY_MAX,
};

/* As ZFS aligns them: with a name of another length in front a line is a continuation. */
static const char *const key_words[_KEY_MAX] = {
        [KEY_POOL] = "  pool: ",  [KEY_STATE] = " state: ",  [KEY_STATUS] = "status: ",
        [KEY_SCAN] = "  scan: ",  [KEY_REMOVE] = "remove: ", [KEY_CHECKPOINT] = "checkpoint: ",
        [KEY_CONFIG] = "config:", [KEY_ERRORS] = "errors: ",
};

static enum key line_key(struct line l) {
        if (l.len == 0 || l.s[0] == '\t')
                return KEY_NONE;
        for (size_t i = 0; i < _KEY_MAX; i++)
                if (key_words[i] && line_starts(l, key_words[i]))
                        return (enum key) i;
        return l.s[0] == ' ' && l.len > 3 && l.s[3] == ' ' ? KEY_NONE : KEY_OTHER;
}

/* --- the table ------------------------------------------------------------------------------ */

static bool is_state_word(const char *s, size_t len) {
        char word[16];
        enum vdev_state state;

        if (len >= sizeof(word))
                return false;
        memcpy(word, s, len);
        word[len] = '\0';
        return vdev_state_parse(word, &state) || text_equal(word, "AVAIL") ||
               text_equal(word, "INUSE") || text_equal(word, "SPLIT");
}

/* A name may hold blanks, even the word ONLINE, so the state is looked for where the heading says.
 * Only if a long name has pushed it to the right, the first state behind two blanks is taken. */
static bool row_find_state(struct line l, size_t column, size_t *ret_begin, size_t *ret_end) {
        for (size_t i = column; i < l.len; i++) {
                size_t end = i;

                if (i < 2 || l.s[i - 1] != ' ' || l.s[i - 2] != ' ')
                        continue;
                while (end < l.len && l.s[end] >= 'A' && l.s[end] <= 'Z')
                        end++;
                if ((end == l.len || l.s[end] == ' ') && is_state_word(l.s + i, end - i)) {
                        *ret_begin = i;
                        *ret_end = end;
                        return true;
                }
        }
        return false;
}

/* Three counters, or none (spares). Returns what follows. */
static const char *row_read_errors(const char *s, struct row *row) {
        char word[32];
        int n = 0;

        for (size_t i = 0; i < ELEMENTSOF(row->errors); i++, s += n)
                if (sscanf(s, " %31s%n", word, &n) != 1 ||
                    (!text_to_u64(word, &row->errors[i]) &&
                     !scan_text_amount(word, &row->errors[i])))
                        break;
        return s;
}

static bool row_read(struct reader *r, struct line l) {
        struct row row = { .class = r->class };
        size_t begin, end, indent = 0, name_end;

        while (indent < l.len && l.s[indent] == ' ')
                indent++;
        if (!row_find_state(l, r->state_column, &begin, &end) || indent % 2 || indent >= begin)
                return false;
        for (name_end = begin; name_end > indent && l.s[name_end - 1] == ' '; name_end--)
                ;
        row.depth = (unsigned) indent / 2;
        row.name = arena_strndup(r->arena, l.s + indent, name_end - indent);
        row.state = arena_strndup(r->arena, l.s + begin, end - begin);
        row.remarks = row_read_errors(arena_strndup(r->arena, l.s + end, l.len - end), &row);
        if (row.depth > POOL_STATUS_DEPTH_MAX || r->rows.count >= POOL_STATUS_VDEVS_MAX)
                return false;
        array_append(&r->rows, row);
        return true;
}

static const struct {
        const char *word;
        enum vdev_class class;
} sections[] = {
        { "dedup", VDEV_CLASS_SPECIAL }, { "special", VDEV_CLASS_SPECIAL },
        { "logs", VDEV_CLASS_LOG },      { "cache", VDEV_CLASS_CACHE },
        { "spares", VDEV_CLASS_SPARE },
};

/* The line `word` above vdevs of another class; there is none above the pool's own line. */
static bool read_section(struct reader *r, struct line l) {
        if (r->rows.count == 0)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(sections); i++)
                if (strlen(sections[i].word) == l.len && line_starts(l, sections[i].word)) {
                        r->class = sections[i].class;
                        return true;
                }
        return false;
}

static bool read_heading(struct reader *r, struct line l) {
        const char *state = line_starts(l, "NAME ") ? memmem(l.s, l.len, " STATE ", 7) : NULL;

        if (state)
                r->state_column = (size_t) (state + 1 - l.s);
        return state;
}

static int read_table_line(struct reader *r, struct line l) {
        if (l.len == 0 || l.s[0] != '\t')
                return 0;
        l.s++;
        l.len--;
        while (l.len > 0 && strchr(" \t\r", l.s[l.len - 1]))
                l.len--;
        if (l.len == 0)
                return 0;
        if (!r->state_column ? read_heading(r, l) : read_section(r, l) || row_read(r, l))
                return 0;
        r->error = "a line of its config is not understood";
        return -EBADMSG;
}

/* --- the whole ------------------------------------------------------------------------------ */

static void read_paragraph(struct reader *r, enum key key, const char *begin, const char *end) {
        const char *line = text_on_one_line(r->arena, begin, (size_t) (end - begin));

        switch (key) {
        case KEY_STATE:
                r->health = line;
                break;
        case KEY_STATUS:
                r->problem = line;
                break;
        case KEY_SCAN:
                scan_text_read(r->arena, line, &r->scan, &r->rebuilding);
                break;
        case KEY_REMOVE:
                r->removal = line;
                break;
        case KEY_CHECKPOINT:
                r->checkpoint = line;
                break;
        case KEY_ERRORS:
                r->errors = line;
                break;
        case KEY_NONE:
        case KEY_POOL:
        case KEY_CONFIG:
        case KEY_OTHER:
        case _KEY_MAX:
                break;
        }
}

/* Reads up to the next pool's first line. */
static int read_pool(struct reader *r) {
        enum key key = KEY_NONE, next;
        const char *begin = r->next;
        struct line l;
        int k;

        while (line_next(r, &l)) {
                next = line_key(l);
                if (next != KEY_NONE) {
                        read_paragraph(r, key, begin, l.s);
                        if (next == KEY_POOL)
                                return 0;
                        key = next;
                        begin = l.s + (key_words[key] ? strlen(key_words[key]) : 0);
                } else if (key == KEY_CONFIG) {
                        k = read_table_line(r, l);
                        if (k < 0)
                                return k;
                }
        }
        read_paragraph(r, key, begin, r->end);
        return 0;
}

/* Goes behind the line "  pool: <pool>". */
static int find_pool(struct reader *r, const char *pool) {
        size_t n = strlen(pool), skip = strlen(key_words[KEY_POOL]);
        bool any = false;
        struct line l;

        while (line_next(r, &l)) {
                if (line_key(l) == KEY_POOL && l.len == skip + n &&
                    memcmp(l.s + skip, pool, n) == 0)
                        return 0;
                any = any || line_key(l) == KEY_POOL || line_starts(l, "no pools available");
        }
        r->error = any ? "the pool is not in it" : "it is not what `zpool status` prints";
        return any ? -ENOENT : -EBADMSG;
}

static int reader_run(struct reader *r, struct arena *a, const char *text, size_t len,
                      const char *pool) {
        int k;

        *r = (struct reader){
                .arena = a,
                .next = text,
                .end = text + len,
                .health = "",
                .problem = "",
                .removal = "",
        };
        if (len > POOL_STATUS_TEXT_MAX || memchr(text, '\0', len)) {
                r->error = "it is too long, or no text";
                return -EBADMSG;
        }
        k = find_pool(r, pool);
        if (k < 0)
                return k;

        k = read_pool(r);
        if (k < 0)
                return k;

        if (r->rows.count > 0 && r->rows.items[0].depth == 0 && r->errors)
                return 0;
        r->error = "it was cut off"; /* the line about errors is the last one */
        return -EBADMSG;
}

static void reader_done(struct reader *r) {
        array_done(&r->rows);
}

/* "(100% trimmed, completed at <date>)", "(3% trimmed, suspended, started at <date>)",
 * "(untrimmed)", "(trim unsupported)", "(trimming)". The amount of bytes is not told. */
static void remark_trim(const char *s, struct vdev *v) {
        unsigned percent;

        if (text_starts(s, "trim unsupported"))
                v->trim_state = TRIM_UNSUPPORTED;
        else if (text_starts(s, "trimming"))
                v->trim_state = TRIM_ACTIVE;
        if (sscanf(s, "%3u%% trimmed", &percent) != 1)
                return;
        v->trim_done = percent;
        v->trim_total = 100;
        if (strstr(s, ", completed at ")) {
                v->trim_state = TRIM_COMPLETE;
                v->trim_time = scan_text_date(s, ", completed at ");
                return;
        }
        v->trim_state = strstr(s, ", suspended") ? TRIM_SUSPENDED : TRIM_ACTIVE;
        v->trim_time = scan_text_date(s, " started at ");
}

/* A remark in parentheses, without them. */
static void remark_read(const char *s, struct vdev *v) {
        if (text_equal(s, "resilvering"))
                v->resilvering = true;
        else if (text_equal(s, "awaiting resilver"))
                v->resilver_deferred = true;
        else
                remark_trim(s, v);
}

/* A remark without parentheses: "too many errors", "was /dev/...", "block size: ...". */
static void remark_read_bare(struct arena *a, const char *s, struct vdev *v) {
        if (text_starts(s, "was ")) {
                v->was = arena_strdup(a, s + 4);
                v->not_present = true;
        } else if (!text_starts(s, "block size: ") && !*v->aux)
                v->aux = arena_strdup(a, s);
}

/* Remarks come in any combination, with two blanks in front of each. Dates in them may hold two
 * blanks ("Nov  2"), so one in parentheses ends with the closing one. */
static void remarks_read(struct arena *a, const char *s, struct vdev *v) {
        const char *end;

        for (;; s = end) {
                s += strspn(s, " ");
                if (!*s)
                        return;
                if (*s == '(') {
                        end = strchr(s, ')') ?: s + strlen(s);
                        remark_read(text_on_one_line(a, s + 1, (size_t) (end - s - 1)), v);
                        end += *end == ')';
                } else {
                        end = strstr(s, "  ") ?: s + strlen(s);
                        remark_read_bare(a, arena_strndup(a, s, (size_t) (end - s)), v);
                }
        }
}

static bool name_is_guid(const char *name, uint64_t *ret) {
        return text_to_u64(name, ret) && *ret > 0;
}

static void row_to_vdev(struct pool_status_builder *b, const struct row *row, struct vdev *v) {
        struct arena *a = b->status->arena;

        v->name = row->name;
        v->class = row->class;
        vdev_set_state_by_word(b, v, row->state);
        v->read_errors = row->errors[0];
        v->write_errors = row->errors[1];
        v->checksum_errors = row->errors[2];
        remarks_read(a, row->remarks, v);
        if (row->depth == 0)
                v->type = VDEV_TYPE_ROOT;
        else
                vdev_set_type_by_name(v, row->name);
        (void) name_is_guid(row->name, &v->guid);
        v->path = row->name[0] == '/' ? row->name : v->was;
}

/* Parents by depth; a line may go one step deeper than the one before it, never two. */
static int rows_to_vdevs(struct pool_status_builder *b, struct reader *r) {
        uint32_t last[POOL_STATUS_DEPTH_MAX + 1] = {};
        unsigned depth = 0;

        for (size_t i = 0; i < r->rows.count; i++) {
                const struct row *row = &r->rows.items[i];
                struct vdev *v;

                if (row->depth > depth + 1 || (i > 0 && row->depth == 0)) {
                        r->error = "the lines of its config are indented in a strange way";
                        return -EBADMSG;
                }
                depth = row->depth;
                last[depth] = (uint32_t) i;
                v = pool_status_add_vdev(b, depth ? last[depth - 1] : VDEV_NONE);
                row_to_vdev(b, row, v); /* there are no more rows than vdevs are allowed */
        }
        return 0;
}

/* Both texts show the same tree if line by line depth, class, and such names as are GUIDs anyway
 * are the same. */
static int guids_from(struct pool_status_builder *b, const struct reader *r,
                      const struct reader *guids) {
        bool same = r->rows.count == guids->rows.count;
        uint64_t guid = 0;

        for (size_t i = 1; same && i < r->rows.count; i++) { /* the pool keeps its name */
                const struct row *named = &r->rows.items[i], *numbered = &guids->rows.items[i];
                struct vdev *v = &b->vdevs.items[i];

                same = named->depth == numbered->depth && named->class == numbered->class &&
                       name_is_guid(numbered->name, &guid) && (!v->guid || v->guid == guid);
                v->guid = guid;
        }
        return same ? 0 : -EAGAIN;
}

/* "8 data errors, use '-v' for a list". If they cannot be listed, there is one at least. */
static uint64_t errors_count(const char *line) {
        unsigned long long n;

        if (text_starts(line, "No known data errors"))
                return 0;
        return sscanf(line, "%19llu data error", &n) == 1 ? n : 1;
}

static int build(struct pool_status_builder *b, struct reader *r, const struct reader *guids,
                 const char **ret_error) {
        struct pool_status *p = b->status;
        int k;

        p->suspended = text_equal(r->health, "SUSPENDED");
        p->error_count = errors_count(r->errors);
        p->checkpoint = r->checkpoint != NULL;
        p->removing = strstr(r->removal, " in progress ") != NULL;
        p->problem = r->problem;
        p->scan = r->scan;
        p->rebuilding = r->rebuilding;
        k = rows_to_vdevs(b, r);
        if (k < 0) {
                *ret_error = r->error;
                return k;
        }
        k = guids ? guids_from(b, r, guids) : 0;
        if (k < 0)
                *ret_error = "the pool has changed in between";
        return k;
}

int pool_status_parse_text(const char *text, size_t len, const char *guids, size_t guids_len,
                           const char *pool, struct pool_status **ret, const char **ret_error) {
        struct reader named = {}, numbered = {};
        struct pool_status_builder b;
        int k;

        pool_status_builder_init(&b, pool);
        k = reader_run(&named, b.status->arena, text, len, pool);
        if (k < 0)
                *ret_error = named.error;
        if (k >= 0 && guids) {
                k = reader_run(&numbered, b.status->arena, guids, guids_len, pool);
                if (k < 0)
                        *ret_error = numbered.error;
        }
        if (k >= 0)
                k = build(&b, &named, guids ? &numbered : NULL, ret_error);
        reader_done(&named);
        reader_done(&numbered);
        if (k < 0) {
                pool_status_builder_done(&b);
                return k;
        }
        *ret = pool_status_finish(&b);
        return 0;
}

bool pool_status_is_missing(const char *stderr_text, const char *pool) {
        char expected[512];
        int n = snprintf(expected, sizeof(expected), "cannot open '%s': no such pool", pool);

        return n > 0 && (size_t) n < sizeof(expected) && strstr(stderr_text, expected);
}
