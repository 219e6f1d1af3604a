// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/comm.hpp"
#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/node_rows.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// Files hold the first three; left_out: see ClusterChoice.
enum class Split : std::uint8_t { training = 0, validation = 1, testing = 2, left_out = 3 };
std::string_view name_of(Split split);

/// One selected cluster, all in code units.
struct Cluster {
  std::int64_t id = 0;     ///< of the halo catalogue
  Vec3 position;           ///< [ckpc/h], in [0, box)
  Vec3 velocity;           ///< physical peculiar [km/s]; NaN: not in the catalogue
  double m200c = 0;        ///< [1e10 Msun/h]; in the configured mass definition
  double r200c = 0;        ///< comoving [ckpc/h]; of the same definition, implied by the mass
  double v200 = 0;         ///< [km/s]
  double p200 = 0;         ///< comoving code pressure
  double xoff_ckpch = -1;  ///< < 0: not in the catalogue
  double voff_kms = -1;
  Vec3 angular_momentum;  ///< code: 1e10 Msun/h x physical kpc/h x km/s
};

/// catalog/<snapshot>/clusters.h5: the clusters of one snapshot and what is common to them.
///
/// Rows are in Morton order of the centres (ties by id): contiguous ranges of rows are compact in
/// space, so owners of clusters are ranges of rows.
struct ClusterTable {
  double box_ckpch = 0;
  double a = 1;
  double redshift = 0;
  Cosmology cosmology;          ///< with omega_b
  std::string mass_definition;  ///< "200c"
  double mass_min = 0;          ///< selection [1e10 Msun/h]
  NodeRows<Cluster> clusters;
  std::int64_t n_folds = 1;
  std::vector<Split> split;  ///< (n_clusters, n_folds), fold fastest

  std::int64_t size() const { return std::ssize(clusters); }
  Split split_of(std::int64_t cluster, std::int64_t fold) const {
    return split[cluster * n_folds + fold];
  }
  /// Does it train or validate a fold?
  bool teaches(std::int64_t cluster, std::int64_t fold) const {
    auto const part = split_of(cluster, fold);
    return part == Split::training || part == Split::validation;
  }
  /// Rows of one part of a fold, ascending.
  std::vector<std::int64_t> rows_of(Split part, std::int64_t fold) const;
};

/// Local read of the whole table (128 bytes a cluster, and one for each fold).
ClusterTable read_clusters(std::string const& path);
/// Collective: the ranks of a node hold its rows once, and one of them reads them.
ClusterTable read_clusters(Comm const& comm, std::string const& path);
/// Collective; every rank holds the same table.
void write_clusters(Comm const& comm, std::string const& path, ClusterTable const& table);

/// Haloes outside the selection, for the fill of the maps: catalog/<snapshot>/halos.h5, hosts only,
/// in Morton order (ties by id); columns id, position, m200c, r200c,
/// velocity.
struct FillHalo {
  std::int64_t id;
  Vec3 position;    ///< [ckpc/h], in [0, box)
  double m200c;     ///< [1e10 Msun/h]
  double r200c;     ///< comoving [ckpc/h]
  Vec3 velocity{};  ///< physical peculiar [km/s]; NaN: not in the catalogue
};
/// Local.
std::vector<FillHalo> read_fill_halos(std::string const& path, Range rows);
std::int64_t count_fill_halos(std::string const& path);
/// Collective; every rank gives its own haloes, in any order: they are sorted over all ranks.
/// \param table  gives box, redshift and cosmology of the file
/// \param mass_min  lower end of what the file holds [1e10 Msun/h]
void write_fill_halos(Comm const& comm, std::string const& path, ClusterTable const& table,
                      double mass_min, std::vector<FillHalo> mine);

/// Y per (P200 R200^3) of a cluster [(kpc/h)^2]: the scale factor cancels between comoving pressure
/// and volume.
double y_unit(Cluster const& cluster, double h);

/// Whether `a` comes before `b` in the order of rows: Morton key of the centre, then id.
bool in_row_order(Vec3 const& position_a, std::int64_t id_a, Vec3 const& position_b,
                  std::int64_t id_b, double box_ckpch);

}  // namespace setsz
