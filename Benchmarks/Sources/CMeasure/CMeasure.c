#define _GNU_SOURCE
#include "CMeasure.h"

#include <dlfcn.h>
#include <sched.h>
#include <stddef.h>
#include <time.h>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define HAVE_CALLGRIND 1
#else
#define HAVE_CALLGRIND 0
#endif

uint64_t measure_cpu_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int measure_pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

// The counter is a library of its own that is loaded ahead of the allocator, for counting only: the times are taken
// without it.
static uint64_t counted(const char *name) {
    uint64_t (*count)(void) = (uint64_t (*)(void))dlsym(RTLD_DEFAULT, name);
    return count ? count() : UINT64_MAX;
}

uint64_t measure_allocations(void) {
    return counted("malloc_counter_calls");
}

uint64_t measure_live_bytes(void) {
    return counted("malloc_counter_live_bytes");
}

#if HAVE_CALLGRIND
int measure_counts_instructions(void) {
    return RUNNING_ON_VALGRIND != 0;
}

void measure_start_instructions(void) {
    CALLGRIND_START_INSTRUMENTATION;
}

void measure_stop_instructions(void) {
    CALLGRIND_STOP_INSTRUMENTATION;
}

void measure_zero_instructions(void) {
    CALLGRIND_ZERO_STATS;
}

void measure_dump_instructions(const char *name) {
    CALLGRIND_DUMP_STATS_AT(name);
}
#else
int measure_counts_instructions(void) {
    return 0;
}

void measure_start_instructions(void) {}

void measure_stop_instructions(void) {}

void measure_zero_instructions(void) {}

void measure_dump_instructions(const char *name) {
    (void)name;
}
#endif

void measure_keep(uint64_t value) {
    __asm__ volatile("" : : "r"(value) : "memory");
}
