/* model/view.c - the picture as it is shown to people: names of origins and verdicts */
#include "model/view.h"

static const char *const origin_names[_ORIGIN_MAX] = {
        [ORIGIN_PERSON] = "person",
        [ORIGIN_MAINTENANCE] = "maintenance",
        [ORIGIN_HANDLER] = "handler",
        [ORIGIN_SELF] = "self",
};

static const char *const verdict_names[_VERDICT_KIND_MAX] = {
        [VERDICT_ABSENT] = "absent",
        [VERDICT_BUSY] = "busy",
        [VERDICT_WORKING] = "working",
        [VERDICT_SAFE] = "safe",
};

const char *origin_print(enum origin o) {
        return origin_names[o];
}

const char *verdict_kind_print(enum verdict_kind k) {
        return verdict_names[k];
}
