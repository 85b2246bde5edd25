#include "load.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t now_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "media load: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

void histogram_add(struct histogram *histogram, int64_t nanoseconds) {
    if (nanoseconds < 0) nanoseconds = 0;
    int64_t bucket = nanoseconds / HISTOGRAM_STEP;
    histogram->counts[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
    histogram->total++;
    if (nanoseconds > histogram->longest) histogram->longest = nanoseconds;
}

int64_t histogram_permille(const struct histogram *histogram, double permille) {
    uint64_t wanted = (uint64_t)((double)histogram->total * permille / 1000);
    uint64_t seen = 0;
    for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        // The upper end of the bucket, but never more than there was.
        int64_t end = (int64_t)(bucket + 1) * HISTOGRAM_STEP;
        if (seen > wanted) return end < histogram->longest ? end : histogram->longest;
    }
    return histogram->longest;
}

// The file holds packets, each with its length in two bytes ahead of it, the lower one first.
void payloads_read(struct payloads *payloads, const char *name) {
    FILE *file = fopen(name, "rb");
    if (!file) fail("cannot read %s", name);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    if (size < 2) fail("%s holds no packets", name);
    payloads->bytes = malloc((size_t)size);
    payloads->offsets = malloc(((size_t)size / 2 + 1) * sizeof(size_t));
    payloads->count = 0;
    size_t end = 0;
    uint8_t length[2];
    payloads->offsets[0] = 0;
    while (fread(length, 1, 2, file) == 2) {
        size_t count = (size_t)length[0] | (size_t)length[1] << 8;
        if (count > 1400 || fread(payloads->bytes + end, 1, count, file) != count) fail("%s is broken", name);
        end += count;
        payloads->offsets[++payloads->count] = end;
    }
    fclose(file);
}
