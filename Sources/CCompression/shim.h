/* The decompressors of rotated logs: gzip, xz, zstd.

   They are opened when the first such log is read rather than linked: the collector needs none of them, and dpkg itself
   needs all three, so that every Debian has them. */
#include <dlfcn.h>
#include <lzma.h>
#include <stddef.h>
#include <zlib.h>
#include <zstd.h>

/* MAILTRAIL_CALL(LIBRARY, MISSING, RESULT, NAME, PARAMETERS, ARGUMENTS): mailtrail_NAME calls NAME of the library, or
   gives MISSING when there is none. The address is looked up once; two threads that do so at a time find the same. */
#define MAILTRAIL_CALL(library, missing, result, name, parameters, arguments)         \
  static inline result mailtrail_##name parameters {                                  \
    static result(*found) parameters;                                                 \
    result(*call) parameters = __atomic_load_n(&found, __ATOMIC_ACQUIRE);             \
    if (call == NULL) {                                                               \
      void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);                          \
      if (handle == NULL) return missing;                                             \
      call = (result(*) parameters)dlsym(handle, #name);                              \
      if (call == NULL) return missing;                                               \
      __atomic_store_n(&found, call, __ATOMIC_RELEASE);                               \
    }                                                                                 \
    return call arguments;                                                            \
  }

MAILTRAIL_CALL("libz.so.1", Z_VERSION_ERROR, int, inflateInit2_,
               (z_stream * stream, int bits, const char *version, int size), (stream, bits, version, size))
MAILTRAIL_CALL("libz.so.1", Z_VERSION_ERROR, int, inflate, (z_stream * stream, int flush), (stream, flush))
MAILTRAIL_CALL("libz.so.1", Z_VERSION_ERROR, int, inflateReset, (z_stream * stream), (stream))
MAILTRAIL_CALL("libz.so.1", Z_VERSION_ERROR, int, inflateEnd, (z_stream * stream), (stream))

MAILTRAIL_CALL("liblzma.so.5", LZMA_PROG_ERROR, lzma_ret, lzma_stream_decoder,
               (lzma_stream * stream, uint64_t limit, uint32_t flags), (stream, limit, flags))
MAILTRAIL_CALL("liblzma.so.5", LZMA_PROG_ERROR, lzma_ret, lzma_code, (lzma_stream * stream, lzma_action action),
               (stream, action))
MAILTRAIL_CALL("liblzma.so.5", , void, lzma_end, (lzma_stream * stream), (stream))

MAILTRAIL_CALL("libzstd.so.1", NULL, ZSTD_DCtx *, ZSTD_createDCtx, (void), ())
MAILTRAIL_CALL("libzstd.so.1", 0, size_t, ZSTD_freeDCtx, (ZSTD_DCtx * context), (context))
MAILTRAIL_CALL("libzstd.so.1", 0, size_t, ZSTD_decompressStream,
               (ZSTD_DCtx * context, ZSTD_outBuffer *output, ZSTD_inBuffer *input), (context, output, input))
MAILTRAIL_CALL("libzstd.so.1", 1, unsigned, ZSTD_isError, (size_t code), (code))
MAILTRAIL_CALL("libzstd.so.1", "libzstd is missing", const char *, ZSTD_getErrorName, (size_t code), (code))

/* Whether the library is there at all. */
static inline int mailtrail_has_library(const char *name) {
  void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return 0;
  dlclose(handle);
  return 1;
}

/* inflateInit2, LZMA_STREAM_INIT and LZMA_CONCATENATED are macros, which Swift does not import. 16 + 15: gzip's frame,
   its largest window. */
static inline int mailtrail_inflate_init_gzip(z_stream *stream) {
  return mailtrail_inflateInit2_(stream, 16 + 15, ZLIB_VERSION, (int)sizeof(z_stream));
}
static inline lzma_stream mailtrail_lzma_stream(void) {
  lzma_stream stream = LZMA_STREAM_INIT;
  return stream;
}
static inline lzma_ret mailtrail_lzma_decoder(lzma_stream *stream, uint64_t memory_limit) {
  return mailtrail_lzma_stream_decoder(stream, memory_limit, LZMA_CONCATENATED);
}
