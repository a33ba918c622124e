/* model/reason.c - why something is not (yet) as somebody wants it: as a sentence, and as a name */
#include <string.h>

#include "base/text.h"
#include "model/reason.h"

/* How a reason is worded. In `text` %A stands for what it is about and %D for the detail;
 * `bare` is used instead when there is no detail, and may be NULL if it reads well without. */
static const struct wording {
        const char *name, *text, *bare;
} wordings[_REASON_CODE_MAX] = {
        [REASON_NONE] = { "none", "%D", "nothing stands in the way" },
        [REASON_NOT_CONNECTED] = { "not-connected", "%A is not connected", NULL },
        [REASON_DISCONNECTED] = { "disconnected", "%A was disconnected", NULL },
        [REASON_TOO_FEW_LEGS] = { "too-few-legs", "%A: too few devices are there: %D missing",
                                  "%A: too few devices are there" },
        [REASON_REQUIRED_MISSING] = { "required-missing",
                                      "%A is required for the import, and not connected", NULL },
        [REASON_NOT_CONFIGURED] = { "not-configured", "%D", "%A is not configured" },
        [REASON_COMMAND_FAILED] = { "command-failed", "%D", "a command for %A failed" },
        [REASON_NO_EFFECT] = { "no-effect", "%D ended well, but had no effect on %A",
                               "the command ended well, but had no effect on %A" },
        [REASON_COMMANDS_DISABLED] = { "commands-disabled", "commands are disabled", NULL },
        [REASON_REPLACED] = { "replaced", "replaced by a newer request (%D)",
                              "replaced by a newer request" },
        [REASON_CANCELLED] = { "cancelled", "cancelled", NULL },
        [REASON_TIMEOUT] = { "timeout", "no progress for %D", "no progress for too long" },
        [REASON_NEED_FAILED] = { "need-failed", "%D", "%A, which is needed, failed" },
        [REASON_NOBODY_NEEDS] = { "nobody-needs", "nobody needs it any more", NULL },
        [REASON_BUSY] = { "busy", "%A is in use: %D", "%A is in use" },
        [REASON_HELD] = { "held", "%A is in use: %D", "%A is in use" },
        [REASON_LAST_COPY] = { "last-copy", "%A cannot go: %D",
                               "%A cannot go: it is the last whole copy" },
        [REASON_GUARD] = { "guard", "%D", "refused, to protect the data on %A" },
        [REASON_SUSPENDED] = { "suspended", "%A is suspended: %D", "%A is suspended" },
        [REASON_GONE] = { "gone", "%A is no longer configured", NULL },
        [REASON_SHUTDOWN] = { "shutdown", "the daemon stops", NULL },
        [REASON_NOTHING] = { "nothing", "there is nothing to cancel", NULL },
        [REASON_UNSUPPORTED] = { "unsupported", "%D", "it cannot work on %A" },
        [REASON_WAIT_NEED] = { "wait-need", "waiting for %A: %D", "waiting for %A" },
        [REASON_WAIT_COMMAND] = { "wait-command", "running: %D", "running a command" },
        [REASON_WAIT_QUEUED] = { "wait-queued", "waiting for other commands: %D",
                                 "waiting for other commands" },
        [REASON_WAIT_LOOK] = { "wait-look", "looking at %A", NULL },
        [REASON_WAIT_APPEAR] = { "wait-appear", "waiting for %A to show up", NULL },
        [REASON_WAIT_RETRY] = { "wait-retry", "%A is busy, trying again: %D",
                                "%A is busy, trying again" },
        [REASON_WAIT_AGAIN] = { "wait-again", "failed, trying again: %D", "failed, trying again" },
        [REASON_WAIT_HELD] = { "wait-held", "held back: %D", "held back" },
        [REASON_WAIT_HANDLERS] = { "wait-handlers", "the handlers of %A are running", NULL },
        [REASON_WAIT_RESILVER] = { "wait-resilver", "%A is being resilvered", NULL },
        [REASON_WAIT_SCAN] = { "wait-scan", "a scrub of %A runs", NULL },
        [REASON_WAIT_TRIM] = { "wait-trim", "a trim of %A runs", NULL },
        [REASON_WAIT_PASSPHRASE] = { "wait-passphrase", "waiting for the passphrase of %A", NULL },
        [REASON_WAIT_ANSWER] = { "wait-answer", "%A does not answer: %D",
                                 "%A has not answered yet" },
        [REASON_WAIT_START] = { "wait-start", "zmirror is still looking around after its start",
                                NULL },
};

/* "part tank-b", "pool tank", "zdev tank-b (tank)": the human-readable form without its colon. */
static void entity_add(struct text *t, struct arena *a, const struct config *c, entity_id id) {
        const struct entity *e = c ? config_entity(c, id) : NULL;

        text_add(t, e ? entity_title(a, e) : "it");
}

const char *reason_print(struct arena *a, const struct config *c, const struct reason *r) {
        const struct wording *w = &wordings[r->code];
        const char *s = !r->detail[0] && w->bare ? w->bare : w->text;
        struct text t = {};
        const char *copy;

        for (; *s; s++)
                if (s[0] == '%' && s[1] == 'A') {
                        entity_add(&t, a, c, r->about);
                        s++;
                } else if (s[0] == '%' && s[1] == 'D') {
                        text_add_bytes(&t, r->detail, strnlen(r->detail, sizeof(r->detail)));
                        s++;
                } else
                        text_add_bytes(&t, s, 1);
        copy = arena_strndup(a, t.s, t.length);
        text_done(&t);
        return copy;
}

const char *reason_code_print(enum reason_code code) {
        return wordings[code].name;
}

bool reason_equal(const struct reason *a, const struct reason *b) {
        return a->code == b->code && a->about == b->about &&
               strncmp(a->detail, b->detail, sizeof(a->detail)) == 0;
}
