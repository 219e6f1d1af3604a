// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <vector>

namespace setsz {

/// What a prediction is worth on one cluster. Trivially copyable.
struct ClusterScore {
  std::int64_t row = 0;  ///< of clusters.h5
  std::int64_t id = 0;
  std::int64_t fold = 0;
  std::int64_t n_voxels = 0;  ///< within score_radius_r200: all of them count
  double m200c = 0;           ///< [1e10 Msun/h]
  double loss = 0;            ///< equation 7 of Thiele et al. (2022) over these voxels
  double loss_benchmark = 0;  ///< the same of the fitted GNFW profile
  double y_pred = 0;          ///< Y within score_radius_r200 [(kpc/h)^2]
  double y_gas = 0;
  double y_benchmark = 0;
  double flux_factor = 1;       ///< that the prediction contains
  double loss_uncorrected = 0;  ///< of the prediction divided by it
  bool mass_disagrees = false;  ///< of its particles with the catalogue

  double ratio() const { return loss / loss_benchmark; }
};

/// What one of several networks contributes to the prediction that is their mean. Trivially
/// copyable.
struct SeedScore {
  double loss = 0;    ///< of its own prediction
  double shared = 0;  ///< mean of (its error) x (error of the mean); their mean is the mean's loss
  double y_pred = 0;
};

/// Scores of some clusters; behind the mean of several networks also those of each.
struct ScoreTable {
  std::vector<ClusterScore> clusters;
  std::int64_t n_seeds = 0;      ///< networks in the mean; 0: a single network
  std::vector<SeedScore> seeds;  ///< (n_clusters, n_seeds), seed fastest

  std::span<SeedScore const> seeds_of(std::size_t cluster) const {
    return std::span(seeds).subspan(cluster * static_cast<std::size_t>(n_seeds),
                                    static_cast<std::size_t>(n_seeds));
  }
  /// Some of the clusters, in the given order.
  ScoreTable subset(std::span<std::size_t const> members) const;
};

/// An entry of the list "clusters" of scores.json, all of it, and back. Reads files of earlier
/// versions, which have neither seeds nor a flux correction.
nlohmann::json cluster_to_json(ScoreTable const& table, std::size_t cluster);
nlohmann::json clusters_to_json(ScoreTable const& table);
ScoreTable clusters_from_json(nlohmann::json const& list);

}  // namespace setsz
