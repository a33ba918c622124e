/* world/linux/mount_space.h - what is mounted, in this mount namespace and in those of others */
#pragma once

#include <stdint.h>

struct arena;
struct mount;

/* One namespace, with a process that is in it. */
struct mount_space {
        uint64_t pid;
        struct mount *mounts;
        uint32_t n_mounts;
};

/* This process's own is the first. Those that may not be looked into are left out. */
void mount_spaces_look(struct arena *a, struct mount_space **ret, uint32_t *ret_n);
