/* A fixed HTTP/1.x server for measuring load generators: one thread, one epoll loop, nothing computed.

   fixed_server PORT LOG [jitter MIN_US MAX_US] [stall EVERY_MS FOR_MS] [unique]

   jitter   answers each request after a service time drawn from MIN..MAX, all requests at once
   stall    the whole server sleeps FOR_MS in every EVERY_MS
   unique   each answer has its own x-ms-request-id
   LOG      at SIGTERM: "first TIME" of the first request, "service NANOSECONDS" per request (with jitter),
            "stall START END" per stall (times are CLOCK_MONOTONIC, ns)
*/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define FDS 8192
#define ROOM 65536
#define LOGGED 4000000
static const char BODY[] = "\"{\\\"result\\\": [\\\"yes\\\", \\\"no\\\"]}\"";

typedef struct { int64_t due, seen; int fd; unsigned life; } Job;
static char *buffer[FDS];
static size_t filled[FDS];
static int closing[FDS];
static unsigned life[FDS];
static Job heap[FDS * 4];
static int jobs;
static int64_t *service, *stalls;
static size_t services, stalled;
static int64_t jitter_low, jitter_high, stall_every, stall_for, next_stall;
static int unique;
static uint64_t served;
static int64_t first_seen;
static volatile sig_atomic_t ended;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void end(int signal) { (void)signal; ended = 1; }

static void push(Job job) {
    int i = jobs++;
    while (i && heap[(i - 1) / 2].due > job.due) { heap[i] = heap[(i - 1) / 2]; i = (i - 1) / 2; }
    heap[i] = job;
}

static Job pop(void) {
    Job top = heap[0], last = heap[--jobs];
    int i = 0, child;
    while ((child = 2 * i + 1) < jobs) {
        if (child + 1 < jobs && heap[child + 1].due < heap[child].due) child++;
        if (last.due <= heap[child].due) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

static void drop(int fd) { close(fd); filled[fd] = 0; life[fd]++; }

static void answer(int fd) {
    char out[512], id[96] = "";
    if (unique) snprintf(id, sizeof id, "x-ms-request-id: %020llu\r\nx-ms-run-fn-exec-ms: 0.125\r\n", (unsigned long long)served);
    served++;
    int size = snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sConnection: %s\r\nContent-Length: %zu\r\n\r\n%s",
                        id, closing[fd] ? "close" : "keep-alive", sizeof BODY - 1, BODY);
    if (write(fd, out, size) != size || closing[fd]) drop(fd);
}

/* The length of the first whole request in the buffer, 0 when it is not all there. */
static size_t whole(int fd) {
    buffer[fd][filled[fd]] = 0;
    char *end_of_head = strstr(buffer[fd], "\r\n\r\n");
    if (!end_of_head) return 0;
    size_t head = end_of_head - buffer[fd] + 4, body = 0;
    *end_of_head = 0;
    char *length = strcasestr(buffer[fd], "\r\ncontent-length:");
    if (length) body = strtoul(length + 17, NULL, 10);
    int old = strstr(buffer[fd], " HTTP/1.0") != NULL;
    char *connection = strcasestr(buffer[fd], "\r\nconnection:");
    if (connection) closing[fd] = !strncasecmp(connection + 13 + strspn(connection + 13, " "), "close", 5);
    else closing[fd] = old;
    *end_of_head = '\r';
    return head + body <= filled[fd] ? head + body : 0;
}

static void readable(int fd, int64_t seen) {
    ssize_t got = read(fd, buffer[fd] + filled[fd], ROOM - filled[fd] - 1);
    if (got <= 0) { drop(fd); return; }
    filled[fd] += got;
    size_t size = whole(fd);
    if (!size) return;
    if (!first_seen) first_seen = seen;
    memmove(buffer[fd], buffer[fd] + size, filled[fd] - size);
    filled[fd] -= size;
    if (!jitter_high) { answer(fd); return; }
    int64_t wait = jitter_low + (int64_t)(drand48() * (jitter_high - jitter_low));
    push((Job){seen + wait, seen, fd, life[fd]});
}

static void work_off(void) {
    while (jobs && heap[0].due <= now()) {
        Job job = pop();
        if (job.life != life[job.fd]) continue;
        if (services < LOGGED) service[services++] = now() - job.seen;
        answer(job.fd);
    }
}

static void accept_all(int listener, int ep) {
    for (int fd; (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0;) {
        if (fd >= FDS) { close(fd); continue; }
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (!buffer[fd]) buffer[fd] = malloc(ROOM);
        filled[fd] = 0;
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event);
    }
}

static void stall(void) {
    if (!stall_every || now() < next_stall) return;
    struct timespec pause = {0, stall_for};
    int64_t begun = now();
    nanosleep(&pause, NULL);
    if (stalled < 10000) { stalls[2 * stalled] = begun; stalls[2 * stalled++ + 1] = now(); }
    next_stall += stall_every;
}

/* Nanoseconds until something is due, -1 for never. */
static int64_t patience(void) {
    int64_t next = jobs ? heap[0].due : INT64_MAX;
    if (stall_every && next_stall < next) next = next_stall;
    if (next == INT64_MAX) return -1;
    int64_t left = next - now();
    return left > 0 ? left : 0;
}

static void options(int count, char **words) {
    for (int i = 3; i < count; i++) {
        if (!strcmp(words[i], "jitter")) { jitter_low = atoll(words[++i]) * 1000; jitter_high = atoll(words[++i]) * 1000; }
        else if (!strcmp(words[i], "stall")) { stall_every = atoll(words[++i]) * 1000000; stall_for = atoll(words[++i]) * 1000000; }
        else if (!strcmp(words[i], "unique")) unique = 1;
    }
    next_stall = now() + stall_every;
}

static void write_log(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "first %lld\n", (long long)first_seen);
    for (size_t i = 0; i < services; i++) fprintf(file, "service %lld\n", (long long)service[i]);
    for (size_t i = 0; i < stalled; i++) fprintf(file, "stall %lld %lld\n", (long long)stalls[2 * i], (long long)stalls[2 * i + 1]);
    fclose(file);
}

int main(int count, char **words) {
    if (count < 3) return 2;
    options(count, words);
    service = malloc(LOGGED * sizeof *service);
    stalls = malloc(20000 * sizeof *stalls);
    prctl(PR_SET_TIMERSLACK, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    struct sigaction action = {.sa_handler = end};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1, ep = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) return 1;
    struct epoll_event add = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(ep, EPOLL_CTL_ADD, listener, &add);
    while (!ended) {
        int64_t wait = patience();
        struct timespec pause = {wait / 1000000000, wait % 1000000000};
        int ready = syscall(SYS_epoll_pwait2, ep, events, 512, wait < 0 ? NULL : &pause, NULL, 8);
        int64_t seen = now();
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) accept_all(listener, ep);
            else readable(events[i].data.fd, seen);
        }
        work_off();
        stall();
    }
    write_log(words[2]);
    return 0;
}
