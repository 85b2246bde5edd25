// What Swift's Glibc module does not show: epoll, timerfd and eventfd.
#pragma once
#include <errno.h>
#include <time.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// epoll_event is packed and its data a union: one tag is all that is needed of it.
static inline int svetlana_epoll_add(int epoll, int descriptor, uint64_t tag) {
    struct epoll_event event = {.events = EPOLLIN, .data = {.u64 = tag}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}
static inline int svetlana_epoll_remove(int epoll, int descriptor) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL);
}
// Waits and writes the tags of the ready descriptors; returns their number or -errno.
static inline int svetlana_epoll_wait(int epoll, uint64_t *tags, int capacity, int milliseconds) {
    struct epoll_event events[256];
    int wanted = capacity < 256 ? capacity : 256;
    int ready = epoll_wait(epoll, events, wanted, milliseconds);
    if (ready < 0) return -errno;
    for (int i = 0; i < ready; i++) tags[i] = events[i].data.u64;
    return ready;
}
// Arms a CLOCK_MONOTONIC timer for an absolute time in nanoseconds; 0 disarms it.
static inline int svetlana_timer_arm(int timer, int64_t nanoseconds) {
    struct itimerspec when = {.it_value = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000}};
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}
static inline int svetlana_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int svetlana_timer_create(void) { return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); }
static inline int svetlana_event_create(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }
static inline void svetlana_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
// Sleeps until an absolute time of CLOCK_MONOTONIC.
static inline void svetlana_sleep_until(int64_t nanoseconds) {
    struct timespec when = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
}
// Asks for memory that will be wanted soon.
static inline void svetlana_prefetch(const void *start, int bytes) {
    if (start == NULL) return;
    for (int offset = 0; offset < bytes; offset += 64) __builtin_prefetch((const char *)start + offset, 1);
}
// Keeps the calling thread on one processor; 0, or what went wrong. The mask is the kernel's, since glibc hides its
// macros without _GNU_SOURCE.
static inline int svetlana_pin_thread(int processor) {
    unsigned long mask[16] = {0};
    if (processor < 0 || processor >= (int)(8 * sizeof mask)) return EINVAL;
    mask[processor / (8 * sizeof *mask)] = 1UL << processor % (8 * sizeof *mask);
    return syscall(SYS_sched_setaffinity, 0, sizeof mask, mask) < 0 ? errno : 0;
}
static inline int64_t svetlana_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
// Lets a UDP socket take all datagrams of these hosts and of all others none, or by chance one of `share` (a power of two);
// the rest is dropped by the kernel before it takes any room. Hosts of IPv6 have four words, all words are in host order. 0, or -1 when
// the socket stays as it was.
static inline int svetlana_filter_hosts(int descriptor, const uint32_t *v4, int v4_count, const uint32_t *v6, int v6_count,
                                        uint32_t share) {
    enum { most_v4 = 96, most_v6 = 24, address_v4 = 12, address_v6 = 8 };
    struct sock_filter code[most_v4 + most_v6 * 9 + 16];
    int n = 0;
    if (v4_count < 0 || v4_count > most_v4 || v6_count < 0 || v6_count > most_v6) return -1;
    if ((share & (share - 1)) != 0) return -1;
    // The version decides: a socket of IPv6 gets both kinds. A jump over many comparisons does not fit a conditional one.
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4);
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 1);
    int to_v6 = n++;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + address_v4));
    for (int host = 0; host < v4_count; host++) {
        // Behind the comparisons that are left lie the jump and the answer.
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v4[host], v4_count - 1 - host + 1, 0);
    }
    int v4_to_chance = n++;
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF);
    code[to_v6] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(n - to_v6 - 1));
    for (int host = 0; host < v6_count; host++) {
        for (int word = 0; word < 4; word++) {
            uint32_t place = (uint32_t)(SKF_NET_OFF + address_v6 + 4 * word);
            // Each host has four pairs and its own answer.
            code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, place);
            code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, v6[host * 4 + word], 0, 2 * (3 - word) + 1);
        }
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF);
    }
    code[v4_to_chance] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(n - v4_to_chance - 1));
    if (share != 0) {
        code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM));
        code[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, share - 1);
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xFFFFFFFF);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
    return setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
// Takes datagrams of all hosts again.
static inline void svetlana_take_all_hosts(int descriptor) {
    int unused = 0;
    setsockopt(descriptor, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}
// Datagrams that the kernel dropped of this socket: filtered, or without room.
static inline uint32_t svetlana_dropped(int descriptor) {
    uint32_t information[SK_MEMINFO_VARS] = {0};
    socklen_t length = sizeof information;
    if (getsockopt(descriptor, SOL_SOCKET, SO_MEMINFO, information, &length) != 0) return 0;
    return length >= sizeof information ? information[SK_MEMINFO_DROPS] : 0;
}
// Keeps each error that the network reports for a UDP socket, with who reported it.
static inline void svetlana_keep_errors(int descriptor, int is_v6) {
    int on = 1;
    if (is_v6) setsockopt(descriptor, IPPROTO_IPV6, 25 /* IPV6_RECVERR */, &on, sizeof on);
    else setsockopt(descriptor, IPPROTO_IP, 11 /* IP_RECVERR */, &on, sizeof on);
}
// Takes the next kept error that came by ICMP: writes the address of the host that reported it, 4 or 16 bytes in network
// order, and returns their number; 0 when there is none, or when this machine found the error itself.
static inline int svetlana_error_reporter(int descriptor, uint8_t *address) {
    union { char bytes[512]; struct cmsghdr align; } control;
    char data[64];
    struct iovec piece = {.iov_base = data, .iov_len = sizeof data};
    struct sockaddr_storage name;
    struct msghdr message = {.msg_name = &name, .msg_namelen = sizeof name, .msg_iov = &piece, .msg_iovlen = 1,
                             .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return 0;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item != NULL; item = CMSG_NXTHDR(&message, item)) {
        int is_error = (item->cmsg_level == IPPROTO_IP && item->cmsg_type == 11) ||
                       (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == 25);
        if (!is_error || item->cmsg_len < CMSG_LEN(sizeof(struct sock_extended_err))) continue;
        struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(item);
        if (error->ee_origin != SO_EE_ORIGIN_ICMP && error->ee_origin != SO_EE_ORIGIN_ICMP6) continue;
        struct sockaddr *offender = SO_EE_OFFENDER(error);
        size_t room = item->cmsg_len - CMSG_LEN(sizeof *error);
        if (offender->sa_family == AF_INET && room >= sizeof(struct sockaddr_in)) {
            __builtin_memcpy(address, &((struct sockaddr_in *)offender)->sin_addr, 4);
            return 4;
        }
        if (offender->sa_family == AF_INET6 && room >= sizeof(struct sockaddr_in6)) {
            __builtin_memcpy(address, &((struct sockaddr_in6 *)offender)->sin6_addr, 16);
            return 16;
        }
    }
    return 0;
}
// Takes the next error that came by ICMP: writes its errno, where the datagram was to go, who reported it, and what it quotes of the
// datagram; returns the number of quoted bytes, or -1 when there is none. An error of another origin has the code 0.
static inline ssize_t svetlana_take_error(int descriptor, int *code, struct sockaddr *destination, socklen_t *destination_length,
                                          struct sockaddr *reporter, socklen_t *reporter_length, void *quote, size_t room) {
    union { char bytes[512]; struct cmsghdr align; } control;
    struct iovec piece = {.iov_base = quote, .iov_len = room};
    struct msghdr message = {.msg_name = destination, .msg_namelen = *destination_length, .msg_iov = &piece, .msg_iovlen = 1,
                             .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    *code = 0;
    ssize_t count = recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (count < 0) return -1;
    *destination_length = message.msg_namelen;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&message); item != NULL; item = CMSG_NXTHDR(&message, item)) {
        int is_error = (item->cmsg_level == IPPROTO_IP && item->cmsg_type == 11) ||
                       (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == 25);
        if (!is_error || item->cmsg_len < CMSG_LEN(sizeof(struct sock_extended_err))) continue;
        struct sock_extended_err *error = (struct sock_extended_err *)CMSG_DATA(item);
        if (error->ee_origin != SO_EE_ORIGIN_ICMP && error->ee_origin != SO_EE_ORIGIN_ICMP6) continue;
        *code = (int)error->ee_errno;
        size_t given = item->cmsg_len - CMSG_LEN(sizeof *error);
        if (given > *reporter_length) given = *reporter_length;
        __builtin_memcpy(reporter, SO_EE_OFFENDER(error), given);
        *reporter_length = (socklen_t)given;
    }
    return count;
}
