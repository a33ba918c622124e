/* api/verdict.c - may a disk be unplugged: both ends' encoding */
#include "api/verdict.h"

void verdict_print(struct text *t, const char *key, const struct config *c,
                   const struct view_verdict *v, usec_t now) {
        const struct entity *disk = config_entity(c, v->disk);
        usec_t last_update = v->last_update == USEC_NEVER ? now : v->last_update;

        json_open(t, key, '{');
        json_add_string(t, "id", disk->id);
        json_add_string(t, "hrid", disk->hrid);
        json_add_string(t, "verdict", verdict_kind_print(v->kind));
        json_add_string(t, "text", v->text);
        if (v->trouble && v->trouble[0])
                json_add_string(t, "trouble", v->trouble);
        if (v->progress >= 0)
                json_add_float(t, "progress", v->progress);
        if (v->eta)
                json_add_number(t, "eta", v->eta);
        json_add_bool(t, "up_to_date", v->up_to_date);
        json_add_bool(t, "overdue", v->overdue);
        json_add_bool(t, "errors", v->errors);
        if (last_update)
                json_add_number(t, "last_update", last_update);
        if (v->due && v->due != USEC_NEVER)
                json_add_number(t, "due", v->due);
        json_close(t, '}');
}

static bool verdict_kind_parse(const char *s, enum verdict_kind *ret) {
        for (enum verdict_kind k = 0; k < _VERDICT_KIND_MAX; k++)
                if (text_equal(s, verdict_kind_print(k))) {
                        *ret = k;
                        return true;
                }
        return false;
}

bool verdict_parse(const struct json *m, usec_t now, struct reply_verdict *ret) {
        struct reply_verdict v = { .text = "", .trouble = "", .progress = -1 };
        const char *kind = "";

        if (!json_get_string(m, "id", &v.id) || !v.id || !json_get_string(m, "hrid", &v.hrid) ||
            !json_get_string(m, "verdict", &kind) || !verdict_kind_parse(kind, &v.kind) ||
            !json_get_string(m, "text", &v.text) || !json_get_string(m, "trouble", &v.trouble) ||
            !json_get_float(m, "progress", &v.progress) || !json_get_number(m, "eta", &v.eta) ||
            !json_get_bool(m, "up_to_date", &v.up_to_date) ||
            !json_get_bool(m, "overdue", &v.overdue) || !json_get_bool(m, "errors", &v.errors) ||
            !json_get_number(m, "last_update", &v.last_update) ||
            !json_get_number(m, "due", &v.due))
                return false;
        if (!v.hrid)
                v.hrid = v.id;
        if (v.last_update && v.last_update == now)
                v.last_update = USEC_NEVER;
        *ret = v;
        return true;
}
