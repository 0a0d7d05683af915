/*
 * Makes one system call of a program's write path fail, come late, be short, or be the last; and writes down what the
 * others did. Loaded with LD_PRELOAD by Tests/Long/crash-matrix/run.
 *
 * Why not strace's injection: it counts invocations for each thread by itself, where "the seventh write" should be one
 * call of the whole program; it cannot make a write short; and it stops every thread at every call.
 *
 * Only calls on paths below MATRIX_ROOT count. A call is named by what it does, on which path, and the how manieth of
 * these it is: threads take turns in another order in each run.
 *
 *   MATRIX_ROOT   the directory with the tree and the state, absolute
 *   MATRIX_CALL   the call that is to go wrong: NAME PATH, the path relative to the root
 *   MATRIX_NUMBER which of them; from 0
 *   MATRIX_FAULT  an errno value's number, or: short, late, kill (before the call), killed (after it)
 *   MATRIX_TRACE  where a line for each call goes: name, path; and what it did, for the model of a power cut
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct open_beneath { unsigned long long flags, mode, resolve; };

/* One call at a time: the numbers and the trace are in the order of what was done. */
static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *root;
static size_t root_length;
static const char *wanted = "";
static long number, count;
static const char *fault = "";
static int trace = -1;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

static void begin_program(void) {
  if (root) return;
  root = getenv("MATRIX_ROOT");
  if (!root) root = "";
  root_length = strlen(root);
  if (getenv("MATRIX_CALL")) wanted = getenv("MATRIX_CALL");
  if (getenv("MATRIX_NUMBER")) number = atol(getenv("MATRIX_NUMBER"));
  if (getenv("MATRIX_FAULT")) fault = getenv("MATRIX_FAULT");
  if (getenv("MATRIX_TRACE"))
    trace = (int)syscall(SYS_openat, AT_FDCWD, getenv("MATRIX_TRACE"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) {
  return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static void path_of(int descriptor, char *path) {
  char name[64];
  snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, name, path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = 0;
}

static void path_at(int directory, const char *name, char *path) {
  if (name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  if (directory == AT_FDCWD) {
    path[0] = 0;
    if (!getcwd(path, PATH_MAX)) return;
  } else {
    path_of(directory, path);
  }
  size_t length = strlen(path);
  snprintf(path + length, PATH_MAX - length, "/%s", name);
}

static unsigned long long inode_of(const char *path) {
  struct stat status;
  return syscall(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW) ? 0 : status.st_ino;
}

static void note(const char *format, ...) {
  if (trace < 0) return;
  char line[3 * PATH_MAX];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) syscall(SYS_write, trace, line, length < (int)sizeof line ? length : (int)sizeof line);
}

/* Takes the lock for a call on a path that is ours; -1 when it is not, 1 when the call is to fail (errno is set), 2 when
 * it is to be short, 3 when the program is to end after it, 0 otherwise. */
static int enter(const char *name, const char *path) {
  pthread_mutex_lock(&lock);
  begin_program();
  if (!is_ours(path)) {
    pthread_mutex_unlock(&lock);
    return -1;
  }
  note("call %s %s\n", name, path + root_length);
  size_t length = strlen(name);
  if (strncmp(wanted, name, length) || wanted[length] != ' ' || strcmp(wanted + length + 1, path + root_length)) return 0;
  if (count++ != number) return 0;
  note("hit\n");
  if (!strcmp(fault, "kill")) raise(SIGKILL);
  if (!strcmp(fault, "killed")) return 3;
  if (!strcmp(fault, "short")) return 2;
  if (!strcmp(fault, "late")) {
    usleep(50000);
    return 0;
  }
  errno = atoi(fault);
  return 1;
}

static void leave(int plan) {
  if (plan < 0) return;
  if (plan == 3) raise(SIGKILL);
  int code = errno;
  pthread_mutex_unlock(&lock);
  errno = code;
}

/* A call that gives a small number, on a path. */
#define AROUND(name, path, call, done)  \
  int plan = enter(name, path);         \
  if (plan == 1) {                      \
    leave(plan);                        \
    return -1;                          \
  }                                     \
  int result = (call);                  \
  if (plan >= 0 && result >= 0) { done } \
  leave(plan);                          \
  return result;

static int opening(int kind, int directory, const char *name, int flags, mode_t mode, struct open_beneath *how) {
  char path[PATH_MAX];
  pthread_mutex_lock(&lock);
  path_at(directory, name, path);
  unsigned long long before = inode_of(path);
  struct stat old;
  int was_empty = before && !syscall(SYS_newfstatat, AT_FDCWD, path, &old, 0) && old.st_size == 0;
  int plan = enter("open", path), result = -1;
  if (plan != 1) {
    result = kind == 2 ? (int)syscall(SYS_openat2, directory, name, how, sizeof *how)
                       : (int)syscall(SYS_openat, directory, name, flags, mode);
    if (plan >= 0 && result >= 0) {
      if (!before && (flags & O_CREAT)) note("create %llu %s\n", inode_of(path), path);
      if (before && (flags & O_TRUNC) && !was_empty) note("truncate %llu 0\n", before);
    }
  }
  leave(plan);
  int code = errno;
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}

int openat(int directory, const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opening(1, directory, name, flags, mode, NULL);
}

int open(const char *name, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opening(1, AT_FDCWD, name, flags, mode, NULL);
}

long syscall(long number, ...) {
  long values[6];
  va_list arguments;
  va_start(arguments, number);
  for (int index = 0; index < 6; index++) values[index] = va_arg(arguments, long);
  va_end(arguments);
  static long (*call)(long, ...);
  if (!call) call = real("syscall");
  static __thread int depth;
  if (number == SYS_openat2 && !depth) {
    depth++;
    struct open_beneath *how = (struct open_beneath *)values[2];
    long result = opening(2, (int)values[0], (const char *)values[1], (int)how->flags, 0, how);
    depth--;
    return result;
  }
  return call(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

int mkdirat(int directory, const char *name, mode_t mode) {
  char path[PATH_MAX];
  path_at(directory, name, path);
  AROUND("mkdir", path, REAL(mkdirat)(directory, name, mode), note("mkdir %llu %s\n", inode_of(path), path);)
}

int mkdir(const char *name, mode_t mode) {
  char path[PATH_MAX];
  path_at(AT_FDCWD, name, path);
  AROUND("mkdir", path, REAL(mkdir)(name, mode), note("mkdir %llu %s\n", inode_of(path), path);)
}

static void note_write(int descriptor, const char *bytes, ssize_t length, off_t offset) {
  struct stat status;
  if (trace < 0 || fstat(descriptor, &status)) return;
  note("write %llu %lld %zd ", (unsigned long long)status.st_ino, (long long)offset, length);
  for (ssize_t index = 0; index < length; index++) note("%02x", (unsigned char)bytes[index]);
  note("\n");
}

static size_t shortened(int plan, size_t length) { return plan == 2 && length > 1 ? length / 2 : length; }

ssize_t write(int descriptor, const void *bytes, size_t length) {
  char path[PATH_MAX];
  path_of(descriptor, path);
  int plan = enter("write", path);
  ssize_t result = -1;
  if (plan != 1) {
    result = syscall(SYS_write, descriptor, bytes, shortened(plan, length));
    if (plan >= 0 && result > 0) note_write(descriptor, bytes, result, lseek(descriptor, 0, SEEK_CUR) - result);
  }
  leave(plan);
  return result;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset) {
  char path[PATH_MAX];
  path_of(descriptor, path);
  int plan = enter("pwrite", path);
  ssize_t result = -1;
  if (plan != 1) {
    result = syscall(SYS_pwrite64, descriptor, bytes, shortened(plan, length), offset);
    if (plan >= 0 && result > 0) note_write(descriptor, bytes, result, offset);
  }
  leave(plan);
  return result;
}

static unsigned long long inode(int descriptor) {
  struct stat status;
  return fstat(descriptor, &status) ? 0 : status.st_ino;
}

#define ON_DESCRIPTOR(name, call, done) \
  char path[PATH_MAX];                  \
  path_of(descriptor, path);            \
  AROUND(name, path, call, done)

int fsync(int descriptor) {
  ON_DESCRIPTOR("fsync", REAL(fsync)(descriptor), note("sync %llu\n", inode(descriptor));)
}
int fdatasync(int descriptor) {
  ON_DESCRIPTOR("fdatasync", REAL(fdatasync)(descriptor), note("sync %llu\n", inode(descriptor));)
}
int syncfs(int descriptor) { ON_DESCRIPTOR("syncfs", REAL(syncfs)(descriptor), note("syncfs\n");) }
int ftruncate(int descriptor, off_t length) {
  ON_DESCRIPTOR("ftruncate", REAL(ftruncate)(descriptor, length),
                note("truncate %llu %lld\n", inode(descriptor), (long long)length);)
}

int renameat(int directory, const char *name, int other, const char *new_name) {
  char path[PATH_MAX], target[PATH_MAX];
  path_at(directory, name, path);
  path_at(other, new_name, target);
  AROUND("rename", path, REAL(renameat)(directory, name, other, new_name),
         note("rename %llu %s\t%s\n", inode_of(target), path, target);)
}
int rename(const char *name, const char *new_name) { return renameat(AT_FDCWD, name, AT_FDCWD, new_name); }

int unlinkat(int directory, const char *name, int flags) {
  char path[PATH_MAX];
  path_at(directory, name, path);
  AROUND("unlink", path, REAL(unlinkat)(directory, name, flags), note("unlink %s\n", path);)
}
int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }
