// SPDX-License-Identifier: BSD-3-Clause
// The main of every test program: starts MPI, runs the tests on all ranks, and reduces the result
// over ranks.
#include <gtest/gtest.h>
#include <mpi.h>

#include <cstdio>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
static void watch_allocations(bool on) { on ? __lsan_enable() : __lsan_disable(); }
static bool has_leaks() { return __lsan_do_recoverable_leak_check() != 0; }
#else
static void watch_allocations(bool) {}
static bool has_leaks() { return false; }
#endif

int main(int argc, char** argv) {
  int provided = 0;
  // What MPI keeps for itself is not ours; what it has unloaded has no name that could be listed.
  watch_allocations(false);
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  watch_allocations(true);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  ::testing::InitGoogleTest(&argc, argv);
  auto& listeners = ::testing::UnitTest::GetInstance()->listeners();
  if (rank != 0) {  // rank 0 reports everything, the others only failures
    class Quiet : public ::testing::EmptyTestEventListener {
      void OnTestPartResult(::testing::TestPartResult const& result) override {
        if (!result.failed()) return;
        std::fprintf(stderr, "%s:%d: %s\n", result.file_name() ? result.file_name() : "?",
                     result.line_number(), result.summary());
      }
    };
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new Quiet);
  }
  int failed = RUN_ALL_TESTS();
  auto const& unit = *::testing::UnitTest::GetInstance();
  if (unit.test_to_run_count() == 0) failed = 1;  // zero tests is a failure
  if (rank == 0 && unit.skipped_test_count() == unit.test_to_run_count() && !failed)
    std::printf("[  SKIPPED ] all tests\n");
  if (has_leaks()) failed = 1;  // before MPI unloads libraries, whose names are known now
  int verdict = 0;
  MPI_Allreduce(&failed, &verdict, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  MPI_Finalize();
  return verdict;
}
