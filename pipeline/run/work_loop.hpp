// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "pipeline/run/run_options.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

/// A long piece of work that is done step by step: rows of a snapshot, blocks of voxels, training
/// steps. Its units are counted from 0 to `end`; every function is collective.
struct Work {
  std::string label;  ///< "extract", for progress lines and messages
  std::string unit;   ///< "rows", of what is counted
  std::int64_t end = 0;
  /// Takes up what the journal holds, if it holds anything.
  std::function<void()> restore = [] {};
  /// Does the next units; returns how many are done then.
  std::function<std::int64_t(std::int64_t done)> step;
  /// Puts the state into the journal and commits it at this position.
  std::function<void(std::int64_t done)> save;
  /// How far that is, in the words of the field; nothing: "3 of 8 " and the unit.
  std::function<std::string(std::int64_t done)> reached = nullptr;
  /// Shown behind the progress, such as the current loss.
  std::function<std::string()> note = [] { return std::string(); };
};

/// Collective: the loop of every long stage. Resumes, steps, shows progress, feeds the watchdog,
/// saves when a checkpoint is due, and saves and leaves ("run again") when a signal asks to stop.
void work_through(Context& context, Work const& work);

/// A while of a rank's own work between two meetings of all ranks. Ranks whose units take unequally
/// long wait for each other once a while, not once a unit: of a thousand ranks one always has a
/// long one.
class WorkSpell {
 public:
  explicit WorkSpell(RunOptions const& options);
  /// After some seconds, where a checkpoint is due before that, and after a signal.
  bool is_over() const;

 private:
  double end_;  ///< [s] since the program's start
};

}  // namespace setsz
