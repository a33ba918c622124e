/* world/linux/follower.h - what `zpool events` says: where ZFS may have changed something */
#pragma once

struct follower;
struct linux_world;

/* Hints from now on, whenever zpool can tell. 0 or negative errno. */
int follower_new(struct linux_world *w, struct follower **ret);
struct follower *follower_free(struct follower *f);
