/* trigger.c - zmirror-trigger: forwards the environment that ZED or udev gives it to the daemon
 *
 * It runs once per event, while ZED or udev wait for it. So it is small, never waits for longer
 * than a second, and says nothing when there is no daemon: an event only tells where to look, and
 * the daemon looks when it starts. */
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_DEFAULT "/run/zmirror/zmirror.socket"

#define MESSAGE_MAX   (64u * 1024)
#define VARIABLES_MAX 256u
#define VALUE_MAX     4096u /* longer ones are left out: whole or not at all */
#define WAIT_SECONDS  1u

static const char head[] =
        "{\"method\":\"io.zmirror.Trigger\",\"oneway\":true,\"parameters\":{\"environment\":{";
static const char tail[] = "}}}";

/* A message that grows up to a limit. */
struct message {
        char bytes[MESSAGE_MAX];
        size_t length;
};

static bool message_add(struct message *m, const char *bytes, size_t n) {
        if (n > sizeof(m->bytes) - sizeof(tail) - m->length)
                return false;
        memcpy(m->bytes + m->length, bytes, n);
        m->length += n;
        return true;
}

/* What is not plain ASCII could be anything, but JSON has to be UTF-8. */
static bool message_add_char(struct message *m, char c) {
        static const char digits[] = "0123456789abcdef";
        unsigned char byte = (unsigned char) c;
        char escape[] = "\\u00__";

        if (byte >= 0x80)
                return message_add(m, "?", 1);
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
                return message_add(m, &c, 1);
        escape[4] = digits[byte >> 4];
        escape[5] = digits[byte & 15];
        return message_add(m, escape, sizeof(escape) - 1);
}

static bool message_add_text(struct message *m, const char *s, size_t n) {
        bool fits = message_add(m, "\"", 1);

        for (size_t i = 0; fits && i < n; i++)
                fits = message_add_char(m, s[i]);
        return fits && message_add(m, "\"", 1);
}

static bool name_starts(const char *line, const char *prefix) {
        return strncmp(line, prefix, strlen(prefix)) == 0;
}

/* What says where to look. The rest of the environment is nobody's business. */
static bool variable_is_wanted(const char *line) {
        static const char *const prefixes[] = { "ZEVENT_", "ID_PART_ENTRY_", "ID_FS_" };
        static const char *const names[] = { "ACTION=",  "DEVPATH=", "DEVNAME=", "SUBSYSTEM=",
                                             "DEVTYPE=", "DISKSEQ=", "DM_NAME=", "DM_UUID=" };

        for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
                if (name_starts(line, prefixes[i]))
                        return true;
        for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
                if (name_starts(line, names[i]))
                        return true;
        return false;
}

/* "name":"value", or nothing of it if it does not fit. */
static bool message_add_variable(struct message *m, const char *line) {
        const char *value = strchr(line, '=');
        size_t before = m->length;

        if (!value || strlen(value + 1) > VALUE_MAX)
                return false;
        if ((m->bytes[m->length - 1] == '{' || message_add(m, ",", 1)) &&
            message_add_text(m, line, (size_t) (value - line)) && message_add(m, ":", 1) &&
            message_add_text(m, value + 1, strlen(value + 1)))
                return true;
        m->length = before;
        return false;
}

/* A call of the daemon's Varlink interface, with its terminating zero. */
static void message_build(struct message *m, char *const *environment) {
        unsigned n = 0;

        (void) message_add(m, head, strlen(head));
        for (; environment && *environment && n < VARIABLES_MAX; environment++)
                if (variable_is_wanted(*environment))
                        n += message_add_variable(m, *environment);
        memcpy(m->bytes + m->length, tail, sizeof(tail)); /* there is always room for it */
        m->length += sizeof(tail);
}

static bool address_set(struct sockaddr_un *address) {
        const char *path = getenv("ZMIRROR_SOCKET_PATH");

        if (!path || !path[0])
                path = SOCKET_DEFAULT;
        if (strlen(path) >= sizeof(address->sun_path))
                return false;
        address->sun_family = AF_UNIX;
        memcpy(address->sun_path, path, strlen(path) + 1);
        return true;
}

static void message_send(const struct message *m) {
        struct sockaddr_un address = {};
        size_t sent = 0;
        ssize_t n;
        int fd;

        if (!address_set(&address))
                return;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return;
        while (sent < m->length) {
                n = send(fd, m->bytes + sent, m->length - sent, MSG_NOSIGNAL);
                if (n < 0)
                        return;
                sent += (size_t) n;
        }
}

/* The daemon does not answer: it will look by itself. */
static void on_alarm(int number) {
        _exit(EXIT_SUCCESS);
}

int main(void) {
        static struct message message;
        sigset_t set;

        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGALRM);
        (void) signal(SIGALRM, on_alarm);
        (void) sigprocmask(SIG_UNBLOCK, &set, NULL);
        (void) alarm(WAIT_SECONDS);
        message_build(&message, environ);
        message_send(&message);
        return EXIT_SUCCESS;
}
