#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

// The tested side is 127.0.0.1 and we are 127.0.0.2, so that both can have the ports below those that the system hands out.
static struct sockaddr_in loopback(in_addr_t host, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(host);
    return address;
}

void legs_open(struct leg *legs, const struct options *options, size_t payloads) {
    for (size_t index = 0; index < options->legs; index++) {
        struct leg *leg = &legs[index];
        leg->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (leg->socket < 0) fail("no more sockets after %zu: %s", index, strerror(errno));
        leg->port = (uint16_t)(options->local + 2 * index);
        struct sockaddr_in address = loopback(INADDR_LOOPBACK + 1, leg->port);
        if (bind(leg->socket, (struct sockaddr *)&address, sizeof address) != 0)
            fail("port %u: %s", leg->port, strerror(errno));
        leg->type = options->type;
        leg->source = 0x5EED0000u + (uint32_t)index;
        // Numbers that wrap during the run for some.
        leg->sequence = (uint16_t)(index * 37);
        leg->timestamp = (uint32_t)index * 0x01234567u;
        leg->position = index * 37 % payloads;
        if (!options->sip) leg_connect(leg, (uint16_t)(options->remote + 2 * index));
    }
}

void leg_connect(struct leg *leg, uint16_t port) {
    struct sockaddr_in address = loopback(INADDR_LOOPBACK, port);
    if (connect(leg->socket, (struct sockaddr *)&address, sizeof address) != 0)
        fail("connect to port %u: %s", port, strerror(errno));
}

void leg_send(struct leg *leg, const struct payloads *payloads, uint32_t ticks, struct counts *counts) {
    uint8_t packet[1500];
    size_t offset = payloads->offsets[leg->position];
    size_t count = payloads->offsets[leg->position + 1] - offset;
    packet[0] = 0x80;
    packet[1] = leg->type | (leg->first_sent == 0 ? 0x80 : 0);
    uint16_t sequence = htons(leg->sequence);
    uint32_t timestamp = htonl(leg->timestamp);
    uint32_t source = htonl(leg->source);
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &source, 4);
    memcpy(packet + 12, payloads->bytes + offset, count);
    if (leg->first_sent == 0) leg->first_sent = now_nanoseconds();
    ssize_t sent = send(leg->socket, packet, count + 12, MSG_NOSIGNAL);
    // An ICMP error of a datagram before is told by the next call, which then sent nothing.
    if (sent < 0 && errno == ECONNREFUSED) sent = send(leg->socket, packet, count + 12, MSG_NOSIGNAL);
    if (sent < 0) counts->refused++;
    else counts->sent++;
    leg->sequence++;
    leg->timestamp += ticks;
    leg->position = (leg->position + 1) % payloads->count;
}

static uint64_t digest(const uint8_t *bytes, size_t count) {
    uint64_t result = count;
    for (size_t index = 0; index + 8 <= count; index += 8) {
        uint64_t word;
        memcpy(&word, bytes + index, 8);
        result = (result ^ word) * 0x9E3779B97F4A7C15u;
    }
    return result;
}

void leg_receive(struct leg *leg, uint32_t ticks, struct counts *counts) {
    uint8_t packet[2048];
    ssize_t count = recv(leg->socket, packet, sizeof packet, 0);
    if (count < 0) return;
    int64_t now = now_nanoseconds();
    // RTCP shares the port and is nothing that we count.
    if (count < 13 || packet[0] >> 6 != 2 || (packet[1] >= 192 && packet[1] <= 223)) {
        counts->other++;
        return;
    }
    uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);
    uint32_t timestamp =
        (uint32_t)packet[4] << 24 | (uint32_t)packet[5] << 16 | (uint32_t)packet[6] << 8 | (uint32_t)packet[7];
    if (!leg->has_heard) {
        leg->has_heard = true;
        leg->last_sequence = (uint16_t)(sequence - 1);
        leg->first_timestamp = timestamp;
        leg->first_heard = now;
        leg->earliest = INT64_MAX;
    }
    leg->last_heard = now;
    int16_t step = (int16_t)(sequence - leg->last_sequence);
    if (step <= 0) {
        counts->reordered++;
    } else {
        counts->missing += (uint64_t)(step - 1);
        leg->last_sequence = sequence;
    }
    if (packet[1] & 0x80) counts->markers++;
    int64_t media = (int64_t)(int32_t)(timestamp - leg->first_timestamp) * 20000000 / ticks;
    int64_t offset = now - media;
    if (offset < leg->earliest) leg->earliest = offset;
    histogram_add(&counts->lateness, offset - leg->earliest);
    uint64_t payload = digest(packet + 12, (size_t)count - 12);
    if (payload != leg->digest) counts->changing++;
    leg->digest = payload;
    counts->received++;
    counts->bytes += (uint64_t)count - 12;
}
