// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/gnfw.hpp"
#include "stages/mock/nfw.hpp"
#include "stages/mock/universe.hpp"

namespace setsz {

/// Gas at a point, comoving code units.
struct GasState {
  double density = 0;            ///< [1e10 Msun/h (ckpc/h)^-3]
  double electron_pressure = 0;  ///< [1e10 Msun/h (km/s)^2 (ckpc/h)^-3]
};

/// The planted truth: gas density and electron pressure everywhere in the box.
///
/// Pressure is the sum over haloes, out to `pressure_reach` R200, of
///   P200 gnfw(r) (rho_triaxial/rho_spherical)^(s/2) (1 + sum clump gains) (1 + patch gain)^2 T(r),
/// r from the halo's pressure centre, s the local strength, T(r) the exchange between inside and
/// outside (normalised: it moves pressure but adds none within 2 R200), plus a cold floor.
class GasField {
 public:
  static constexpr double pressure_reach = 4;  ///< [R200]
  explicit GasField(MockUniverse const& universe);

  /// \param candidates  numbers of the haloes to add up; those in reach must be among them
  GasState at(Vec3 const& point, std::span<std::int32_t const> candidates) const;
  /// Numbers of all haloes whose reach touches a ball.
  std::vector<std::int32_t> halos_near(Vec3 const& centre, double radius,
                                       std::span<std::int32_t const> candidates) const;
  std::vector<std::int32_t> all_halos() const;
  /// Beyond this distance from its catalogue position a halo adds nothing [ckpc/h].
  double reach(std::int64_t halo) const { return halos_[halo].reach; }
  MockUniverse const& universe() const { return universe_; }

  /// The profile that all haloes share before the departures: the defaults of GnfwParameters.
  GnfwShape const& shape(std::int64_t halo) const { return halos_[halo].shape; }
  /// T(r), r in units of R200 from the pressure centre.
  double transfer(std::int64_t halo, double r_over_r200) const;

 private:
  struct HaloGas {
    NfwProfile profile;
    GnfwShape shape;
    double transfer_norm;
    double reach;  ///< of pressure and density from the catalogue position [ckpc/h]
    std::vector<double> radial_pressure;  ///< gnfw(x) T(x) at even steps of sqrt(x)
  };
  static double radial_pressure(HaloGas const& gas, double x);
  double pressure_of(MockHalo const& halo, HaloGas const& gas, Vec3 const& from_catalog) const;

  MockUniverse const& universe_;
  std::vector<HaloGas> halos_;
  double background_density_;
};

}  // namespace setsz
