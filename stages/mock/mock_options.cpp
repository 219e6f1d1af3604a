// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/error.hpp"
#include "stages/mock/mock_stage.hpp"

namespace setsz {

namespace {

void declare_departures(OptionList& options, MockDepartures& departures) {
  options.add("offset_rms", departures.offset_rms,
              {.unit = "R200",
               .help = "rms distance of the pressure centre from the catalogue position; matter "
                       "outside the core is centred on it",
               .min = 0,
               .max = 0.25});
  options.add("substructure", departures.substructure,
              {.help = "share of a halo's mass in bound clumps", .min = 0, .max = 0.5});
  options.add(
      "local_strength", departures.local_strength,
      {.help = "how strongly pressure follows local density and dispersion", .min = 0, .max = 1});
  options.add("transfer_rms", departures.transfer_rms,
              {.help = "rms exchange of inner and outer pressure, unseen in the dark matter",
               .min = 0,
               .max = 1});
  options.add("triaxiality", departures.triaxiality,
              {.help = "0: spheres; 1: mean axis ratios 0.75 and 0.6", .min = 0, .max = 1});
  options.add(
      "spin", departures.spin,
      {.help = "typical rotation, in circular velocities, of a halo", .min = 0, .max = 0.5});
}

}  // namespace

void MockOptions::declare(OptionList& options) {
  files.declare(options);
  auto& p = parameters;
  options.add("box", p.box_mpch,
              {.unit = "Mpc/h", .help = "edge of the periodic box", .min = 1, .max = 5000});
  options.add("particle_mass", p.particle_mass_msunh,
              {.unit = "Msun/h",
               .help = "of the gravity-only run (TNG300: 4.7e7); rounded so that an integer number "
                       "of particles holds the mean density",
               .min = 1e4,
               .max = 1e14});
  options.add("mass_min", p.mass_min_msunh,
              {.unit = "Msun/h", .help = "smallest M200c of a halo", .min = 1e9, .max = 1e16});
  options.add("mass_max", p.mass_max_msunh,
              {.unit = "Msun/h", .help = "largest M200c of a halo", .min = 1e9, .max = 1e16});
  options.add("abundance", p.abundance,
              {.help = "haloes are this much more numerous than in the mass function",
               .min = 0.01,
               .max = 100});
  options.add("extent", p.extent_r200,
              {.unit = "R200", .help = "radius where a halo ends", .min = 1, .max = 5});
  options.add("pair_fraction", p.pair_fraction,
              {.help = "share of haloes beside a larger one: their 2 R200 spheres overlap",
               .min = 0,
               .max = 0.9});
  options.add("bulk_velocity", p.bulk_velocity_kms,
              {.unit = "km/s", .help = "rms of one component, of haloes", .min = 0, .max = 2000});
  options.add("gas_cells_per_particle", p.gas_cells_per_particle,
              {.help = "gas cells of about this much less than the cosmic share of a particle",
               .min = 0.01,
               .max = 100});
  options.add("gas_resolution", p.gas_resolution_r200,
              {.unit = "R200",
               .help = "largest gas cell within 2 R200 of a cluster",
               .min = 0.01,
               .max = 10});
  options.add("gas_resolved", p.gas_resolved_msunh,
              {.unit = "Msun/h", .help = "a cluster in that sense", .min = 1e9, .max = 1e17});
  options.add("star_forming", p.star_forming_fraction,
              {.help = "star-forming gas cells per particle within R200", .min = 0, .max = 1});
  declare_departures(options, p.departures);
}

void MockOptions::validate() const {
  require(parameters.mass_min_msunh < parameters.mass_max_msunh, ExitCode::config,
          "mass_min = ", parameters.mass_min_msunh,
          " is not below mass_max = ", parameters.mass_max_msunh);
}

}  // namespace setsz
