/* tests/unit/cli/desk.h - a command line at work: a daemon that answers as written down, and what
 * came out */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/text.h"
#include "cli/cli.h"

struct desk {
        char folder[64], path[96];
        pid_t daemon;      /* 0: none */
        int call;          /* what the daemon was asked, from there */
        struct text asked; /* and read */
        struct text out, err;
        int status;
};

/* The other process: one client, one call, and the replies, each with its NUL byte. */
static inline void desk_serve(int listener, int call, const char *replies, size_t n, bool stays) {
        int fd = accept(listener, NULL, NULL);
        char c;

        while (recv(fd, &c, 1, 0) == 1 && c)
                if (write(call, &c, 1) != 1)
                        break;
        (void) close(call);
        while (n > 0) {
                ssize_t sent = send(fd, replies, n, MSG_NOSIGNAL);

                if (sent <= 0)
                        break;
                replies += sent;
                n -= (size_t) sent;
        }
        if (stays)
                (void) pause();
        (void) close(fd);
        _exit(0);
}

/* Somebody who answers once with these bytes, and hangs up, or `stays`. NULL: nobody listens. */
static inline void desk_open(struct desk *d, const char *replies, size_t n, bool stays) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd, pipes[2];

        *d = (struct desk){ .folder = "/tmp/zmirror-desk-XXXXXX" };
        assert_non_null(mkdtemp(d->folder));
        (void) snprintf(d->path, sizeof(d->path), "%s/socket", d->folder);
        if (!replies)
                return;
        (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", d->path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 1), 0);
        assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
        d->daemon = fork();
        if (d->daemon == 0) {
                (void) close(pipes[0]);
                desk_serve(fd, pipes[1], replies, n, stays);
        }
        (void) close(fd);
        (void) close(pipes[1]);
        d->call = pipes[0];
}

static inline void desk_read(int fd, struct text *t) {
        char bytes[4096];
        ssize_t n;

        text_add(t, "");
        while ((n = read(fd, bytes, sizeof(bytes))) > 0)
                text_add_bytes(t, bytes, (size_t) n);
        (void) close(fd);
}

static inline int desk_catch(int fd, FILE *stream, int *ret_saved) {
        char path[] = "/tmp/zmirror-desk-XXXXXX";
        int file = mkostemp(path, O_CLOEXEC);

        assert_true(file >= 0);
        (void) unlink(path);
        (void) fflush(stream);
        *ret_saved = dup(fd);
        (void) dup2(file, fd);
        return file;
}

static inline void desk_release(int fd, FILE *stream, int file, int saved, struct text *t) {
        (void) fflush(stream);
        (void) dup2(saved, fd);
        (void) close(saved);
        (void) lseek(file, 0, SEEK_SET);
        desk_read(file, t);
}

/* Runs `zmirror <words>`, words parted by blanks, with the socket of this desk. */
static inline int desk_run(struct desk *d, const struct cli_command *commands, size_t n,
                           const char *line) {
        char *copy = memory_strdup(line), *argv[64] = { copy };
        int argc = 1, out, err, saved_out, saved_err, status;

        for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
                argv[argc++] = word;
        (void) setenv("ZMIRROR_SOCKET_PATH", d->path, 1);
        (void) setenv("TZ", "UTC", 1);
        out = desk_catch(STDOUT_FILENO, stdout, &saved_out);
        err = desk_catch(STDERR_FILENO, stderr, &saved_err);
        d->status = cli_main(commands, n, argc, argv);
        desk_release(STDOUT_FILENO, stdout, out, saved_out, &d->out);
        desk_release(STDERR_FILENO, stderr, err, saved_err, &d->err);
        if (d->daemon) {
                (void) kill(d->daemon, SIGKILL);
                (void) waitpid(d->daemon, &status, 0);
                desk_read(d->call, &d->asked);
        }
        free(copy);
        return d->status;
}

static inline void desk_close(struct desk *d) {
        (void) unlink(d->path);
        (void) rmdir(d->folder);
        text_done(&d->out);
        text_done(&d->err);
        text_done(&d->asked);
}
