/* engine/labels.c - labels of devices that are being read, and for whom */
#include "engine/labels.h"
#include "engine/entry.h"
#include "engine/ledger.h"
#include "engine/verify.h"

void labels_drop(struct engine *e, entity_id leg, enum label_use use) {
        for (size_t i = e->label_asks.count; i-- > 0;)
                if (e->label_asks.items[i].leg == leg && e->label_asks.items[i].use == use)
                        array_remove(&e->label_asks, i);
}

void labels_ask(struct engine *e, entity_id leg, enum label_use use, const char *path) {
        labels_drop(e, leg, use);
        array_append(&e->label_asks,
                     ((struct label_ask){ .leg = leg,
                                          .use = use,
                                          .path_hash = name_hash(path),
                                          .seq = engine_look(e, FACT_LABEL, path) }));
}

static void ask_answer(struct engine *e, const struct label_ask *ask, const char *path,
                       const struct label *label) {
        switch (ask->use) {
        case LABEL_SIBLING:
                verify_sibling_label(e, ask->leg, label);
                return;
        case LABEL_LEG:
                verify_leg_label(e, ask->leg, path, label);
                return;
        case LABEL_OPENED:
                entry_opened_label(e, ask->leg, label);
                return;
        case LABEL_CLOSING:
                entry_closing_label(e, ask->leg, path, label);
                return;
        case LABEL_CEILING:
                entry_ceiling_label(e, ask->leg, label);
                return;
        }
}

void labels_answer(struct engine *e, const char *path, uint64_t seq, const struct label *label) {
        uint64_t hash = name_hash(path);

        if (label)
                ledger_note_label(e, label);
        for (size_t i = 0; i < e->label_asks.count;) {
                struct label_ask ask = e->label_asks.items[i];

                if (ask.path_hash != hash || ask.seq > seq) {
                        i++;
                        continue;
                }
                array_remove(&e->label_asks, i);
                ask_answer(e, &ask, path, label);
                i = 0; /* it may have asked for others, or dropped some */
        }
}

void labels_renumber(struct engine *e, const struct config *old, const struct config *new) {
        for (size_t i = e->label_asks.count; i-- > 0;) {
                struct label_ask *ask = &e->label_asks.items[i];

                ask->leg = config_find_id(new, old->entities[ask->leg].id);
                if (ask->leg == ENTITY_NONE)
                        array_remove(&e->label_asks, i);
        }
}
