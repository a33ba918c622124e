/* api/message.h - the methods of io.zmirror and what they are called with (Varlink: a JSON object
 * and a NUL byte)
 *
 * The interface is described in io.zmirror.varlink. Times are microseconds since 1970; "never" is
 * null or left out. What comes back is in api/reply.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "model/entity.h"

#define MESSAGE_MAX_BYTES      (1024u * 1024u) /* of a call */
#define MESSAGE_VALUES_MAX     20000u          /* JSON values in a call */
#define MESSAGE_INTERFACE      "io.zmirror"
#define MESSAGE_SOCKET_DEFAULT "/run/zmirror/zmirror.socket"

enum method {
        METHOD_VERSION,
        METHOD_STARTUP,  /* run the on_startup handlers */
        METHOD_SHUTDOWN, /* answer, then stop */
        METHOD_RELOAD,
        METHOD_REQUEST, /* may stream */
        METHOD_LIST,    /* may stream */
        METHOD_STATUS,  /* may stream */
        METHOD_OVERVIEW,
        METHOD_GET,
        METHOD_SET,
        METHOD_HISTORY, /* may stream */
        METHOD_TRIGGER, /* an event of ZFS or udev, forwarded as its environment */
        METHOD_RECEIPT,
        METHOD_EXPLAIN,
        METHOD_WATCH,    /* streams */
        METHOD_MAINTAIN, /* may stream; answered as Request is */
        METHOD_FORGET,
        METHOD_CLEAR_CACHE,
        _METHOD_MAX,
};

struct method_info {
        const char *name; /* "Request" */
        bool acts;        /* not for those who may only ask */
};

extern const struct method_info method_table[_METHOD_MAX];
bool method_parse(const char *name, enum method *ret); /* without the interface */

/* --- whom a call is about */

enum target_kind {
        TARGET_ALL,
        TARGET_TYPE, /* all of one type */
        TARGET_GROUP,
        TARGET_NAMED, /* a type and the words that name it, as on the command line */
        TARGET_ID,    /* "zdev|pool:tank|name:tank-a" */
};

#define TARGET_WORDS_MAX 64

struct target {
        enum target_kind kind;
        const char *group;
        enum entity_type type;
        const char *const *words; /* NULL-terminated */
        uint32_t n_words;
        const char *id;
};

/* --- what can be set until the next reload */

enum setting {
        SETTING_COMMANDS,
        SETTING_EVENT_HANDLERS,
        SETTING_LOG_EVENTS,
        SETTING_LOG_FULL_EVENTS,
        SETTING_LOG_LEVEL,
        SETTING_TIMEOUT,
        _SETTING_MAX,
};

const char *setting_print(enum setting s); /* "event-handlers" */
bool setting_parse(const char *s, enum setting *ret);

struct setting_value {
        bool on;              /* the first four */
        enum log_level level; /* log-level */
        usec_t timeout;       /* timeout; as text "300" (seconds) or "5 minutes" */
};

bool setting_value_parse(enum setting s, const char *text, struct setting_value *ret);
/* "yes", "info", "300"; in the arena. */
const char *setting_value_print(struct arena *a, enum setting s, const struct setting_value *v);

/* --- parameters */

struct params_request {
        enum wish wish;
        struct target target;
        bool cancel;
        bool block; /* the last reply comes when all requests have ended; no: at once */
        bool accept_data_loss, overwrite_leg;
};

struct params_maintain {
        unsigned operations; /* a bit per enum operation */
        bool all;            /* of all legs; no: of those for which it is overdue */
        bool cancel;
        bool block;
};

struct params_clear {
        bool ledger; /* that, too */
};

struct params_list {
        uint32_t columns; /* bit per enum column (api/row.h) */
};

struct params_setting {
        enum setting setting;
        struct setting_value value; /* Set only */
};

#define HISTORY_LINES_DEFAULT 1000u
#define HISTORY_LINES_MAX     1000000u

struct params_history {
        struct target target; /* TARGET_ALL: of everything */
        usec_t since;         /* 0: from the start */
        uint64_t limit;       /* the newest so many lines */
};

#define TRIGGER_ENVIRONMENT_MAX 1024u

struct params_trigger {
        const char *const *environment; /* "NAME=value", NULL-terminated */
        uint32_t n;
};

#define WATCH_LINES_DEFAULT 20u
#define WATCH_LINES_MAX     1000u

struct params_watch {
        uint64_t lines; /* so many disks, pools and lines of history at most */
};

struct params {
        enum method method;
        union {
                struct params_request request;
                struct params_maintain maintain;
                struct params_clear clear;
                struct params_list list;
                struct target target; /* Status, Receipt, Explain, Forget */
                struct params_setting setting;
                struct params_history history;
                struct params_trigger trigger;
                struct params_watch watch;
        };
};

/* Checks and takes over the parameters of a call; text is in the arena. If something is wrong,
 * false, and `ret_bad` names the parameter. `object` may be NULL: no parameters. */
bool params_parse(struct arena *a, enum method method, const struct json *object,
                  struct params *ret, const char **ret_bad);
/* The parameters as a JSON object. */
void params_print(struct text *t, const struct params *p);

/* --- calls and replies as a whole */

enum api_error {
        API_ERROR_NONE,
        /* of io.zmirror; each carries a sentence for people as `reason` */
        API_ERROR_NOT_FOUND, /* no such entity or group */
        API_ERROR_FAILED,
        API_ERROR_NOT_PERMITTED,
        API_ERROR_BUSY,            /* too many clients, or not now */
        API_ERROR_INVALID_MESSAGE, /* no JSON, too long; the connection is closed */
        /* of org.varlink.service */
        API_ERROR_INTERFACE_NOT_FOUND,
        API_ERROR_METHOD_NOT_FOUND,
        API_ERROR_INVALID_PARAMETER,
        _API_ERROR_MAX,
};

const char *api_error_print(enum api_error e); /* "io.zmirror.NotFound" */

struct message_call {
        const char *method; /* "io.zmirror.List" */
        const struct json *parameters;
        bool more, oneway;
};

/* False: not a call at all. Strings are in the arena. */
bool message_call_parse(struct arena *a, const char *s, size_t n, struct message_call *ret);
/* The whole message but for the NUL byte. */
void message_call_print(struct text *t, const struct params *p, bool more, bool oneway);

struct message_reply {
        const struct json *parameters; /* an object, or NULL */
        bool continues;
        enum api_error error; /* NONE: all is well. FAILED for one that we do not know. */
        const char *reason;   /* of an error, a sentence; never NULL then */
};

bool message_reply_parse(struct arena *a, const char *s, size_t n, struct message_reply *ret);
/* `parameters`: the text of a JSON object; n = 0: empty. */
void message_reply_print(struct text *t, const char *parameters, size_t n, bool continues);
/* `subject`: the sentence, or the parameter, method or interface for those of org.varlink.service.
 */
void message_error_print(struct text *t, enum api_error e, const char *subject);
