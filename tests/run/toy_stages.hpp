// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "stages/registry.hpp"

/// Two small stages, with every kind of misbehaviour on request: `numbers` writes a list,
/// `sums` works through it unit by unit with a journal.
namespace setsz::toy {

enum class Fault {
  none,
  local_error,       ///< an Error that one rank alone throws, outside `collectively`
  agreed_error,      ///< the same inside `collectively`
  every_rank_error,  ///< all ranks throw the same, outside `collectively`
  exception,         ///< a std::exception on one rank
  memory,            ///< std::bad_alloc on one rank
  terminate,         ///< an exception out of a noexcept function
  kill,              ///< SIGKILL of one rank
  hang,              ///< one rank sleeps for ever
  stop,              ///< SIGSTOP of one rank: not even its watchdog runs
  no_output,         ///< an output is not written
  changed_input,     ///< somebody appends to the external file while it is read
};

struct ToyOptions {
  static constexpr std::string_view section = "toy";
  static constexpr std::string_view help = "stages for tests of the machine";
  std::int64_t count = 12;
  double factor = 2;
  std::string file;           ///< an external input of `numbers`
  std::int64_t pause_ms = 0;  ///< of every unit of `sums`
  std::int64_t commit_every = 1;
  Fault fault = Fault::none;
  std::int64_t fault_rank = 0;
  std::int64_t fault_unit = 0;
  bool stop_at_fault = false;  ///< behave as if a signal had come at fault_unit
  double output_bytes = 1000;
  double memory_bytes = 1000;
  bool preflight_fails = false;
  void declare(OptionList& options);
  void validate() const {}
};

std::vector<SectionSchema> schemas();
StageList stages(Configuration const& configuration);
std::vector<StageRow> rows();

}  // namespace setsz::toy
