#ifndef CAUDIOPEERS_H
#define CAUDIOPEERS_H

// What the benchmarks ask of audio libraries by others, a file each.

#include <stddef.h>
#include <stdint.h>

// libsamplerate, in its own floating point and without conversion from and to 16 bits.
/// `converter` is libsamplerate's number: 2 is SINC_FASTEST, 1 SINC_MEDIUM_QUALITY.
void *peer_samplerate_make(int converter);
void peer_samplerate_free(void *state);
/// Converts a block of a stream; the number of samples made.
size_t peer_samplerate_run(
    void *state, double ratio, const float *input, size_t count, float *output, size_t capacity);

// speexdsp's resampler, in 16 bits.
void *peer_speex_make(uint32_t from, uint32_t to, int quality);
void peer_speex_free(void *state);
size_t peer_speex_run(void *state, const int16_t *input, size_t count, int16_t *output, size_t capacity);
/// Samples of the input that it keeps back.
size_t peer_speex_latency(void *state);

// spandsp's G.722 at 64 kbit/s.
void *peer_spandsp_encoder_make(void);
void peer_spandsp_encoder_free(void *state);
size_t peer_spandsp_encode(void *state, const int16_t *samples, size_t count, uint8_t *codes);
void *peer_spandsp_decoder_make(void);
void peer_spandsp_decoder_free(void *state);
size_t peer_spandsp_decode(void *state, const uint8_t *codes, size_t count, int16_t *samples);

#endif
