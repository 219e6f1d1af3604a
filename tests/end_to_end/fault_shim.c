/* SPDX-License-Identifier: BSD-3-Clause
 * Loaded before the C library (LD_PRELOAD): the k-th system call that changes files below a folder
 * fails on one rank, and all after it, as on a full or broken disk.
 *   FAULT_FOLDER  only files whose path contains this text
 *   FAULT_RANK    the rank that sees the fault
 *   FAULT_AT      k, counted from 1; 0: none
 *   FAULT_ERROR   errno; 0: the process is killed in place of the call
 *   FAULT_COUNT   a file of 16 bytes: the calls of that rank, and when the first one failed [ns since 1970] */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static long *count;

static void note_time(long *nanoseconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *nanoseconds = now.tv_sec * 1000000000 + now.tv_nsec;
}

static int chosen_rank(void) {
  const char *rank = getenv("OMPI_COMM_WORLD_RANK"), *wanted = getenv("FAULT_RANK");
  return wanted && strcmp(rank ? rank : "0", wanted) == 0;
}

/* Does the call fail? errno is set then. */
static int fails(const char *path) {
  const char *folder = getenv("FAULT_FOLDER"), *at = getenv("FAULT_AT"), *error = getenv("FAULT_ERROR");
  const char *counter = getenv("FAULT_COUNT");
  if (!folder || !path || !strstr(path, folder) || !chosen_rank()) return 0;
  if (!count) {
    int file = open(counter ? counter : "/dev/null", O_RDWR);
    void *page = file < 0 ? MAP_FAILED : mmap(NULL, 2 * sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    static long own[2];
    count = page == MAP_FAILED ? own : page;
    if (file >= 0) close(file);
  }
  ++*count;
  if (!at || atol(at) == 0 || *count < atol(at)) return 0;
  if (*count == atol(at)) note_time(count + 1);
  if (!error || atoi(error) == 0) raise(SIGKILL);
  errno = atoi(error);
  return 1;
}

static int fails_on(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return fails(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int file, const void *data, size_t bytes) {
  return fails_on(file) ? -1 : REAL(write)(file, data, bytes);
}
ssize_t pwrite(int file, const void *data, size_t bytes, off_t offset) {
  return fails_on(file) ? -1 : REAL(pwrite)(file, data, bytes, offset);
}
ssize_t pwrite64(int file, const void *data, size_t bytes, off64_t offset) {
  return fails_on(file) ? -1 : REAL(pwrite64)(file, data, bytes, offset);
}
int fallocate(int file, int mode, off_t offset, off_t bytes) {
  return fails_on(file) ? -1 : REAL(fallocate)(file, mode, offset, bytes);
}
int ftruncate(int file, off_t bytes) { return fails_on(file) ? -1 : REAL(ftruncate)(file, bytes); }
int fsync(int file) { return fails_on(file) ? -1 : REAL(fsync)(file); }
int rename(const char *from, const char *to) { return fails(from) ? -1 : REAL(rename)(from, to); }
int unlink(const char *path) { return fails(path) ? -1 : REAL(unlink)(path); }
