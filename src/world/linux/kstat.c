/* world/linux/kstat.c - the kernel's statistics of ZFS: which pools there are, without any ioctl */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/array.h"
#include "base/text.h"
#include "world/linux/kstat.h"

/* A pool's name has 255 bytes at most; `txgs` lists 100 lines of 130 bytes, more if it was asked
 * for (zfs_txg_history). */
#define NAME_MAX_BYTES 255u
#define FILE_MAX_BYTES (4u * 1024 * 1024)

DEFINE_CLEANUP(DIR *, closedir);

/* ZFS allows letters, digits and -_.: and blanks in a name, and begins it with a letter. */
bool kstat_is_pool_name(const char *name) {
        return isalpha((unsigned char) name[0]) && strlen(name) <= NAME_MAX_BYTES &&
               !strchr(name, '/');
}

bool kstat_parse_state(const char *text, size_t len, const char *name, struct arena *a,
                       struct pool_seen *ret) {
        const char *state;

        while (len > 0 && isspace((unsigned char) text[len - 1]))
                len--;
        if (len == 0 || len > 32)
                return false;
        for (size_t i = 0; i < len; i++)
                if (!isupper((unsigned char) text[i]) && text[i] != '_')
                        return false;
        state = arena_strndup(a, text, len);
        *ret = (struct pool_seen){
                .name = name,
                .state = state,
                .suspended = text_equal(state, "SUSPENDED"),
        };
        return true;
}

/* "<txg> <birth> <state> ...": a line of numbers with a letter in the third column, where C stands
 * for committed. The lines before them are headings. */
static bool txgs_line(const char *s, size_t len, uint64_t *ret) {
        char line[160];
        unsigned long long txg;
        char state[8] = "";

        if (len >= sizeof(line))
                len = sizeof(line) - 1;
        memcpy(line, s, len);
        line[len] = '\0';
        if (!isdigit((unsigned char) line[0]) ||
            sscanf(line, "%19llu %*19[0-9] %7s", &txg, state) != 2 || !text_equal(state, "C"))
                return false;
        *ret = txg;
        return true;
}

bool kstat_parse_txgs(const char *text, size_t len, uint64_t *ret_txg) {
        const char *s = text, *end = text + len, *newline;
        uint64_t newest = 0, txg;

        for (; s < end; s = newline + 1) {
                newline = memchr(s, '\n', (size_t) (end - s));
                if (!newline)
                        newline = end;
                if (txgs_line(s, (size_t) (newline - s), &txg) && txg > newest)
                        newest = txg;
        }
        if (!newest)
                return false;
        *ret_txg = newest;
        return true;
}

bool kstat_parse_guid(const char *text, size_t len, uint64_t *ret_guid) {
        char number[24];
        uint64_t guid;

        while (len > 0 && isspace((unsigned char) text[len - 1]))
                len--;
        if (len >= sizeof(number))
                return false;
        memcpy(number, text, len);
        number[len] = '\0';
        if (!text_to_u64(number, &guid) || !guid)
                return false;
        *ret_guid = guid;
        return true;
}

/* "30 1 0x01 26 7072 62388802348 73847841452": number, type, flags, members, size, time of making,
 * time of reading. */
bool kstat_parse_instance(const char *text, size_t len, uint64_t *ret_instance) {
        char line[160];
        unsigned long long made;

        if (len >= sizeof(line))
                len = sizeof(line) - 1;
        memcpy(line, text, len);
        line[len] = '\0';
        if (sscanf(line, "%*d %*d 0x%*x %*d %*d %20llu", &made) != 1 || !made)
                return false;
        *ret_instance = made;
        return true;
}

/* What a small file of a pool holds; false if it cannot be read, as when the pool has just been
 * exported. */
static bool file_read(const char *dir, const char *pool, const char *file, struct text *ret) {
        _cleanup_(closep) int fd = -1;
        struct text path = {};
        char buffer[4096];
        ssize_t n;

        text_addf(&path, "%s/%s/%s", dir, pool, file);
        fd = open(path.s, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        text_done(&path);
        if (fd < 0)
                return false;
        while ((n = read(fd, buffer, sizeof(buffer))) > 0 && ret->length < FILE_MAX_BYTES)
                text_add_bytes(ret, buffer, (size_t) n);
        return n >= 0 && ret->length > 0;
}

int kstat_look_pools(const char *dir, struct arena *a, struct pool_seen **ret, uint32_t *ret_n) {
        _cleanup_(closedirp) DIR *d = opendir(dir);
        ARRAY(struct pool_seen) pools = {};
        struct text text = {};
        struct dirent *e;

        if (!d && errno != ENOENT)
                return -errno;
        while (d && (e = readdir(d))) {
                struct pool_seen pool;

                text_clear(&text);
                if (!kstat_is_pool_name(e->d_name) || !file_read(dir, e->d_name, "state", &text) ||
                    !kstat_parse_state(text.s, text.length, arena_strdup(a, e->d_name), a, &pool))
                        continue;
                pool.guid = kstat_look_guid(dir, e->d_name);
                array_append(&pools, pool);
        }
        *ret = arena_memdup(a, pools.items, pools.count * sizeof(*pools.items));
        *ret_n = (uint32_t) pools.count;
        array_done(&pools);
        text_done(&text);
        return 0;
}

/* 0 where the file is not there or tells nothing. */
static uint64_t look_number(const char *dir, const char *pool, const char *file,
                            bool (*parse)(const char *text, size_t len, uint64_t *ret)) {
        struct text text = {};
        uint64_t number = 0;

        if (kstat_is_pool_name(pool) && file_read(dir, pool, file, &text) &&
            !parse(text.s, text.length, &number))
                number = 0;
        text_done(&text);
        return number;
}

uint64_t kstat_look_txg(const char *dir, const char *pool) {
        return look_number(dir, pool, "txgs", kstat_parse_txgs);
}

uint64_t kstat_look_guid(const char *dir, const char *pool) {
        return look_number(dir, pool, "guid", kstat_parse_guid);
}

uint64_t kstat_look_instance(const char *dir, const char *pool) {
        return look_number(dir, pool, "iostats", kstat_parse_instance);
}
