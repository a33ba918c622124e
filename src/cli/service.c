/* cli/service.c - commands about the daemon itself: start and stop, reload, settings */
#include <stdio.h>
#include <string.h>

#include "api/reply.h"
#include "cli/hint.h"
#include "cli/service.h"
#include "cli/show.h"
#include "cli/talk.h"

static int service_simple(struct cli_call *call, enum method method) {
        const struct params params = { .method = method };

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){});
}

int service_startup(struct cli_call *call) {
        return service_simple(call, METHOD_STARTUP);
}

int service_shutdown(struct cli_call *call) {
        return service_simple(call, METHOD_SHUTDOWN);
}

/* --- reload-config */

static bool on_reload(void *userdata, struct arena **arena, const struct json *parameters) {
        bool *ret_loaded = userdata;
        struct reply_reload r;

        if (!reply_reload_parse(*arena, parameters, &r))
                return false;
        for (uint32_t i = 0; i < r.n_diagnoses; i++)
                (void) fprintf(stderr, "%s\n", r.diagnoses[i].text);
        *ret_loaded = r.loaded;
        return true;
}

int service_reload(struct cli_call *call) {
        const struct params params = { .method = METHOD_RELOAD };
        bool loaded = false;
        int status;

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        status = talk(call, &params, &(struct talk){ .on_reply = on_reload, .userdata = &loaded });
        if (status != EXIT_DONE || loaded)
                return status;
        cli_complain("the configuration was not reloaded, the old one stays");
        return EXIT_FAILED;
}

/* --- daemon-version */

static bool on_version(void *userdata, struct arena **arena, const struct json *parameters) {
        struct reply_version r;

        if (!reply_version_parse(parameters, &r))
                return false;
        (void) printf("zmirror %s\n", r.version);
        return true;
}

int service_version(struct cli_call *call) {
        const struct params params = { .method = METHOD_VERSION };

        if (!cli_expect_no_words(call))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){ .on_reply = on_version });
}

/* --- enable, disable, get, set */

static bool word_to_setting(const struct cli_call *call, enum setting last, enum setting *ret) {
        const char *names[_SETTING_MAX];

        for (enum setting s = 0; s < _SETTING_MAX; s++)
                names[s] = setting_print(s);
        if (setting_parse(call->words[0], ret) && *ret <= last)
                return true;
        (void) cli_usage(call, "unknown setting '%s'%s", call->words[0],
                         hint_nearest(call->arena, call->words[0], names, (size_t) last + 1));
        return false;
}

int service_enable(struct cli_call *call) {
        struct params params = { .method = METHOD_SET };

        if (call->n_words != 1)
                return cli_usage(call, "one setting is needed");
        if (!word_to_setting(call, SETTING_LOG_FULL_EVENTS, &params.setting.setting))
                return EXIT_USAGE;
        params.setting.value.on = text_equal(call->command->name, "enable");
        return talk(call, &params, &(struct talk){});
}

static bool on_setting(void *userdata, struct arena **arena, const struct json *parameters) {
        const char *value;

        if (!reply_setting_parse(parameters, &value))
                return false;
        (void) puts(show_line(*arena, value));
        return true;
}

int service_get(struct cli_call *call) {
        struct params params = { .method = METHOD_GET };

        if (call->n_words != 1)
                return cli_usage(call, "one setting is needed");
        if (!word_to_setting(call, _SETTING_MAX - 1, &params.setting.setting))
                return EXIT_USAGE;
        return talk(call, &params, &(struct talk){ .on_reply = on_setting });
}

int service_set(struct cli_call *call) {
        struct params params = { .method = METHOD_SET };
        enum setting setting;

        if (call->n_words != 2)
                return cli_usage(call, "a setting and its value are needed");
        if (!word_to_setting(call, _SETTING_MAX - 1, &setting))
                return EXIT_USAGE;
        params.setting.setting = setting;
        if (!setting_value_parse(setting, call->words[1], &params.setting.value))
                return cli_usage(call, "'%s' is no value of %s; it takes %s", call->words[1],
                                 setting_print(setting),
                                 setting == SETTING_LOG_LEVEL
                                         ? "trace, debug, verbose, info, warning, error or critical"
                                 : setting == SETTING_TIMEOUT ? "seconds, or '5 minutes'"
                                                              : "yes or no");
        return talk(call, &params, &(struct talk){});
}
