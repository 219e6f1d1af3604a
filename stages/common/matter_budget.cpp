// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/matter_budget.hpp"

#include <cmath>
#include <vector>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/ratio_hint.hpp"

namespace setsz {

namespace {

/// [1e10 Msun/h] of matter in the box for a density parameter.
double mass_in_box(double omega, double box_ckpch) {
  return omega * units::rho_crit_0 * box_ckpch * box_ckpch * box_ckpch;
}

/// Mass in types that are not read, as far as the header knows it.
double known_mass_of_others(SnapshotHeader const& header) {
  double mass = 0;
  for (std::size_t type = 0; type < header.mass_table.size(); ++type)
    if (type != type_of(ParticleKind::dark_matter))
      mass += header.mass_table[type] * real(header.n_particles[type]);
  return mass;
}

}  // namespace

std::string other_types(SnapshotHeader const& header, Cosmology const& cosmology) {
  std::vector<std::string> types;
  for (std::size_t type = 0; type < header.n_particles.size(); ++type) {
    auto const n = header.n_particles[type];
    if (type == type_of(ParticleKind::dark_matter) || n == 0) continue;
    double const mass = real(n) * header.mass_table[type];
    double const share = mass / mass_in_box(cosmology.omega_m, header.box_ckpch);
    types.push_back(concat(n, " particles of type ", type,
                           mass > 0 ? concat(" (", share, " of the matter)") : std::string()));
  }
  return join(types, ", ");
}

void require_matter(MatterBudget const& budget, SnapshotHeader const& header, ParticleKind kind,
                    double mass, double error, std::string const& path, std::string_view source) {
  if (!budget.is_checked()) return;
  bool const gas = kind == ParticleKind::gas;
  auto const& cosmology = budget.cosmology;
  double const omega = gas ? cosmology.omega_b : cosmology.omega_m;
  double const ratio = mass / mass_in_box(omega, header.box_ckpch);
  double const slack = budget.tolerance + 4 * error;
  std::string const others = gas ? std::string() : other_types(header, cosmology);
  double const left_out =
      gas ? 0 : known_mass_of_others(header) / mass_in_box(omega, header.box_ckpch);
  constexpr double least_gas = 0.5;  // of the baryons: the others are in stars
  bool const enough = gas ? ratio > least_gas - 4 * error : ratio > 1 - slack;
  if (ratio < 1 + slack && enough && left_out <= budget.tolerance) return;
  fail(ExitCode::bad_data, "the mean density of the particles of type ", type_of(kind), " in '",
       path, "' is ", ratio * omega, ", which is ", ratio, " times ", gas ? "Omega_b" : "Omega_m",
       " = ", omega, ", in a box of ", header.box_ckpch, " ckpc/h (mass from ", source,
       "; expected ",
       gas ? concat("0.5 to ", 1 + budget.tolerance) : concat("1 within ", budget.tolerance), ")",
       ratio_hint(ratio, cosmology.h, cosmology.baryon_fraction()),
       others.empty()
           ? std::string()
           : concat("; there are also ", others,
                    ", which setsz does not read (low-resolution particles of a zoom, or "
                    "a hydrodynamic run?)"),
       ". Give the ", gas ? "gas" : "gravity-only run",
       " in its own units, or set [cosmology] matter_tolerance if this is meant");
}

}  // namespace setsz
