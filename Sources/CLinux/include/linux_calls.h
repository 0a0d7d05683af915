/*
 * System calls that Swift cannot make itself, each with its reason. They answer as the kernel's own wrappers do: -1 and
 * errno for an error.
 */
#ifndef MAILTRAIL_LINUX_CALLS_H
#define MAILTRAIL_LINUX_CALLS_H

#include <stddef.h>
#include <sys/types.h>

/* syncfs(2): declared for _GNU_SOURCE only, which Swift's Glibc module does not define. */
int mailtrail_syncfs(int descriptor);

/* sync_file_range(2) with SYNC_FILE_RANGE_WRITE over the whole file: the same reason. */
int mailtrail_start_writeback(int descriptor);

/*
 * openat2(2) with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: glibc has no wrapper before 2.43, and Swift cannot call
 * syscall(2), which is variadic. ENOSYS before Linux 5.6.
 */
int mailtrail_open_beneath(int directory, const char *path, int flags, mode_t mode);

/*
 * Writes out what the C library has of standard output: 0, or -1 where that, or anything before it, failed. Swift's print
 * reports nothing, and its stdout cannot be named under strict concurrency.
 */
int mailtrail_finish_standard_output(void);

/* memmem(3): the same reason as syncfs(2). */
const void *mailtrail_find(const void *bytes, size_t count, const void *sought, size_t sought_count);

#endif
