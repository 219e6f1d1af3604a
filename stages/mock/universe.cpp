// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/universe.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "pipeline/base/error.hpp"
#include "pipeline/base/morton.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/base/units.hpp"
#include "stages/mock/mass_function.hpp"
#include "stages/mock/nfw.hpp"

namespace setsz {

namespace {

constexpr int min_clump_particles = 10;

/// Centres placed so far, in cells at least as wide as the largest distance that is asked for.
class PlacedCentres {
 public:
  PlacedCentres(PeriodicBox box, double reach)
      : box_(box),
        n_side_(std::clamp<std::int64_t>(static_cast<std::int64_t>(box.edge() / reach), 1, 128)),
        cells_(n_side_ * n_side_ * n_side_) {}

  /// Whether a sphere of `radius` about `centre` stays clear of all others' spheres.
  bool is_free(Vec3 const& centre, double radius) const {
    auto const home = cell_of(centre);
    std::int64_t const reach = n_side_ < 3 ? 0 : 1;  // fewer than 3 cells: all of them, once
    if (reach == 0)
      return std::all_of(cells_.begin(), cells_.end(),
                         [&](auto const& cell) { return clear(cell, centre, radius); });
    for (std::int64_t i = -reach; i <= reach; ++i)
      for (std::int64_t j = -reach; j <= reach; ++j)
        for (std::int64_t k = -reach; k <= reach; ++k)
          if (!clear(cells_[index(home[0] + i, home[1] + j, home[2] + k)], centre, radius))
            return false;
    return true;
  }
  void add(Vec3 const& centre, double radius) {
    auto const home = cell_of(centre);
    cells_[index(home[0], home[1], home[2])].push_back({centre, radius});
  }

 private:
  struct Sphere {
    Vec3 centre;
    double radius;
  };
  bool clear(std::vector<Sphere> const& cell, Vec3 const& centre, double radius) const {
    return std::none_of(cell.begin(), cell.end(), [&](Sphere const& other) {
      double const least = radius + other.radius;
      return norm2(box_.offset(centre, other.centre)) < least * least;
    });
  }
  std::array<std::int64_t, 3> cell_of(Vec3 const& p) const {
    auto const cell = [&](double x) {
      return std::min(n_side_ - 1, static_cast<std::int64_t>(x / box_.edge() * real(n_side_)));
    };
    return {cell(p.x), cell(p.y), cell(p.z)};
  }
  std::size_t index(std::int64_t i, std::int64_t j, std::int64_t k) const {
    auto const wrap = [&](std::int64_t c) { return (c + n_side_) % n_side_; };
    return static_cast<std::size_t>((wrap(i) * n_side_ + wrap(j)) * n_side_ + wrap(k));
  }

  PeriodicBox box_;
  std::int64_t n_side_;
  std::vector<std::vector<Sphere>> cells_;
};

Vec3 uniform_point(double box, Random& random) {
  double const x = random.uniform(), y = random.uniform(), z = random.uniform();
  return {box * x, box * y, box * z};
}

/// A place near a larger halo, with an infall velocity relative to it.
void place_beside(MockHalo& halo, MockHalo const& larger, PeriodicBox const& box, Random& random) {
  Vec3 const direction =
      unit({random.normal(), random.normal(), random.normal()});  // isotropic whatever the order
  double const distance =
      (1.1 + 0.5 * random.uniform()) * (halo.scales.r200c_ckpch + larger.scales.r200c_ckpch);
  halo.position = box.wrap(larger.position + distance * direction);
  halo.velocity = larger.velocity - 0.7 * larger.scales.v200_kms * direction;
}

void place_halos(MockUniverse& universe) {
  auto const& parameters = universe.parameters;
  auto& halos = universe.halos;
  if (halos.empty()) return;
  PeriodicBox const box(universe.box_ckpch);
  PlacedCentres placed(box, 2 * halos.front().scales.r200c_ckpch);
  for (std::size_t i = 0; i < halos.size(); ++i) {
    auto& halo = halos[i];
    Random random(universe.seed, Purpose::mock_halo, i, 3);
    bool const in_pair = i > 0 && random.uniform() < parameters.pair_fraction;
    int attempts = 0;
    do {
      require(
          ++attempts < 10000, ExitCode::config, "no room for halo ", i, " of ", halos.size(),
          " in a box of ", parameters.box_mpch,
          " Mpc/h (no centre may be within R200 of another halo); lower mock.abundance or raise "
          "mock.mass_min");
      if (in_pair && attempts < 100) {
        place_beside(halo, halos[random.below(i)], box, random);
      } else {
        halo.position = uniform_point(box.edge(), random);
        halo.velocity = {parameters.bulk_velocity_kms * random.normal(),
                         parameters.bulk_velocity_kms * random.normal(),
                         parameters.bulk_velocity_kms * random.normal()};
      }
    } while (!placed.is_free(halo.position, halo.scales.r200c_ckpch));
    placed.add(halo.position, halo.scales.r200c_ckpch);
  }
}

void count_particles(MockUniverse& universe) {
  auto const& parameters = universe.parameters;
  double const edge = universe.box_ckpch;
  double const total_mass = universe.mean_density() * edge * edge * edge;
  universe.n_particles = std::llround(total_mass / (parameters.particle_mass_msunh * 1e-10));
  require(universe.n_particles > 0, ExitCode::config, "the box of ", parameters.box_mpch,
          " Mpc/h contains less than one particle of ", parameters.particle_mass_msunh, " Msun/h");
  universe.particle_mass = total_mass / real(universe.n_particles);
  std::int64_t in_halos = 0;
  for (auto const& halo : universe.halos) {
    double const smooth = halo.smooth_fraction() *
                          NfwProfile(halo.concentration).enclosed_mass(parameters.extent_r200);
    double const mass = halo.m200c * (smooth + 1 - halo.smooth_fraction());
    universe.n_in_halo.push_back(std::llround(mass / universe.particle_mass));
    in_halos += universe.n_in_halo.back();
  }
  universe.n_background = universe.n_particles - in_halos;
  require(universe.n_background >= 0, ExitCode::config, "the haloes contain ",
          real(in_halos) / real(universe.n_particles),
          " of the matter in the box; lower mock.abundance or raise mock.mass_min");
}

}  // namespace

double MockUniverse::mean_density() const { return cosmology.omega_m * units::rho_crit_0; }

MockUniverse make_universe(MockParameters const& parameters, Cosmology const& cosmology,
                           double redshift, std::uint64_t seed) {
  MockUniverse universe;
  universe.parameters = parameters;
  universe.cosmology = cosmology;
  universe.redshift = redshift;
  universe.seed = seed;
  universe.box_ckpch = 1000 * parameters.box_mpch;
  double const volume = std::pow(parameters.box_mpch, 3);
  auto const n_halos = std::llround(
      parameters.abundance * volume *
      halo_number_density(parameters.mass_min_msunh, parameters.mass_max_msunh, redshift));
  auto const masses =
      sample_masses(n_halos, parameters.mass_min_msunh, parameters.mass_max_msunh, redshift, seed);
  double const clump_mass_min = min_clump_particles * parameters.particle_mass_msunh * 1e-10;
  for (std::size_t i = 0; i < masses.size(); ++i)
    universe.halos.push_back(draw_halo(parameters.departures, cosmology, redshift,
                                       masses[i] * 1e-10, clump_mass_min,
                                       static_cast<std::int64_t>(i), seed));
  place_halos(universe);
  count_particles(universe);
  universe.file_order.resize(universe.halos.size());
  std::iota(universe.file_order.begin(), universe.file_order.end(), 0);
  std::sort(universe.file_order.begin(), universe.file_order.end(), [&](auto a, auto b) {
    auto const key = [&](auto halo) {
      return morton_key(universe.halos[halo].position, universe.box_ckpch);
    };
    return key(a) != key(b) ? key(a) < key(b) : a < b;
  });
  return universe;
}

}  // namespace setsz
