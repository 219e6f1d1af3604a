// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/log.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "pipeline/base/number.hpp"
#include "pipeline/base/terminal.hpp"

namespace setsz {

namespace {

int log_rank = 0;
int log_level = 1;
bool live_line = false;  // a progress line stands on the terminal and must be cleared first

auto const program_start = std::chrono::steady_clock::now();

void put(std::FILE* stream, std::string const& line) {
  if (live_line) std::fputs("\r\033[K", stdout);
  live_line = false;
  std::fputs(printable_lines(line).c_str(), stream);
  std::fflush(stream);
}

std::string stamp() {
  char text[24];
  std::snprintf(text, sizeof text, "[%8.1f] ", seconds_since_start());
  return text;
}

std::atomic<long> marks{0};
std::mutex phase_mutex;
std::string phase_name;

}  // namespace

void Log::set_rank(int rank) { log_rank = rank; }
void Log::set_level(int level) { log_level = level; }

void Log::print(int level, std::string const& text) {
  if (log_rank == 0 && log_level >= level) put(stdout, stamp() + text + "\n");
}
void Log::print_warning(std::string const& text) {
  if (log_rank == 0) put(stderr, stamp() + "warning: " + text + "\n");
}
void Log::print_local(std::string const& text) {
  put(stderr, stamp() + "rank " + std::to_string(log_rank) + ": " + text + "\n");
}

double seconds_since_start() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - program_start).count();
}

double peak_memory_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return real(usage.ru_maxrss) * 1024;
}

Progress::Progress(std::string label, double total)
    : label_(std::move(label)), total_(total), start_(seconds_since_start()) {}

Progress::~Progress() {
  if (line_open_ && live_line) {
    std::fputs("\r\033[K", stdout);
    std::fflush(stdout);
    live_line = false;
  }
}

void Progress::update(double done, std::string_view note) {
  mark_progress(label_);
  if (log_rank != 0 || log_level < 1) return;
  if (first_done_ < 0) first_done_ = done;
  double const now = seconds_since_start();
  bool const terminal = shows_live_progress();
  if (now - last_shown_ < (terminal ? 0.2 : 60)) return;
  if (!terminal && last_shown_ < 0) {  // quiet at first: short work needs no line in a log
    last_shown_ = now;
    return;
  }
  last_shown_ = now;
  double const fraction = total_ > 0 ? done / total_ : 0;
  double const gained = done - first_done_;
  std::string eta = gained > 0 ? human_seconds((now - start_) * (total_ - done) / gained) : "-";
  char head[160];
  std::snprintf(head, sizeof head, "%-10s %3.0f%%  ETA %s  ", label_.c_str(), 100 * fraction,
                eta.c_str());
  if (terminal) {
    std::string const line = concat("\r\033[K", head, note);
    std::fputs(line.c_str(), stdout);
    std::fflush(stdout);
    live_line = line_open_ = true;
  } else {
    put(stdout, concat(stamp(), head, note, "\n"));
  }
}

void mark_progress(std::string_view phase) {
  ++marks;
  std::lock_guard const lock(phase_mutex);
  phase_name = phase;
}
long progress_marks() { return marks; }
std::string progress_phase() {
  std::lock_guard const lock(phase_mutex);
  return phase_name;
}

}  // namespace setsz
