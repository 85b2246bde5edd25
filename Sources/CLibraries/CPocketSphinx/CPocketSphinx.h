// pocketsphinx of Debian 12 (0.8+5prealpha), with the variadic cmd_ln_init made callable from Swift.
#pragma once
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <stdlib.h>

// Not for two threads at once: the library's log, which is switched off here, is one for all decoders.
static inline ps_decoder_t *svetlana_decoder_create(const char *model, const char *language, const char *dictionary) {
    err_set_logfp(NULL);
    cmd_ln_t *configuration =
        cmd_ln_init(NULL, ps_args(), 1, "-hmm", model, "-lm", language, "-dict", dictionary, NULL);
    if (configuration == NULL) return NULL;
    ps_decoder_t *decoder = ps_init(configuration);
    cmd_ln_free_r(configuration);
    return decoder;
}
