/* Preloaded, writes down when a program's files became durable: into the file that DURABLE_FILE names one line for each
 * fdatasync(2) or fsync(2) of a regular file, `CLOCK_REALTIME in nanoseconds, device, inode, size`. The size is the one
 * from before the call, the time the one behind it: so much was durable by then. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int output = -1;

__attribute__((constructor)) static void open_output(void) {
  const char *path = getenv("DURABLE_FILE");
  if (path) output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static int synchronize(const char *name, int descriptor) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  struct stat before;
  struct timespec now;
  char line[128];
  int is_file = output >= 0 && fstat(descriptor, &before) == 0 && S_ISREG(before.st_mode);
  int result = real(descriptor);
  if (!is_file || result) return result;
  clock_gettime(CLOCK_REALTIME, &now);
  int length = snprintf(line, sizeof line, "%lld %llu %llu %lld\n", now.tv_sec * 1000000000LL + now.tv_nsec,
                        (unsigned long long)before.st_dev, (unsigned long long)before.st_ino, (long long)before.st_size);
  /* A line that is lost makes its records look late, never early. */
  if (write(output, line, length) < 0) return result;
  return result;
}

int fdatasync(int descriptor) { return synchronize("fdatasync", descriptor); }

int fsync(int descriptor) { return synchronize("fsync", descriptor); }
