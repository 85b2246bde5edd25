#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

// Sends to every leg a packet each 20 ms of an absolute grid, its legs spread over it, and reads what comes back.
// Prints "begin" and "end" around the measured seconds, and then one line of JSON.

#define PACKET_TIME 20000000

static const char *const usage =
    "MediaLoad --legs N --payloads FILE --type PT --ticks T [--remote PORT] [--local PORT]\n"
    "    [--warm-up S] [--seconds S] [--slot US] [--processor P] [--sip PORT --coding NAME/RATE]";

static struct options parse(int count, char **arguments) {
    struct options options = {
        .ticks = 160, .remote = 10000, .local = 10000, .warm_up = 2, .seconds = 5, .slot = 500, .processor = 0};
    for (int index = 1; index < count; index += 2) {
        const char *name = arguments[index];
        const char *value = index + 1 < count ? arguments[index + 1] : NULL;
        if (!value) fail("%s", usage);
        if (!strcmp(name, "--legs")) options.legs = (size_t)atol(value);
        else if (!strcmp(name, "--payloads")) options.payloads = value;
        else if (!strcmp(name, "--type")) options.type = (uint8_t)(atoi(value) & 0x7F);
        else if (!strcmp(name, "--ticks")) options.ticks = (uint32_t)atoi(value);
        else if (!strcmp(name, "--remote")) options.remote = (uint16_t)atoi(value);
        else if (!strcmp(name, "--local")) options.local = (uint16_t)atoi(value);
        else if (!strcmp(name, "--warm-up")) options.warm_up = atof(value);
        else if (!strcmp(name, "--seconds")) options.seconds = atof(value);
        else if (!strcmp(name, "--slot")) options.slot = atol(value);
        else if (!strcmp(name, "--processor")) options.processor = atoi(value);
        else if (!strcmp(name, "--sip")) options.sip = (uint16_t)atoi(value);
        else if (!strcmp(name, "--coding")) options.coding = value;
        else fail("%s", usage);
    }
    if (options.legs == 0 || !options.payloads || options.ticks == 0 || options.slot <= 0 ||
        PACKET_TIME % (options.slot * 1000) != 0 || options.local + 2 * options.legs > 65536 ||
        (options.sip && !options.coding))
        fail("%s", usage);
    return options;
}

static void prepare(const struct options *options) {
    struct rlimit limit = {.rlim_cur = options->legs + 64, .rlim_max = options->legs + 64};
    struct rlimit present;
    getrlimit(RLIMIT_NOFILE, &present);
    if (present.rlim_max >= limit.rlim_max) limit.rlim_max = present.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail("%zu descriptors are too many", options->legs);
    cpu_set_t processors;
    CPU_ZERO(&processors);
    CPU_SET(options->processor, &processors);
    sched_setaffinity(0, sizeof processors, &processors);
    // Wake when we want to, not 50 us later.
    prctl(PR_SET_TIMERSLACK, 1);
}

static void receive_all(int poller, struct leg *legs, uint32_t ticks, struct counts *counts) {
    struct epoll_event events[256];
    int count;
    do {
        count = epoll_wait(poller, events, 256, 0);
        for (int index = 0; index < count; index++) leg_receive(&legs[events[index].data.u32], ticks, counts);
    } while (count == 256);
}

static void announce(const char *what) {
    puts(what);
    fflush(stdout);
}

// Throws away what came while the calls were made.
static void empty(struct leg *legs, const struct options *options, int poller) {
    static struct counts ignored;
    for (size_t index = 0; index < options->legs; index++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, legs[index].socket, &event) != 0) fail("epoll: %s", strerror(errno));
    }
    for (int pass = 0; pass < 400; pass++) receive_all(poller, legs, options->ticks, &ignored);
    for (size_t index = 0; index < options->legs; index++) legs[index].has_heard = false;
}

static void run(struct leg *legs, const struct options *options, const struct payloads *payloads, int poller,
                struct counts *counts) {
    static struct counts before, after;
    int64_t slot = options->slot * 1000;
    int64_t slots = PACKET_TIME / slot;
    int64_t start = (now_nanoseconds() / PACKET_TIME + 3) * PACKET_TIME;
    int64_t begin = start + (int64_t)(options->warm_up * 1e9);
    int64_t end = begin + (int64_t)(options->seconds * 1e9);
    // A moment longer, so that nobody sees the load end while reading the figures.
    int64_t last = end + 300000000;
    struct counts *present = &before;
    for (int64_t step = 0;; step++) {
        int64_t due = start + step * slot;
        if (due >= last) return;
        if (present == &before && due >= begin) {
            present = counts;
            announce("begin");
        } else if (present == counts && due >= end) {
            present = &after;
            announce("end");
        }
        struct timespec until = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
        if (now_nanoseconds() < due) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        size_t first = options->legs * (size_t)(step % slots) / (size_t)slots;
        size_t next = options->legs * (size_t)(step % slots + 1) / (size_t)slots;
        for (size_t index = first; index < next; index++) {
            leg_send(&legs[index], payloads, options->ticks, present);
            // Reading the clock costs less than a hundredth of sending.
            histogram_add(&present->own_lateness, now_nanoseconds() - due);
        }
        receive_all(poller, legs, options->ticks, present);
    }
}

static void print_lateness(const char *name, const struct histogram *histogram) {
    printf("\"%s\":{\"count\":%lu,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"longest\":%.3f}", name, histogram->total,
           (double)histogram_permille(histogram, 500) / 1e6, (double)histogram_permille(histogram, 990) / 1e6,
           (double)histogram_permille(histogram, 999) / 1e6, (double)histogram->longest / 1e6);
}

static void report(const struct leg *legs, const struct options *options, const struct counts *counts,
                   double processor) {
    size_t heard = 0, alive = 0;
    int64_t newest = 0, slowest = 0;
    for (size_t index = 0; index < options->legs; index++) {
        if (legs[index].last_heard > newest) newest = legs[index].last_heard;
    }
    for (size_t index = 0; index < options->legs; index++) {
        const struct leg *leg = &legs[index];
        if (!leg->has_heard) continue;
        heard++;
        if (newest - leg->last_heard < 200000000) alive++;
        if (leg->first_heard - leg->first_sent > slowest) slowest = leg->first_heard - leg->first_sent;
    }
    printf("{\"legs\":%zu,\"heard\":%zu,\"alive\":%zu,\"seconds\":%g,\"processor\":%.4f,"
           "\"slowestFirst\":%.3f,\"sent\":%lu,\"refused\":%lu,\"received\":%lu,\"bytes\":%lu,\"missing\":%lu,"
           "\"reordered\":%lu,\"markers\":%lu,\"changing\":%lu,\"other\":%lu,",
           options->legs, heard, alive, options->seconds, processor, (double)slowest / 1e6, counts->sent,
           counts->refused, counts->received, counts->bytes, counts->missing, counts->reordered, counts->markers,
           counts->changing, counts->other);
    print_lateness("ownLateness", &counts->own_lateness);
    printf(",");
    print_lateness("lateness", &counts->lateness);
    printf("}\n");
}

int main(int count, char **arguments) {
    struct options options = parse(count, arguments);
    prepare(&options);
    struct payloads payloads;
    payloads_read(&payloads, options.payloads);
    struct leg *legs = calloc(options.legs, sizeof *legs);
    legs_open(legs, &options, payloads.count);
    if (options.sip) sip_call(legs, &options);
    int poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("epoll: %s", strerror(errno));
    empty(legs, &options, poller);

    static struct counts counts;
    struct timespec before, after;
    int64_t started = now_nanoseconds();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    run(legs, &options, &payloads, poller, &counts);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used = (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    report(legs, &options, &counts, used * 1e9 / (double)(now_nanoseconds() - started));
    if (options.sip) sip_end(legs, &options);
    return 0;
}
