#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A generator and sink of RTP for many legs at once, on one thread: it plays the telephones.

// What the command line asks.
struct options {
    size_t legs;
    const char *payloads;
    // RTP: the payload type, and the ticks that a packet of 20 ms takes.
    uint8_t type;
    uint32_t ticks;
    // The tested side's first port, and ours; leg i has the port 2 * i above.
    uint16_t remote;
    uint16_t local;
    // Seconds before and within what is measured.
    double warm_up;
    double seconds;
    // How often we wake, in microseconds; packets are spread over the 20 ms in steps of that.
    int64_t slot;
    int processor;
    // With a SIP port, the tested side's ports are asked for by calls; `coding` is the name in the offer's rtpmap.
    uint16_t sip;
    const char *coding;
};

// Packets that were prepared, to be sent in turn by all legs.
struct payloads {
    uint8_t *bytes;
    size_t *offsets; // count + 1
    size_t count;
};

// Times in steps of 50 us up to 200 ms; the last bucket has everything above.
#define HISTOGRAM_STEP 50000
#define HISTOGRAM_BUCKETS 4001
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    int64_t longest;
};

struct leg {
    int socket;
    uint16_t port;
    // Sending.
    uint8_t type;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t source;
    size_t position;
    int64_t first_sent;
    // Receiving.
    bool has_heard;
    uint16_t last_sequence;
    uint32_t first_timestamp;
    int64_t first_heard;
    int64_t last_heard;
    // The earliest arrival against the timestamps so far: what is later than that is late.
    int64_t earliest;
    uint64_t digest;
};

// What is counted within the measured seconds.
struct counts {
    uint64_t sent;
    uint64_t refused;
    uint64_t received;
    uint64_t bytes;
    uint64_t missing;
    uint64_t reordered;
    uint64_t markers;
    // Packets whose payload is not that of the packet before: silence would hardly change.
    uint64_t changing;
    uint64_t other;
    struct histogram own_lateness;
    struct histogram lateness;
};

int64_t now_nanoseconds(void);
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void histogram_add(struct histogram *histogram, int64_t nanoseconds);
// The time in nanoseconds that so many of 1000 do not exceed.
int64_t histogram_permille(const struct histogram *histogram, double permille);

void payloads_read(struct payloads *payloads, const char *file);

// Opens the sockets of all legs.
void legs_open(struct leg *legs, const struct options *options, size_t payloads);
// From now on a leg's packets go to that port, and come from nowhere else.
void leg_connect(struct leg *leg, uint16_t port);
void leg_send(struct leg *leg, const struct payloads *payloads, uint32_t ticks, struct counts *counts);
// Takes one packet; 20 ms are `ticks` of the timestamp.
void leg_receive(struct leg *leg, uint32_t ticks, struct counts *counts);

// Calls the tested side for each leg, and connects the legs to what it answers.
void sip_call(struct leg *legs, const struct options *options);
// Ends the calls.
void sip_end(struct leg *legs, const struct options *options);

#endif
