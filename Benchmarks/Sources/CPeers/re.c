#include "CPeers.h"

#define HAVE_INTTYPES_H 1
#define HAVE_STDBOOL_H 1
#include <re.h>
#include <string.h>

void *peer_re_buffer(const char *bytes, size_t length) {
    struct mbuf *buffer = mbuf_alloc(length);
    mbuf_write_mem(buffer, (const uint8_t *)bytes, length);
    mbuf_set_pos(buffer, 0);
    return buffer;
}

static struct sip_msg *decode(struct mbuf *buffer) {
    struct sip_msg *message = NULL;
    mbuf_set_pos(buffer, 0);
    return sip_msg_decode(&message, buffer) ? NULL : message;
}

uint32_t peer_re_parse(void *buffer) {
    struct sip_msg *message = decode(buffer);
    if (!message) return 0;
    uint32_t number = message->cseq.num;
    mem_deref(message);
    return number;
}

static void copy(char *out, size_t capacity, const struct pl *text) {
    pl_strcpy(text, out, capacity);
}

int peer_re_facts(void *buffer, peer_facts *facts) {
    memset(facts, 0, sizeof *facts);
    struct sip_msg *message = decode(buffer);
    if (!message) return -1;
    facts->cseq = message->cseq.num;
    facts->vias = (int)sip_msg_hdr_count(message, SIP_HDR_VIA);
    facts->headers_with_contact = (int)sip_msg_hdr_count(message, SIP_HDR_CONTACT);
    copy(facts->branch, sizeof facts->branch, &message->via.branch);
    copy(facts->call_id, sizeof facts->call_id, &message->callid);
    copy(facts->from_tag, sizeof facts->from_tag, &message->from.tag);
    mem_deref(message);
    return 0;
}

void *peer_re_request(const char *bytes, size_t length) {
    struct mbuf *buffer = peer_re_buffer(bytes, length);
    struct sip_msg *message = decode(buffer);
    mem_deref(buffer);
    if (message) {
        sa_set_str(&message->src, "203.0.113.7", 5060);
        message->tag = 0x4f0d12b7e8a96633u;
    }
    return message;
}

// The library's own function sends what it builds, and so needs a stack with sockets. This does with the decoded
// request what sip_replyf does: a growing buffer, and one mbuf_printf a header that is echoed.
size_t peer_re_reply(void *request, char *out, size_t capacity) {
    const struct sip_msg *message = request;
    struct mbuf *buffer = mbuf_alloc(1024);
    int vias = 0;
    int error = mbuf_printf(buffer, "SIP/2.0 %u %s\r\n", 200, "OK");
    for (struct le *element = message->hdrl.head; element; element = element->next) {
        const struct sip_hdr *header = element->data;
        switch (header->id) {
        case SIP_HDR_VIA:
            error |= mbuf_printf(buffer, "%r: %r", &header->name, &header->val);
            if (vias++ == 0) error |= mbuf_printf(buffer, ";received=%j;rport=%u", &message->src, sa_port(&message->src));
            error |= mbuf_write_str(buffer, "\r\n");
            break;
        case SIP_HDR_TO:
            error |= mbuf_printf(buffer, "%r: %r", &header->name, &header->val);
            if (!pl_isset(&message->to.tag)) error |= mbuf_printf(buffer, ";tag=%016llx", message->tag);
            error |= mbuf_write_str(buffer, "\r\n");
            break;
        case SIP_HDR_RECORD_ROUTE:
        case SIP_HDR_FROM:
        case SIP_HDR_CALL_ID:
        case SIP_HDR_CSEQ:
            error |= mbuf_printf(buffer, "%r: %r\r\n", &header->name, &header->val);
            break;
        default:
            break;
        }
    }
    error |= mbuf_printf(buffer, "Content-Length: 0\r\n\r\n");
    size_t length = error ? 0 : buffer->end;
    if (out && length <= capacity) memcpy(out, buffer->buf, length);
    mem_deref(buffer);
    return length;
}
