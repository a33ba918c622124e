/* tests/system/stage.c - devices that only exist for the programs of one test (umockdev)
 *
 * Reads lines from stdin, fields separated by tabs, and answers each with a line:
 *
 *   add <parent or -> <name> <attribute=value...> -- <PROPERTY=value...>
 *   link <syspath> <attribute> <target>
 *   change <syspath> <PROPERTY=value...>
 *   remove <syspath>
 *
 * The attribute "dev" is made first, so that the device is known by its number. The first line that
 * it writes is the folder that UMOCKDEV_DIR has to name for the programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <umockdev.h>

#define FIELDS_MAX 64

struct fields {
        char *items[FIELDS_MAX];
        int n;
};

struct pairs {
        char *items[2 * FIELDS_MAX];
};

static void fields_split(char *line, struct fields *ret) {
        char *rest = NULL;

        ret->n = 0;
        line[strcspn(line, "\n")] = 0;
        for (char *s = strtok_r(line, "\t", &rest); s && ret->n < FIELDS_MAX;
             s = strtok_r(NULL, "\t", &rest))
                ret->items[ret->n++] = s;
}

/* "KEY=value" from `at` to "--" or the end, as umockdev wants them. Returns where it ended. */
static int fields_pairs(struct fields *f, int at, struct pairs *ret) {
        int n = 0;

        for (; at < f->n && strcmp(f->items[at], "--") != 0; at++) {
                char *sign = strchr(f->items[at], '=');

                if (!sign)
                        continue;
                *sign = 0;
                ret->items[n++] = f->items[at];
                ret->items[n++] = sign + 1;
        }
        ret->items[n] = NULL;
        return at;
}

static void stage_add(UMockdevTestbed *bed, struct fields *f) {
        struct pairs attributes, properties;
        const char *parent = strcmp(f->items[1], "-") == 0 ? NULL : f->items[1];
        int at = fields_pairs(f, 3, &attributes);
        char *path;

        (void) fields_pairs(f, at + 1, &properties);
        path = umockdev_testbed_add_devicev(bed, "block", f->items[2], parent, attributes.items,
                                            properties.items);
        (void) printf("%s\n", path ? path : "failed");
        free(path);
}

static void stage_change(UMockdevTestbed *bed, struct fields *f) {
        struct pairs properties;

        (void) fields_pairs(f, 2, &properties);
        for (char **p = properties.items; *p; p += 2)
                umockdev_testbed_set_property(bed, f->items[1], p[0], p[1]);
        umockdev_testbed_uevent(bed, f->items[1], "change");
        (void) printf("ok\n");
}

static void stage_link(UMockdevTestbed *bed, struct fields *f) {
        umockdev_testbed_set_attribute_link(bed, f->items[1], f->items[2], f->items[3]);
        (void) printf("ok\n");
}

static void stage_remove(UMockdevTestbed *bed, struct fields *f) {
        umockdev_testbed_uevent(bed, f->items[1], "remove");
        umockdev_testbed_remove_device(bed, f->items[1]);
        (void) printf("ok\n");
}

int main(void) {
        UMockdevTestbed *bed = umockdev_testbed_new();
        char *folder = umockdev_testbed_get_root_dir(bed), *line = NULL;
        size_t size = 0;

        (void) printf("%s\n", folder);
        (void) fflush(stdout);
        while (getline(&line, &size, stdin) > 0) {
                struct fields f;

                fields_split(line, &f);
                if (f.n >= 3 && strcmp(f.items[0], "add") == 0)
                        stage_add(bed, &f);
                else if (f.n >= 2 && strcmp(f.items[0], "change") == 0)
                        stage_change(bed, &f);
                else if (f.n == 4 && strcmp(f.items[0], "link") == 0)
                        stage_link(bed, &f);
                else if (f.n == 2 && strcmp(f.items[0], "remove") == 0)
                        stage_remove(bed, &f);
                else
                        (void) printf("not understood\n");
                (void) fflush(stdout);
        }
        free(line);
        free(folder);
        g_object_unref(bed);
        return 0;
}
