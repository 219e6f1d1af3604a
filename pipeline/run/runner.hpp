// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "pipeline/run/lock.hpp"
#include "pipeline/run/publish.hpp"
#include "pipeline/run/stage.hpp"
#include "pipeline/run/state.hpp"

namespace setsz {

/// Thrown by Context::stop_here: the work is saved, the program leaves with code 75.
class Stopped : public CollectiveError {
 public:
  using CollectiveError::CollectiveError;
};

/// What the runner must know beside the stages.
struct RunSettings {
  RunOptions options;
  std::string configuration_path;
  std::string resolved;  ///< the whole configuration as text, kept in every manifest
  std::string code;      ///< version and git revision
  ContentHash content_hash;
  bool force = false;        ///< discard half-done work that does not fit
  bool whole = false;        ///< all that the configuration lists is asked for, not a part
  double process_bytes = 0;  ///< of a rank before it works
  /// Told of a product before it is made, for what the product says of itself.
  std::function<void(std::string const& id)> before_product = [](std::string const&) {};
};

/// What came of one instance, for the summary.
struct StageResult {
  std::string id;
  bool up_to_date = false;
  double seconds = 0;
  double peak_memory = 0;  ///< of the rank that needed most [bytes]
  nlohmann::json notes;
};

/// What a stage will need, the process itself included.
Estimate estimate_of(Stage const& stage, Outlook const& outlook, int n_ranks);

/// Local: has the job that holds the product of this folder since then begun to make it? What a
/// job that was killed has left is older.
bool is_being_made(std::string const& folder, std::filesystem::file_time_type since);

/// Takes stage instances to completion: lock, preflight, skip what is up to date, run, publish.
/// Collective. Errors that all ranks agree on come as CollectiveError, others as Error.
class Runner {
 public:
  /// \param all  every instance of the configuration, inputs before their users
  Runner(Comm const& comm, StageList const& all, RunSettings settings);

  /// Runs those whose id is in `selected`. If one fails, those that do not need it still run; then
  /// its error is thrown.
  std::vector<StageResult> run(std::vector<std::string> const& selected);
  /// Opens and checks the inputs of the selected instances that are not complete, and their needs
  /// against the disk and the memory; writes nothing.
  void check(std::vector<std::string> const& selected);

 private:
  std::vector<Stage*> chosen(std::vector<std::string> const& selected) const;
  std::vector<Stage*> incomplete(std::vector<Stage*> const& stages);
  std::unique_ptr<RunLock> lock(std::vector<Stage*> const& stages);
  /// The state as rank 0 sees it, on all ranks.
  StateReport agreed_state(Stage const& stage);
  void preflight(std::vector<Stage*> const& chosen, std::vector<Stage*> const& to_run);
  void require_makers(std::vector<Stage*> const& chosen, std::vector<Stage*> const& to_run);
  /// Collective: complete products that a stage reads are what their manifests say.
  void check_products(Stage const& stage);
  void check_needs(std::vector<Stage*> const& to_run, Outlook const& outlook);
  std::vector<StageResult> run_all(std::vector<Stage*> const& stages);
  StageResult run_named(Stage& stage);
  StageResult run_one(Stage& stage);
  void make(Stage& stage, StateReport const& report, StageResult& result);
  void clean_up_after(Stage const& stage, ExitCode code);
  void forget_attempts(Stage const& stage);
  void count_attempt(Stage const& stage);
  void clear_parts(Stage const& stage);
  std::vector<ExternalFile> sample_inputs(Stage const& stage) const;
  void keep_used_options() const;
  nlohmann::json about(StageResult const& result) const;

  Comm comm_;
  StageList const& all_;
  RunSettings settings_;
  RunState state_;
  std::set<std::string> checked_;  ///< products' files that were read in full, on rank 0
};

}  // namespace setsz
