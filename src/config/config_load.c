/* config/config_load.c - from a YAML file to the entity graph, with every diagnosis at once */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/build.h"
#include "config/config_load.h"
#include "config/tree.h"

#define FILE_MAX_BYTES  (64u << 20)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* YAML is text: what cannot be, is told before the library stumbles over it. */
static bool text_is_sound(struct diagnoser *d) {
        const unsigned char *text = (const unsigned char *) d->text;

        for (size_t i = 0, n; i < d->length; i += n) {
                n = 1;
                if (text[i] >= 0x20 && text[i] < 0x7f)
                        continue;
                n = character_length(text + i, d->length - i);
                if (n && !character_is_control(text + i, d->length - i))
                        continue;
                diagnose_error_at(d, (uint32_t) i, (uint32_t) i,
                                  n ? "a control character cannot stand in the file"
                                    : "not valid UTF-8");
                return false;
        }
        return true;
}

/* The entities move to where they stay: an array of their exact size. */
static void config_settle(struct builder *b) {
        struct config *c = b->config;

        c->n_entities = (uint32_t) b->entities.count;
        c->entities = arena_memdup(c->arena, b->entities.items,
                                   b->entities.count * sizeof(struct entity));
}

struct config *config_parse(struct arena *a, const char *path, const char *text, size_t length,
                            bool check_files, struct diagnoses *ret) {
        _cleanup_(arena_freep) struct arena *scratch = arena_new();
        struct arena *arena = arena_new();
        struct config *c = arena_new_one(arena, struct config);
        struct diagnoser d = { .arena = a };
        struct builder b = {
                .config = c, .diagnoser = &d, .scratch = scratch, .check_files = check_files
        };
        struct tree *root = NULL;
        bool whole = true;

        c->arena = arena;
        c->path = arena_strdup(arena, path);
        if (length >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
                text += 3;
                length -= 3;
        }
        d.text = text;
        d.length = length;
        if (length > FILE_MAX_BYTES)
                diagnose_error_at(&d, DIAGNOSE_FILE, DIAGNOSE_FILE,
                                  "the file is larger than 64 MiB");
        else if (text_is_sound(&d))
                root = tree_parse(scratch, text, length, &d, &whole);
        if (root) {
                b.gaps = whole ? 0 : GAPS_ALL;
                build_root(&b, root);
                build_links(&b);
                config_settle(&b);
        } else if (!d.n_errors)
                diagnose_error_at(&d, DIAGNOSE_FILE, DIAGNOSE_FILE, "the file is empty");
        builder_done(&b);
        *ret = diagnose_finish(&d);
        return ret->n_errors ? config_free(c) : c;
}

/* A file that cannot be read is a diagnosis, too. */
static int file_read(const char *path, char **ret_text, size_t *ret_length) {
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        struct text t = {};
        struct stat st;
        char buffer[65536];
        ssize_t n;

        if (fd < 0 || fstat(fd, &st) != 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        while ((n = read(fd, buffer, sizeof(buffer))) > 0 && t.length <= FILE_MAX_BYTES)
                text_add_bytes(&t, buffer, (size_t) n);
        if (n < 0) {
                n = -errno;
                text_done(&t);
                return (int) n;
        }
        text_add(&t, "");
        *ret_length = t.length;
        *ret_text = t.s;
        return 0;
}

struct config *config_load(struct arena *a, const char *path, bool check_files,
                           struct diagnoses *ret) {
        _cleanup_(freep) char *text = NULL;
        struct diagnoser d = { .arena = a };
        struct config *c;
        size_t length = 0;
        int r = file_read(path, &text, &length);

        if (r < 0) {
                diagnose_error_at(&d, DIAGNOSE_FILE, DIAGNOSE_FILE,
                                  arena_printf(a, "cannot be read: %s", strerror(-r)));
                *ret = diagnose_finish(&d);
                return NULL;
        }
        c = config_parse(a, path, text, length, check_files, ret);
        (void) malloc_trim(0); /* the tree of a large file was several times its size */
        return c;
}
