#include "CPeers.h"

#include <sofia-sip/auth_digest.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sofia_features.h>
#include <string.h>

const char *peer_sofia_version(void) {
    return SOFIA_SIP_VERSION;
}

void peer_sofia_start(void) {}

static msg_t *make(const char *bytes, size_t length) {
    return msg_make(sip_default_mclass(), 0, bytes, (ssize_t)length);
}

uint32_t peer_sofia_parse(const char *bytes, size_t length) {
    msg_t *message = make(bytes, length);
    const sip_t *sip = sip_object(message);
    uint32_t number = sip && !sip->sip_error && sip->sip_cseq ? sip->sip_cseq->cs_seq : 0;
    msg_destroy(message);
    return number;
}

static void copy(char *out, size_t capacity, const char *text) {
    strncpy(out, text ? text : "", capacity - 1);
}

int peer_sofia_facts(const char *bytes, size_t length, peer_facts *facts) {
    memset(facts, 0, sizeof *facts);
    msg_t *message = make(bytes, length);
    const sip_t *sip = sip_object(message);
    int result = -1;
    if (sip && !sip->sip_error && sip->sip_cseq && sip->sip_via && sip->sip_call_id && sip->sip_from) {
        facts->cseq = sip->sip_cseq->cs_seq;
        for (const sip_via_t *via = sip->sip_via; via; via = via->v_next) facts->vias++;
        for (const sip_contact_t *contact = sip->sip_contact; contact; contact = contact->m_next)
            facts->headers_with_contact++;
        copy(facts->branch, sizeof facts->branch, sip->sip_via->v_branch);
        copy(facts->call_id, sizeof facts->call_id, sip->sip_call_id->i_id);
        copy(facts->from_tag, sizeof facts->from_tag, sip->sip_from->a_tag);
        result = 0;
    }
    msg_destroy(message);
    return result;
}

void *peer_sofia_request(const char *bytes, size_t length) {
    msg_t *message = make(bytes, length);
    sip_t *sip = sip_object(message);
    if (sip && sip->sip_via) {
        sip->sip_via->v_received = "203.0.113.7";
        sip->sip_via->v_rport = "5060";
        msg_header_replace_param(msg_home(message), sip->sip_via->v_common, "received=203.0.113.7");
        msg_header_replace_param(msg_home(message), sip->sip_via->v_common, "rport=5060");
    }
    return message;
}

// The headers that nta_incoming_treply copies, by the same functions, and the encoding that sending does.
size_t peer_sofia_reply(void *request, char *out, size_t capacity) {
    const sip_t *from = sip_object(request);
    msg_t *message = msg_create(sip_default_mclass(), 0);
    su_home_t *home = msg_home(message);
    sip_t *sip = sip_object(message);
    msg_header_insert(message, (msg_pub_t *)sip, (msg_header_t *)sip_status_create(home, 200, "OK", NULL));
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_via);
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_record_route);
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_from);
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_to);
    sip_to_tag(home, sip->sip_to, "4f0d12b7e8a96633");
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_call_id);
    sip_add_dup(message, sip, (const sip_header_t *)from->sip_cseq);
    sip_add_make(message, sip, sip_content_length_class, "0");
    msg_header_insert(message, (msg_pub_t *)sip, (msg_header_t *)sip_separator_create(home));
    size_t length = 0;
    if (msg_serialize(message, (msg_pub_t *)sip) >= 0 && msg_prepare(message) > 0) {
        msg_iovec_t pieces[64];
        size_t count = (size_t)msg_iovec(message, pieces, 64);
        for (size_t index = 0; index < count && index < 64; index++) {
            if (out && length + pieces[index].siv_len <= capacity)
                memcpy(out + length, pieces[index].siv_base, pieces[index].siv_len);
            length += pieces[index].siv_len;
        }
    }
    msg_destroy(message);
    return length;
}

void peer_sofia_digest(char response[33]) {
    auth_response_t parts = {0};
    auth_hexmd5_t key, result;
    parts.ar_size = sizeof parts;
    parts.ar_username = "204";
    parts.ar_realm = "pbx.example";
    parts.ar_nonce = "67a0c1f85b:7d1b0c3df24599e0a6";
    parts.ar_uri = "sip:pbx.example;transport=udp";
    parts.ar_algorithm = "MD5";
    parts.ar_md5 = 1;
    parts.ar_qop = "auth";
    parts.ar_auth = 1;
    parts.ar_cnonce = "c8e91b0d44f3";
    parts.ar_nc = "00000001";
    auth_digest_a1(&parts, key, "secret");
    auth_digest_response(&parts, result, key, "REGISTER", NULL, 0);
    memcpy(response, result, 33);
}
