// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/run/stage.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz {

/// [clusters]: which of the selected clusters teach networks and are scored.
struct ClusterChoice {
  static constexpr std::string_view section = "clusters";
  static constexpr std::string_view help =
      "which of the selected clusters teach networks and are scored; all are predicted and painted";
  enum class Disagreeing { keep, leave_out };
  Disagreeing mass_disagrees = Disagreeing::keep;  ///< flagged by extract
  void declare(OptionList& options);
  void validate() const {}

  bool leaves_out() const { return mass_disagrees == Disagreeing::leave_out; }
};

/// The choice of a configuration, noted in a stage's record where it leaves clusters out: what a
/// run without it has made stays up to date.
ClusterChoice take_cluster_choice(Configuration const& configuration, StageRecord& record);

/// By row of clusters.h5: does the mass of its particles disagree with the catalogue? Local.
/// \param particles  path of particles.h5
std::vector<std::uint8_t> read_mass_disagrees(std::string const& particles);

/// Flagged clusters are of no part of any fold any more: Split::left_out.
void leave_out(ClusterTable& table, std::vector<std::uint8_t> const& flagged);

/// clusters.h5 with that done where the choice says so. Local; paths of the products.
ClusterTable read_clusters(std::string const& clusters, ClusterChoice const& choice,
                           std::string const& particles);
/// The same, collective: see cluster_table.hpp.
ClusterTable read_clusters(Comm const& comm, std::string const& clusters,
                           ClusterChoice const& choice, std::string const& particles);

}  // namespace setsz
