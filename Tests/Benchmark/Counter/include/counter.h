/* The allocations that allocations.c has counted, where it is preloaded. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

bool mailtrail_counts_allocations(void);
uint64_t mailtrail_counted_allocations(void);
