/* In C, because the function is there only where the library is preloaded: Swift has no functions that may be missing. */
#include "counter.h"

#include <stddef.h>

extern uint64_t mailtrail_benchmark_allocations(void) __attribute__((weak));

bool mailtrail_counts_allocations(void) { return mailtrail_benchmark_allocations != NULL; }

uint64_t mailtrail_counted_allocations(void) {
  return mailtrail_counts_allocations() ? mailtrail_benchmark_allocations() : 0;
}
