// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/gas_mesh.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

constexpr double root_edge = 4000;            // about [ckpc/h]
constexpr double half_diagonal = 0.8660254;   // of a unit cube
constexpr double star_forming_density = 1e5;  // over the mean gas density
constexpr double jitter = 0.1;                // of the edge

std::int64_t n_roots_a_side(MockUniverse const& universe) {
  return std::max<std::int64_t>(1, std::llround(universe.box_ckpch / root_edge));
}

Vec3 child_centre(Vec3 const& centre, double edge, unsigned octant) {
  auto const side = [&](unsigned bit) { return (octant >> bit & 1U ? 0.25 : -0.25) * edge; };
  return centre + Vec3{side(2), side(1), side(0)};
}

}  // namespace

double GasMesh::expected_cells(MockUniverse const& universe) {
  auto const& parameters = universe.parameters;
  double const n_roots = std::pow(real(n_roots_a_side(universe)), 3);
  auto const wanted = [&](std::int64_t n_particles) {
    return real(n_particles) * parameters.gas_cells_per_particle;
  };
  // The background has one density: all its leaves are of one size.
  double leaves_of_root = 1;
  while (wanted(universe.n_background) / n_roots > 2 * leaves_of_root) leaves_of_root *= 8;
  auto const resolved = std::ranges::count_if(universe.halos, [&](MockHalo const& halo) {
    return halo.m200c * 1e10 >= parameters.gas_resolved_msunh;
  });
  // In haloes density changes within a leaf; about clusters much is fine enough as it is. Both
  // factors are from counts.
  constexpr double leaves_per_mass = 1.6, leaves_per_cluster = 110;
  return n_roots * leaves_of_root +
         leaves_per_mass * wanted(universe.n_particles - universe.n_background) +
         real(resolved) * leaves_per_cluster / std::pow(parameters.gas_resolution_r200, 3);
}

GasMesh::GasMesh(GasField const& field) : field_(field) {
  auto const& universe = field.universe();
  n_side_ = n_roots_a_side(universe);
  cell_mass_ = universe.particle_mass * universe.cosmology.baryon_fraction() /
               universe.parameters.gas_cells_per_particle;
  auto const all = field.all_halos();
  halos_by_root_.resize(n_root_cells());
  // One pass over rows of root cells narrows the candidates down before single cells are asked.
  double const edge = universe.box_ckpch / real(n_side_);
  for (std::int64_t i = 0; i < n_side_; ++i) {
    // A plane of root cells lies within this slab; the ball about each halo must touch it.
    std::vector<std::int32_t> slab;
    PeriodicBox const box(universe.box_ckpch);
    double const x = (real(i) + 0.5) * edge;
    for (auto const number : all) {
      std::size_t const h = number;
      if (std::abs(box.shortest(universe.halos[h].position.x - x)) < field.reach(number) + edge / 2)
        slab.push_back(number);
    }
    for (std::int64_t cell = i * n_side_ * n_side_; cell < (i + 1) * n_side_ * n_side_; ++cell)
      halos_by_root_[cell] = field.halos_near(root(cell).centre, half_diagonal * edge, slab);
  }
}

GasMesh::Node GasMesh::root(std::int64_t root_cell) const {
  double const edge = field_.universe().box_ckpch / real(n_side_);
  auto const middle = [&](std::int64_t i) { return (real(i) + 0.5) * edge; };
  return {{middle(root_cell / (n_side_ * n_side_)), middle(root_cell / n_side_ % n_side_),
           middle(root_cell % n_side_)},
          edge};
}

Range GasMesh::root_cells_of_file(std::int64_t file, std::int64_t n_files) const {
  // Splitting goes with mass: haloes that reach into a root cell stand for it.
  std::vector<double> cost;
  for (auto const& halos : halos_by_root_) cost.push_back(1 + real(halos.size()));
  auto const boundaries = balanced_boundaries(cost, static_cast<int>(n_files));
  return {boundaries[file], boundaries[static_cast<std::size_t>(file) + 1]};
}

bool GasMesh::must_split(Node const& node, std::vector<std::int32_t> const& halos) const {
  auto const& universe = field_.universe();
  auto const& parameters = universe.parameters;
  PeriodicBox const box(universe.box_ckpch);
  return std::any_of(halos.begin(), halos.end(), [&](std::int32_t number) {
    auto const& halo = universe.halos[number];
    double const r200 = halo.scales.r200c_ckpch;
    double const distance =
        norm(box.offset(halo.position + halo.offset, node.centre)) - half_diagonal * node.edge;
    if (distance < r200 / 2 && node.edge > r200 / 2) return true;  // else it slips between points
    bool const resolved = halo.m200c * 1e10 >= parameters.gas_resolved_msunh;
    return resolved && distance < 2 * r200 && node.edge > parameters.gas_resolution_r200 * r200;
  });
}

void GasMesh::refine(Node const& node, std::vector<std::int32_t> const& halos, Random& random,
                     std::vector<GasCell>& cells) const {
  std::array<GasState, 8> states;
  GasState mean;
  double const volume = node.edge * node.edge * node.edge;
  bool split = must_split(node, halos);
  if (!split) {
    for (unsigned octant = 0; octant < 8; ++octant) {
      states[octant] = field_.at(child_centre(node.centre, node.edge, octant), halos);
      mean.density += states[octant].density / 8;
      mean.electron_pressure += states[octant].electron_pressure / 8;
    }
    split = mean.density * volume > 2 * cell_mass_;
  }
  if (split) {
    for (unsigned octant = 0; octant < 8; ++octant) {
      Node const child{child_centre(node.centre, node.edge, octant), node.edge / 2};
      refine(child, field_.halos_near(child.centre, half_diagonal * child.edge, halos), random,
             cells);
    }
    return;
  }
  auto const shake = [&] { return jitter * node.edge * (2 * random.uniform() - 1); };
  Vec3 const shift{shake(), shake(), shake()};
  PeriodicBox const box(field_.universe().box_ckpch);
  cells.push_back(
      {box.wrap(node.centre + shift), volume, mean.density, mean.electron_pressure, false});
}

void GasMesh::add_star_forming(Node const& node, std::vector<std::int32_t> const& halos,
                               std::vector<GasCell>& cells) const {
  auto const& universe = field_.universe();
  PeriodicBox const box(universe.box_ckpch);
  double const density =
      star_forming_density * universe.cosmology.baryon_fraction() * universe.mean_density();
  for (auto const number : halos) {
    auto const& halo = universe.halos[number];
    Vec3 const centre = box.wrap(halo.position + halo.offset);
    Vec3 const from_root = centre - node.centre;
    auto const inside = [&](double d) { return d >= -node.edge / 2 && d < node.edge / 2; };
    if (!inside(from_root.x) || !inside(from_root.y) || !inside(from_root.z)) continue;
    auto const n_cells = std::llround(universe.parameters.star_forming_fraction * halo.m200c /
                                      universe.particle_mass);
    Random random(universe.seed, Purpose::mock_gas, static_cast<std::uint64_t>(number), 1);
    for (std::int64_t i = 0; i < n_cells; ++i) {
      double const width = 0.1 * halo.scales.r200c_ckpch;
      Vec3 const place{width * random.normal(), width * random.normal(), width * random.normal()};
      // Its pressure would outshine the whole cluster, if a reader counted it.
      cells.push_back({box.wrap(centre + place), cell_mass_ / density, density,
                       1e3 * halo.scales.p200_code, true});
    }
  }
}

void GasMesh::add_cells(std::int64_t root_cell, std::vector<GasCell>& cells) const {
  auto const& halos = halos_by_root_[root_cell];
  Random random(field_.universe().seed, Purpose::mock_gas, static_cast<std::uint64_t>(root_cell));
  refine(root(root_cell), halos, random, cells);
  add_star_forming(root(root_cell), halos, cells);
}

}  // namespace setsz
