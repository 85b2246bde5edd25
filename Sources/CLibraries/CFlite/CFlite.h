// flite and its voice rms, which flite's own headers do not declare.
#pragma once
#include <flite/flite.h>

cst_voice *register_cmu_us_rms(const char *directory);
