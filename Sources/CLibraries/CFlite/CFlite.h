// flite and its voice rms, which flite's own headers do not declare.
#pragma once
#include <flite/flite.h>
#include <stdlib.h>

cst_voice *register_cmu_us_rms(const char *directory);

// flite keeps the pointer to a feature's name, so that only literals of C will do, which live as long as the program.
static inline void svetlana_flite_set_stretch(cst_voice *voice, float stretch) {
    flite_feat_set_float(voice->features, "duration_stretch", stretch);
}
// The noise in the voice comes from rand(); seeded anew for each text, the same words always sound the same.
static inline void svetlana_flite_seed(unsigned seed) { srand(seed); }
// The voice owns the description of the stream until it is replaced or removed, and then frees it.
static inline void svetlana_flite_begin_stream(cst_voice *voice, cst_audio_streaming_info *stream) {
    flite_feat_set(voice->features, "streaming_info", audio_streaming_info_val(stream));
}
static inline void svetlana_flite_end_stream(cst_voice *voice) {
    flite_feat_remove(voice->features, "streaming_info");
}
