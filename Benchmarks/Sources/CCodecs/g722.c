// ITU-T G.722 at 64 kbit/s, block by block as the recommendation draws it, in 32 bit arithmetic.
#include "CCodecs.h"

#include <string.h>

static const int16_t decision[30] = {
    0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
    786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919};
static const uint8_t negative_codes[31] = {0,  63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19,
                                           18, 17, 16, 15, 14, 13, 12, 11, 10, 9,  8,  7,  6,  5,  4};
static const uint8_t positive_codes[31] = {0,  61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,
                                           46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32};
static const int16_t inverse4[16] = {0,     -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                                     20456, 12896,  8968,   6288,  4240,  2584,  1200,  0};
static const int16_t inverse6[64] = {
    -136,  -136,  -136,  -136,  -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232,
    -9360, -8576, -7856, -7192, -6576,  -6000,  -5456,  -4944,  -4464,  -4008,  -3576,  -3168,  -2776,
    -2400, -2032, -1688, -1360, -1040,  -728,   24808,  21904,  19008,  16704,  14984,  13512,  12280,
    11192, 10232, 9360,  8576,  7856,   7192,   6576,   6000,   5456,   4944,   4464,   4008,   3576,
    3168,  2776,  2400,  2032,  1688,   1360,   1040,   728,    432,    136,    -432,   -136};
static const int16_t inverse2[4] = {-7408, -1616, 7408, 1616};
static const int16_t lower_steps[16] = {-60,  3042, 1198, 538, 334, 172, 58, -30,
                                        3042, 1198, 538,  334, 172, 58,  -30, -60};
static const int16_t higher_steps[4] = {798, -214, 798, -214};
static const int16_t antilogarithms[32] = {2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543,
                                           2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228,
                                           3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};
static const int32_t mirror[12] = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};

static inline int32_t saturated(int32_t value) {
    return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}

static inline int32_t limited(int32_t value, int32_t low, int32_t high) {
    return value < low ? low : value > high ? high : value;
}

// LOGSCL, SCALEL (LOGSCH, SCALEH), then the block 4 of the recommendation: the predictor.
static inline void adapt(struct peer_g722_band *band, int32_t difference, int32_t step, int32_t ceiling, int offset) {
    band->nb = limited((band->nb * 127 >> 7) + step, 0, ceiling);
    int shift = offset - (band->nb >> 11);
    int32_t power = antilogarithms[band->nb >> 6 & 31];
    band->det = (shift < 0 ? power << -shift : power >> shift) << 2;

    // RECONS and PARREC.
    band->d[0] = difference;
    band->r[0] = saturated(band->s + difference);
    band->p[0] = saturated(band->sz + difference);
    // UPPOL2.
    int same1 = (band->p[0] ^ band->p[1]) >= 0;
    int same2 = (band->p[0] ^ band->p[2]) >= 0;
    int32_t quadruple = saturated(band->a[1] << 2);
    int32_t leaning = same1 ? -quadruple : quadruple;
    if (leaning > 32767) leaning = 32767;
    band->a[2] = limited((same2 ? 128 : -128) + (leaning >> 7) + (band->a[2] * 32512 >> 15), -12288, 12288);
    // UPPOL1.
    int32_t bound = saturated(15360 - band->a[2]);
    band->a[1] = limited(saturated((same1 ? 192 : -192) + (band->a[1] * 32640 >> 15)), -bound, bound);
    // UPZERO.
    int32_t gain = difference == 0 ? 0 : 128;
    for (int i = 1; i < 7; i++) {
        int32_t nudge = (band->d[i] ^ difference) >= 0 ? gain : -gain;
        band->b[i] = saturated(nudge + (band->b[i] * 32640 >> 15));
    }
    // DELAYA.
    for (int i = 6; i > 0; i--) band->d[i] = band->d[i - 1];
    for (int i = 2; i > 0; i--) {
        band->r[i] = band->r[i - 1];
        band->p[i] = band->p[i - 1];
    }
    // FILTEP, FILTEZ, PREDIC.
    band->sp = saturated((band->a[1] * saturated(2 * band->r[1]) >> 15) + (band->a[2] * saturated(2 * band->r[2]) >> 15));
    int32_t sum = 0;
    for (int i = 1; i < 7; i++) sum += band->b[i] * saturated(2 * band->d[i]) >> 15;
    band->sz = saturated(sum);
    band->s = saturated(band->sp + band->sz);
}

static inline void adapt_lower(struct peer_g722_band *band, int code) {
    adapt(band, band->det * inverse4[code] >> 15, lower_steps[code], 18432, 8);
}

void peer_g722_start(struct peer_g722 *codec) {
    memset(codec, 0, sizeof *codec);
    codec->band[0].det = 32;
    codec->band[1].det = 8;
}

void peer_g722_encode(struct peer_g722 *codec, const int16_t *samples, uint8_t *codes, size_t count) {
    struct peer_g722_band *lower = &codec->band[0], *higher = &codec->band[1];
    for (size_t i = 0; i < count; i++) {
        // The transmit quadrature mirror filter.
        memmove(codec->history, codec->history + 2, 22 * sizeof codec->history[0]);
        codec->history[22] = samples[2 * i];
        codec->history[23] = samples[2 * i + 1];
        int32_t even = 0, odd = 0;
        for (int k = 0; k < 12; k++) {
            even += codec->history[2 * k] * mirror[k];
            odd += codec->history[2 * k + 1] * mirror[11 - k];
        }
        int32_t low = (even + odd) >> 14, high = (odd - even) >> 14;
        // SUBTRA and QUANTL.
        int32_t difference = saturated(low - lower->s);
        int32_t magnitude = difference < 0 ? ~difference : difference;
        int interval = 1, end = 30;
        while (interval < end) {
            int middle = (interval + end) >> 1;
            if (magnitude < decision[middle] * lower->det >> 12)
                end = middle;
            else
                interval = middle + 1;
        }
        int code = difference < 0 ? negative_codes[interval] : positive_codes[interval];
        adapt_lower(lower, code >> 2);
        // SUBTRA and QUANTH.
        difference = saturated(high - higher->s);
        magnitude = difference < 0 ? ~difference : difference;
        int top = (difference < 0 ? 0 : 2) + (magnitude >= 564 * higher->det >> 12 ? 0 : 1);
        adapt(higher, higher->det * inverse2[top] >> 15, higher_steps[top], 22528, 10);
        codes[i] = (uint8_t)(top << 6 | code);
    }
}

void peer_g722_decode(struct peer_g722 *codec, const uint8_t *codes, int16_t *samples, size_t count) {
    struct peer_g722_band *lower = &codec->band[0], *higher = &codec->band[1];
    for (size_t i = 0; i < count; i++) {
        int code = codes[i] & 63, top = codes[i] >> 6;
        int32_t low = limited(lower->s + (lower->det * inverse6[code] >> 15), -16384, 16383);
        adapt_lower(lower, code >> 2);
        int32_t difference = higher->det * inverse2[top] >> 15;
        int32_t high = limited(higher->s + difference, -16384, 16383);
        adapt(higher, difference, higher_steps[top], 22528, 10);
        // The receive quadrature mirror filter.
        memmove(codec->history, codec->history + 2, 22 * sizeof codec->history[0]);
        codec->history[22] = low + high;
        codec->history[23] = low - high;
        int32_t first = 0, second = 0;
        for (int k = 0; k < 12; k++) {
            first += codec->history[2 * k] * mirror[k];
            second += codec->history[2 * k + 1] * mirror[11 - k];
        }
        samples[2 * i] = (int16_t)saturated(second >> 11);
        samples[2 * i + 1] = (int16_t)saturated(first >> 11);
    }
}
