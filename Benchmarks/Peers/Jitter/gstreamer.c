/* GStreamer's rtpjitterbuffer on a trace, in virtual time: a harness with a test clock.
 *
 * In, on standard input: a line "arrival_us index" for every packet of 20 ms that came, in the order of arrival; the
 * first argument is the latency in milliseconds. Out: a line "index played_us" for every packet that the element gave
 * in time, where a sink would play it: at its presentation time plus the latency.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long lead = 0;

static GstBuffer *packet(long index, GstClockTime arrival) {
    guint8 bytes[172] = {0x80, 0};
    guint16 sequence = (guint16)(index + 1000);
    guint32 timestamp = (guint32)index * 160u;
    bytes[2] = sequence >> 8;
    bytes[3] = sequence & 255;
    bytes[4] = timestamp >> 24;
    bytes[5] = timestamp >> 16 & 255;
    bytes[6] = timestamp >> 8 & 255;
    bytes[7] = timestamp & 255;
    bytes[11] = 1;
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, sizeof bytes, NULL);
    gst_buffer_fill(buffer, 0, bytes, sizeof bytes);
    GST_BUFFER_DTS(buffer) = arrival;
    GST_BUFFER_PTS(buffer) = arrival;
    return buffer;
}

/* What the element has given so far. */
static void drain(GstHarness *harness, GstClockTime latency, GstClockTime now) {
    GstBuffer *buffer;
    while ((buffer = gst_harness_try_pull(harness)) != NULL) {
        guint8 head[8];
        if (gst_buffer_extract(buffer, 0, head, 8) == 8) {
            guint16 sequence = (guint16)(head[2] << 8 | head[3]);
            /* Sequence numbers wrap; a trace moves on by less than half a circle between two packets. */
            gint16 step = (gint16)(sequence - (guint16)(lead + 1000));
            lead += step;
            GstClockTime play = GST_BUFFER_PTS(buffer) + latency;
            if (play < now) play = now;
            printf("%ld %llu\n", lead, (unsigned long long)(play / 1000));
        }
        gst_buffer_unref(buffer);
    }
}

/* Waits until all other threads wait: the element's have then done what they were told, however busy the machine is. A
 * thread that was woken counts as running before it runs. */
static void settle(void) {
    char self[16];
    snprintf(self, sizeof self, "%d", (int)gettid());
    for (int isBusy = 1; isBusy;) {
        isBusy = 0;
        DIR *threads = opendir("/proc/self/task");
        struct dirent *thread;
        while (threads && (thread = readdir(threads)) != NULL) {
            if (thread->d_name[0] == '.' || strcmp(thread->d_name, self) == 0) continue;
            char path[300], text[512] = {0};
            snprintf(path, sizeof path, "/proc/self/task/%s/stat", thread->d_name);
            FILE *file = fopen(path, "r");
            if (!file) continue;
            size_t length = fread(text, 1, sizeof text - 1, file);
            fclose(file);
            /* The state stands behind the name, which is in brackets and may hold anything. */
            const char *name = length ? strrchr(text, ')') : NULL;
            if (name && name[1] == ' ' && name[2] != 'S') isBusy = 1;
        }
        if (threads) closedir(threads);
        if (isBusy) g_usleep(20);
    }
}

/* Moves the clock on and lets every timer that is due fire. */
static void advance(GstHarness *harness, GstTestClock *clock, GstClockTime latency, GstClockTime to) {
    for (;;) {
        GstClockID pending = NULL;
        settle();
        if (!gst_test_clock_peek_next_pending_id(clock, &pending)) break;
        GstClockTime due = gst_clock_id_get_time(pending);
        gst_clock_id_unref(pending);
        if (due > to) break;
        if (due > gst_clock_get_time(GST_CLOCK(clock))) gst_test_clock_set_time(clock, due);
        GstClockID fired = gst_test_clock_process_next_clock_id(clock);
        if (fired) gst_clock_id_unref(fired);
        settle();
        drain(harness, latency, due);
    }
    if (to > gst_clock_get_time(GST_CLOCK(clock))) gst_test_clock_set_time(clock, to);
}

int main(int argc, char **argv) {
    gst_init(&argc, &argv);
    GstClockTime latency = (GstClockTime)(argc > 1 ? atoi(argv[1]) : 200) * GST_MSECOND;
    GstHarness *harness = gst_harness_new("rtpjitterbuffer");
    if (!harness) return 1;
    g_object_set(harness->element, "latency", (guint)(latency / GST_MSECOND), "do-lost", FALSE, NULL);
    gst_harness_set_src_caps_str(
        harness, "application/x-rtp,media=audio,clock-rate=8000,encoding-name=PCMU,payload=0");
    GstTestClock *clock = gst_harness_get_testclock(harness);
    long long at;
    long index;
    int isFirst = 1;
    while (scanf("%lld %ld", &at, &index) == 2) {
        GstClockTime arrival = (GstClockTime)at * 1000;
        if (isFirst) lead = index;
        isFirst = 0;
        advance(harness, clock, latency, arrival);
        gst_harness_push(harness, packet(index, arrival));
        settle();
        drain(harness, latency, arrival);
    }
    advance(harness, clock, latency, gst_clock_get_time(GST_CLOCK(clock)) + 2 * latency);
    drain(harness, latency, gst_clock_get_time(GST_CLOCK(clock)));
    gst_object_unref(clock);
    gst_harness_teardown(harness);
    return 0;
}
