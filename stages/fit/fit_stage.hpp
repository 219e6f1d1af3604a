// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/cluster_choice.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"
#include "stages/fit/fit_work.hpp"

namespace setsz {

/// [fit]: how the GNFW profiles are fitted.
struct FitOptions {
  static constexpr std::string_view section = "fit";
  static constexpr std::string_view help =
      "the GNFW benchmark and the GNFW fit that conserves flux";
  std::int64_t starts = 8;
  std::int64_t mass_bins = 4;
  std::string core = "free";
  void declare(OptionList& options);
  void validate() const { fixed_core(); }
  /// [R200]; nothing: it is fitted. Throws Error(config).
  std::optional<double> fixed_core() const;
};

/// Fits both profiles to the training clusters of a fold: fit/<snapshot>/fold<k>/gnfw.json.
///
/// Ranks read the cubes of their clusters and keep sums by radius (some 5 kB a cluster). The
/// optimiser runs on rank 0 and asks all ranks for the residuals of their clusters.
class FitStage : public Stage {
 public:
  FitStage(Configuration const& configuration, SnapshotInstance const& instance, std::int64_t fold);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  FitResult fit_from_all_starts(Context& context, FitShare const& share,
                                FitFrame const& frame) const;
  FitResult flux_fit(Comm const& comm, FitShare const& share, double h) const;

  std::string snapshot_;
  std::int64_t fold_;
  FitOptions options_;
  ClusterChoice clusters_;
  std::int64_t seed_;
};

void add_fit_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
