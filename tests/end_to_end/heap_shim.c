/* SPDX-License-Identifier: BSD-3-Clause
 * Loaded before the MPI library (LD_PRELOAD): notes how much memory is allocated at each MPI_Allreduce, of
 * which every unit of work makes some.
 *   HEAP_FILE  a file of 8-byte integers: the number of notes, then the notes [bytes]; as long as there are to be notes */
#include <fcntl.h>
#include <malloc.h>
#include <mpi.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static long own[2], *notes = own;
static long places;

static void open_notes(void) {
  const char *path = getenv("HEAP_FILE");
  int file = path ? open(path, O_RDWR) : -1;
  struct stat status;
  if (file < 0) return;
  if (fstat(file, &status) == 0 && status.st_size > 0) {
    void *all = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (all != MAP_FAILED) {
      notes = all;
      places = status.st_size / (long)sizeof *notes;
    }
  }
  close(file);
}

int MPI_Allreduce(const void *send, void *receive, int count, MPI_Datatype type, MPI_Op op, MPI_Comm comm) {
  if (notes == own) open_notes();
  if (notes[0] + 1 < places) {
    struct mallinfo2 heap = mallinfo2();
    notes[++notes[0]] = (long)(heap.uordblks + heap.hblkhd);
  }
  return PMPI_Allreduce(send, receive, count, type, op, comm);
}
