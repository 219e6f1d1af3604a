// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/particle_store.hpp"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/cluster_input.hpp"

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

/// An equal number for each cluster.
std::vector<std::vector<Vec3>> vectors_of(std::vector<double> const& numbers,
                                          std::int64_t n_clusters) {
  std::vector<std::vector<Vec3>> vectors(n_clusters);
  auto const per_cluster = numbers.size() / std::max<std::size_t>(1, vectors.size());
  for (std::size_t i = 0; i + 2 < numbers.size(); i += 3)
    vectors[i / per_cluster].push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
  return vectors;
}

}  // namespace

ParticleStore::ParticleStore(std::string const& path) : file_(H5File::open(path)) {
  auto const version = file_.attribute<std::int64_t>("/", "format_version");
  require(version == format_version, ExitCode::bad_data, "'", path, "' has format_version ",
          version, ", this program reads ", format_version, "; run the stage extract again");
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
  columns_ =
      nlohmann::json::parse(file_.attribute<std::string>("/", "columns")).get<ClusterColumns>();
  auto const read = [&](std::string const& name, std::int64_t n_per_cluster) {
    auto numbers = file_.read_all<double>(name);
    require(std::ssize(numbers) == n_clusters() * n_per_cluster, ExitCode::bad_data, "'",
            file_.path(), "': ", name, " holds ", numbers.size(), " numbers, expected ",
            n_per_cluster, " for each of ", n_clusters(), " clusters; run the stage extract again");
    return numbers;
  };
  auto const scalars = read("/clusters/scalars", columns_.n_scalars());
  for (std::int64_t c = 0; c < n_clusters(); ++c) {
    auto const first = scalars.begin() + c * columns_.n_scalars();
    scalars_.emplace_back(first, first + columns_.n_scalars());
  }
  vectors_ = vectors_of(read("/clusters/vectors", 3 * columns_.n_vectors()), n_clusters());
  shells_ = vectors_of(read("/clusters/shells", 3 * std::int64_t{n_cluster_shells}), n_clusters());
  mass_within_r200_ = read("/clusters/mass_within_r200", 1);
  particle_masses_ = read("/clusters/particle_mass", 1);
  mass_disagrees_ = file_.read_all<std::uint8_t>("/clusters/mass_disagrees");
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
