// ITU-T G.711 by tables of all 14 (13) bit values, filled by the recommendation's search for the segment.
#include "CCodecs.h"

static uint8_t mu_codes[16384], a_codes[8192];
static int16_t mu_samples[256], a_samples[256];

static uint8_t mu_code(int value) {
    int sign = value < 0 ? 0x80 : 0;
    int magnitude = (value < 0 ? ~value : value) + 33;
    if (magnitude > 0x1fff) magnitude = 0x1fff;
    int segment = 0;
    while (segment < 7 && magnitude >= 64 << segment) segment++;
    return (uint8_t)~(sign | segment << 4 | (magnitude >> (segment + 1) & 15));
}

static uint8_t a_code(int value) {
    int sign = value < 0 ? 0 : 0x80;
    int magnitude = (value < 0 ? ~value : value) >> 1;
    int segment = 0;
    while (segment < 7 && magnitude >= 16 << segment) segment++;
    int mantissa = segment < 2 ? magnitude & 15 : magnitude >> (segment - 1) & 15;
    return (uint8_t)((sign | segment << 4 | mantissa) ^ 0x55);
}

static int16_t mu_sample(int code) {
    code = ~code & 0xff;
    int magnitude = ((((code & 15) << 3) + 132) << (code >> 4 & 7)) - 132;
    return (int16_t)(code & 0x80 ? -magnitude : magnitude);
}

static int16_t a_sample(int code) {
    code ^= 0x55;
    int segment = code >> 4 & 7;
    int magnitude = (code & 15) << 4;
    magnitude = segment == 0 ? magnitude + 8 : (magnitude + 264) << (segment - 1);
    return (int16_t)(code & 0x80 ? magnitude : -magnitude);
}

void peer_g711_start(void) {
    for (int i = 0; i < 16384; i++) mu_codes[i] = mu_code(i < 8192 ? i : i - 16384);
    for (int i = 0; i < 8192; i++) a_codes[i] = a_code(i < 4096 ? i : i - 8192);
    for (int i = 0; i < 256; i++) {
        mu_samples[i] = mu_sample(i);
        a_samples[i] = a_sample(i);
    }
}

void peer_g711_encode_mu(const int16_t *samples, uint8_t *codes, size_t count) {
    for (size_t i = 0; i < count; i++) codes[i] = mu_codes[(uint16_t)samples[i] >> 2];
}

void peer_g711_encode_a(const int16_t *samples, uint8_t *codes, size_t count) {
    for (size_t i = 0; i < count; i++) codes[i] = a_codes[(uint16_t)samples[i] >> 3];
}

void peer_g711_decode_mu(const uint8_t *codes, int16_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++) samples[i] = mu_samples[codes[i]];
}

void peer_g711_decode_a(const uint8_t *codes, int16_t *samples, size_t count) {
    for (size_t i = 0; i < count; i++) samples[i] = a_samples[codes[i]];
}
