/* demo/week.c - the story that is shown: two external disks that rotate, for a week */
#include <stdio.h>
#include <time.h>

#include "demo/show.h"
#include "demo/week.h"

#define GIB ((uint64_t) 1 << 30)

/* Seconds of the world in one: while commands are run, and while data is copied. */
#define PACE_STEPS 10u
#define PACE_COPY  200u

usec_t week_begin(usec_t now) {
        time_t t = (time_t) (now / USEC_PER_SEC);
        struct tm tm;

        if (!localtime_r(&t, &tm))
                return now - 8 * USEC_PER_DAY;
        tm.tm_mday -= (tm.tm_wday + 6) % 7 + 7; /* Monday of last week */
        tm.tm_hour = 21;
        tm.tm_min = tm.tm_sec = 0;
        tm.tm_isdst = -1;
        return (usec_t) mktime(&tm) * USEC_PER_SEC;
}

static bool is_copying(const struct reply_verdict *disk, double than) {
        return disk->progress >= than;
}

static bool is_safe(const struct reply_verdict *disk, double than) {
        return disk->kind == VERDICT_SAFE && disk->up_to_date;
}

static bool is_absent(const struct reply_verdict *disk, double than) {
        return disk->kind == VERDICT_ABSENT;
}

static void pull(struct show *s, const char *disk) {
        show_do(s, "pull %s", disk);
        show_watch(s, disk, is_absent, 0);
}

static void plug(struct show *s, const char *disk) {
        char line[32];

        show_speed(s, PACE_STEPS);
        (void) snprintf(line, sizeof(line), "plug %s", disk);
        show_await(s, line, "resilver_start tank");
}

/* From the resilver to the moment when the disk may be pulled. */
static void finish(struct show *s, const char *disk) {
        show_speed(s, PACE_COPY);
        show_await(s, NULL, "zpool sync tank");
        show_speed(s, PACE_STEPS);
        show_watch(s, disk, is_safe, 0);
}

static void update(struct show *s, const char *disk) {
        plug(s, disk);
        finish(s, disk);
}

static void monday(struct show *s) {
        show_head(s, "Monday, 21:00: the blue disk comes out of the drawer");
        show_tell(s, "Pool tank is a mirror: the computer's SSD, a leg on the blue disk (LUKS), "
                     "and one on "
                     "the red disk (LUKS, with a pool of its own). Neither has seen today's 30 GB. "
                     "Somebody plugs the blue one in; nobody types anything:");
        update(s, "blue");
        show_type(s, "", 0);
        pull(s, "blue");
}

static void tuesday(struct show *s, usec_t begin) {
        show_skip(s, begin + USEC_PER_DAY);
        show_head(s, "Tuesday: the red disk, which holds a pool in the pool");
        show_do(s, "write tank %llu", (unsigned long long) (12 * GIB));
        plug(s, "red");
        show_speed(s, PACE_COPY);
        show_watch(s, "red", is_copying, 0.5);
        show_type(s, "status zdev tank zvol/vault/tank", 0);
        finish(s, "red");
        pull(s, "red");
}

static void thursday(struct show *s, usec_t begin) {
        show_skip(s, begin + 3 * USEC_PER_DAY);
        show_head(s, "Thursday: blue again, and somebody pulls it too early");
        show_do(s, "write tank %llu", (unsigned long long) (25 * GIB));
        plug(s, "blue");
        show_speed(s, PACE_COPY);
        show_watch(s, "blue", is_copying, 0.4);
        show_speed(s, PACE_STEPS);
        show_await(s, "pull blue", "resilver_finish tank");
        show_tell(s, "ZFS calls this \"resilvered with 0 errors\". zmirror does not:");
        show_type(s, "history zdev tank blue", 0);
        show_tell(s, "The disk is plugged in again, and gets the rest:");
        plug(s, "blue");
        show_type(s, "", 0);
        show_tell(s,
                  "The errors are those that ZFS counted when the disk was pulled. Who knows why "
                  "they came about clears them:");
        show_by_hand(s, "zpool clear tank");
        finish(s, "blue");
        show_type(s, "", 0);
        pull(s, "blue");
}

static void saturday(struct show *s, usec_t begin) {
        show_skip(s, begin + 5 * USEC_PER_DAY);
        show_do(s, "write tank %llu", (unsigned long long) (8 * GIB));
        show_head(s, "Saturday: a scrub is due");
        show_type(s, "list scrub overdue --keys hrid,last_scrub,scrub_overdue", 0);
        show_tell(s, "The blue leg stays for as long as somebody wants it scrubbed:");
        plug(s, "blue");
        show_speed(s, PACE_COPY);
        show_type(s, "scrub zdev tank blue", 0);
        show_speed(s, PACE_STEPS);
        show_watch(s, "blue", is_safe, 0);
        pull(s, "blue");
}

static void sunday(struct show *s, usec_t begin) {
        show_skip(s, begin + 6 * USEC_PER_DAY);
        show_head(s, "Sunday: what has become of it all");
        show_type(s, "list --types zdev --keys hrid,last_update,last_scrub", 0);
        show_type(s, "", 0);
}

void week_play(struct show *s, usec_t begin) {
        show_do(s, "write tank %llu", (unsigned long long) (30 * GIB));
        monday(s);
        tuesday(s, begin);
        thursday(s, begin);
        saturday(s, begin);
        sunday(s, begin);
}
