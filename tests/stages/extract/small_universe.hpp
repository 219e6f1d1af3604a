// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "io/snapshot_writer.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "stages/common/cluster_table.hpp"

namespace setsz::test {

/// A box of a few clusters: two that overlap, some over faces, an edge and a corner of the box.
///
/// Positions are multiples of 1/64 ckpc/h below 8192, so that float32 holds them and a shift of the
/// box by a quarter is exact.
struct SmallUniverse {
  static constexpr double edge = 8192, a = 0.8, particle_mass = 4.0;

  ClusterTable table;
  DarkMatterFile particles;  ///< of all files

  explicit SmallUniverse(std::int64_t n_particles = 30000, Vec3 const& shift = {}) {
    table.box_ckpch = edge;
    table.a = a;
    table.redshift = 1 / a - 1;
    table.cosmology = Cosmology{};
    table.mass_definition = "200c";
    table.mass_min = 1000;
    add_cluster({4000, 4000, 4000}, 30000);
    add_cluster({4400.25, 4100.5, 3900}, 20000);  // overlaps with the first
    add_cluster({30, 5000, 2000}, 12000);
    add_cluster({6000, 8180, 15.75}, 8000);
    add_cluster({8191.984375, 8191, 0}, 15000);
    add_cluster({2000, 1500, 7000}, 5000);
    table.n_folds = 1;
    table.split.assign(table.clusters.size(), Split::training);

    for (std::int64_t i = 0; i < n_particles; ++i) add_particle(static_cast<std::uint64_t>(i));
    PeriodicBox const box(edge);
    for (auto& cluster : table.clusters.edit())
      cluster.position = box.wrap(cluster.position + shift);
    for (auto& position : particles.position) position = box.wrap(position + shift);
  }

  SnapshotHeader header() const {
    SnapshotHeader header;
    header.box_ckpch = edge;
    header.a = a;
    header.redshift = table.redshift;
    header.cosmology.omega_b = 0;  // as gravity-only headers say
    header.n_particles[1] = std::ssize(particles.id);
    header.mass_table[1] = particles.mass.empty() ? particle_mass : 0;
    return header;
  }

  /// Writes the particles as `n_files` files, the second of which (of several) is empty.
  void write(std::string const& folder, int n_files) const {
    auto const n = std::ssize(particles.id);
    int const n_full = n_files > 1 ? n_files - 1 : 1;
    for (int file = 0, full = 0; file < n_files; ++file) {
      Range rows{0, 0};
      if (file != 1) rows = even_range(n, full++, n_full);
      DarkMatterFile part;
      auto const cut = [&](auto const& all, auto& some) {
        if (!all.empty()) some.assign(all.begin() + rows.first, all.begin() + rows.last);
      };
      cut(particles.position, part.position);
      cut(particles.velocity, part.velocity);
      cut(particles.id, part.id);
      cut(particles.mass, part.mass);
      write_snapshot_file(concat(folder, "/snap.", file, ".hdf5"), header(), n_files,
                          {0, rows.size(), 0, 0, 0, 0}, rows.size() > 0 ? &part : nullptr, nullptr);
    }
  }

  /// The same particles in another order.
  void shuffle() {
    std::size_t const n = particles.id.size();
    for (std::size_t i = n; i > 1; --i) {
      auto const k = hash64(77, i) % i;
      std::swap(particles.position[i - 1], particles.position[k]);
      std::swap(particles.velocity[i - 1], particles.velocity[k]);
      std::swap(particles.id[i - 1], particles.id[k]);
      if (!particles.mass.empty()) std::swap(particles.mass[i - 1], particles.mass[k]);
    }
  }

 private:
  void add_cluster(Vec3 const& position, double mass) {
    auto const scales = halo_scales(table.cosmology, table.redshift, mass);
    Cluster cluster;
    cluster.id = 100 + table.size();
    cluster.position = position;
    cluster.velocity = {10.5, -200.25, 30};
    cluster.m200c = mass;
    cluster.r200c = scales.r200c_ckpch;
    cluster.v200 = scales.v200_kms;
    cluster.p200 = scales.p200_code;
    if (table.size() % 2 == 0) {  // the others: to be computed
      cluster.xoff_ckpch = 20;
      cluster.voff_kms = 30;
      cluster.angular_momentum = {1e6, 2e6, -3e6};
    }
    table.clusters.edit().push_back(cluster);
  }

  void add_particle(std::uint64_t i) {
    Random random(6, Purpose::test, i);
    auto const n_clusters = table.clusters.size();
    Vec3 position{edge * random.uniform(), edge * random.uniform(), edge * random.uniform()};
    if (i % 4 != 0) {
      Cluster const& cluster = table.clusters[i % n_clusters];
      position = cluster.position + cluster.r200c * random.uniform() *
                                        Vec3{random.normal(), random.normal(), random.normal()};
    }
    PeriodicBox const box(edge);
    for (std::size_t axis = 0; axis < 3; ++axis)
      position[axis] = box.wrap(std::round(position[axis] * 64) / 64);
    particles.position.push_back(position);
    particles.velocity.push_back(
        {300 * random.normal(), 300 * random.normal(), 300 * random.normal()});
    particles.id.push_back(hash64(99, i));
  }
};

}  // namespace setsz::test
