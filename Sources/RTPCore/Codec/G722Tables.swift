// The constant tables of ITU-T G.722; their names are those of its block diagrams.

/// Decision levels of the 6-bit quantizer of the lower sub-band (table 14/G.722), times eight and times sixteen; the
/// first is reached by every difference, and the last stands there three times to fill the vector.
let g722DecisionLevels: InlineArray<4, SIMD8<UInt16>> = [
    SIMD8(0, 560, 1_152, 1_760, 2_400, 3_040, 3_728, 4_416),
    SIMD8(5_168, 5_920, 6_752, 7_568, 8_480, 9_392, 10_400, 11_424),
    SIMD8(12_576, 13_728, 15_040, 16_368, 17_936, 19_504, 21_424, 23_328),
    SIMD8(25_792, 28_240, 31_680, 35_120, 40_912, 46_704, 46_704, 46_704),
]

/// Code words of the lower sub-band for differences below zero.
let g722NegativeCodes: InlineArray<31, UInt8> = [
    0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4,
]

/// Code words of the lower sub-band for differences from zero on.
let g722PositiveCodes: InlineArray<31, UInt8> = [
    0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34,
    33, 32,
]

/// Outputs of the inverse quantizer for 4, 5 and 6 bits of the lower sub-band.
let g722Inverse4: InlineArray<16, Int32> = [
    0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
]
let g722Inverse5: InlineArray<32, Int32> = [
    -280, -280, -23352, -17560, -14120, -11664, -9752, -8184, -6864, -5712, -4696, -3784, -2960, -2208, -1520, -880,
    23352, 17560, 14120, 11664, 9752, 8184, 6864, 5712, 4696, 3784, 2960, 2208, 1520, 880, 280, -280,
]
let g722Inverse6: InlineArray<64, Int32> = [
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
    -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
    24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464,
    4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
]

/// Outputs of the inverse quantizer of the higher sub-band.
let g722InverseHigh: InlineArray<4, Int32> = [-7408, -1616, 7408, 1616]

/// What a 4-bit code of the lower sub-band adds to the logarithm of its scale factor.
let g722LowerSteps: InlineArray<16, Int32> = [
    -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
]

/// What a code of the higher sub-band adds to the logarithm of its scale factor.
let g722HigherSteps: InlineArray<4, Int32> = [798, -214, 798, -214]

/// Powers of two in steps of a thirty-second, from 1 to 2, times 2 048.
let g722Antilogarithms: InlineArray<32, Int32> = [
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
    3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
]

/// Half of the symmetric impulse response of the quadrature mirror filters.
let g722Mirror: InlineArray<12, Int32> = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11]
