#ifndef CPEERS_H
#define CPEERS_H

// What the benchmarks ask of libraries by others. One file for each library; each function does one thing of SIP from
// start to end and frees what it took.

#include <stddef.h>
#include <stdint.h>

/// What a parser found in a message, to be compared with what the others found.
typedef struct {
    uint32_t cseq;
    int vias;
    int headers_with_contact;
    char branch[128];
    char call_id[128];
    char from_tag[64];
} peer_facts;

// sofia-sip: msg_make reads and types every header that it knows.
const char *peer_sofia_version(void);
void peer_sofia_start(void);
/// Reads a message and frees it; its CSeq number, 0 when it was refused.
uint32_t peer_sofia_parse(const char *bytes, size_t length);
int peer_sofia_facts(const char *bytes, size_t length, peer_facts *facts);
/// A request that stays, to be answered again and again.
void *peer_sofia_request(const char *bytes, size_t length);
/// Builds and encodes a 200 to it; the number of bytes, which are copied to `out` when that is given.
size_t peer_sofia_reply(void *request, char *out, size_t capacity);
/// Computes the response of HTTP digest with MD5 and qop=auth, 32 digits and a zero.
void peer_sofia_digest(char response[33]);

// osip2: osip_message_parse reads and copies every header, and types those that it knows.
void peer_osip_start(void);
uint32_t peer_osip_parse(const char *bytes, size_t length);
int peer_osip_facts(const char *bytes, size_t length, peer_facts *facts);
void *peer_osip_request(const char *bytes, size_t length);
size_t peer_osip_reply(void *request, char *out, size_t capacity);

/// Non-INVITE server transactions of osip2; `live` of them are kept after their answer was sent.
typedef struct peer_osip_transactions peer_osip_transactions;
peer_osip_transactions *peer_osip_transactions_make(size_t live);
/// Reads a request, opens a transaction, answers 200, and ends the oldest when there are too many; bytes that were sent.
size_t peer_osip_transactions_step(peer_osip_transactions *all, const char *bytes, size_t length);
/// Reads a request that came before, which its transaction answers by itself; bytes that were sent.
size_t peer_osip_transactions_repeat(peer_osip_transactions *all, const char *bytes, size_t length);
size_t peer_osip_transactions_count(const peer_osip_transactions *all);
void peer_osip_transactions_free(peer_osip_transactions *all);

// libre: sip_msg_decode reads From, To, the top Via, CSeq, Call-ID and the Request-URI; other values stay text.
/// A buffer of the library's that holds the bytes, so that no copy is measured.
void *peer_re_buffer(const char *bytes, size_t length);
uint32_t peer_re_parse(void *buffer);
int peer_re_facts(void *buffer, peer_facts *facts);
void *peer_re_request(const char *bytes, size_t length);
size_t peer_re_reply(void *request, char *out, size_t capacity);

#endif
