// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/memory.hpp"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <algorithm>
#include <array>
#include <fstream>
#include <string>

#include "pipeline/base/log.hpp"
#include "pipeline/run/control_group.hpp"

namespace setsz {

namespace {

/// The number behind "VmHWM:" and the like [bytes]; 0 if there is none.
double proc_value(std::string const& path, std::string const& key) {
  std::ifstream file(path);
  std::string word;
  double kilobytes = 0;
  while (file >> word) {
    if (word == key && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace

void return_free_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void reset_peak_memory() { std::ofstream("/proc/self/clear_refs") << "5"; }

double peak_memory_since_reset() {
  double const peak = proc_value("/proc/self/status", "VmHWM:");
  return peak > 0 ? peak : peak_memory_bytes();
}

double node_memory_bytes() {
  return std::min(proc_value("/proc/meminfo", "MemTotal:"), control_group_memory_bytes());
}

int ranks_on_this_node(Comm const& comm) {
  std::array<char, 64> name{};
  gethostname(name.data(), name.size() - 1);
  auto const names = comm.all_gather(name);
  return static_cast<int>(std::count(names.begin(), names.end(), name));
}

}  // namespace setsz
