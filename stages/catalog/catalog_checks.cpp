// SPDX-License-Identifier: BSD-3-Clause
#include "stages/catalog/catalog_checks.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "pipeline/base/error.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/ratio_hint.hpp"

namespace setsz {

namespace {

std::optional<double> median(std::vector<double> values) {
  if (values.empty()) return {};
  auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Radii are printed with six digits, and belong to the bound mass or to that of all particles.
/// The mass of a list and the tolerance of its radius go as M^(1/3): 2% are 6% of the mass.
void check_radii(CatalogFigures const& figures, std::string const& name, double h) {
  constexpr double tolerance = 0.02;
  auto const ratio = median(figures.radius_ratio), all = median(figures.radius_ratio_all);
  if (!ratio || std::abs(*ratio - 1) < tolerance || (all && std::abs(*all - 1) < tolerance)) return;
  double const mass_ratio = 1 / (*ratio * *ratio * *ratio);
  fail(ExitCode::bad_data, "the radii in '", name, "' are ", *ratio,
       " times those of its masses (median of ", figures.radius_ratio.size(),
       " clusters, R200 from M200 at the snapshot's redshift), as if the masses were ", mass_ratio,
       " times too large", ratio_hint(mass_ratio, h),
       "; check the units of masses (Msun/h) and radii (comoving kpc/h), [catalog] mass_definition "
       "and the snapshot's redshift");
}

void check_velocities(CatalogFigures const& figures, std::string const& name) {
  constexpr double factor = 100;
  auto const speed = median(figures.speed_kms), dispersion = median(figures.dispersion_kms);
  if (!speed || !dispersion || *speed <= 0 || *dispersion <= 0) return;
  double const ratio = *speed / *dispersion;
  require(ratio < factor && ratio > 1 / factor, ExitCode::bad_data, "the velocities in '", name,
          "' are ", ratio, " times the velocity dispersions of its haloes (medians ", *speed,
          " and ", *dispersion, " km/s, expected about 1); is one of them not in km/s?");
}

void check_extent(CatalogFigures const& figures, std::string const& name, double box_ckpch) {
  constexpr double least_share = 2e-2;
  constexpr std::int64_t enough = 20;
  if (figures.n_halos < enough) return;
  double const share = figures.largest_coordinate_ckpch / box_ckpch;
  require(share > least_share, ExitCode::bad_data, "the ", figures.n_halos, " haloes of '", name,
          "' fill only ", share, " of the box of ", box_ckpch,
          " ckpc/h; are the positions in Mpc/h where kpc/h are expected?");
}

}  // namespace

void require_consistent(CatalogFigures const& figures, std::string const& catalog_name,
                        double box_ckpch, double h) {
  check_extent(figures, catalog_name, box_ckpch);
  check_radii(figures, catalog_name, h);
  check_velocities(figures, catalog_name);
}

void require_possible(Halo const& halo, double radius_ckpch, double all_ckpch, double a,
                      std::string const& path) {
  constexpr double radius_factor = 3, largest_xoff = 2, largest_spin = 10;
  auto const refuse = [&](auto const&... what) {
    fail(ExitCode::bad_data, path, ":", halo.line, ": halo ", halo.id, " of ",
         halo.mass * units::msunh_per_code, " Msun/h has ", what...,
         "; is the row damaged? Correct it or copy the file again");
  };
  auto const fits = [&](double radius) {
    return radius > 0 && halo.radius_ckpch < radius_factor * radius &&
           radius_factor * halo.radius_ckpch > radius;
  };
  if (halo.radius_ckpch > 0 && !fits(radius_ckpch) && !fits(all_ckpch))
    refuse("a radius of ", halo.radius_ckpch, " ckpc/h, and R200 of its mass is ", radius_ckpch);
  if (halo.xoff_ckpch > largest_xoff * radius_ckpch)
    refuse("an Xoff of ", halo.xoff_ckpch, " ckpc/h, more than ", largest_xoff, " R200 (",
           radius_ckpch, " ckpc/h)");
  double const radius_kpch = a * radius_ckpch;
  double const circular = halo.mass * std::sqrt(units::gravity * halo.mass * radius_kpch);
  double const spin = norm(halo.angular_momentum) / circular;
  if (!(spin < largest_spin))
    refuse("an angular momentum ", spin, " times that of circular orbits at R200");
}

std::string mass_unit_hint(double mass, double radius_ratio) {
  constexpr double usual = 2;  // of a radius, whatever the definition
  constexpr double lightest = 1e8,
                   largest_log = 17;  // [Msun/h]: no box has so light a heaviest halo
  double const msunh = mass * units::msunh_per_code;
  if (!(msunh > 0)) return {};
  std::string const log =
      msunh < largest_log && msunh > 8 ? "log10 of masses" : "masses in 1e10 Msun/h";
  if (radius_ratio > usual || (radius_ratio > 0 && radius_ratio < 1 / usual)) {
    double const factor = radius_ratio * radius_ratio * radius_ratio;
    return concat(". Its radius is that of ", factor * msunh, " Msun/h, ", factor,
                  " times this mass: are these ", msunh < lightest ? log : "masses in another unit",
                  "? setsz reads Msun/h, or the unit that a table states");
  }
  if (msunh < lightest)
    return concat(". No halo of a simulation is that light: are these ", log,
                  "? setsz reads Msun/h, or the unit that a table states");
  return {};
}

}  // namespace setsz
