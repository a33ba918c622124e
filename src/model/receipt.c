/* model/receipt.c - what a disk carried when it was safe to unplug: a paper to keep */
#include "model/receipt.h"

/* --- writing. What is never, none or not known is left out. */

static void text_or_nothing(struct text *t, const char *key, const char *s) {
        if (s && *s)
                json_add_string(t, key, s);
}

static void number_or_nothing(struct text *t, const char *key, uint64_t n) {
        if (n)
                json_add_number(t, key, n);
}

static void leg_print(struct text *t, const struct receipt_leg *leg) {
        json_open(t, NULL, '{');
        json_add_string(t, "id", leg->id);
        json_add_string(t, "hrid", leg->hrid);
        json_add_string(t, "pool", leg->pool);
        json_add_string(t, "copy", copy_print(leg->copy));
        text_or_nothing(t, "copy_text", leg->copy_text);
        json_add_string(t, "found_by", proof_kind_print(leg->proof.kind));
        number_or_nothing(t, "found_at", leg->proof.at);
        if (leg->proof.kind == PROOF_RESILVER) {
                json_add_number(t, "bytes", leg->proof.bytes);
                json_add_number(t, "seconds", leg->proof.took / USEC_PER_SEC);
        }
        number_or_nothing(t, "sibling_txg", leg->proof.sibling_txg);
        number_or_nothing(t, "txg", leg->txg);
        number_or_nothing(t, "txg_at", leg->txg_at);
        text_or_nothing(t, "errors", leg->errors);
        number_or_nothing(t, "last_update", leg->last_update);
        number_or_nothing(t, "last_scrub", leg->last_scrub);
        json_close(t, '}');
}

void receipt_print(struct text *t, const struct receipt *r) {
        json_open(t, NULL, '{');
        json_add_string(t, "id", r->id);
        json_add_string(t, "hrid", r->hrid);
        json_add_number(t, "time", r->time);
        json_open(t, "legs", '[');
        for (uint32_t i = 0; i < r->n_legs; i++)
                leg_print(t, &r->legs[i]);
        json_close(t, ']');
        json_close(t, '}');
}

/* --- reading */

static bool leg_parse(const struct json *object, struct receipt_leg *ret) {
        struct receipt_leg leg = { .copy_text = "", .errors = "" };
        const char *copy = "", *found = "";
        uint64_t seconds = 0;

        if (!json_get_string(object, "id", &leg.id) || !leg.id ||
            !json_get_string(object, "hrid", &leg.hrid) || !leg.hrid ||
            !json_get_string(object, "pool", &leg.pool) || !leg.pool ||
            !json_get_string(object, "copy", &copy) || !copy_parse(copy, &leg.copy) ||
            !json_get_string(object, "copy_text", &leg.copy_text) ||
            !json_get_string(object, "found_by", &found) ||
            !proof_kind_parse(found, &leg.proof.kind) ||
            !json_get_number(object, "found_at", &leg.proof.at) ||
            !json_get_number(object, "bytes", &leg.proof.bytes) ||
            !json_get_number(object, "seconds", &seconds) ||
            !json_get_number(object, "sibling_txg", &leg.proof.sibling_txg) ||
            !json_get_number(object, "txg", &leg.txg) ||
            !json_get_number(object, "txg_at", &leg.txg_at) ||
            !json_get_string(object, "errors", &leg.errors) ||
            !json_get_number(object, "last_update", &leg.last_update) ||
            !json_get_number(object, "last_scrub", &leg.last_scrub))
                return false;
        leg.proof.took = seconds * USEC_PER_SEC;
        *ret = leg;
        return true;
}

bool receipt_parse(struct arena *a, const struct json *object, struct receipt *ret) {
        const struct json *legs = json_find(object, "legs");
        struct receipt r = {};

        if (!object || object->type != JSON_OBJECT || !legs || legs->type != JSON_ARRAY ||
            !json_get_string(object, "id", &r.id) || !r.id ||
            !json_get_string(object, "hrid", &r.hrid) || !r.hrid ||
            !json_get_number(object, "time", &r.time))
                return false;
        r.legs = arena_new_array(a, struct receipt_leg, legs->count);
        for (const struct json *leg = legs->first; leg; leg = leg->next)
                if (!leg_parse(leg, &r.legs[r.n_legs++]))
                        return false;
        *ret = r;
        return true;
}
