/* SPDX-License-Identifier: BSD-3-Clause
 * Loaded before the C library (LD_PRELOAD): below a folder, files behave as on an NFS of old, and every
 * process as a node of its own.
 *   - no locks (ENOLCK) and no reserved space (EOPNOTSUPP)
 *   - what a name was at the last look is believed for some seconds, also that there was no such file;
 *     opening a file that was there asks the server (close-to-open); what this process does itself it knows
 *   NFS_FOLDER   only files whose path contains this text
 *   NFS_SECONDS  of the cache (30) */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { n_entries = 4096 };
struct entry {
  char *path;
  int error; /* 0: there was such a file, `status` is its */
  struct stat status;
  time_t when;
};
static struct entry cache[n_entries];
static int used;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_remote(const char *path) {
  const char *folder = getenv("NFS_FOLDER");
  return folder && path && strstr(path, folder);
}

static int is_remote_file(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_remote(path);
}

static time_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec;
}

/* The entry of a path if it is still believed; else NULL. */
static struct entry *believed(const char *path) {
  const char *seconds = getenv("NFS_SECONDS");
  for (int i = 0; i < used; ++i)
    if (strcmp(cache[i].path, path) == 0)
      return now() - cache[i].when < (seconds ? atol(seconds) : 30) ? &cache[i] : NULL;
  return NULL;
}

static void remember(const char *path, int error, const struct stat *status) {
  int i = 0;
  while (i < used && strcmp(cache[i].path, path) != 0) ++i;
  if (i == n_entries) return;
  if (i == used) cache[used++].path = strdup(path);
  cache[i].error = error;
  cache[i].when = now();
  if (!error) cache[i].status = *status;
}

static void forget(const char *path) {
  pthread_mutex_lock(&lock);
  for (int i = 0; i < used; ++i)
    if (strcmp(cache[i].path, path) == 0) cache[i].when = -1000000;
  pthread_mutex_unlock(&lock);
}

static int look_up(const char *path, struct stat *status) {
  pthread_mutex_lock(&lock);
  struct entry *entry = believed(path);
  if (!entry) {
    struct stat found;
    int error = REAL(stat)(path, &found) == 0 ? 0 : errno;
    remember(path, error, &found);
    entry = believed(path);
  }
  int error = entry ? entry->error : ENOENT;
  if (entry && !error) *status = entry->status;
  pthread_mutex_unlock(&lock);
  errno = error;
  return error ? -1 : 0;
}

int stat(const char *path, struct stat *status) { return is_remote(path) ? look_up(path, status) : REAL(stat)(path, status); }
int stat64(const char *path, struct stat64 *status) { return stat(path, (struct stat *)status); }
int access(const char *path, int mode) {
  struct stat status;
  return is_remote(path) && look_up(path, &status) != 0 ? -1 : REAL(access)(path, mode);
}

static int open_file(const char *path, int flags, mode_t mode) {
  if (!is_remote(path)) return REAL(open)(path, flags, mode);
  pthread_mutex_lock(&lock);
  struct entry *entry = believed(path);
  int const missing = entry && entry->error == ENOENT && !(flags & O_CREAT);
  pthread_mutex_unlock(&lock);
  if (missing) return errno = ENOENT, -1;
  int const file = REAL(open)(path, flags, mode);
  int const error = file < 0 ? errno : 0;
  struct stat status;
  if (file < 0 || fstat(file, &status) == 0) {
    pthread_mutex_lock(&lock);
    remember(path, error, &status);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return file;
}

static mode_t mode_of(int flags, va_list more) { return flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; }

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t const mode = mode_of(flags, more);
  va_end(more);
  return open_file(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t const mode = mode_of(flags, more);
  va_end(more);
  return open_file(path, flags, mode);
}

/* A folder that is opened is asked for anew: what was missing in it may be there now. */
static void folder_is_opened(const char *path) {
  size_t const length = strlen(path);
  pthread_mutex_lock(&lock);
  for (int i = 0; i < used; ++i)
    if (cache[i].error && strncmp(cache[i].path, path, length) == 0) cache[i].when = -1000000;
  pthread_mutex_unlock(&lock);
}
DIR *opendir(const char *path) {
  if (is_remote(path)) folder_is_opened(path);
  return REAL(opendir)(path);
}
int openat(int folder, const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t const mode = mode_of(flags, more);
  va_end(more);
  if (is_remote(path) && flags & O_DIRECTORY) folder_is_opened(path);
  return folder == AT_FDCWD ? open_file(path, flags, mode) : REAL(openat)(folder, path, flags, mode);
}

int rename(const char *from, const char *to) { return forget(from), forget(to), REAL(rename)(from, to); }
int unlink(const char *path) { return forget(path), REAL(unlink)(path); }
int remove(const char *path) { return forget(path), REAL(remove)(path); }
int mkdir(const char *path, mode_t mode) { return forget(path), REAL(mkdir)(path, mode); }

int fallocate(int file, int mode, off_t offset, off_t bytes) {
  return is_remote_file(file) ? (errno = EOPNOTSUPP, -1) : REAL(fallocate)(file, mode, offset, bytes);
}
int posix_fallocate(int file, off_t offset, off_t bytes) {
  return is_remote_file(file) ? EOPNOTSUPP : REAL(posix_fallocate)(file, offset, bytes);
}

int fcntl(int file, int command, ...) {
  va_list more;
  va_start(more, command);
  void *argument = va_arg(more, void *);
  va_end(more);
  int const locks = command == F_OFD_SETLK || command == F_OFD_GETLK || command == F_OFD_SETLKW || command == F_SETLK ||
                    command == F_GETLK || command == F_SETLKW;
  return locks && is_remote_file(file) ? (errno = ENOLCK, -1) : REAL(fcntl)(file, command, argument);
}
int fcntl64(int file, int command, ...) {
  va_list more;
  va_start(more, command);
  void *argument = va_arg(more, void *);
  va_end(more);
  return fcntl(file, command, argument);
}
