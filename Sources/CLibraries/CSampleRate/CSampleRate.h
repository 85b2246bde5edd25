// libsamplerate.
#pragma once
#include <samplerate.h>
