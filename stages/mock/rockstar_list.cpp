// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/rockstar_list.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "io/catalogs/overdensity.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"
#include "stages/mock/nfw.hpp"

namespace setsz {

namespace {

constexpr char columns[] =
    "#ID DescID M200c Vmax Vrms R200c Rs Np X Y Z VX VY VZ JX JY JZ Spin rs_klypin M200c_all M200b "
    "Mvir M500c M2500c Xoff Voff spin_bullock b_to_a c_to_a A[x] A[y] A[z] b_to_a(500c) "
    "c_to_a(500c) A[x](500c) A[y](500c) A[z](500c) T/|U| M_pe_Behroozi M_pe_Diemer "
    "Halfmass_Radius PID\n";

/// What differs between a halo and a clump in the list.
struct Line {
  std::int64_t id;
  std::int64_t parent;
  double mass;  ///< [1e10 Msun/h]
  double concentration;
  Vec3 position;  ///< [ckpc/h]
  Vec3 velocity;
  HaloMeasurement measured;
  Vec3 axis_lengths{1, 1, 1};
  Vec3 long_axis{};
};

template <class... Numbers>
void print(std::string& text, char const* format, Numbers... numbers) {
  char buffer[400];
  auto const length = std::snprintf(buffer, sizeof buffer, format, numbers...);
  text.append(buffer, std::min<int>(length, sizeof buffer - 1));
}

void add_line(std::string& text, MockUniverse const& universe, Line const& line) {
  auto const scales = halo_scales(universe.cosmology, universe.redshift, line.mass);
  NfwProfile const profile(line.concentration);
  double const mass = line.mass * 1e10;  // [Msun/h]
  auto const mass_in = [&](MassDefinition definition) {
    return mass * profile.enclosed_mass(profile.radius_at(
                      overdensity(definition, universe.cosmology, universe.redshift)));
  };
  double const mass_2500 = mass * profile.enclosed_mass(profile.radius_at(2500));
  // Five digits behind the point, never rounded up to the edge of the box.
  PeriodicBox const box(universe.box_ckpch / 1000);
  auto const mpc = [&](double ckpch) { return box.wrap(std::round(ckpch * 100) / 1e5); };
  double const v_max =
      scales.v200_kms *
      std::sqrt(profile.enclosed_mass(2.163 / line.concentration) * line.concentration / 2.163);
  auto const& found = line.measured;
  Vec3 const momentum = 1e7 * found.angular_momentum;
  double const spin =
      norm(found.angular_momentum) /
      (std::numbers::sqrt2 * line.mass * scales.v200_kms * universe.a() * scales.r200c_ckpch);
  double const b = line.axis_lengths.y / line.axis_lengths.x;
  double const c = line.axis_lengths.z / line.axis_lengths.x;
  Vec3 const axis = scales.r200c_ckpch * line.long_axis;

  print(text, "%lld -1 %.4e %.2f %.2f %.3f %.3f %lld ", static_cast<long long>(line.id), mass,
        v_max, found.velocity_rms, scales.r200c_ckpch, scales.r200c_ckpch / line.concentration,
        static_cast<long long>(found.n_particles));
  print(text, "%.5f %.5f %.5f %.2f %.2f %.2f ", mpc(line.position.x), mpc(line.position.y),
        mpc(line.position.z), line.velocity.x, line.velocity.y, line.velocity.z);
  print(text, "%.3e %.3e %.3e %.5f %.5f ", momentum.x, momentum.y, momentum.z, spin,
        scales.r200c_ckpch / line.concentration);
  print(text, "%.4e %.4e %.4e %.4e %.4e ", mass, mass_in(MassDefinition::m200m),
        mass_in(MassDefinition::vir), mass_in(MassDefinition::m500c), mass_2500);
  print(text, "%.5f %.2f %.5f %.5f %.5f ", norm(found.centre_of_mass), norm(found.mean_velocity),
        spin, b, c);
  print(text, "%.5f %.5f %.5f %.5f %.5f %.5f %.5f %.5f ", axis.x, axis.y, axis.z, b, c, axis.x,
        axis.y, axis.z);
  print(text, "0.5000 %.3e %.3e %.3f %lld\n", mass, mass,
        scales.r200c_ckpch * profile.radius_of(0.5), static_cast<long long>(line.parent));
}

}  // namespace

std::string rockstar_list(MockUniverse const& universe, std::span<HaloMeasurement const> measured) {
  std::string text = columns;
  auto const& cosmology = universe.cosmology;
  print(text, "#a = %.6f\n#Om = %.6f; Ol = %.6f; h = %.6f\n", universe.a(), cosmology.omega_m,
        cosmology.omega_l, cosmology.h);
  print(text, "#Particle mass: %.5e Msun/h\n#Box size: %.6f Mpc/h\n", universe.particle_mass * 1e10,
        universe.box_ckpch / 1000);
  text +=
      "#Units: Masses in Msun / h\n#Units: Positions in Mpc / h (comoving)\n"
      "#Units: Velocities in km / s (physical, peculiar)\n"
      "#Units: Halo Distances, Lengths, and Radii in kpc / h (comoving)\n"
      "#Units: Angular Momenta in (Msun/h) * (Mpc/h) * km/s (physical)\n"
      "#A mock universe: planted haloes in the layout of Rockstar, no halo finder ran.\n";
  for (std::size_t i = 0; i < universe.halos.size(); ++i) {
    auto const& halo = universe.halos[i];
    add_line(text, universe,
             {halo.id, -1, halo.m200c, halo.concentration, halo.position, halo.velocity,
              measured[i], halo.axis_lengths, halo.axes.row[0]});
  }
  auto next_id = std::ssize(universe.halos);
  PeriodicBox const box(universe.box_ckpch);
  for (auto const& halo : universe.halos)
    for (auto const& clump : halo.clumps) {
      HaloMeasurement counted;
      counted.n_particles = std::llround(clump.mass / universe.particle_mass);
      add_line(text, universe,
               {next_id++, halo.id, clump.mass, 10, box.wrap(halo.position + clump.position),
                halo.velocity + clump.velocity, counted});
    }
  return text;
}

}  // namespace setsz
