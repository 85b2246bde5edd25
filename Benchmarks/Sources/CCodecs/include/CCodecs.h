#ifndef CCODECS_H
#define CCODECS_H

#include <stddef.h>
#include <stdint.h>

// G.711 and G.722 as plain C that a compiler may optimize as it likes: what a codec costs without Swift.

/// Makes the tables; call it once before the rest.
void peer_g711_start(void);
void peer_g711_encode_mu(const int16_t *samples, uint8_t *codes, size_t count);
void peer_g711_encode_a(const int16_t *samples, uint8_t *codes, size_t count);
void peer_g711_decode_mu(const uint8_t *codes, int16_t *samples, size_t count);
void peer_g711_decode_a(const uint8_t *codes, int16_t *samples, size_t count);

/// One sub-band of G.722, by the names of the recommendation.
struct peer_g722_band {
    int32_t s, sz, sp, nb, det;
    int32_t a[3], r[3], p[3], b[7], d[7];
};

/// An encoder or a decoder of G.722 at 64 kbit/s.
struct peer_g722 {
    struct peer_g722_band band[2];
    int32_t history[24];
};

/// Brings the codec to rest.
void peer_g722_start(struct peer_g722 *codec);
/// Two samples of 16 kHz make an octet.
void peer_g722_encode(struct peer_g722 *codec, const int16_t *samples, uint8_t *codes, size_t codes_count);
void peer_g722_decode(struct peer_g722 *codec, const uint8_t *codes, int16_t *samples, size_t codes_count);

#endif
