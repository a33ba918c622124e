/* world/linux/file.c - what the small files of /proc and /sys hold; none of them blocks */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/arena.h"
#include "base/text.h"
#include "world/linux/file.h"

#define LINE_MAX_BYTES 4096u

int file_read(const char *path, size_t max, struct text *ret) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        char buffer[16 * 1024];
        size_t total = 0;
        ssize_t n;

        if (fd < 0)
                return -errno;
        while (total < max) {
                n = read(fd, buffer, sizeof(buffer) < max - total ? sizeof(buffer) : max - total);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                if (n == 0)
                        break;
                text_add_bytes(ret, buffer, (size_t) n);
                total += (size_t) n;
        }
        return 0;
}

char *file_read_line(struct arena *a, const char *path) {
        struct text t = {};
        char *line = NULL;

        if (file_read(path, LINE_MAX_BYTES, &t) >= 0)
                line = arena_strndup(a, t.s ? t.s : "", t.s ? strcspn(t.s, "\n") : 0);
        text_done(&t);
        return line;
}

bool file_read_number(const char *path, uint64_t *ret) {
        struct text t = {};
        bool good;

        good = file_read(path, LINE_MAX_BYTES, &t) >= 0 && t.s;
        if (good) {
                t.s[strcspn(t.s, "\n")] = 0;
                good = text_to_u64(t.s, ret);
        }
        text_done(&t);
        return good;
}

bool devnum_parse(const char *s, uint64_t *ret) {
        const char *colon = s ? strchr(s, ':') : NULL;
        uint64_t major_number, minor_number;
        char first[16];

        if (!colon || (size_t) (colon - s) >= sizeof(first))
                return false;
        memcpy(first, s, (size_t) (colon - s));
        first[colon - s] = 0;
        if (!text_to_u64(first, &major_number) || !text_to_u64(colon + 1, &minor_number) ||
            major_number > UINT32_MAX || minor_number > UINT32_MAX)
                return false;
        *ret = makedev((unsigned) major_number, (unsigned) minor_number);
        return true;
}
