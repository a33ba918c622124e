/* world/linux/process.h - which processes have a device or a file system open: /proc/<pid> */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

/* The kernel writes blank, tab, newline, backslash and # in names as \ooo. Decodes in place;
 * returns `s`. */
char *proc_decode(char *s);

/* "mnt_id:" of a file /proc/<pid>/fdinfo/<n>; false if it is not told. */
bool process_parse_mount_id(const char *text, size_t len, uint64_t *ret);

/* What is looked for. */
struct process_search {
        const uint64_t *devices; /* block devices that are opened themselves */
        size_t n_devices;
        const uint64_t *mounts; /* ids of mounts */
        size_t n_mounts;
        const uint64_t *file_systems; /* and what stat tells as st_dev in there */
        size_t n_file_systems;
        /* Called with "process 12 (bash) uses /tank/x". */
        void (*found)(void *userdata, const char *text);
        void *userdata;
};

/* The first file of one of the file systems that is mapped, by the text of a file
 * /proc/<pid>/maps; false: there is none. */
bool process_parse_maps(const char *text, size_t len, const struct process_search *s,
                        char ret[PATH_MAX]);

/* All processes but this one, each told once. Touches none of the file systems; may hang all the
 * same, last of all, where a process hangs with its memory locked. */
void processes_look(struct arena *a, const struct process_search *s);

/* Their numbers, in order, without this one, in the arena. */
void processes_list(struct arena *a, uint64_t **ret, uint32_t *ret_n);

/* How it calls itself, e.g. "bash"; "" if it is gone. `buffer` of PROCESS_NAME_MAX. */
#define PROCESS_NAME_MAX 64
const char *process_name(uint64_t pid, char *buffer);
