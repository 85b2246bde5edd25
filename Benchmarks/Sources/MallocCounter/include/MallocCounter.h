#ifndef MALLOC_COUNTER_H
#define MALLOC_COUNTER_H

#include <stdint.h>

/// How often memory was asked for.
uint64_t malloc_counter_calls(void);

/// Bytes that are in use, as the allocator rounds them.
uint64_t malloc_counter_live_bytes(void);

#endif
