#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

// Just enough of SIP over UDP to call somebody who answers at once: INVITE, ACK, and BYE at the end.

static int sip_socket = -1;
static uint16_t sip_port;

// The tags of the other side, without which no BYE is taken.
static char (*tags)[64];

static void say(size_t leg, const char *method, unsigned number, const char *branch, const char *to,
                const struct options *options, const char *body) {
    char message[2048];
    int count = snprintf(
        message, sizeof message,
        "%s sip:echo%zu@127.0.0.1:%u SIP/2.0\r\n"
        "Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%s%zu;rport\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:load@127.0.0.1>;tag=load%zu\r\nTo: <sip:echo@127.0.0.1>%s%s\r\n"
        "Call-ID: load-%zu\r\nCSeq: %u %s\r\nContact: <sip:load@127.0.0.1:%u>\r\n%sContent-Length: %zu\r\n\r\n%s",
        method, leg, options->sip, sip_port, branch, leg, leg, *to ? ";tag=" : "", to, leg, number, method, sip_port,
        *body ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    if (send(sip_socket, message, (size_t)count, 0) < 0 && errno != ECONNREFUSED)
        fail("SIP cannot be sent: %s", strerror(errno));
}

// The next message within so many milliseconds; false when none came.
static bool listen_for(char *message, size_t size, int milliseconds) {
    struct pollfd poller = {.fd = sip_socket, .events = POLLIN};
    if (poll(&poller, 1, milliseconds) <= 0) return false;
    ssize_t count = recv(sip_socket, message, size - 1, 0);
    message[count > 0 ? count : 0] = 0;
    return count > 0;
}

static bool belongs(const char *message, size_t leg) {
    char name[64];
    snprintf(name, sizeof name, "\r\nCall-ID: load-%zu\r\n", leg);
    return strcasestr(message, name) != NULL;
}

static void remember_tag(const char *message, size_t leg) {
    const char *to = strcasestr(message, "\r\nTo:");
    const char *end = to ? strstr(to + 2, "\r\n") : NULL;
    const char *tag = to ? strcasestr(to, ";tag=") : NULL;
    if (!end || !tag || tag > end) fail("an answer has no tag");
    size_t count = strcspn(tag + 5, ";\r\n ");
    if (count >= sizeof tags[leg]) fail("an answer's tag is too long");
    memcpy(tags[leg], tag + 5, count);
    tags[leg][count] = 0;
}

// The port and the payload type of an answer.
static void take_answer(const char *message, struct leg *leg, const struct options *options) {
    const char *media = strstr(message, "\r\nm=audio ");
    unsigned port = 0, type = 0;
    if (!media || sscanf(media, "\r\nm=audio %u RTP/AVP %u", &port, &type) != 2 || port == 0 || port > 65535)
        fail("an answer has no audio:\n%s", message);
    if (type != options->type) fail("payload type %u was offered and %u answered", options->type, type);
    leg_connect(leg, (uint16_t)port);
}

static void call(struct leg *legs, size_t leg, const struct options *options) {
    char offer[512], message[4096];
    snprintf(offer, sizeof offer,
             "v=0\r\no=- %zu 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
             "m=audio %u RTP/AVP %u\r\na=rtpmap:%u %s\r\na=ptime:20\r\na=sendrecv\r\n",
             leg, legs[leg].port, options->type, options->type, options->coding);
    for (int attempt = 0; attempt < 20; attempt++) {
        say(leg, "INVITE", 1, "i", "", options, offer);
        int64_t end = now_nanoseconds() + 1000000000;
        while (now_nanoseconds() < end) {
            if (!listen_for(message, sizeof message, 100)) continue;
            unsigned status = 0;
            if (!belongs(message, leg) || sscanf(message, "SIP/2.0 %u", &status) != 1 || status < 200) continue;
            if (status != 200) fail("call %zu was answered with %.60s", leg, message);
            remember_tag(message, leg);
            say(leg, "ACK", 1, "a", tags[leg], options, "");
            take_answer(message, &legs[leg], options);
            return;
        }
    }
    fail("call %zu was not answered", leg);
}

void sip_call(struct leg *legs, const struct options *options) {
    tags = calloc(options->legs, sizeof *tags);
    sip_socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (sip_socket < 0 || bind(sip_socket, (struct sockaddr *)&address, length) != 0 ||
        getsockname(sip_socket, (struct sockaddr *)&address, &length) != 0)
        fail("no socket for SIP: %s", strerror(errno));
    sip_port = ntohs(address.sin_port);
    address.sin_port = htons(options->sip);
    connect(sip_socket, (struct sockaddr *)&address, length);
    for (size_t leg = 0; leg < options->legs; leg++) call(legs, leg, options);
}

void sip_end(struct leg *legs, const struct options *options) {
    (void)legs;
    char message[4096];
    for (size_t leg = 0; leg < options->legs; leg++) {
        say(leg, "BYE", 2, "b", tags[leg], options, "");
        for (int tries = 0; tries < 10; tries++) {
            if (listen_for(message, sizeof message, 20) && belongs(message, leg) && !strncmp(message, "SIP/2.0 2", 9))
                break;
        }
    }
}
