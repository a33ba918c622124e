/* cli/progress.c - showing what open requests do and why they wait */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/map.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/show.h"

/* The last that was told of a request. */
struct item {
        uint64_t id;
        char *hrid, *reason;
        enum wish wish;
        enum request_state state;
        enum pardon pardon; /* 0: a failure, if it failed */
        double progress;
        usec_t eta; /* by our clock */
};

struct progress {
        struct progress_options options;
        bool drawn;
        ARRAY(struct item) items;
        struct map by_id; /* into items */
};

struct progress *progress_new(const struct progress_options *options) {
        struct progress *p = memory_new(1, sizeof(*p));

        p->options = *options;
        return p;
}

struct progress *progress_free(struct progress *p) {
        if (!p)
                return NULL;
        for (size_t i = 0; i < p->items.count; i++) {
                free(p->items.items[i].hrid);
                free(p->items.items[i].reason);
        }
        array_done(&p->items);
        map_done(&p->by_id);
        free(p);
        return NULL;
}

void progress_clear(struct progress *p) {
        if (p->drawn)
                (void) fputs("\r\033[K", stderr);
        p->drawn = false;
}

static void count_failed(struct progress_count *count, enum pardon pardon) {
        *(pardon == PARDON_ABSENT    ? &count->absent
          : pardon == PARDON_UNFIT   ? &count->unfit
          : pardon == PARDON_NOTHING ? &count->nothing
                                     : &count->failed) += 1;
}

struct progress_count progress_count(const struct progress *p) {
        struct progress_count count = {};

        for (size_t i = 0; i < p->items.count; i++)
                switch (p->items.items[i].state) {
                case REQUEST_FAILED:
                        count_failed(&count, p->items.items[i].pardon);
                        break;
                case REQUEST_WAITING:
                        count.waiting++;
                        break;
                case REQUEST_DONE:
                        count.done++;
                        break;
                case _REQUEST_STATE_MAX:
                        abort();
                }
        return count;
}

/* --- the moving line */

/* Of those that wait, the one that tells most: where something is being done. */
static const struct item *progress_find_shown(const struct progress *p) {
        const struct item *shown = NULL;

        for (size_t i = 0; i < p->items.count; i++) {
                const struct item *item = &p->items.items[i];

                if (item->state == REQUEST_WAITING &&
                    (!shown || (shown->progress < 0 && item->progress >= 0)))
                        shown = item;
        }
        return shown;
}

static void progress_draw(struct progress *p) {
        const struct item *shown = progress_find_shown(p);
        struct progress_count count = progress_count(p);
        size_t columns = show_terminal_columns(STDERR_FILENO) - 1;
        struct text line = {}, cut = {};
        char left[TIME_PRINT_MAX];
        usec_t now = show_now();

        progress_clear(p);
        if (!shown)
                return;
        if (shown->progress >= 0)
                show_bar(&line, shown->progress);
        if (p->items.count > 1)
                text_addf(&line, "(%zu of %zu) ", p->items.count - count.waiting, p->items.count);
        text_addf(&line, "%s %s", wish_print(shown->wish), shown->hrid);
        if (shown->eta > now)
                text_addf(&line, ", %s left", duration_print(shown->eta - now, left));
        if (shown->reason[0])
                text_addf(&line, ": %s", shown->reason);
        show_cut(&cut, line.s, columns);
        (void) fputs(cut.s, stderr);
        p->drawn = true;
        text_done(&line);
        text_done(&cut);
}

void progress_tick(struct progress *p) {
        if (p->options.moving)
                progress_draw(p);
}

/* --- lines that stay */

static struct item *progress_item(struct progress *p, uint64_t id, bool *ret_new) {
        struct item *item;
        uint64_t index;

        *ret_new = !map_get_number(&p->by_id, id, &index);
        if (!*ret_new)
                return &p->items.items[index];
        map_put_number(&p->by_id, id, p->items.count);
        item = array_add(&p->items);
        item->id = id;
        return item;
}

static void text_replace(char **slot, const char *s) {
        free(*slot);
        *slot = memory_strdup(s);
}

/* A failure is told in any case, a wait only where there is no moving line, and a success not at
 * all, but for what there is to say about it, and for what somebody waits for with a disk in his
 * hand. */
static void item_tell(struct progress *p, const struct item *item, bool is_new, bool changed) {
        const char *wish = wish_print(item->wish);
        bool cancel = p->options.cancel;
        bool waits = item->state == REQUEST_WAITING && (is_new || changed);

        if (item->state == REQUEST_FAILED && !item->pardon) {
                progress_clear(p);
                cli_complain("%s%s %s%s: %s", cancel ? "cancel of " : "", wish, item->hrid,
                             cancel ? "" : " failed",
                             item->reason[0] ? item->reason : "no reason was given");
        } else if (item->state == REQUEST_DONE && item->reason[0] && !cancel && !p->options.quiet) {
                progress_clear(p);
                (void) fprintf(stderr, "%s %s is done, but %s\n", wish, item->hrid, item->reason);
        } else if (item->state == REQUEST_DONE && item->wish == WISH_EJECT && !cancel &&
                   !p->options.quiet) {
                progress_clear(p);
                (void) fprintf(stderr, "%s is powered off, and may be unplugged\n", item->hrid);
        } else if (waits && item->reason[0] && !p->options.moving && !p->options.quiet)
                (void) fprintf(stderr, "%s %s: %s\n", wish, item->hrid, item->reason);
}

static enum pardon pardon_find(const struct progress *p, const char *code) {
        static const struct {
                enum reason_code code;
                enum pardon pardon;
        } table[] = { { REASON_NOT_CONNECTED, PARDON_ABSENT },
                      { REASON_UNSUPPORTED, PARDON_UNFIT },
                      { REASON_NOTHING, PARDON_NOTHING } };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if ((p->options.pardons & table[i].pardon) &&
                    text_equal(code, reason_code_print(table[i].code)))
                        return table[i].pardon;
        return 0;
}

static void item_update(struct progress *p, struct arena *a, const struct reply_request *r,
                        usec_t now) {
        const char *reason = show_line(a, r->reason);
        bool is_new, changed, ended;
        struct item *item = progress_item(p, r->id, &is_new);

        ended = !is_new && item->state != REQUEST_WAITING;
        changed = !is_new && !text_equal(item->reason, reason);
        text_replace(&item->hrid, show_line(a, r->hrid));
        text_replace(&item->reason, reason);
        item->wish = r->wish;
        item->state = r->state;
        item->pardon = pardon_find(p, r->reason_code);
        item->progress = r->progress;
        item->eta = r->eta > now ? show_now() + (r->eta - now) : 0;
        if (!ended)
                item_tell(p, item, is_new, changed);
}

void progress_update(struct progress *p, const struct reply_request *requests, uint32_t n,
                     usec_t now) {
        struct arena *a = arena_new();

        if (!now) /* a daemon that does not tell */
                now = show_now();
        for (uint32_t i = 0; i < n; i++)
                item_update(p, a, &requests[i], now);
        arena_free(a);
        progress_tick(p);
}
