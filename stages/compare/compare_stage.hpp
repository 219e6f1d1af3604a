// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/compare/comparison.hpp"
#include "stages/compare/statement.hpp"

namespace setsz {

/// [compare]: which models stand beside each other.
struct CompareOptions {
  static constexpr std::string_view section = "compare";
  static constexpr std::string_view help = "models against each other, in pairs";
  std::vector<std::string> models;  ///< empty: all
  std::string reference;            ///< empty: the first
  std::vector<std::string> choose;  ///< candidates of the nested choice; empty: no choice
  std::vector<std::string> also;    ///< scores.json of other runs
  std::string settings_tried;
  std::int64_t resamples = 2000;
  std::int64_t mass_bins = 3;
  void declare(OptionList& options);
  void validate() const {}
};

/// [statement.NAME]: a claim that the comparison judges.
struct StatementOptions {
  static constexpr std::string_view section = "statement";
  static constexpr std::string_view help =
      "a statement about two models, judged by compare: the loss of one over that of the other "
      "lies between two bounds";
  Statement value;
  void declare(OptionList& options);
  void validate() const;
};

/// Compares what the models of a snapshot scored: compare/<snapshot>/results.json and results.md.
/// Of each model the mean of its networks takes part, or its only network.
class CompareStage : public Stage {
 public:
  /// A model's products.
  struct Entry {
    std::string model;
    std::string scores;
    struct Network {
      std::int64_t fold = 0;
      std::string file;
    };
    std::vector<Network> networks;
  };

  /// \param entries     those that are scored at this snapshot, as [compare] models asks for
  /// \param not_scored  models that are not
  CompareStage(Blueprint const& blueprint, std::string snapshot, std::vector<Entry> entries,
               std::vector<std::string> not_scored);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  std::vector<Contender> read_contenders(Context const& context) const;
  void add_choice(std::vector<Contender>& contenders, std::vector<std::string>& notes) const;
  void add_others(std::vector<Contender>& contenders, std::vector<std::string>& notes) const;
  std::size_t place_of_reference(std::vector<Contender> const& contenders) const;

  std::string snapshot_;
  std::vector<Entry> entries_;
  std::vector<std::string> not_scored_;
  CompareOptions options_;
  std::vector<Statement> statements_;
};

/// One for every snapshot at which a model is scored. \pre the stages train and evaluate are there
void add_compare_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
