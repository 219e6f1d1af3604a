// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/run/runner.hpp"

namespace setsz {

/// The Context that the runner gives to a stage.
class RunContext : public Context {
 public:
  /// \param code  version and revision of the program
  RunContext(Comm const& comm, RunOptions const& options, std::string code, Stage const& stage,
             Journal& journal);

  Comm const& comm() const override { return comm_; }
  RunOptions const& options() const override { return options_; }
  std::string code() const override { return code_; }
  Journal& journal() override { return journal_; }
  std::string product(std::string_view relative) const override;
  std::string part(std::string_view output) const override;
  bool stop_requested() override;
  bool checkpoint_due() override;
  [[noreturn]] void stop_here() override;
  void note(std::string const& key, nlohmann::json const& value) override;
  void note_local(std::string const& key, double value) override;

  /// Collective: all notes, those of single ranks as mean and maximum.
  nlohmann::json notes() const;

 private:
  Comm const& comm_;
  RunOptions const& options_;
  std::string code_;
  Stage const& stage_;
  Journal& journal_;
  nlohmann::json notes_ = nlohmann::json::object();
  std::map<std::string, double> local_notes_;
  double last_checkpoint_;
};

}  // namespace setsz
