// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <string_view>

#include "pipeline/base/text.hpp"

namespace setsz {

/// The program's messages. `info` and `warn` say what is the same on all ranks: rank 0 prints them.
/// `local` says what one rank knows, with its number. Text goes to standard output (warnings to
/// standard error) with the time since the start; a closed output is ignored.
class Log {
 public:
  static void set_rank(int rank);
  /// 0: warnings only; 1: info; 2: details too.
  static void set_level(int level);

  template <class... Parts>
  static void info(Parts const&... parts) {
    print(1, concat(parts...));
  }
  template <class... Parts>
  static void detail(Parts const&... parts) {
    print(2, concat(parts...));
  }
  template <class... Parts>
  static void warn(Parts const&... parts) {
    print_warning(concat(parts...));
  }
  template <class... Parts>
  static void local(Parts const&... parts) {
    print_local(concat(parts...));
  }

 private:
  static void print(int level, std::string const& text);
  static void print_warning(std::string const& text);
  static void print_local(std::string const& text);
};

/// Seconds of a monotonic clock since the program started.
double seconds_since_start();
/// The peak resident memory of this process [bytes].
double peak_memory_bytes();

/// Progress of a piece of work, "extract  42%  1.2 GB/s  ETA 3 min": one live line on a terminal,
/// at most one line a minute elsewhere. Rank 0 alone prints; `update` is local and cheap.
class Progress {
 public:
  /// \param total  in whatever unit `update` counts
  Progress(std::string label, double total);
  ~Progress();
  Progress(Progress const&) = delete;
  Progress& operator=(Progress const&) = delete;
  /// \param note  shown behind the numbers, such as the current loss
  void update(double done, std::string_view note = {});

 private:
  std::string label_;
  double total_;
  double start_;
  double first_done_ = -1;
  double last_shown_ = -1e9;
  bool line_open_ = false;
};

/// Every progress mark of the process, watched by the watchdog: a counter that `mark` moves on.
void mark_progress(std::string_view phase);
/// Number of marks so far, and the phase that the last one named.
long progress_marks();
std::string progress_phase();

}  // namespace setsz
