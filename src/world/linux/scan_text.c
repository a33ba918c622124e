/* world/linux/scan_text.c - how a scan goes, as `zpool status` says it to people
 *
 *   scan: resilver in progress since Mon Nov 23 05:03:08 2026
 *         60.4M / 60.6M scanned, 32.2M / 60.4M issued at 8.04M/s
 *         16.2M resilvered, 53.26% done, no estimated completion time
 *
 * and many other forms, all of them one paragraph, read here on one line. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/scan_text.h"

/* --- dates and amounts ---------------------------------------------------------------------- */

/* "Mon Nov 23 05:03:08 2026", as ctime(3) prints it in local time; 0 if it is none. */
static usec_t date_parse(const char *s) {
        static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        struct tm tm = { .tm_isdst = -1 };
        char month[4] = "";
        const char *m;
        time_t t;

        if (!s || sscanf(s, "%*3s %3s %2d %2d:%2d:%2d %4d", month, &tm.tm_mday, &tm.tm_hour,
                         &tm.tm_min, &tm.tm_sec, &tm.tm_year) != 6)
                return 0;
        m = strlen(month) == 3 ? strstr(months, month) : NULL;
        if (!m || (m - months) % 3 != 0)
                return 0;
        tm.tm_mon = (int) (m - months) / 3;
        tm.tm_year -= 1900;
        t = mktime(&tm);
        return t > 0 ? (usec_t) t * USEC_PER_SEC : 0;
}

usec_t scan_text_date(const char *line, const char *word) {
        const char *s = strstr(line, word);

        return s ? date_parse(s + strlen(word)) : 0;
}

bool scan_text_amount(const char *s, uint64_t *ret) {
        static const char suffixes[] = "BKMGTPE";
        double value = 0, digit = 1;
        const char *suffix;

        if (*s < '0' || *s > '9' || strlen(s) > 24)
                return false;
        for (; *s >= '0' && *s <= '9'; s++)
                value = value * 10 + (*s - '0');
        if (*s == '.')
                for (s++; *s >= '0' && *s <= '9'; s++)
                        value += (digit /= 10) * (*s - '0');
        suffix = *s ? strchr(suffixes, *s++) : suffixes;
        if (!suffix || *s)
                return false;
        for (; suffix > suffixes; suffix--)
                value *= 1024;
        if (value >= 0x1p63)
                return false;
        *ret = (uint64_t) value;
        return true;
}

/* --- the scan paragraph --------------------------------------------------------------------- */

#define WORDS_MAX 64u

struct words {
        const char *items[WORDS_MAX];
        size_t count;
};

/* The words of a line, without the commas behind them. */
static void words_split(struct arena *a, const char *line, struct words *ret) {
        char *copy = arena_strdup(a, line), *word, *state = NULL;

        ret->count = 0;
        for (word = strtok_r(copy, " ", &state); word && ret->count < WORDS_MAX;
             word = strtok_r(NULL, " ", &state)) {
                if (text_ends(word, ","))
                        word[strlen(word) - 1] = '\0';
                ret->items[ret->count++] = word;
        }
}

static const char *words_get(const struct words *w, size_t i) {
        return i < w->count ? w->items[i] : "";
}

/* The amounts before a word: "60.4M / 60.6M scanned" or "60.4M scanned". */
static void amounts_before(const struct words *w, const char *word, uint64_t *ret_amount,
                           uint64_t *ret_of) {
        for (size_t i = 1; i < w->count; i++) {
                if (!text_equal(w->items[i], word))
                        continue;
                if (i >= 3 && text_equal(w->items[i - 2], "/")) {
                        (void) scan_text_amount(w->items[i - 3], ret_amount);
                        if (ret_of)
                                (void) scan_text_amount(w->items[i - 1], ret_of);
                } else
                        (void) scan_text_amount(w->items[i - 1], ret_amount);
                return;
        }
}

/* Text 2.1: "X scanned at R/s, Y issued at R/s, T total"; 2.2 and later: "X / T scanned at R/s, Y /
 * T issued at R/s". */
static void scan_read_progress(const struct words *w, struct scan *scan) {
        amounts_before(w, "scanned", &scan->examined, &scan->to_examine);
        amounts_before(w, "issued", &scan->issued, NULL);
        amounts_before(w, "total", &scan->to_examine, NULL);
        amounts_before(w, scan->function == SCAN_RESILVER ? "resilvered" : "repaired",
                       &scan->processed, NULL);
}

/* "... 28.0M in 00:00:17 with 0 errors on <date>", "... in 2 days 00:00:17 with ...": `i` is at
 * "in". The start follows from the end and the duration. */
static bool scan_read_end(const struct words *w, size_t i, const char *line, struct scan *scan) {
        const char *amount = words_get(w, i - 1);
        unsigned long long days = 0;
        unsigned hours, minutes, seconds;
        usec_t duration;

        if (text_starts(words_get(w, i + 2), "day")) {
                if (sscanf(words_get(w, i + 1), "%5llu", &days) != 1)
                        return false;
                i += 2;
        }
        if (sscanf(words_get(w, i + 1), "%2u:%2u:%2u", &hours, &minutes, &seconds) != 3 ||
            !text_equal(words_get(w, i + 2), "with") ||
            !text_to_u64(words_get(w, i + 3), &scan->errors))
                return false;
        (void) scan_text_amount(amount, &scan->processed);
        scan->state = SCAN_STATE_FINISHED;
        scan->end = scan_text_date(line, " on ");
        duration = days * USEC_PER_DAY + hours * USEC_PER_HOUR + minutes * USEC_PER_MIN +
                   seconds * USEC_PER_SEC;
        scan->start = scan->end > duration ? scan->end - duration : 0;
        return true;
}

static bool scan_read_finished(const struct words *w, const char *line, struct scan *scan) {
        for (size_t i = 1; i < w->count; i++)
                if (text_equal(w->items[i], "in") && scan_read_end(w, i, line, scan))
                        return true;
        return false;
}

static enum scan_function scan_read_function(const struct words *w) {
        const char *first = words_get(w, 0), *second = words_get(w, 1);

        if (text_equal(first, "resilver") || text_equal(first, "resilvered"))
                return SCAN_RESILVER;
        if (text_equal(first, "error") || text_equal(first, "scrubbed"))
                return SCAN_ERRORSCRUB;
        if (text_equal(first, "scrub") || text_equal(second, "scrub")) /* "thorough scrub ..." */
                return SCAN_SCRUB;
        return SCAN_ERRORSCRUB; /* another kind of scan */
}

/* What is not understood counts as a scan that may be running. */
static void scan_read(const struct words *w, const char *line, struct scan *scan) {
        *scan = (struct scan){ .function = scan_read_function(w), .state = SCAN_STATE_SCANNING };
        if (strstr(line, " canceled on ")) {
                scan->state = SCAN_STATE_CANCELED;
                scan->end = scan_text_date(line, " canceled on ");
                return;
        }
        scan->start = scan_text_date(line, " in progress since ");
        if (!scan->start) {
                scan->paused = scan_text_date(line, " paused since ");
                scan->start = scan_text_date(line, " started on ");
        }
        if (scan->start || !scan_read_finished(w, line, scan))
                scan_read_progress(w, scan);
}

void scan_text_read(struct arena *a, const char *line, struct scan *scan, bool *rebuilding) {
        struct words w;

        words_split(a, line, &w);
        if (text_starts(words_get(&w, 1), "(")) {
                if (strstr(line, " in progress since "))
                        *rebuilding = true;
        } else if (!text_starts(line, "none requested"))
                scan_read(&w, line, scan);
}
