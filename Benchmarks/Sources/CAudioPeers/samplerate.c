#include "CAudioPeers.h"

#include <samplerate.h>

void *peer_samplerate_make(int converter) {
    int error = 0;
    return src_new(converter, 1, &error);
}

void peer_samplerate_free(void *state) {
    src_delete(state);
}

size_t peer_samplerate_run(
    void *state, double ratio, const float *input, size_t count, float *output, size_t capacity) {
    SRC_DATA data = {
        .data_in = input,
        .data_out = output,
        .input_frames = (long)count,
        .output_frames = (long)capacity,
        .src_ratio = ratio,
    };
    if (src_process(state, &data) != 0 || data.input_frames_used != (long)count) return 0;
    return (size_t)data.output_frames_gen;
}
