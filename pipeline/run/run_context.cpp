// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/run_context.hpp"

#include <algorithm>
#include <numeric>

#include "pipeline/base/log.hpp"
#include "pipeline/run/stop_signal.hpp"

namespace setsz {

RunContext::RunContext(Comm const& comm, RunOptions const& options, std::string code,
                       Stage const& stage, Journal& journal)
    : comm_(comm),
      options_(options),
      code_(std::move(code)),
      stage_(stage),
      journal_(journal),
      last_checkpoint_(seconds_since_start()) {}

std::string RunContext::product(std::string_view relative) const {
  auto const& inputs = stage_.record().inputs;
  require(std::find(inputs.begin(), inputs.end(), relative) != inputs.end(), ExitCode::internal,
          stage_.id(), " reads '", relative, "', which is not among its declared inputs");
  return concat(options_.directory, "/", relative);
}

std::string RunContext::part(std::string_view output) const {
  auto const& outputs = stage_.record().outputs;
  require(std::find(outputs.begin(), outputs.end(), output) != outputs.end(), ExitCode::internal,
          stage_.id(), " writes '", output, "', which is not among its declared outputs");
  return concat(options_.directory, "/", stage_.id(), "/", output, ".part");
}

bool RunContext::stop_requested() {
  mark_progress(stage_.id());
  return comm_.any(stop_signal_seen());
}

bool RunContext::checkpoint_due() {
  double const now = seconds_since_start();
  bool const due =
      comm_.any(comm_.is_root() && now - last_checkpoint_ >= options_.checkpoint_minutes * 60);
  if (due) last_checkpoint_ = now;
  return due;
}

void RunContext::stop_here() {
  throw Stopped(
      ExitCode::stopped,
      "stopped on a signal; the work so far is saved. Run the same command again to continue");
}

void RunContext::note(std::string const& key, nlohmann::json const& value) { notes_[key] = value; }
void RunContext::note_local(std::string const& key, double value) { local_notes_[key] = value; }

nlohmann::json RunContext::notes() const {
  // Rank 0 says which keys there are; a rank that has none of them counts as 0.
  std::string keys;
  for (auto const& [key, value] : local_notes_) keys += key + "\n";
  keys = comm_.broadcast(keys, 0);
  nlohmann::json all = notes_;
  for (auto const& key : split(keys, '\n')) {
    if (key.empty()) continue;
    auto const own = local_notes_.find(key);
    auto const values = comm_.all_gather(own == local_notes_.end() ? 0.0 : own->second);
    all[key] = {{"mean", std::accumulate(values.begin(), values.end(), 0.0) / comm_.size()},
                {"max", *std::max_element(values.begin(), values.end())}};
  }
  return all;
}

}  // namespace setsz
