// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace setsz {

/// A coarser version of the same universe: a particle of mass m is kept with probability m/M, and
/// counts with mass M, so that sums of mass keep their expectation.
///
/// Whether it is kept follows from its key, hash64(seed, ParticleID), alone: not from ranks, files,
/// or the order of the rows, and the particles kept for a larger M are among those for a smaller
/// one. The same key orders the particles of a cell, which stay in random order.
class Thinning {
 public:
  /// \param wanted_mass      M [1e10 Msun/h]; 0: keep all
  /// \param simulation_mass  of all particles [1e10 Msun/h]; 0: every particle weighs its own
  /// Throws Error(config) if M is below the simulation's mass. Where the two agree within 1e-4,
  /// all are kept as they are: a mass is typed with a few digits.
  Thinning(double wanted_mass, double simulation_mass);

  bool is_active() const { return wanted_mass_ > 0; }
  /// Of the particles that are kept [1e10 Msun/h]; 0: every particle weighs its own mass.
  double common_mass() const { return is_active() ? wanted_mass_ : simulation_mass_; }
  /// \param mass  the particle's own [1e10 Msun/h]; above M: Error(config)
  bool keeps(std::uint64_t key, double mass) const { return !is_active() || draws(key, mass); }
  /// Standard deviation, as a fraction, of the kept mass in a region of this mass [1e10 Msun/h].
  double noise(double mass) const;

 private:
  bool draws(std::uint64_t key, double mass) const;

  double wanted_mass_, simulation_mass_;
};

}  // namespace setsz
