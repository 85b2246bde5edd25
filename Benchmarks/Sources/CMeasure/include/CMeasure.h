#ifndef CMEASURE_H
#define CMEASURE_H

#include <stdint.h>

/// CPU time of this process in nanoseconds (CLOCK_PROCESS_CPUTIME_ID).
uint64_t measure_cpu_nanoseconds(void);

/// Binds this process to one processor; 0 when that worked.
int measure_pin(int processor);

/// How often malloc, calloc, realloc and the aligned kinds were called; UINT64_MAX when nobody counts.
uint64_t measure_allocations(void);

/// Bytes that are allocated and not freed, as the allocator rounds them; UINT64_MAX when nobody counts.
uint64_t measure_live_bytes(void);

/// Whether the process runs under valgrind and can count instructions.
int measure_counts_instructions(void);

/// Starts to translate for counting; what ran before is not counted.
void measure_start_instructions(void);

/// Ends what `measure_start_instructions` began.
void measure_stop_instructions(void);

/// Sets the count to zero.
void measure_zero_instructions(void);

/// Writes the count since the last zero to a file of callgrind's, with `name` in it.
void measure_dump_instructions(const char *name);

/// Keeps the optimizer from dropping what made `value`.
void measure_keep(uint64_t value);

#endif
