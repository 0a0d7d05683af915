/* The decompressors of rotated logs: gzip, xz, zstd. dpkg itself needs these three libraries, so that every Debian has
   them. */
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

/* inflateInit2, LZMA_STREAM_INIT and LZMA_CONCATENATED are macros, which Swift does not import. 16 + 15: gzip's frame, its largest window. */
static inline int mailtrail_inflate_init_gzip(z_stream *stream) { return inflateInit2(stream, 16 + 15); }
static inline lzma_stream mailtrail_lzma_stream(void) {
  lzma_stream stream = LZMA_STREAM_INIT;
  return stream;
}
static inline lzma_ret mailtrail_lzma_decoder(lzma_stream *stream, uint64_t memory_limit) {
  return lzma_stream_decoder(stream, memory_limit, LZMA_CONCATENATED);
}
