// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/particle_store.hpp"

#include <algorithm>
#include <limits>

#include "model/columns.hpp"

namespace setsz {

namespace {

void check_offsets(std::vector<std::int64_t> const& first, std::string const& path,
                   std::string const& dataset) {
  require(!first.empty() && first.front() == 0 && std::is_sorted(first.begin(), first.end()),
          ExitCode::bad_data, "'", path, "': ", dataset,
          " must ascend from 0; make the product again with 'setsz run --stage extract --force'");
}

/// Rows [rows) of an (N, 3) dataset, split into its columns. Read in pieces to keep memory low.
void read_columns(H5File const& file, std::string const& dataset, Range rows,
                  std::array<std::vector<float>*, 3> const& columns) {
  constexpr std::int64_t piece = 1 << 20;
  for (auto* column : columns) column->resize(rows.size());
  std::vector<float> buffer;
  for (std::int64_t first = rows.first; first < rows.last; first += piece) {
    std::int64_t const last = std::min(first + piece, rows.last);
    buffer = file.read_rows<float>(dataset, {first, last});
    for (std::size_t axis = 0; axis < 3; ++axis) {
      float* const to = columns[axis]->data() + (first - rows.first);
      for (std::int64_t i = 0; i < last - first; ++i)
        to[i] = buffer[static_cast<std::size_t>(3 * i) + axis];
    }
  }
}

}  // namespace

ParticleStore::ParticleStore(std::string const& path) : file_(H5File::open(path)) {
  first_particle_ = file_.read_all<std::int64_t>("/clusters/first_particle");
  check_offsets(first_particle_, path, "/clusters/first_particle");
  first_cell_ = file_.read_all<std::int64_t>("/clusters/first_cell");
  check_offsets(first_cell_, path, "/clusters/first_cell");
  radius_ = file_.read_all<double>("/clusters/radius");
  local_radius_ = file_.read_all<double>("/clusters/local_radius");
  cell_edge_ = file_.read_all<double>("/clusters/cell_edge");
  cells_per_side_ = file_.read_all<std::int32_t>("/clusters/cells_per_side");
  particle_mass_ = file_.attribute<double>("/", "particle_mass");

  std::size_t const n = n_clusters();
  require(first_cell_.size() == n + 1 && radius_.size() == n && local_radius_.size() == n &&
              cell_edge_.size() == n && cells_per_side_.size() == n,
          ExitCode::bad_data, "'", path, "': datasets in /clusters differ in their number of rows");
  read_cluster_columns();
}

void ParticleStore::read_cluster_columns() {
  auto const scalars = file_.read_all<double>("/clusters/scalars");
  auto const vectors = file_.read_all<double>("/clusters/vectors");
  auto const n = n_clusters();
  auto const n_scalars = cluster_columns().n_scalars(), n_vectors = cluster_columns().n_vectors();
  require(std::ssize(scalars) == n * n_scalars && std::ssize(vectors) == n * n_vectors * 3,
          ExitCode::bad_data, "'", file_.path(), "': /clusters/scalars and /clusters/vectors hold ",
          scalars.size(), " and ", vectors.size(), " numbers, expected ", n_scalars,
          " scalars and ", n_vectors, " vectors for each of ", n,
          " clusters; run the stage extract again");
  for (std::int64_t c = 0; c < n; ++c) {
    auto const first = scalars.begin() + c * n_scalars;
    scalars_.emplace_back(first, first + n_scalars);
    auto& of_cluster = vectors_.emplace_back();
    for (std::int64_t k = c * n_vectors; k < (c + 1) * n_vectors; ++k)
      of_cluster.push_back({vectors[3 * k], vectors[3 * k + 1], vectors[3 * k + 2]});
  }
}

void ParticleStore::require_local_spheres(std::int64_t cluster, double radius_ckpch) const {
  require(radius_ckpch <= local_radius(cluster) * (1 + 1e-9), ExitCode::config, "'", file_.path(),
          "': the local spheres of cluster row ", cluster, " have a radius of ", radius_ckpch,
          " ckpc/h, but its particles are complete only for ", local_radius(cluster),
          "; run the stage extract again with this model in the configuration");
}

ClusterParticles ParticleStore::load(std::int64_t cluster) const {
  require(cluster >= 0 && cluster < n_clusters(), ExitCode::internal, "no cluster ", cluster,
          " in '", file_.path(), "', which holds ", n_clusters());
  require(count(cluster) <= std::numeric_limits<std::int32_t>::max(), ExitCode::bad_data,
          "cluster ", cluster, " of '", file_.path(), "' has ", count(cluster),
          " particles; local spheres count up to 2^31 - 1");
  ClusterParticles particles;
  particles.grid = {cells_per_side_[at(cluster)], cell_edge_[at(cluster)]};
  Range const rows{first_particle_[at(cluster)], first_particle_[at(cluster) + 1]};
  read_columns(file_, "/particles/position", rows, {&particles.x, &particles.y, &particles.z});
  read_columns(file_, "/particles/velocity", rows, {&particles.vx, &particles.vy, &particles.vz});

  auto const cells = file_.read_rows<std::int64_t>(
      "/cells/first_particle", {first_cell_[at(cluster)], first_cell_[at(cluster) + 1]});
  require(std::ssize(cells) == particles.grid.n_cells() + 1 && cells.front() == 0 &&
              cells.back() == rows.size() && std::is_sorted(cells.begin(), cells.end()),
          ExitCode::bad_data, "'", file_.path(), "': the cells of cluster ", cluster,
          " do not hold its ", rows.size(), " particles");
  particles.first_in_cell.assign(cells.size(), 0);
  std::transform(cells.begin(), cells.end(), particles.first_in_cell.begin(),
                 [](std::int64_t row) { return static_cast<std::int32_t>(row); });
  return particles;
}

}  // namespace setsz
