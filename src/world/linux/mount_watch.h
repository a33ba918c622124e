/* world/linux/mount_watch.h - when something is mounted or unmounted */
#pragma once

struct linux_world;
struct mount_watch;

/* Hints at the mounts from now on. 0 or negative errno. */
int mount_watch_new(struct linux_world *w, struct mount_watch **ret);
/* NULL is fine. Returns NULL. */
struct mount_watch *mount_watch_free(struct mount_watch *m);
