#include "CAudioPeers.h"

#include <spandsp.h>

void *peer_spandsp_encoder_make(void) {
    return g722_encode_init(NULL, 64000, 0);
}

void peer_spandsp_encoder_free(void *state) {
    g722_encode_free(state);
}

size_t peer_spandsp_encode(void *state, const int16_t *samples, size_t count, uint8_t *codes) {
    return (size_t)g722_encode(state, codes, samples, (int)count);
}

void *peer_spandsp_decoder_make(void) {
    return g722_decode_init(NULL, 64000, 0);
}

void peer_spandsp_decoder_free(void *state) {
    g722_decode_free(state);
}

size_t peer_spandsp_decode(void *state, const uint8_t *codes, size_t count, int16_t *samples) {
    return (size_t)g722_decode(state, samples, codes, (int)count);
}
