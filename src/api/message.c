/* api/message.c - calls and replies as JSON, and the parameters of every method */
#include <string.h>

#include "api/message.h"
#include "api/row.h"

const struct method_info method_table[_METHOD_MAX] = {
        [METHOD_VERSION] = { "Version", false },  [METHOD_STARTUP] = { "Startup", true },
        [METHOD_SHUTDOWN] = { "Shutdown", true }, [METHOD_RELOAD] = { "Reload", true },
        [METHOD_REQUEST] = { "Request", true },   [METHOD_LIST] = { "List", false },
        [METHOD_STATUS] = { "Status", false },    [METHOD_OVERVIEW] = { "Overview", false },
        [METHOD_GET] = { "Get", false },          [METHOD_SET] = { "Set", true },
        [METHOD_HISTORY] = { "History", false },  [METHOD_TRIGGER] = { "Trigger", true },
        [METHOD_RECEIPT] = { "Receipt", false },  [METHOD_EXPLAIN] = { "Explain", false },
        [METHOD_WATCH] = { "Watch", false },      [METHOD_MAINTAIN] = { "Maintain", true },
        [METHOD_FORGET] = { "Forget", true },     [METHOD_CLEAR_CACHE] = { "ClearCache", true },
};

static const char *const setting_names[_SETTING_MAX] = {
        [SETTING_COMMANDS] = "commands",     [SETTING_EVENT_HANDLERS] = "event-handlers",
        [SETTING_LOG_EVENTS] = "log-events", [SETTING_LOG_FULL_EVENTS] = "log-full-events",
        [SETTING_LOG_LEVEL] = "log-level",   [SETTING_TIMEOUT] = "timeout",
};

/* The error's name, and what its one parameter is called. */
static const struct {
        const char *name, *parameter;
} errors[_API_ERROR_MAX] = {
        [API_ERROR_NOT_FOUND] = { "io.zmirror.NotFound", "reason" },
        [API_ERROR_FAILED] = { "io.zmirror.Failed", "reason" },
        [API_ERROR_NOT_PERMITTED] = { "io.zmirror.NotPermitted", "reason" },
        [API_ERROR_BUSY] = { "io.zmirror.Busy", "reason" },
        [API_ERROR_INVALID_MESSAGE] = { "io.zmirror.InvalidMessage", "reason" },
        [API_ERROR_INTERFACE_NOT_FOUND] = { "org.varlink.service.InterfaceNotFound", "interface" },
        [API_ERROR_METHOD_NOT_FOUND] = { "org.varlink.service.MethodNotFound", "method" },
        [API_ERROR_INVALID_PARAMETER] = { "org.varlink.service.InvalidParameter", "parameter" },
};

bool method_parse(const char *name, enum method *ret) {
        for (enum method m = 0; m < _METHOD_MAX; m++)
                if (text_equal(name, method_table[m].name)) {
                        *ret = m;
                        return true;
                }
        return false;
}

const char *api_error_print(enum api_error e) {
        return errors[e].name;
}

/* --- settings */

const char *setting_print(enum setting s) {
        return setting_names[s];
}

bool setting_parse(const char *s, enum setting *ret) {
        for (enum setting k = 0; k < _SETTING_MAX; k++)
                if (text_equal(s, setting_names[k])) {
                        *ret = k;
                        return true;
                }
        return false;
}

static bool timeout_parse(const char *text, usec_t *ret) {
        struct span span;
        uint64_t seconds;

        if (text_to_u64(text, &seconds)) {
                if (seconds == 0 || seconds > UINT32_MAX)
                        return false;
                *ret = seconds * USEC_PER_SEC;
                return true;
        }
        if (!span_parse(text, &span) || span.months || !span.usec)
                return false;
        *ret = span.usec;
        return true;
}

static bool switch_parse(const char *text, bool *ret) {
        static const char *const yes[] = { "yes", "true", "on" }, *const no[] = { "no", "false",
                                                                                  "off" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++)
                if (text_equal(text, yes[i]) || text_equal(text, no[i])) {
                        *ret = text_equal(text, yes[i]);
                        return true;
                }
        return false;
}

bool setting_value_parse(enum setting s, const char *text, struct setting_value *ret) {
        struct setting_value value = {};
        bool good = false;

        switch (s) {
        case SETTING_COMMANDS:
        case SETTING_EVENT_HANDLERS:
        case SETTING_LOG_EVENTS:
        case SETTING_LOG_FULL_EVENTS:
                good = switch_parse(text, &value.on);
                break;
        case SETTING_LOG_LEVEL:
                good = log_level_parse(text, &value.level);
                break;
        case SETTING_TIMEOUT:
                good = timeout_parse(text, &value.timeout);
                break;
        case _SETTING_MAX:
                break;
        }
        if (good)
                *ret = value;
        return good;
}

const char *setting_value_print(struct arena *a, enum setting s, const struct setting_value *v) {
        switch (s) {
        case SETTING_COMMANDS:
        case SETTING_EVENT_HANDLERS:
        case SETTING_LOG_EVENTS:
        case SETTING_LOG_FULL_EVENTS:
                return v->on ? "yes" : "no";
        case SETTING_LOG_LEVEL:
                return log_level_print(v->level);
        case SETTING_TIMEOUT:
                return arena_printf(a, "%llu", (unsigned long long) (v->timeout / USEC_PER_SEC));
        case _SETTING_MAX:
                break;
        }
        abort();
}

/* --- parameters: reading. Each x_read names the first parameter that is wrong, NULL if all is well
 */

static const char *words_read(struct arena *a, const struct json *object, struct target *ret) {
        const struct json *words = json_find(object, "words");
        const char **copy;

        if (!words || words->type != JSON_ARRAY || !words->count || words->count > TARGET_WORDS_MAX)
                return "words";
        copy = arena_new_array(a, const char *, words->count + 1);
        for (const struct json *w = words->first; w; w = w->next) {
                if (w->type != JSON_STRING)
                        return "words";
                copy[ret->n_words++] = w->string.s;
        }
        ret->words = copy;
        return NULL;
}

static const char *target_read(struct arena *a, const struct json *parameters, const char *key,
                               struct target *ret) {
        const struct json *object = json_find(parameters, key);
        const char *type = NULL, *group = NULL, *id = NULL;
        struct target target = {};
        bool all = false;

        if (!object || object->type != JSON_OBJECT)
                return key;
        if (!json_get_bool(object, "all", &all))
                return "all";
        if (!json_get_string(object, "group", &group))
                return "group";
        if (!json_get_string(object, "id", &id))
                return "id";
        if (!json_get_string(object, "type", &type))
                return "type";
        if (all + !!group + !!id + (type && !all) != 1) /* one of them, not two */
                return key;

        target.group = group;
        target.id = id;
        target.kind = all && type ? TARGET_TYPE
                      : all       ? TARGET_ALL
                      : group     ? TARGET_GROUP
                      : id        ? TARGET_ID
                                  : TARGET_NAMED;
        if (type && !entity_type_parse(type, &target.type))
                return "type";
        if (target.kind == TARGET_NAMED) {
                const char *bad = words_read(a, object, &target);

                if (bad)
                        return bad;
        }
        *ret = target;
        return NULL;
}

static const char *request_read(struct arena *a, const struct json *object,
                                struct params_request *ret) {
        const char *wish = "";

        ret->block = true;
        if (!json_get_string(object, "wish", &wish) || !wish_parse(wish, &ret->wish))
                return "wish";
        if (!json_get_bool(object, "cancel", &ret->cancel))
                return "cancel";
        if (!json_get_bool(object, "block", &ret->block))
                return "block";
        if (!json_get_bool(object, "accept_data_loss", &ret->accept_data_loss))
                return "accept_data_loss";
        if (!json_get_bool(object, "overwrite_leg", &ret->overwrite_leg))
                return "overwrite_leg";
        return target_read(a, object, "target", &ret->target);
}

static const char *maintain_read(const struct json *object, struct params_maintain *ret) {
        const struct json *operations = json_find(object, "operations");
        enum operation op;

        ret->block = true;
        if (!operations || operations->type != JSON_ARRAY || !operations->count)
                return "operations";
        for (const struct json *o = operations->first; o; o = o->next) {
                if (o->type != JSON_STRING || !operation_parse(o->string.s, &op))
                        return "operations";
                ret->operations |= 1u << op;
        }
        if (!json_get_bool(object, "all", &ret->all))
                return "all";
        if (!json_get_bool(object, "cancel", &ret->cancel))
                return "cancel";
        return json_get_bool(object, "block", &ret->block) ? NULL : "block";
}

static const char *list_read(const struct json *object, struct params_list *ret) {
        const struct json *columns = json_find(object, "columns");
        enum column column;

        ret->columns = COLUMNS_ALL;
        if (!columns)
                return NULL;
        if (columns->type != JSON_ARRAY)
                return "columns";
        ret->columns = 0;
        for (const struct json *c = columns->first; c; c = c->next) {
                if (c->type != JSON_STRING || !column_parse(c->string.s, &column))
                        return "columns";
                ret->columns |= COLUMN_BIT(column);
        }
        return NULL;
}

static const char *setting_read(const struct json *object, bool with_value,
                                struct params_setting *ret) {
        const char *name = "", *value = "";

        if (!json_get_string(object, "setting", &name) || !setting_parse(name, &ret->setting))
                return "setting";
        if (!with_value)
                return NULL;
        if (!json_get_string(object, "value", &value) ||
            !setting_value_parse(ret->setting, value, &ret->value))
                return "value";
        return NULL;
}

static const char *history_read(struct arena *a, const struct json *object,
                                struct params_history *ret) {
        ret->limit = HISTORY_LINES_DEFAULT;
        if (!json_get_number(object, "since", &ret->since))
                return "since";
        if (!json_get_number(object, "limit", &ret->limit) || ret->limit == 0 ||
            ret->limit > HISTORY_LINES_MAX)
                return "limit";
        ret->target.kind = TARGET_ALL;
        return json_find(object, "target") ? target_read(a, object, "target", &ret->target) : NULL;
}

static const char *trigger_read(struct arena *a, const struct json *object,
                                struct params_trigger *ret) {
        const struct json *environment = json_find(object, "environment");
        const char **lines;

        if (!environment || environment->type != JSON_OBJECT ||
            environment->count > TRIGGER_ENVIRONMENT_MAX)
                return "environment";
        lines = arena_new_array(a, const char *, environment->count + 1);
        for (const struct json *m = environment->first; m; m = m->next) {
                if (m->type != JSON_STRING || !m->key[0] || strchr(m->key, '='))
                        return "environment";
                lines[ret->n++] = arena_printf(a, "%s=%s", m->key, m->string.s);
        }
        ret->environment = lines;
        return NULL;
}

static const char *watch_read(const struct json *object, struct params_watch *ret) {
        ret->lines = WATCH_LINES_DEFAULT;
        if (!json_get_number(object, "lines", &ret->lines) || ret->lines > WATCH_LINES_MAX)
                return "lines";
        return NULL;
}

static const char *params_read(struct arena *a, const struct json *object, struct params *ret) {
        switch (ret->method) {
        case METHOD_VERSION:
        case METHOD_STARTUP:
        case METHOD_SHUTDOWN:
        case METHOD_RELOAD:
        case METHOD_OVERVIEW:
                return NULL;
        case METHOD_REQUEST:
                return request_read(a, object, &ret->request);
        case METHOD_MAINTAIN:
                return maintain_read(object, &ret->maintain);
        case METHOD_LIST:
                return list_read(object, &ret->list);
        case METHOD_STATUS:
        case METHOD_RECEIPT:
        case METHOD_EXPLAIN:
        case METHOD_FORGET:
                return target_read(a, object, "target", &ret->target);
        case METHOD_GET:
                return setting_read(object, false, &ret->setting);
        case METHOD_SET:
                return setting_read(object, true, &ret->setting);
        case METHOD_HISTORY:
                return history_read(a, object, &ret->history);
        case METHOD_TRIGGER:
                return trigger_read(a, object, &ret->trigger);
        case METHOD_WATCH:
                return watch_read(object, &ret->watch);
        case METHOD_CLEAR_CACHE:
                return json_get_bool(object, "ledger", &ret->clear.ledger) ? NULL : "ledger";
        case _METHOD_MAX:
                break;
        }
        abort();
}

bool params_parse(struct arena *a, enum method method, const struct json *object,
                  struct params *ret, const char **ret_bad) {
        struct params params = { .method = method };
        const char *bad = params_read(a, object, &params);

        if (bad) {
                *ret_bad = bad;
                return false;
        }
        *ret = params;
        return true;
}

/* --- parameters: writing */

static void target_print(struct text *t, const char *key, const struct target *target) {
        json_open(t, key, '{');
        switch (target->kind) {
        case TARGET_ALL:
                json_add_bool(t, "all", true);
                break;
        case TARGET_TYPE:
                json_add_bool(t, "all", true);
                json_add_string(t, "type", entity_type_print(target->type));
                break;
        case TARGET_GROUP:
                json_add_string(t, "group", target->group);
                break;
        case TARGET_NAMED:
                json_add_string(t, "type", entity_type_print(target->type));
                json_open(t, "words", '[');
                for (uint32_t i = 0; i < target->n_words; i++)
                        json_add_string(t, NULL, target->words[i]);
                json_close(t, ']');
                break;
        case TARGET_ID:
                json_add_string(t, "id", target->id);
                break;
        }
        json_close(t, '}');
}

static void request_print(struct text *t, const struct params_request *p) {
        json_add_string(t, "wish", wish_print(p->wish));
        target_print(t, "target", &p->target);
        json_add_bool(t, "cancel", p->cancel);
        json_add_bool(t, "block", p->block);
        json_add_bool(t, "accept_data_loss", p->accept_data_loss);
        json_add_bool(t, "overwrite_leg", p->overwrite_leg);
}

static void maintain_print(struct text *t, const struct params_maintain *p) {
        json_open(t, "operations", '[');
        for (enum operation op = 0; op < _OPERATION_MAX; op++)
                if (p->operations & (1u << op))
                        json_add_string(t, NULL, operation_print(op));
        json_close(t, ']');
        json_add_bool(t, "all", p->all);
        json_add_bool(t, "cancel", p->cancel);
        json_add_bool(t, "block", p->block);
}

static void list_print(struct text *t, const struct params_list *p) {
        json_open(t, "columns", '[');
        for (enum column c = 0; c < _COLUMN_MAX; c++)
                if (p->columns & COLUMN_BIT(c))
                        json_add_string(t, NULL, column_print(c));
        json_close(t, ']');
}

static void setting_print_to(struct text *t, const struct params_setting *p, bool with_value) {
        struct arena *a = arena_new();

        json_add_string(t, "setting", setting_print(p->setting));
        if (with_value)
                json_add_string(t, "value", setting_value_print(a, p->setting, &p->value));
        arena_free(a);
}

/* Names come from outside, so they are written as values are: escaped. */
static void trigger_print(struct text *t, const struct params_trigger *p) {
        struct arena *a = arena_new();
        struct json object = { .type = JSON_OBJECT }, **link = &object.first;

        for (uint32_t i = 0; i < p->n; i++) {
                const char *line = p->environment[i], *sign = strchr(line, '=');
                struct json *member;

                if (!sign || sign == line)
                        continue;
                member = arena_new_one(a, struct json);
                member->type = JSON_STRING;
                member->key = arena_strndup(a, line, (size_t) (sign - line));
                member->string.s = sign + 1;
                *link = member;
                link = &member->next;
        }
        json_add_value(t, "environment", &object);
        arena_free(a);
}

void params_print(struct text *t, const struct params *p) {
        json_open(t, NULL, '{');
        switch (p->method) {
        case METHOD_VERSION:
        case METHOD_STARTUP:
        case METHOD_SHUTDOWN:
        case METHOD_RELOAD:
        case METHOD_OVERVIEW:
                break;
        case METHOD_REQUEST:
                request_print(t, &p->request);
                break;
        case METHOD_MAINTAIN:
                maintain_print(t, &p->maintain);
                break;
        case METHOD_LIST:
                list_print(t, &p->list);
                break;
        case METHOD_STATUS:
        case METHOD_RECEIPT:
        case METHOD_EXPLAIN:
        case METHOD_FORGET:
                target_print(t, "target", &p->target);
                break;
        case METHOD_GET:
        case METHOD_SET:
                setting_print_to(t, &p->setting, p->method == METHOD_SET);
                break;
        case METHOD_HISTORY:
                if (p->history.target.kind != TARGET_ALL)
                        target_print(t, "target", &p->history.target);
                json_add_number(t, "since", p->history.since);
                json_add_number(t, "limit", p->history.limit);
                break;
        case METHOD_TRIGGER:
                trigger_print(t, &p->trigger);
                break;
        case METHOD_WATCH:
                json_add_number(t, "lines", p->watch.lines);
                break;
        case METHOD_CLEAR_CACHE:
                json_add_bool(t, "ledger", p->clear.ledger);
                break;
        case _METHOD_MAX:
                abort();
        }
        json_close(t, '}');
}

/* --- whole messages */

bool message_call_parse(struct arena *a, const char *s, size_t n, struct message_call *ret) {
        const struct json *object = json_parse(a, s, n, MESSAGE_VALUES_MAX);
        struct message_call call = {};

        if (!object || !json_get_string(object, "method", &call.method) || !call.method ||
            !json_get_bool(object, "more", &call.more) ||
            !json_get_bool(object, "oneway", &call.oneway))
                return false;
        call.parameters = json_find(object, "parameters");
        if (call.parameters && call.parameters->type != JSON_OBJECT)
                return false;
        *ret = call;
        return true;
}

void message_call_print(struct text *t, const struct params *p, bool more, bool oneway) {
        json_open(t, NULL, '{');
        json_add_raw(t, "method", "\"" MESSAGE_INTERFACE ".", strlen(MESSAGE_INTERFACE) + 2);
        text_addf(t, "%s\"", method_table[p->method].name);
        text_add(t, ",\"parameters\":");
        params_print(t, p);
        if (more)
                json_add_bool(t, "more", true);
        if (oneway)
                json_add_bool(t, "oneway", true);
        json_close(t, '}');
}

static bool error_read(struct arena *a, const char *name, struct message_reply *reply) {
        const char *subject = "";

        reply->error = API_ERROR_FAILED;
        for (enum api_error e = API_ERROR_NONE + 1; e < _API_ERROR_MAX; e++)
                if (text_equal(name, errors[e].name))
                        reply->error = e;
        if (!json_get_string(reply->parameters, errors[reply->error].parameter, &subject))
                return false;
        reply->reason = subject;
        if (strcmp(errors[reply->error].parameter, "reason") != 0)
                reply->reason = arena_printf(a, "the daemon does not know the %s '%s'",
                                             errors[reply->error].parameter, subject);
        else if (!subject[0])
                reply->reason = arena_printf(a, "the daemon answered %s", name);
        return true;
}

bool message_reply_parse(struct arena *a, const char *s, size_t n, struct message_reply *ret) {
        const struct json *object = json_parse(a, s, n, SIZE_MAX);
        struct message_reply reply = {};
        const char *error = NULL;

        if (!object || object->type != JSON_OBJECT ||
            !json_get_bool(object, "continues", &reply.continues) ||
            !json_get_string(object, "error", &error))
                return false;
        reply.parameters = json_find(object, "parameters");
        if (reply.parameters && reply.parameters->type != JSON_OBJECT)
                return false;
        if (error && !error_read(a, error, &reply))
                return false;
        *ret = reply;
        return true;
}

void message_reply_print(struct text *t, const char *parameters, size_t n, bool continues) {
        json_open(t, NULL, '{');
        json_add_raw(t, "parameters", n ? parameters : "{}", n ? n : 2);
        if (continues)
                json_add_bool(t, "continues", true);
        json_close(t, '}');
}

void message_error_print(struct text *t, enum api_error e, const char *subject) {
        json_open(t, NULL, '{');
        json_add_string(t, "error", errors[e].name);
        json_open(t, "parameters", '{');
        json_add_string(t, errors[e].parameter, subject);
        json_close(t, '}');
        json_close(t, '}');
}
