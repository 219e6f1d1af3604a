// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/expected.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "io/h5.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/snapshot_check.hpp"

namespace setsz {

namespace {

constexpr std::size_t dark_matter = 1;  // particle type

/// The path of a product that must be on the disk by now.
std::string path_of(Outlook const& outlook, std::string const& product) {
  auto const path = outlook.path(product);
  require(std::filesystem::exists(path), ExitCode::missing_input, "'", path,
          "' does not exist, and its stage is not among those that run");
  return path;
}

}  // namespace

std::string mock_product(std::string const& snapshot) { return "mock/" + snapshot; }

ClusterTable expected_clusters(Outlook const& outlook, std::string const& snapshot) {
  auto const product = products::clusters(snapshot);
  if (auto const* table = outlook.expected<ClusterTable>(product)) return *table;
  return read_clusters(path_of(outlook, product));
}

std::optional<ClusterTable> known_clusters(Outlook const& outlook, std::string const& snapshot) {
  try {
    return expected_clusters(outlook, snapshot);
  } catch (Error const& error) {
    if (error.code() != ExitCode::missing_input) throw;
    return {};
  }
}

ExpectedFill expected_fill(Outlook const& outlook, std::string const& snapshot) {
  constexpr std::int64_t enough = 4096;
  auto const product = products::halos(snapshot);
  if (auto const* fill = outlook.expected<ExpectedFill>(product)) return *fill;
  auto const path = path_of(outlook, product);
  ExpectedFill fill{.n = count_fill_halos(path), .r200c = {}};
  for (auto const& halo : read_fill_halos(path, {0, std::min(fill.n, enough)}))
    fill.r200c.push_back(halo.r200c);
  return fill;
}

SnapshotOutline expected_snapshot(Outlook const& outlook, SnapshotInstance const& instance,
                                  Snapshot::Kind kind) {
  if (instance.section.mock) {
    if (auto const* mock = outlook.expected<ExpectedMock>(mock_product(instance.name)))
      return kind == Snapshot::Kind::gas ? mock->gas : mock->dark_matter;
  }
  return outline_snapshot(instance, outlook.options().directory, kind);
}

SnapshotOutline expected_dark_matter(Outlook const& outlook, SnapshotInstance const& instance) {
  auto snapshot = expected_snapshot(outlook, instance, Snapshot::Kind::dark_matter);
  auto const product = products::particles(instance.name);
  double mass = 0;
  if (auto const* particles = outlook.expected<ExpectedParticles>(product))
    mass = particles->particle_mass;
  else if (auto const path = outlook.path(product); std::filesystem::exists(path))
    mass = H5File::open(path).attribute<double>("/", "particle_mass");
  if (mass > 0) snapshot.header.mass_table[dark_matter] = mass;
  return snapshot;
}

double expected_mass(double x) {
  constexpr double concentration = 5;
  auto const nfw = [](double c) { return std::log1p(c) - c / (1 + c); };
  return nfw(concentration * x) / nfw(concentration);
}

double expected_particles(Cluster const& cluster, double radius, SnapshotHeader const& header) {
  double const mass = cluster.m200c * expected_mass(radius / cluster.r200c);
  double particle_mass = header.mass_table[dark_matter];
  if (particle_mass <= 0)  // they differ: take the mean of the box
    particle_mass = header.cosmology.omega_m * units::rho_crit_0 * std::pow(header.box_ckpch, 3) /
                    real(header.n_particles[dark_matter]);
  return mass / particle_mass;
}

void require_part(Comm const& comm, Outlook const& outlook, std::string const& snapshot,
                  std::int64_t fold, Split part) {
  collectively(comm, "", [&] {
    auto const table = known_clusters(outlook, snapshot);
    if (!table || table->size() == 0) return;  // [catalog] allow_empty
    require(!table->rows_of(part, fold).empty(), ExitCode::config, "fold ", fold, " of ",
            table->n_folds, " has no ", name_of(part), " cluster (", table->size(),
            " clusters in all); lower [catalog] mass_min, use fewer [catalog] folds, or raise "
            "[catalog] ",
            part == Split::testing ? "testing_fraction" : "validation_fraction");
  });
}

double largest_share(std::vector<double> const& cost, int n_ranks) {
  auto const boundaries = balanced_boundaries(cost, n_ranks);
  double most = 0;
  for (int r = 0; r < n_ranks; ++r)
    most = std::max(
        most, std::accumulate(cost.begin() + boundaries[r], cost.begin() + boundaries[r + 1], 0.0));
  return most;
}

}  // namespace setsz
