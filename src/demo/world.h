/* demo/world.h - the simulated world in a real event loop: time runs faster, and somebody in
 * another process plugs and pulls
 *
 * He is reached through a socket of packets. From him, each answered by "ok" or "no <why>":
 *
 *     plug <disk> | pull <disk> | write <pool> <bytes>
 *     type <command>
 *     speed <n>      so many times faster than outside
 *     skip <usec>    as fast as it goes to that time of the wall clock; answered when it is there
 *
 * To him, at any time: "say <usec> <who> <text>", what happens, with the wall clock of the world.
 */
#pragma once

#include "daemon/daemon.h"

#define DEMO_PACKET_MAX 4096u

struct demo_daemon {
        struct daemon_options options; /* first: a world is made from these */
        int fd;                        /* of the socket */
        uint64_t wall;                 /* when the story begins; 0: now */
};

/* A daemon_make_world; its options are those of a demo_daemon. */
int demo_world_new(struct sd_event *loop, const struct daemon_options *options, struct world **ret);
