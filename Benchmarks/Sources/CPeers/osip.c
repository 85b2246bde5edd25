#include "CPeers.h"

// Its headers want these, and do not ask for them.
#include <sys/time.h>
#include <time.h>

#include <osip2/osip.h>
#include <osipparser2/osip_parser.h>
#include <stdlib.h>
#include <string.h>

void peer_osip_start(void) {
    parser_init();
}

static osip_message_t *make(const char *bytes, size_t length) {
    osip_message_t *message = NULL;
    if (osip_message_init(&message) != 0) return NULL;
    if (osip_message_parse(message, bytes, length) == 0) return message;
    osip_message_free(message);
    return NULL;
}

uint32_t peer_osip_parse(const char *bytes, size_t length) {
    osip_message_t *message = make(bytes, length);
    if (!message) return 0;
    uint32_t number = message->cseq ? (uint32_t)strtoul(message->cseq->number, NULL, 10) : 0;
    osip_message_free(message);
    return number;
}

static void copy(char *out, size_t capacity, const char *text) {
    strncpy(out, text ? text : "", capacity - 1);
}

int peer_osip_facts(const char *bytes, size_t length, peer_facts *facts) {
    memset(facts, 0, sizeof *facts);
    osip_message_t *message = make(bytes, length);
    if (!message) return -1;
    osip_via_t *via = osip_list_get(&message->vias, 0);
    osip_generic_param_t *branch = NULL, *tag = NULL;
    if (via) osip_via_param_get_byname(via, "branch", &branch);
    if (message->from) osip_from_get_tag(message->from, &tag);
    facts->cseq = message->cseq ? (uint32_t)strtoul(message->cseq->number, NULL, 10) : 0;
    facts->vias = osip_list_size(&message->vias);
    facts->headers_with_contact = osip_list_size(&message->contacts);
    copy(facts->branch, sizeof facts->branch, branch ? branch->gvalue : NULL);
    copy(facts->from_tag, sizeof facts->from_tag, tag ? tag->gvalue : NULL);
    if (message->call_id) {
        copy(facts->call_id, sizeof facts->call_id, message->call_id->number);
        if (message->call_id->host) {
            size_t used = strlen(facts->call_id);
            copy(facts->call_id + used, sizeof facts->call_id - used, "@");
            used++;
            copy(facts->call_id + used, sizeof facts->call_id - used, message->call_id->host);
        }
    }
    osip_message_free(message);
    return 0;
}

void *peer_osip_request(const char *bytes, size_t length) {
    osip_message_t *message = make(bytes, length);
    if (!message) return NULL;
    osip_via_t *via = osip_list_get(&message->vias, 0);
    osip_generic_param_t *rport = NULL;
    if (!via) return message;
    osip_via_set_received(via, osip_strdup("203.0.113.7"));
    osip_via_param_get_byname(via, "rport", &rport);
    if (rport && !rport->gvalue) rport->gvalue = osip_strdup("5060");
    return message;
}

static int clone_list(osip_list_t *from, osip_list_t *to, int (*clone)(const void *, void **)) {
    for (int position = 0; position < osip_list_size(from); position++) {
        void *copy = NULL;
        if (clone(osip_list_get(from, position), &copy) != 0) return -1;
        osip_list_add(to, copy, -1);
    }
    return 0;
}

static int clone_via(const void *from, void **to) {
    return osip_via_clone(from, (osip_via_t **)to);
}

static int clone_record_route(const void *from, void **to) {
    return osip_record_route_clone(from, (osip_record_route_t **)to);
}

static osip_message_t *answer(osip_message_t *request) {
    osip_message_t *message = NULL;
    if (osip_message_init(&message) != 0) return NULL;
    osip_message_set_version(message, osip_strdup("SIP/2.0"));
    osip_message_set_status_code(message, 200);
    osip_message_set_reason_phrase(message, osip_strdup("OK"));
    clone_list(&request->vias, &message->vias, clone_via);
    clone_list(&request->record_routes, &message->record_routes, clone_record_route);
    osip_from_clone(request->from, &message->from);
    osip_to_clone(request->to, &message->to);
    osip_generic_param_t *tag = NULL;
    osip_to_get_tag(message->to, &tag);
    if (!tag) osip_to_set_tag(message->to, osip_strdup("4f0d12b7e8a96633"));
    osip_call_id_clone(request->call_id, &message->call_id);
    osip_cseq_clone(request->cseq, &message->cseq);
    osip_message_set_content_length(message, "0");
    return message;
}

static size_t encode(osip_message_t *message, char *out, size_t capacity) {
    char *text = NULL;
    size_t length = 0;
    if (osip_message_to_str(message, &text, &length) != 0) return 0;
    if (out && length <= capacity) memcpy(out, text, length);
    osip_free(text);
    return length;
}

size_t peer_osip_reply(void *request, char *out, size_t capacity) {
    osip_message_t *message = answer(request);
    size_t length = message ? encode(message, out, capacity) : 0;
    osip_message_free(message);
    return length;
}

struct peer_osip_transactions {
    osip_t *osip;
    size_t live, next, sent;
    osip_transaction_t **ring;
};

static int send_message(osip_transaction_t *transaction, osip_message_t *message, char *host, int port, int socket) {
    (void)host, (void)port, (void)socket;
    peer_osip_transactions *all = osip_get_application_context(transaction->config);
    all->sent += encode(message, NULL, 0);
    return 0;
}

peer_osip_transactions *peer_osip_transactions_make(size_t live) {
    peer_osip_transactions *all = calloc(1, sizeof *all);
    if (!all || osip_init(&all->osip) != 0) return NULL;
    all->live = live;
    all->ring = calloc(live, sizeof *all->ring);
    osip_set_application_context(all->osip, all);
    osip_set_cb_send_message(all->osip, send_message);
    return all;
}

static void run(osip_transaction_t *transaction) {
    osip_event_t *event;
    while ((event = osip_fifo_tryget(transaction->transactionff)) != NULL) osip_transaction_execute(transaction, event);
}

size_t peer_osip_transactions_step(peer_osip_transactions *all, const char *bytes, size_t length) {
    all->sent = 0;
    osip_event_t *event = osip_parse(bytes, length);
    if (!event) return 0;
    // Nothing of that branch may live: looked for, as a stack has to.
    osip_transaction_t *transaction = osip_transaction_find(&all->osip->osip_nist_transactions, event);
    if (transaction) return 0;
    transaction = osip_create_transaction(all->osip, event);
    if (!transaction) return 0;
    osip_transaction_add_event(transaction, event);
    run(transaction);
    osip_event_t *response = osip_new_outgoing_sipmessage(answer(transaction->orig_request));
    response->transactionid = transaction->transactionid;
    osip_transaction_add_event(transaction, response);
    run(transaction);
    osip_transaction_t **place = &all->ring[all->next];
    if (*place) osip_transaction_free(*place);
    *place = transaction;
    all->next = (all->next + 1) % all->live;
    return all->sent;
}

size_t peer_osip_transactions_repeat(peer_osip_transactions *all, const char *bytes, size_t length) {
    all->sent = 0;
    osip_event_t *event = osip_parse(bytes, length);
    osip_transaction_t *transaction = event ? osip_transaction_find(&all->osip->osip_nist_transactions, event) : NULL;
    if (!transaction) return 0;
    osip_transaction_add_event(transaction, event);
    run(transaction);
    return all->sent;
}

size_t peer_osip_transactions_count(const peer_osip_transactions *all) {
    return (size_t)osip_list_size(&all->osip->osip_nist_transactions);
}

void peer_osip_transactions_free(peer_osip_transactions *all) {
    for (size_t index = 0; index < all->live; index++)
        if (all->ring[index]) osip_transaction_free(all->ring[index]);
    free(all->ring);
    osip_release(all->osip);
    free(all);
}
