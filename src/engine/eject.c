/* engine/eject.c - disks that are powered off, and are gone until somebody plugs them again
 *
 * That a disk was ejected is kept over restarts: where it is expected to be there (unpluggable:
 * no), its absence is no error then. */
#include <stdio.h>

#include "engine/eject.h"
#include "engine/picture.h"
#include "engine/verdict.h"

static void eject_mark(struct engine *e, entity_id disk, bool ejected) {
        struct memory_entity *m = &engine_node(e, disk)->row->m;

        if (m->ejected == ejected)
                return;
        m->ejected = ejected;
        engine_save_row(e, disk);
        engine_touch_around(e, disk);
}

void eject_begins(struct engine *e, entity_id disk) {
        verdict_note_safe(e, disk);
        eject_mark(e, disk, true);
}

void eject_ended(struct engine *e, struct request *r, const struct command_end *end) {
        bool good = command_end_is_good(end), stays = good && end->output && *end->output;

        if (stays) {
                r->failure = (struct reason){ .code = REASON_UNSUPPORTED, .about = r->entity };
                (void) snprintf(r->failure.detail, sizeof(r->failure.detail), "%s", end->output);
        }
        if (!good || stays)
                eject_mark(e, r->entity, false);
}

bool eject_was_ours(const struct engine *e, const struct request *r) {
        return engine_node(e, r->entity)->row->m.ejected;
}

void eject_is_over(struct engine *e, entity_id id) {
        static const struct reason none = { .code = REASON_NONE, .about = ENTITY_NONE };
        struct node *n = engine_node(e, id);

        if (!n->row->m.ejected)
                return;
        if (n->requests[WISH_EJECT]) /* it went, and what is there now is not to go, too */
                request_end(e, n->requests[WISH_EJECT], true, &none);
        eject_mark(e, id, false);
}

bool entity_is_ejected(const struct engine *e, entity_id id) {
        entity_id disk = config_disk_of(e->config, id);

        return disk != ENTITY_NONE && engine_node(e, disk)->row->m.ejected;
}
