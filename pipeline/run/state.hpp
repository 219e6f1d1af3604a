// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/run/manifest.hpp"
#include "pipeline/run/stage.hpp"

namespace setsz {

enum class ProductState { complete, stale, half_done, missing };
std::string_view name_of(ProductState state);

struct StateReport {
  ProductState state = ProductState::missing;
  std::vector<std::string> reasons;  ///< why it is stale, or what it waits for
  std::vector<std::string> notes{};  ///< what a user should know of a complete one
  Fingerprint fingerprint{};         ///< empty while an input is missing
};

/// What the products of a configuration are like on the disk. Local; makes no MPI call.
class RunState {
 public:
  RunState(std::string run_directory, StageList const& stages);

  /// The state of one instance, inputs included: a product whose input is stale or missing is
  /// stale.
  StateReport const& of(Stage const& stage);
  /// Looks at the disk again: for a stage that has just run and all that depend on it.
  void forget() { reports_.clear(); }

  /// Products of this configuration that the stage reads and that are not complete.
  std::vector<std::string> unfinished_inputs(Stage const& stage);

  /// Throws the Error that tells what a stage lacks to run now: missing, stale or damaged inputs.
  void require_inputs(Stage const& stage);

  /// Throws Error(config) if another version of setsz, whose products mean something else, has
  /// written into the run directory.
  void require_format() const;

  /// The files of complete products that a stage reads, with their folders.
  std::vector<std::pair<std::string, OutputRecord>> product_files(Stage const& stage);

  /// Does `user` read a file of `maker`?
  bool uses(Stage const& user, Stage const& maker) const;

  std::string folder(Stage const& stage) const { return run_directory_ + "/" + stage.id(); }
  std::string journal_folder(Stage const& stage) const { return folder(stage) + "/journal"; }

 private:
  StateReport examine(Stage const& stage);
  std::vector<std::string> differences(Stage const& stage, Manifest const& manifest,
                                       Fingerprint const& fingerprint) const;
  Fingerprint fingerprint_of(Stage const& stage) const;
  /// The same without files from outside.
  Fingerprint own_fingerprint(Stage const& stage) const;
  void find_fingerprint(Stage const& stage, std::optional<Manifest> const& manifest,
                        StateReport& report) const;
  void check_input_file(Stage const& stage, std::string const& input) const;
  /// "extract/z0/particles.h5" -> {"extract/z0", "particles.h5"}.
  std::pair<std::string, std::string> split(std::string const& path) const;

  std::string run_directory_;
  std::map<std::string, Stage const*> by_id_;
  std::map<std::string, StateReport> reports_;
};

}  // namespace setsz
