/* config/value.c - what a scalar or list in the configuration can mean: booleans, spans, names,
 * schedules */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/value.h"

#define NAME_MAX_BYTES 255u
#define WORDS_MAX      256u

static bool value_expected(struct diagnoser *d, const struct tree *t, const char *what) {
        if (!t->cut) /* it was told that it has no end */
                diagnose_error(d, t, "expected %s, found %s", what, tree_describe(d->arena, t));
        return false;
}

bool value_bool(struct diagnoser *d, const struct tree *t, bool *ret) {
        static const struct {
                const char *word;
                bool value;
        } words[] = { { "yes", true }, { "true", true },   { "on", true },
                      { "no", false }, { "false", false }, { "off", false } };

        for (size_t i = 0; t->kind == TREE_SCALAR && !t->quoted && i < ELEMENTSOF(words); i++)
                if (strcasecmp(t->text, words[i].word) == 0) {
                        *ret = words[i].value;
                        return true;
                }
        return value_expected(d, t, "yes or no");
}

bool value_number(struct diagnoser *d, const struct tree *t, uint32_t min, uint32_t max,
                  uint32_t *ret) {
        uint64_t value;

        if (t->kind != TREE_SCALAR || t->quoted || !text_to_u64(t->text, &value) || value < min ||
            value > max)
                return value_expected(d, t,
                                      arena_printf(d->arena, "a number from %u to %u", min, max));
        *ret = (uint32_t) value;
        return true;
}

bool value_span(struct diagnoser *d, const struct tree *t, struct span *ret) {
        if (t->kind == TREE_SCALAR && span_parse(t->text, ret))
                return true;
        return value_expected(d, t, "a duration such as '4 weeks' or '1 mo 2 d', or nil");
}

bool value_text(struct arena *a, struct diagnoser *d, const struct tree *t, const char **ret) {
        if (t->kind != TREE_SCALAR)
                return value_expected(d, t, "a text");
        *ret = arena_strdup(a, t->text);
        return true;
}

/* The first character that cannot stand there, or NULL. */
static const char *name_fault(const char *s, enum name_kind kind) {
        bool zfs = kind == NAME_DATASET || kind == NAME_POOL;

        for (const char *p = s; *p; p++) {
                unsigned char c = (unsigned char) *p;

                if (c == '/' && kind == NAME_DATASET && p > s && p[1] && p[1] != '/')
                        continue;
                if (c == '/' && (kind == NAME_PART || kind == NAME_LEG))
                        continue;
                if (zfs ? !isalnum(c) && !strchr("-_.: ", c) : iscntrl(c) || strchr("/|", c))
                        return p;
        }
        return NULL;
}

/* "." and "..", between slashes, too. */
static bool name_leads_elsewhere(const char *s) {
        for (;; s++) {
                size_t n = strcspn(s, "/");

                if (n && strspn(s, ".") == n && n <= 2)
                        return true;
                s += n;
                if (!*s)
                        return false;
        }
}

static void name_refuse(struct diagnoser *d, const struct tree *t, const char *fault) {
        size_t n = 1;

        while (((unsigned char) fault[n] & 0xc0) == 0x80)
                n++;
        if (iscntrl((unsigned char) *fault))
                diagnose_error(d, t, "a control character cannot stand in a name");
        else
                diagnose_error(d, t, "'%.*s' cannot stand in a name here", (int) n, fault);
}

bool value_name(struct arena *a, struct diagnoser *d, const struct tree *t, enum name_kind kind,
                const char **ret) {
        const char *s = t->text, *fault = name_fault(s, kind);

        if (t->kind != TREE_SCALAR || !*s)
                return value_expected(d, t, "a name");
        if (strlen(s) > NAME_MAX_BYTES)
                diagnose_error(d, t, "the name is longer than %u bytes", NAME_MAX_BYTES);
        else if (fault)
                name_refuse(d, t, fault);
        else if (*s == '-' && kind != NAME_PART && kind != NAME_LEG)
                diagnose_error(d, t, "a name cannot begin with a dash here");
        else if (name_leads_elsewhere(s))
                diagnose_error(d, t, "'%s' is no name", s);
        else if (kind == NAME_POOL && !isalpha((unsigned char) *s))
                diagnose_error(d, t, "the name of a pool begins with a letter");
        else {
                *ret = arena_strdup(a, s);
                return true;
        }
        return false;
}

void value_refuse_tags(struct diagnoser *d, const struct tree *t) {
        if (*t->tag)
                diagnose_error(d, t, "the tag '%.64s' cannot stand here", t->tag);
        for (const struct tree *c = t->first; c; c = c->next)
                value_refuse_tags(d, c); /* no deeper than the file is nested */
}

bool value_uuid(struct arena *a, struct diagnoser *d, const struct tree *t, const char **ret) {
        size_t n = t->kind == TREE_SCALAR ? strlen(t->text) : 0;
        char *lower;

        if (!n || n > 36 || strspn(t->text, "0123456789abcdefABCDEF-") != n)
                return value_expected(d, t,
                                      "the UUID of a partition table (see `lsblk -o NAME,PTUUID`)");
        lower = arena_strdup(a, t->text);
        for (char *p = lower; *p; p++)
                *p = (char) tolower((unsigned char) *p);
        *ret = lower;
        return true;
}

bool value_words(struct arena *a, struct diagnoser *d, const struct tree *t,
                 const char *const **ret) {
        const char **words;
        uint32_t n = 0;

        if (t->kind == TREE_MAP || (t->kind == TREE_SCALAR && !*t->text))
                return value_expected(d, t, "a list of words");
        words = arena_new_array(a, const char *, t->n + 2);
        if (t->kind == TREE_SCALAR)
                words[n++] = arena_strdup(a, t->text);
        for (const struct tree *c = t->first; c; c = c->next) {
                if (c->kind != TREE_SCALAR || !*c->text)
                        return value_expected(d, c, "a word");
                if (n == WORDS_MAX) {
                        diagnose_error(d, c, "more than %u words", WORDS_MAX);
                        return false;
                }
                words[n++] = arena_strdup(a, c->text);
        }
        *ret = words;
        return true;
}

bool value_log_level(struct diagnoser *d, const struct tree *t, enum log_level *ret) {
        const char *names[_LOG_LEVEL_MAX];

        if (t->kind == TREE_SCALAR && log_level_parse(t->text, ret))
                return true;
        for (enum log_level l = 0; l < _LOG_LEVEL_MAX; l++)
                names[l] = log_level_print(l);
        (void) diagnose_unknown(d, t, "log level", t->text, names, _LOG_LEVEL_MAX);
        return false;
}

const char *const *words_split(struct arena *a, const char *s) {
        const char **words;
        size_t n = 0;

        if (!s || !*s)
                return NULL;
        words = arena_new_array(a, const char *, strlen(s) / 2 + 2);
        for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
                words[n++] = arena_strndup(a, s, strcspn(s, " \t"));
                s += strcspn(s, " \t");
        }
        return n ? words : NULL;
}

/* --- schedules
 * ------------------------------------------------------------------------------------- */

/* ":SS" every minute, "MM:SS" every hour, "HH:MM:SS" every day. */
static bool time_parse(const char *s, struct schedule_time *ret) {
        static const int limits[3] = { 60, 60, 24 }; /* from the right */
        int parts[3] = { -1, -1, -1 }, n = 0;
        const char *end = s + strlen(s);

        while (n < 3 && end > s) {
                const char *begin = end;

                while (begin > s && begin[-1] != ':')
                        begin--;
                if (end - begin < 1 || end - begin > 2 || !isdigit((unsigned char) begin[0]) ||
                    (end - begin == 2 && !isdigit((unsigned char) begin[1])))
                        return false;
                parts[n] = begin[0] - '0';
                if (end - begin == 2)
                        parts[n] = parts[n] * 10 + begin[1] - '0';
                if (parts[n] >= limits[n])
                        return false;
                n++;
                end = begin > s ? begin - 1 : begin;
                if (begin > s && end == s)
                        break; /* the leading colon of ":SS" */
        }
        if (!n || end != s || (n == 1 && *s != ':') || (n > 1 && *s == ':'))
                return false;
        *ret = (struct schedule_time){ .second = (int8_t) parts[0],
                                       .minute = (int8_t) parts[1],
                                       .hour = (int8_t) parts[2] };
        return true;
}

/* Who writes "03:00" for three o'clock gets it 24 times a day. */
static void value_warn_of_time(struct diagnoser *d, const struct tree *t,
                               const struct schedule_time *time) {
        if (time->hour < 0 && time->minute >= 0 && time->minute < 24)
                diagnose_warning(d, t,
                                 "this is in every hour, %d min %d s past it; \"%02d:%02d:00\" is "
                                 "once a day",
                                 time->minute, time->second, time->minute, time->second);
}

static bool value_times(struct arena *a, struct diagnoser *d, const struct tree *t,
                        struct schedule_rule *rule) {
        struct schedule_time *times = arena_new_array(a, struct schedule_time, t->n + 1);
        bool good = true;

        if (t->kind == TREE_MAP || (t->kind == TREE_LIST && !t->n))
                return value_expected(d, t, "a list of times");
        for (const struct tree *c = t->kind == TREE_LIST ? t->first : t; c;
             c = t->kind == TREE_LIST ? c->next : NULL)
                if (c->kind != TREE_SCALAR || !time_parse(c->text, &times[rule->n_times++]))
                        good = value_expected(d, c, "a time: \":SS\", \"MM:SS\" or \"HH:MM:SS\"");
                else
                        value_warn_of_time(d, c, &times[rule->n_times - 1]);
        rule->times = times;
        return good;
}

static const char *const weekday_names[] = { "sunday",   "monday", "tuesday", "wednesday",
                                             "thursday", "friday", "saturday" };
static const char *const month_names[] = { "january",   "february", "march",    "april",
                                           "may",       "june",     "july",     "august",
                                           "september", "october",  "november", "december" };

/* Days, months and weekdays are all ranges of small numbers, some of which have names. */
struct range_kind {
        const char *what, *example;
        uint32_t min, max;
        const char *const *names; /* of min, min + 1, ... */
        uint32_t n_names;
        bool wraps;
        bool min_again; /* max + 1 is min: a week has two Sundays, 0 and 7 */
};

static bool range_point(const struct range_kind *k, const char *s, size_t n, uint32_t *ret) {
        char word[16];
        uint64_t value;

        if (!n || n >= sizeof(word))
                return false;
        (void) snprintf(word, sizeof(word), "%.*s", (int) n, s);
        for (uint32_t i = 0; i < k->n_names; i++)
                if (n >= 3 && strncasecmp(word, k->names[i], n) == 0) { /* "tue", "tues" */
                        *ret = k->min + i;
                        return true;
                }
        if (!text_to_u64(word, &value) || value < k->min || value > k->max + k->min_again)
                return false;
        *ret = value > k->max ? k->min : (uint32_t) value;
        return true;
}

static bool range_parse(const struct range_kind *k, const char *s, uint32_t *bits) {
        const char *dash = strchr(s, '-');
        size_t n = dash ? (size_t) (dash - s) : strlen(s);
        uint32_t from, to;

        while (n && s[n - 1] == ' ')
                n--;
        if (!range_point(k, s, n, &from))
                return false;
        to = from;
        if (dash) {
                dash++;
                dash += strspn(dash, " ");
                if (!range_point(k, dash, strlen(dash), &to) || (to < from && !k->wraps))
                        return false;
        }
        for (uint32_t i = from;; i = i == k->max ? k->min : i + 1) {
                *bits |= 1u << i;
                if (i == to)
                        return true;
        }
}

static bool value_range(struct diagnoser *d, const struct tree *t, const struct range_kind *k,
                        uint32_t *ret) {
        uint32_t bits = 0;
        bool good = true;

        if (t->kind == TREE_MAP || (t->kind == TREE_LIST && !t->n))
                return value_expected(d, t, arena_printf(d->arena, "a list of %s", k->what));
        for (const struct tree *c = t->kind == TREE_LIST ? t->first : t; c;
             c = t->kind == TREE_LIST ? c->next : NULL)
                if (c->kind != TREE_SCALAR || !range_parse(k, c->text, &bits))
                        good = value_expected(
                                d, c, arena_printf(d->arena, "%s such as %s", k->what, k->example));
        *ret = bits;
        return good;
}

/* 30 February never comes. */
static bool rule_can_fire(const struct schedule_rule *rule) {
        static const int days[12] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        for (int month = 1; month <= 12; month++)
                for (int day = 1; day <= days[month - 1]; day++)
                        if (rule->months & (1u << month) && rule->days & (1u << day))
                                return true;
        return false;
}

static bool rule_read(struct arena *a, struct diagnoser *d, const struct tree *t,
                      struct schedule_rule *rule) {
        static const struct range_kind days = {
                .what = "days of the month", .example = "\"1-15\"", .min = 1, .max = 31
        };
        static const struct range_kind months = { .what = "months",
                                                  .example = "\"3-5\"",
                                                  .min = 1,
                                                  .max = 12,
                                                  .names = month_names,
                                                  .n_names = 12,
                                                  .wraps = true };
        static const struct range_kind weekdays = { .what = "weekdays",
                                                    .example = "\"mon-fri\"",
                                                    .min = 0,
                                                    .max = 6,
                                                    .names = weekday_names,
                                                    .n_names = 7,
                                                    .wraps = true,
                                                    .min_again = true };
        static const char *const keys[] = { "times", "days", "months", "weekdays" };
        uint32_t bits;
        bool good = true;

        *rule = (struct schedule_rule){ .days = ~0u, .months = 0xffff, .weekdays = 0x7f };
        if (t->kind != TREE_MAP)
                return value_expected(d, t, "a mapping with times, and days, months or weekdays");
        for (const struct tree *c = t->first; c; c = c->next) {
                bits = 0;
                if (text_equal(c->key->text, "times"))
                        good &= value_times(a, d, c, rule);
                else if (text_equal(c->key->text, "days")) {
                        good &= value_range(d, c, &days, &bits);
                        rule->days = bits;
                } else if (text_equal(c->key->text, "months")) {
                        good &= value_range(d, c, &months, &bits);
                        rule->months = (uint16_t) bits;
                } else if (text_equal(c->key->text, "weekdays")) {
                        good &= value_range(d, c, &weekdays, &bits);
                        rule->weekdays = (uint8_t) bits;
                } else {
                        (void) diagnose_unknown(d, c->key, "key", c->key->text, keys,
                                                ELEMENTSOF(keys));
                        good = false;
                }
        }
        if (t->cut)
                return false;
        if (good && !rule->n_times) {
                diagnose_error(d, t, "a schedule needs the key 'times'");
                return false;
        }
        if (good && !rule_can_fire(rule)) {
                diagnose_error(
                        d, tree_find(t, "days"),
                        "this schedule can never fire: there is no such day in these months");
                return false;
        }
        return good;
}

bool value_schedule(struct arena *a, struct diagnoser *d, const struct tree *t,
                    struct schedule *ret) {
        struct schedule_rule *rules = arena_new_array(a, struct schedule_rule, t->n + 1);
        struct schedule s = { .rules = rules };
        struct span none;
        bool good = true;

        if (t->kind == TREE_SCALAR &&
            (!*t->text || (span_parse(t->text, &none) && span_is_nil(none)))) {
                *ret = (struct schedule){};
                return true;
        }
        if (t->kind == TREE_MAP) /* a single rule may stand without its list */
                good = rule_read(a, d, t, &rules[s.n_rules++]);
        else if (t->kind == TREE_SCALAR)
                return value_expected(d, t, "a list of rules with times, or nil");
        for (const struct tree *c = t->first; c && t->kind == TREE_LIST; c = c->next)
                good &= rule_read(a, d, c, &rules[s.n_rules++]);
        if (good)
                *ret = s;
        return good;
}
