// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/halo_catalog.hpp"
#include "io/snapshot.hpp"
#include "pipeline/run/outlook.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/sections.hpp"

namespace setsz {

/// What the mock is going to make; told under the product `mock_product`.
struct ExpectedMock {
  SnapshotOutline dark_matter, gas;
  std::vector<Halo> halos;  ///< id, position and mass alone
};
std::string mock_product(std::string const& snapshot);

/// particles.h5 is going to be made: one on the disk is of other inputs, or of another version.
struct ExpectedParticles {
  double particle_mass = 0;  ///< as [extract] sets it [1e10 Msun/h]; 0: that of the simulation
};

/// Some haloes that stand for all of a fill.
struct ExpectedFill {
  std::int64_t n = 0;
  std::vector<double> r200c;  ///< of some of them [ckpc/h]
};

/// clusters.h5 and halos.h5 as they will be, else as they are on the disk. Throw
/// Error(missing_input) while neither is known. Local.
ClusterTable expected_clusters(Outlook const& outlook, std::string const& snapshot);
/// The same; nothing while they are not known: the stage that makes them is not among those that
/// run.
std::optional<ClusterTable> known_clusters(Outlook const& outlook, std::string const& snapshot);
ExpectedFill expected_fill(Outlook const& outlook, std::string const& snapshot);
/// The snapshot as it will be (a mock), else as one of its files tells.
SnapshotOutline expected_snapshot(Outlook const& outlook, SnapshotInstance const& instance,
                                  Snapshot::Kind kind);

/// The dark matter snapshot, with the particle mass that particles.h5 has or will have in place of
/// its own, for `expected_particles`.
SnapshotOutline expected_dark_matter(Outlook const& outlook, SnapshotInstance const& instance);

/// Mass within x R200 of a cluster to expect, in that within R200: an NFW profile of
/// concentration 5. For plans and for balancing the owners, not for results.
double expected_mass(double x);
/// The same in dark matter particles, with the catalogue's mass.
/// \param radius  of the sphere [ckpc/h]
double expected_particles(Cluster const& cluster, double radius, SnapshotHeader const& header);

/// Collective: a fold must have clusters to train, validate or test with, else Error(config). Says
/// nothing while the clusters are not known.
void require_part(Comm const& comm, Outlook const& outlook, std::string const& snapshot,
                  std::int64_t fold, Split part);

/// Largest value of `cost` that a rank gets when contiguous ranges are dealt out evenly.
double largest_share(std::vector<double> const& cost, int n_ranks);

}  // namespace setsz
