/* model/path.c - paths of block devices, as udev makes them of names */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "model/path.h"

/* What udev and device-mapper leave as it is. */
static bool character_is_plain(unsigned char c) {
        return c < 0x80 && (isalnum(c) || (c && strchr("#+-.:=@_", c)));
}

/* udev leaves characters that are no ASCII, device-mapper does not. */
static const char *path_encode(struct arena *a, const char *before, const char *name,
                               bool keep_unicode) {
        struct text t = {};
        const char *path;

        text_add(&t, before);
        for (const unsigned char *p = (const unsigned char *) name; *p; p++)
                if (character_is_plain(*p) || (keep_unicode && *p >= 0x80))
                        text_add_bytes(&t, p, 1);
                else
                        text_addf(&t, "\\x%02x", *p);
        path = arena_strdup(a, t.s);
        text_done(&t);
        return path;
}

const char *path_of_part(struct arena *a, const char *name) {
        return path_encode(a, "/dev/disk/by-partlabel/", name, /* keep_unicode= */ true);
}

const char *path_of_mapping(struct arena *a, const char *name) {
        return path_encode(a, "/dev/mapper/", name, /* keep_unicode= */ false);
}

/* Of all that ZFS allows in a name, only a blank would be in the way. */
const char *path_of_volume(struct arena *a, const char *name) {
        char *path = (char *) arena_printf(a, "/dev/zvol/%s", name);

        for (char *p = path; (p = strchr(p, ' '));)
                *p = '+';
        return path;
}

static int hex_digit(char c) {
        return isdigit((unsigned char) c) ? c - '0' : tolower((unsigned char) c) - 'a' + 10;
}

/* One character of a path that udev has made; -1 at its end. */
static int character_decode(const char **s) {
        const char *p = *s;

        if (!*p)
                return -1;
        if (p[0] == '\\' && p[1] == 'x' && isxdigit((unsigned char) p[2]) &&
            isxdigit((unsigned char) p[3]) && (p[2] != '0' || p[3] != '0')) {
                *s += 4;
                return hex_digit(p[2]) << 4 | hex_digit(p[3]);
        }
        *s += 1;
        return (unsigned char) *p;
}

char *path_decode(struct arena *a, const char *s) {
        char *decoded = arena_alloc(a, strlen(s) + 1), *out = decoded;
        int c;

        while ((c = character_decode(&s)) >= 0)
                *out++ = (char) c;
        *out = 0;
        return decoded;
}

/* From here on the path is nothing but the name, in which a blank is written as `blank`. */
static bool end_is(const char *end, const char *name, char blank) {
        int c;

        while ((c = character_decode(&end)) >= 0) {
                if (c == blank)
                        c = ' ';
                if (c != (unsigned char) *name++)
                        return false;
        }
        return !*name;
}

bool path_is_of_volume(const char *path, const char *name) {
        static const char folder[] = "/dev/zvol/";

        return text_starts(path, folder) && end_is(path + strlen(folder), name, '+');
}

bool path_is_of(const char *path, const char *name) {
        if (text_starts(name, "zvol/") && path_is_of_volume(path, name + strlen("zvol/")))
                return true;
        for (const char *slash = path; (slash = strchr(slash, '/')); slash++)
                if (end_is(slash + 1, name, ' '))
                        return true;
        return false;
}
