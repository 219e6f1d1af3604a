// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/base/cosmology.hpp"
#include "pipeline/base/vec3.hpp"

namespace setsz {

/// How far the gas departs from one profile around the catalogue's centre, and what the dark matter
/// shows of it.
struct MockDepartures {
  /// rms distance of the pressure centre from the catalogue position [R200]; at most 0.35 R200.
  /// Matter beyond the core is centred on it, so the particles show it.
  double offset_rms = 0.2;
  /// Mass of bound clumps over M200; pressure follows them.
  double substructure = 0.08;
  /// 0 to 1: strength with which pressure follows local density and dispersion.
  double local_strength = 1;
  /// rms of the exchange between inner and outer pressure, which the dark matter does not show.
  double transfer_rms = 0.15;
  /// 0: spherical haloes; 1: axis ratios b/a about 0.75, c/a about 0.6.
  double triaxiality = 1;
  /// Typical rotation over the circular velocity.
  double spin = 0.1;
};

/// A bound clump inside a halo: a Gaussian ball of dark matter, and more pressure in its place.
struct Subclump {
  Vec3 position;         ///< from the halo's catalogue position [ckpc/h]
  Vec3 velocity;         ///< minus the halo's velocity [km/s]
  double mass;           ///< [1e10 Msun/h]
  double width;          ///< of the Gaussian [ckpc/h]
  double pressure_gain;  ///< at its centre: the pressure is 1 + gain times the smooth one
};

/// A place of recent shock heating: dispersion is 1 + gain times, pressure (1 + gain)^2 times.
struct HotPatch {
  Vec3 position;  ///< from the halo's catalogue position [ckpc/h]
  double width;   ///< of the Gaussian [ckpc/h]
  double gain;
};

/// One halo of the mock: everything that its particles, its gas and its catalogue line follow from.
struct MockHalo {
  std::int64_t id = 0;
  Vec3 position;      ///< of the catalogue: where the density peaks [ckpc/h]
  Vec3 velocity;      ///< of the catalogue: that of the core [km/s]
  double m200c = 0;   ///< [1e10 Msun/h]
  HaloScales scales;  ///< R200, V200, P200
  double concentration = 5;

  Mat3 axes;            ///< rows: the principal axes, longest first
  Vec3 axis_lengths;    ///< their lengths, product 1
  Vec3 offset;          ///< pressure centre minus catalogue position [ckpc/h]
  Vec3 outer_drift;     ///< velocity of the outer parts minus that of the core [km/s]
  Vec3 spin;            ///< rotation over circular velocity, along its axis
  double transfer = 0;  ///< pressure gains exp(transfer) at the centre, loses as much far outside
  std::vector<Subclump> clumps;
  std::vector<HotPatch> patches;

  double smooth_fraction() const;  ///< of M200 that is not in clumps
};

/// How much of `offset` a shell takes part in: 0 at the centre, 1 outside, r in units of R200.
/// The radial map r + offset g(r) does not fold for |offset| < 0.38 R200.
double offset_share(double r_over_r200);

/// Draws all but place and velocity of a halo. A pure function of its arguments.
/// \param clump_mass_min  lighter clumps are left out [1e10 Msun/h]
MockHalo draw_halo(MockDepartures const& departures, Cosmology const& cosmology, double redshift,
                   double m200c, double clump_mass_min, std::int64_t id, std::uint64_t seed);

}  // namespace setsz
