/* engine/provisioning.c - disks to which the kernel does not send trims until it is told to
 * (force_enable_trim)
 *
 * Many USB bridges pass UNMAP on, but do not announce it in a way that the kernel trusts; it then
 * has the provisioning mode "full" for the disk, and drops all trims. The mode is taken over by
 * what is opened on the disk, so it is set before. */
#include <string.h>

#include "base/text.h"
#include "engine/history.h"
#include "engine/job.h"
#include "engine/picture.h"
#include "engine/provisioning.h"

static bool provisioning_is_wrong(const struct device *d) {
        return d->provisioning && *d->provisioning && !text_equal(d->provisioning, "unmap");
}

void provisioning_follow(struct engine *e, entity_id disk) {
        struct node *n = engine_node(e, disk);
        const struct device *d = node_device(e, n);
        struct command c;

        if (!engine_entity(e, disk)->disk.force_enable_trim || !d || n->provisioning)
                return;
        if (!provisioning_is_wrong(d)) {
                n->provisioning_on = 0; /* a rescan may undo it */
                return;
        }
        if (!e->settings.enable_commands || n->provisioning_on == d->diskseq + 1)
                return;
        n->provisioning_on = d->diskseq + 1;
        n->provisioning = true;
        c = command_enable_trim(e->effects.arena, disk, d->devnode);
        (void) job_add_for(e, JOB_PROVISIONING, disk, &c);
}

void provisioning_ended(struct engine *e, entity_id disk, const char *text,
                        const struct command_end *end) {
        struct node *n = engine_node(e, disk);
        const struct device *d = node_device(e, n);

        n->provisioning = false;
        if (!command_end_is_good(end))
                history_command_failed(e, disk, text, end->output ? end->output : "");
        if (d)
                (void) engine_look(e, FACT_DEVICE, d->syspath);
        for (entity_id i = disk; i != ENTITY_NONE; i = tree_next(e, disk, i))
                engine_touch(e, i);
}

bool provisioning_is_pending(const struct engine *e, entity_id id) {
        for (entity_id i = id; i != ENTITY_NONE; i = engine_entity(e, i)->parent)
                if (engine_node(e, i)->provisioning)
                        return true;
        return false;
}
