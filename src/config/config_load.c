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

#define FILE_MAX_BYTES (64u << 20)

/* YAML is text: what cannot be, is told before the library stumbles over it. */
static bool text_is_sound(struct diagnoser *d) {
        uint32_t line = 1, column = 1;

        for (size_t i = 0; i < d->length; i++) {
                unsigned char c = (unsigned char) d->text[i];
                size_t more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
                bool good = c && (c >= 0x20 || c == '\n' || c == '\r' || c == '\t') && c != 0x7f &&
                            (c < 0x80 || (c >= 0xc2 && c <= 0xf4));

                for (size_t k = 1; good && k <= more; k++)
                        good = i + k < d->length && ((unsigned char) d->text[i + k] & 0xc0) == 0x80;
                if (!good) {
                        diagnose_at(d, true, line, column, 1,
                                    c < 0x80 ? "a control character cannot stand in the file"
                                             : "not valid UTF-8");
                        return false;
                }
                i += more;
                column++;
                if (c == '\n') {
                        line++;
                        column = 1;
                }
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
        struct diagnoser d = { .arena = a, .text = text, .length = length };
        struct builder b = { .config = c, .diagnoser = &d, .check_files = check_files };
        struct tree *root = NULL;

        c->arena = arena;
        c->path = arena_strdup(arena, path);
        if (length > FILE_MAX_BYTES)
                diagnose_at(&d, true, 0, 0, 0, "the file is larger than 64 MiB");
        else if (text_is_sound(&d))
                root = tree_parse(scratch, text, length, &d);
        if (root) {
                build_root(&b, root);
                if (!d.n_errors || b.entities.count)
                        build_links(&b);
                config_settle(&b);
        } else if (!d.n_errors)
                diagnose_at(&d, true, 0, 0, 0, "the file is empty");
        array_done(&b.entities);
        array_done(&b.trees);
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
                diagnose_at(&d, true, 0, 0, 0, arena_printf(a, "cannot be read: %s", strerror(-r)));
                *ret = diagnose_finish(&d);
                return NULL;
        }
        c = config_parse(a, path, text, length, check_files, ret);
        (void) malloc_trim(0); /* the tree of a large file was several times its size */
        return c;
}
