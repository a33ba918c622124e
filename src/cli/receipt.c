/* cli/receipt.c - what was on a disk when it was safe to unplug: a small paper */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/reply.h"
#include "cli/receipt.h"
#include "cli/show.h"
#include "cli/talk.h"
#include "cli/words.h"

/* --- for people */

static void line(const char *name, const char *text) {
        (void) printf("    %-12s  %s\n", name, text);
}

/* How the leg was found to be complete. */
static const char *proof_show(struct arena *a, const struct proof *p) {
        char duration[TIME_PRINT_MAX], size[SIZE_PRINT_MAX];

        switch (p->kind) {
        case PROOF_NONE:
                return "not proven: it was taken for complete when it was first seen";
        case PROOF_RESILVER:
                return arena_printf(a, "%s: resilvered in %s, %s, no errors", show_time(a, p->at),
                                    duration_print(p->took, duration), size_print(p->bytes, size));
        case PROOF_QUIET:
                return arena_printf(a, "%s: it had missed nothing", show_time(a, p->at));
        case PROOF_SCRUB:
                return arena_printf(a,
                                    "%s: a scrub with every leg online had nothing to repair on it",
                                    show_time(a, p->at));
        case PROOF_ALONE:
                return arena_printf(a, "%s: nobody else has what is on it", show_time(a, p->at));
        case _PROOF_KIND_MAX:
                break;
        }
        abort();
}

static const char *label_show(struct arena *a, const struct receipt_leg *leg) {
        const char *sibling = "";

        if (!leg->txg)
                return "it was not read after the leg had gone";
        if (leg->proof.sibling_txg)
                sibling = arena_printf(a, "; that of another leg had %" PRIu64 " before",
                                       leg->proof.sibling_txg);
        return arena_printf(a, "txg %" PRIu64 " of %s, read after it had gone%s", leg->txg,
                            show_time(a, leg->txg_at), sibling);
}

static void leg_show(struct arena *a, const struct receipt_leg *leg) {
        bool whole = leg->copy == COPY_COMPLETE;

        (void) printf("%s\n", show_line(a, leg->hrid));
        line("copy", arena_printf(a, "%s%s%s", copy_print(leg->copy), *leg->copy_text ? ": " : "",
                                  show_line(a, leg->copy_text)));
        if (whole)
                line("found", proof_show(a, &leg->proof));
        line("label", label_show(a, leg));
        line("errors", *leg->errors ? show_line(a, leg->errors) : "none");
        line("last update", show_time(a, leg->last_update));
        line("last scrub", show_time(a, leg->last_scrub));
}

static void receipt_show(struct arena *a, const struct receipt *r) {
        (void) printf("%s: safe to unplug on %s\n", show_line(a, r->hrid), show_time(a, r->time));
        for (uint32_t i = 0; i < r->n_legs; i++)
                leg_show(a, &r->legs[i]);
}

/* --- JSON */

static void time_add(struct text *t, const char *key, usec_t time) {
        char buffer[TIME_PRINT_MAX];

        json_add_string(t, key, time ? show_time_iso(time, buffer) : NULL);
}

static void number_add(struct text *t, const char *key, bool known, uint64_t n) {
        if (known)
                json_add_number(t, key, n);
        else
                json_add_null(t, key);
}

static void leg_add(struct text *t, const struct receipt_leg *leg) {
        bool resilvered = leg->proof.kind == PROOF_RESILVER;

        json_open(t, NULL, '{');
        json_add_string(t, "id", leg->id);
        json_add_string(t, "hrid", leg->hrid);
        json_add_string(t, "pool", leg->pool);
        json_add_string(t, "copy", copy_print(leg->copy));
        json_add_string(t, "copy_text", *leg->copy_text ? leg->copy_text : NULL);
        json_add_string(t, "found_by", proof_kind_print(leg->proof.kind));
        time_add(t, "found_at", leg->proof.at);
        number_add(t, "bytes", resilvered, leg->proof.bytes);
        number_add(t, "seconds", resilvered, leg->proof.took / USEC_PER_SEC);
        number_add(t, "sibling_txg", leg->proof.sibling_txg != 0, leg->proof.sibling_txg);
        number_add(t, "txg", leg->txg != 0, leg->txg);
        time_add(t, "txg_at", leg->txg_at);
        json_add_string(t, "errors", *leg->errors ? leg->errors : NULL);
        time_add(t, "last_update", leg->last_update);
        time_add(t, "last_scrub", leg->last_scrub);
        json_close(t, '}');
}

static void receipt_show_json(const struct receipt *r) {
        struct text t = {};

        json_open(&t, NULL, '{');
        json_add_string(&t, "id", r->id);
        json_add_string(&t, "hrid", r->hrid);
        time_add(&t, "time", r->time);
        json_open(&t, "legs", '[');
        for (uint32_t i = 0; i < r->n_legs; i++)
                leg_add(&t, &r->legs[i]);
        json_close(&t, ']');
        json_close(&t, '}');
        (void) puts(t.s);
        text_done(&t);
}

/* --- the command */

struct showing {
        bool json;
        uint32_t n;
};

static bool on_receipts(void *userdata, struct arena **arena, const struct json *parameters) {
        struct showing *s = userdata;
        struct receipt *receipts;
        uint32_t n;

        if (!reply_receipt_parse(*arena, parameters, &receipts, &n))
                return false;
        for (uint32_t i = 0; i < n; i++)
                if (s->json)
                        receipt_show_json(&receipts[i]);
                else
                        receipt_show(*arena, &receipts[i]);
        s->n += n;
        return true;
}

int receipt_run(struct cli_call *call) {
        struct showing s = { .json = call->values[OPTION_JSON] };
        struct params params = { .method = METHOD_RECEIPT };
        int status;

        if (!words_to_disk(call, &params.target))
                return EXIT_USAGE;
        status = talk(call, &params, &(struct talk){ .on_reply = on_receipts, .userdata = &s });
        if (status != EXIT_DONE || s.n)
                return status;
        cli_complain("there is no receipt: one is written for a disk each time that legs on it "
                     "were in use and it may be unplugged again");
        return EXIT_FAILED;
}
