#include "CAudioPeers.h"

#include <speex/speex_resampler.h>

void *peer_speex_make(uint32_t from, uint32_t to, int quality) {
    int error = 0;
    return speex_resampler_init(1, from, to, quality, &error);
}

void peer_speex_free(void *state) {
    speex_resampler_destroy(state);
}

size_t peer_speex_run(void *state, const int16_t *input, size_t count, int16_t *output, size_t capacity) {
    spx_uint32_t used = (spx_uint32_t)count, made = (spx_uint32_t)capacity;
    if (speex_resampler_process_int(state, 0, input, &used, output, &made) != 0 || used != count) return 0;
    return made;
}

size_t peer_speex_latency(void *state) {
    return (size_t)speex_resampler_get_input_latency(state);
}
