/* The least an open loop can cost here: sleep until a request is due, send it, take the answer to the one before.

   paced PORT RATE SECONDS REQUEST-FILE

   Prints "cores late_p50_us late_p99_us". No look at the clock before a request is due, no check, no record of
   answers: what a load generator spends beyond this is its own, what it spends below this it cannot save.
*/
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROOM 65536
static char request[ROOM], answer[ROOM];

static int64_t now(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int rising(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int connected(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) { perror("connect"); exit(1); }
    return fd;
}

int main(int count, char **words) {
    if (count != 5) { fprintf(stderr, "paced PORT RATE SECONDS REQUEST-FILE\n"); return 2; }
    int fd = connected(atoi(words[1]));
    double rate = atof(words[2]);
    size_t requests = rate * atof(words[3]);
    FILE *file = fopen(words[4], "rb");
    if (!file || !requests) { perror(words[4]); return 1; }
    size_t size = fread(request, 1, ROOM, file);
    int64_t *late = calloc(requests, sizeof *late);
    prctl(PR_SET_TIMERSLACK, 1);
    int64_t began = now(CLOCK_PROCESS_CPUTIME_ID), start = now(CLOCK_MONOTONIC);
    for (size_t k = 0; k < requests; k++) {
        int64_t due = start + (int64_t)(k * 1e9 / rate);
        struct timespec at = {due / 1000000000LL, due % 1000000000LL};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        late[k] = now(CLOCK_MONOTONIC) - due;
        if (send(fd, request, size, 0) != (ssize_t)size) { perror("send"); return 1; }
        recv(fd, answer, ROOM, MSG_DONTWAIT);
    }
    double cores = (double)(now(CLOCK_PROCESS_CPUTIME_ID) - began) / (now(CLOCK_MONOTONIC) - start);
    qsort(late, requests, sizeof *late, rising);
    printf("%.3f %.1f %.1f\n", cores, late[requests / 2] / 1e3, late[requests * 99 / 100] / 1e3);
    return 0;
}
