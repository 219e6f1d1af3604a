// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "stages/common/cluster_table.hpp"

namespace setsz {

/// An interval, ends included.
struct Interval {
  double first = 0, last = 0;
};

/// What a model has seen: the entry "trained_on" of a model file.
struct TrainedOn {
  std::vector<std::string> simulations;  ///< names
  std::string mass_definition;           ///< "200c"
  std::string r200;                      ///< what a radius is, see r200_convention
  std::int64_t n_clusters = 0;           ///< that it was trained on
  Interval mass;                         ///< of these [1e10 Msun/h]
  Interval redshift;                     ///< of their snapshots
  Interval particle_mass;                ///< [1e10 Msun/h]; 0: they differed
  std::vector<Cosmology> cosmologies;    ///< each once
};
void to_json(nlohmann::json& json, TrainedOn const& trained);
void from_json(nlohmann::json const& json, TrainedOn& trained);

/// What R200 means in this version; a model that learnt another one cannot be applied.
inline constexpr char const* r200_convention = "comoving, implied by the mass";

/// What a fold of a snapshot teaches. \param rows  the training clusters
TrainedOn trained_on(ClusterTable const& table, std::vector<std::int64_t> const& rows,
                     double particle_mass, std::string const& simulation);
/// What several networks, or one on several snapshots, have seen together. \pre both comparable
TrainedOn hull(TrainedOn const& a, TrainedOn const& b);

/// Tells a cluster of one catalogue from all others: a hash of its id, position and mass, bit by
/// bit. The same halo at another redshift, or in another version of the catalogue, is another one.
std::uint64_t cluster_identity(Cluster const& cluster);

/// Ways in which a cluster can be unlike all that a model has seen: bits of /outside_training.
namespace outside {
inline constexpr std::uint8_t lighter = 1, heavier = 2, redshift = 4, particle_mass = 8,
                              cosmology = 16;
}  // namespace outside
/// For the attribute that explains the dataset.
std::string outside_description();

/// Throws Error(config) if numbers of the model do not mean here what they meant in its training.
/// \param name  of the model, for the text: "[model.NAME] ('model.h5')"
void require_comparable(TrainedOn const& trained, std::string const& mass_definition,
                        std::string const& name);

/// The bits of each row of a table.
/// \param particle_mass  of the snapshot [1e10 Msun/h]; 0: not known or not equal, no statement
std::vector<std::uint8_t> outside_training(TrainedOn const& trained, ClusterTable const& table,
                                           double particle_mass);
/// The same in sentences for the log, one a reason.
std::vector<std::string> outside_warnings(TrainedOn const& trained, ClusterTable const& table,
                                          double particle_mass);

}  // namespace setsz
