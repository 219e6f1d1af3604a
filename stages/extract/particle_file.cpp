// SPDX-License-Identifier: BSD-3-Clause
#include "stages/extract/particle_file.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "model/columns.hpp"
#include "stages/common/particle_store.hpp"

namespace setsz {

namespace {

FieldInfo const position_info{
    .unit = "ckpc/h",
    .a_power = 1,
    .h_power = -1,
    .frame = "cluster",
    .description =
        "position minus the catalogue's, minimum image; cells in grid order, inside a "
        "cell by a hash of the particle's id"};
FieldInfo const velocity_info{
    .unit = "km/s", .frame = "cluster", .description = "peculiar velocity minus the halo's"};

FieldInfo length(std::string const& description) {
  return {.unit = "ckpc/h", .a_power = 1, .h_power = -1, .description = description};
}
FieldInfo number(std::string const& description) {
  return {.unit = "1", .description = description};
}

template <class Member>
void flatten(std::span<OrderedParticles const> clusters, Member member,
             std::vector<float>& values) {
  auto to = values.begin();
  for (auto const& cluster : clusters)
    for (auto const& particle : cluster.particles)
      for (float const value : particle.*member) *to++ = value;
}

}  // namespace

ParticleFileLayout::ParticleFileLayout(std::vector<std::int64_t> const& counts,
                                       std::vector<double> radii, std::vector<double> local_radii)
    : radius(std::move(radii)),
      local_radius(std::move(local_radii)),
      first_particle{0},
      first_cell{0} {
  for (std::size_t c = 0; c < counts.size(); ++c) {
    grid.push_back(CellGrid::for_cluster(counts[c], radius[c], local_radius[c]));
    first_particle.push_back(first_particle.back() + counts[c]);
    first_cell.push_back(first_cell.back() + grid.back().n_cells() + 1);
  }
}

ParticleFileWriter::ParticleFileWriter(Comm const& comm, std::string const& path,
                                       ClusterTable const& table, ParticleFileLayout const& layout,
                                       double particle_mass)
    : layout_(layout), file_(H5File::create(comm, path)) {
  file_.set_attribute("/", "format_version", ParticleStore::format_version);
  file_.set_attribute("/", "columns", nlohmann::json(cluster_columns()).dump());
  file_.set_attribute("/", "box_ckpch", table.box_ckpch);
  file_.set_attribute("/", "a", table.a);
  file_.set_attribute("/", "redshift", table.redshift);
  file_.set_attribute("/", "particle_mass", particle_mass);

  std::vector<double> edge;
  std::vector<std::int32_t> per_side;
  for (auto const& grid : layout.grid) {
    edge.push_back(grid.cell_edge);
    per_side.push_back(grid.cells_per_side);
  }
  file_.write_same("/clusters/radius", length("of the sphere of particles"), layout.radius);
  file_.write_same("/clusters/local_radius",
                   length("local spheres of this radius are complete within 2 R200"),
                   layout.local_radius);
  file_.write_same("/clusters/cell_edge", length("edge of the sorting cells"), edge);
  file_.write_same("/clusters/cells_per_side",
                   number("cells tile a cube around the centre, z fastest"), per_side);
  file_.write_same("/clusters/first_particle", number("row in /particles; last: their number"),
                   layout.first_particle);
  file_.write_same("/clusters/first_cell",
                   number("row in /cells; a cluster has cells_per_side^3 + 1 rows"),
                   layout.first_cell);
  file_.create_dataset<float>("/particles/position", position_info, layout.first_particle.back(),
                              {3});
  file_.create_dataset<float>("/particles/velocity", velocity_info, layout.first_particle.back(),
                              {3});
  file_.create_dataset<std::int64_t>(
      "/cells/first_particle", number("of the cell, counted from the cluster's first particle"),
      layout.first_cell.back());
}

void ParticleFileWriter::write(std::int64_t first_cluster,
                               std::span<OrderedParticles const> clusters) {
  std::size_t const first = first_cluster;
  auto const last = first + clusters.size();
  auto const n =
      static_cast<std::size_t>(layout_.first_particle[last] - layout_.first_particle[first]);
  values_.resize(3 * n);
  flatten(clusters, &KeptParticle::q, values_);
  file_.write_rows("/particles/position", layout_.first_particle[first], values_);
  flatten(clusters, &KeptParticle::v, values_);
  file_.write_rows("/particles/velocity", layout_.first_particle[first], values_);
  std::vector<std::int64_t> cells;
  cells.reserve(layout_.first_cell[last] - layout_.first_cell[first]);
  for (auto const& cluster : clusters)
    cells.insert(cells.end(), cluster.first_in_cell.begin(), cluster.first_in_cell.end());
  file_.write_rows("/cells/first_particle", layout_.first_cell[first], cells);
}

void ParticleFileWriter::write_properties(std::span<ClusterProperties const> owned) {
  std::vector<double> scalars, vectors, shells, velocity, mass_within_r200, particle_mass;
  std::vector<std::uint8_t> mass_disagrees;
  auto const append = [](std::span<Vec3 const> some, std::vector<double>& to) {
    for (auto const& vector : some) to.insert(to.end(), {vector.x, vector.y, vector.z});
  };
  for (auto const& properties : owned) {
    scalars.insert(scalars.end(), properties.scalars.begin(), properties.scalars.end());
    append(properties.vectors, vectors);
    append(properties.shells, shells);
    append({&properties.velocity, 1}, velocity);
    mass_within_r200.push_back(properties.mass_within_r200);
    mass_disagrees.push_back(properties.mass_disagrees);
    particle_mass.push_back(properties.particle_mass);
  }
  file_.write_spread("/clusters/scalars",
                     number("s: numbers that describe the cluster; names in the attribute columns "
                            "of the file"),
                     scalars, {static_cast<std::int64_t>(n_cluster_scalars)});
  file_.write_spread("/clusters/vectors",
                     number("e: unit vectors; names and parity in the attribute columns of the "
                            "file; the sign of headless ones is arbitrary"),
                     vectors, {static_cast<std::int64_t>(n_cluster_vectors), 3});
  file_.write_spread("/clusters/shells",
                     number(concat("sums of (m/M200) q/|q| over the particles of radial shells of ",
                                   cluster_shell_width_r200, " R200, from the innermost outwards")),
                     shells, {static_cast<std::int64_t>(n_cluster_shells), 3});
  file_.write_spread("/clusters/velocity",
                     {.unit = "km/s",
                      .frame = "box",
                      .description = "peculiar velocity that was subtracted: the catalogue's, else "
                                     "the mean of the mass within R200"},
                     velocity, {3});
  file_.write_spread("/clusters/mass_within_r200",
                     number("mass of the particles within R200 over the catalogue's M200"),
                     mass_within_r200);
  file_.write_spread("/clusters/mass_disagrees",
                     number("1 where mass_within_r200 differs from 1 by more than [extract] "
                            "mass_agreement"),
                     mass_disagrees);
  file_.write_spread(
      "/clusters/particle_mass",
      {.unit = "1e10 Msun/h", .h_power = -1, .description = "mean of the cluster's particles"},
      particle_mass);
}

}  // namespace setsz
