#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

// The least that anybody can do for a leg: a datagram goes back to where it came from, by the same system calls that the
// media loop makes. Usage: MediaEcho LEGS FIRST-PORT PROCESSOR; it ends when its input does.

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "media echo: %s: %s\n", what, strerror(errno));
    exit(1);
}

int main(int count, char **arguments) {
    if (count != 4) {
        fprintf(stderr, "MediaEcho LEGS FIRST-PORT PROCESSOR\n");
        return 2;
    }
    uint32_t legs = (uint32_t)atol(arguments[1]);
    uint16_t first = (uint16_t)atoi(arguments[2]);
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(atoi(arguments[3]), &processors);
    sched_setaffinity(0, sizeof processors, &processors);
    struct rlimit present;
    getrlimit(RLIMIT_NOFILE, &present);
    struct rlimit limit = {.rlim_cur = legs + 64, .rlim_max = present.rlim_max};
    if (limit.rlim_max < limit.rlim_cur) limit.rlim_max = limit.rlim_cur;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("descriptors");

    int poller = epoll_create1(EPOLL_CLOEXEC);
    int *sockets = calloc(legs, sizeof *sockets);
    for (uint32_t leg = 0; leg < legs; leg++) {
        sockets[leg] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)(first + 2 * leg))};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = leg};
        if (sockets[leg] < 0 || bind(sockets[leg], (struct sockaddr *)&address, sizeof address) != 0 ||
            epoll_ctl(poller, EPOLL_CTL_ADD, sockets[leg], &event) != 0)
            fail("a leg's socket");
    }
    struct epoll_event input = {.events = EPOLLIN, .data.u32 = UINT32_MAX};
    epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    puts("ready");
    fflush(stdout);

    struct epoll_event events[64];
    uint8_t packet[2048];
    for (;;) {
        int ready = epoll_wait(poller, events, 64, -1);
        for (int index = 0; index < ready; index++) {
            uint32_t leg = events[index].data.u32;
            if (leg == UINT32_MAX) {
                if (read(STDIN_FILENO, packet, sizeof packet) <= 0) return 0;
                continue;
            }
            struct sockaddr_in source;
            socklen_t length = sizeof source;
            ssize_t bytes =
                recvfrom(sockets[leg], packet, sizeof packet, 0, (struct sockaddr *)&source, &length);
            if (bytes > 0)
                sendto(sockets[leg], packet, (size_t)bytes, MSG_NOSIGNAL, (struct sockaddr *)&source, length);
        }
    }
}
