/* daemon/reload.c - reading the configuration, at the start and again */
#include <inttypes.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "daemon/core.h"
#include "daemon/reload.h"
#include "daemon/trigger.h"
#include "daemon/waiter.h"

struct config *reload_read(struct arena *a, const char *path, struct reply_reload *reply) {
        struct diagnoses diagnoses = {};
        struct config *c = config_load(a, path, /* check_files= */ true, &diagnoses);

        reply->diagnoses = arena_new_array(a, struct reply_diagnosis, diagnoses.count);
        reply->n_diagnoses = (uint32_t) diagnoses.count;
        for (size_t i = 0; i < diagnoses.count; i++) {
                const struct diagnosis *d = &diagnoses.items[i];
                const char *text = diagnosis_print(a, path, d);

                reply->diagnoses[i] = (struct reply_diagnosis){ d->is_error, text };
                log_write(d->is_error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, NULL, "%s", text);
        }
        return c;
}

/* The engine lets go of the old one within the step that brings the new one. */
static void reload_take(struct daemon *d, struct config *c) {
        struct config *old = d->config;

        d->config = c;
        waiter_renumber(d);
        daemon_step(d, &(struct input){ .kind = INPUT_CONFIG, .config = c });
        (void) config_free(old);
        daemon_apply_settings(d);
        trigger_everything(d);
        daemon_shrink_soon(d);
}

void reload_configuration(struct daemon *d, struct arena *a, struct reply_reload *reply) {
        struct config *c;

        (void) sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, world_now(d->world).mono);
        c = reload_read(a, d->options->config_path, reply);
        reply->loaded = c;
        if (c) {
                reload_take(d, c);
                log_info("Loaded the configuration %s again", d->options->config_path);
        } else
                log_error("The configuration %s has errors; the old one stays in force",
                          d->options->config_path);
        (void) sd_notify(0, "READY=1");
}
