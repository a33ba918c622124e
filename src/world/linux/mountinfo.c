/* world/linux/mountinfo.c - what is mounted: /proc/self/mountinfo */
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "model/facts.h"
#include "world/linux/mountinfo.h"
#include "world/linux/process.h"

/* The kernel writes a path of 4096 bytes with four for each that is special, twice in a line. */
#define LINE_MAX_BYTES (64u * 1024)
#define FIELDS_MAX     64u

/* The fields of a line, which is cut up; as many as there is room for. */
static size_t fields_split(char *line, char **fields) {
        size_t n = 0;
        char *state = NULL;

        for (char *f = strtok_r(line, " ", &state); f && n < FIELDS_MAX;
             f = strtok_r(NULL, " ", &state))
                fields[n++] = f;
        return n;
}

static void optional_parse(const char *field, struct mount *ret) {
        if (text_starts(field, "shared:"))
                (void) text_to_u64(field + strlen("shared:"), &ret->peers);
        else if (text_starts(field, "master:"))
                (void) text_to_u64(field + strlen("master:"), &ret->master);
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue": any number of
 * optional fields ends with a dash. */
static bool line_parse(struct arena *a, const char *s, size_t len, struct mount *ret) {
        char *fields[FIELDS_MAX], *line;
        unsigned major_number, minor_number;
        size_t n, dash = 6;

        if (len == 0 || len > LINE_MAX_BYTES || memchr(s, '\0', len))
                return false;
        line = arena_strndup(a, s, len);
        n = fields_split(line, fields);
        while (dash < n && strcmp(fields[dash], "-") != 0)
                dash++;
        if (dash + 2 >= n || sscanf(fields[2], "%9u:%9u", &major_number, &minor_number) != 2)
                return false;
        *ret = (struct mount){
                .target = proc_decode(fields[4]),
                .fs_type = proc_decode(fields[dash + 1]),
                .source = proc_decode(fields[dash + 2]),
                .devnum = major_number ? makedev(major_number, minor_number) : 0,
                .file_system = makedev(major_number, minor_number),
        };
        (void) text_to_u64(fields[0], &ret->id);
        (void) text_to_u64(fields[1], &ret->parent);
        for (size_t i = 6; i < dash; i++)
                optional_parse(fields[i], ret);
        return true;
}

void mountinfo_parse(const char *text, size_t len, struct arena *a, struct mount **ret,
                     uint32_t *ret_n) {
        const char *s = text, *end = text + len, *newline;
        ARRAY(struct mount) mounts = {};
        struct mount m;

        for (; s < end; s = newline + 1) {
                newline = memchr(s, '\n', (size_t) (end - s));
                if (!newline)
                        newline = end;
                if (line_parse(a, s, (size_t) (newline - s), &m))
                        array_append(&mounts, m);
        }
        *ret = arena_memdup(a, mounts.items, mounts.count * sizeof(*mounts.items));
        *ret_n = (uint32_t) mounts.count;
        array_done(&mounts);
}
