// SHA-256 (FIPS 180-4). Why it is here and not a library: see .github/ARCHITECTURE.md.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// A hash that is being computed; begin with mailtrail_sha256_begin.
typedef struct {
  uint32_t state[8];
  uint64_t length;
  uint8_t rest[64];
} mailtrail_sha256;

void mailtrail_sha256_begin(mailtrail_sha256 *hash);
void mailtrail_sha256_add(mailtrail_sha256 *hash, const void *bytes, size_t count);
/// Writes the 32 bytes of the hash; afterwards `hash` must be begun anew.
void mailtrail_sha256_end(mailtrail_sha256 *hash, uint8_t digest[32]);

/// For tests: 0 computes without the processor's own instructions, 1 (the default) with them where it has them.
void mailtrail_sha256_use_instructions(int wanted);
