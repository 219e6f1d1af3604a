// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/mock_stage.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pipeline/base/error.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/expected.hpp"
#include "stages/mock/gas_mesh.hpp"
#include "stages/mock/mock_work.hpp"
#include "stages/mock/truth_file.hpp"

namespace setsz {

namespace {

constexpr std::size_t dark_matter_type = 1;

void declare_departures(OptionList& options, MockDepartures& departures) {
  options.add(
      "offset_rms", departures.offset_rms,
      {.unit = "R200",
       .help = "rms distance of the pressure centre from the catalogue position; the matter "
               "outside the core follows it",
       .min = 0,
       .max = 0.25});
  options.add("substructure", departures.substructure,
              {.help = "fraction of the mass of a halo in bound clumps", .min = 0, .max = 0.5});
  options.add("local_strength", departures.local_strength,
              {.help = "how strongly the pressure follows local density and velocity dispersion",
               .min = 0,
               .max = 1});
  options.add(
      "transfer_rms", departures.transfer_rms,
      {.help = "rms exchange of inner and outer pressure, without a trace in the dark matter",
       .min = 0,
       .max = 1});
  options.add("triaxiality", departures.triaxiality,
              {.help = "0: spheres; 1: mean axis ratios 0.75 and 0.6", .min = 0, .max = 1});
  options.add("spin", departures.spin,
              {.help = "typical rotation of a halo, in circular velocities", .min = 0, .max = 0.5});
}

}  // namespace

void MockOptions::declare(OptionList& options) {
  files.declare(options);
  auto& p = parameters;
  options.add("box", p.box_mpch,
              {.unit = "Mpc/h", .help = "edge of the periodic box", .min = 1, .max = 5000});
  options.add(
      "particle_mass", p.particle_mass_msunh,
      {.unit = "Msun/h",
       .help = "particle mass of the gravity-only run (TNG300: 4.7e7); rounded so that an integer "
               "number of particles gives the mean density",
       .min = 1e4,
       .max = 1e14});
  options.add("mass_min", p.mass_min_msunh,
              {.unit = "Msun/h", .help = "smallest M200c of a halo", .min = 1e9, .max = 1e16});
  options.add("mass_max", p.mass_max_msunh,
              {.unit = "Msun/h", .help = "largest M200c of a halo", .min = 1e9, .max = 1e16});
  options.add(
      "abundance", p.abundance,
      {.help = "factor on the number of haloes of the mass function", .min = 0.01, .max = 100});
  options.add("extent", p.extent_r200,
              {.unit = "R200", .help = "outer radius of a halo", .min = 1, .max = 5});
  options.add("pair_fraction", p.pair_fraction,
              {.help = "fraction of haloes near a larger one, with overlapping 2 R200 spheres",
               .min = 0,
               .max = 0.9});
  options.add("bulk_velocity", p.bulk_velocity_kms,
              {.unit = "km/s",
               .help = "rms of one component of the velocities of haloes",
               .min = 0,
               .max = 2000});
  options.add("gas_cells_per_particle", p.gas_cells_per_particle,
              {.help = "gas cells for each gravity-only particle; sets the mass of a cell",
               .min = 0.01,
               .max = 100});
  options.add("gas_resolution", p.gas_resolution_r200,
              {.unit = "R200",
               .help = "largest gas cell within 2 R200 of a cluster",
               .min = 0.01,
               .max = 10});
  options.add("gas_resolved", p.gas_resolved_msunh,
              {.unit = "Msun/h",
               .help = "minimum mass of a cluster for gas_resolution",
               .min = 1e9,
               .max = 1e17});
  options.add("star_forming", p.star_forming_fraction,
              {.help = "star-forming gas cells for each particle within R200", .min = 0, .max = 1});
  declare_departures(options, p.departures);
}

void MockOptions::validate() const {
  require(parameters.mass_min_msunh < parameters.mass_max_msunh, ExitCode::config,
          "mass_min = ", parameters.mass_min_msunh,
          " is not below mass_max = ", parameters.mass_max_msunh);
}

MockStage::MockStage(Configuration const& configuration, SnapshotInstance snapshot)
    : snapshot_(std::move(snapshot)),
      seed_(static_cast<std::uint64_t>(configuration.get<RunOptions>().seed)) {
  record_ = {.stage = "mock", .instance = snapshot_.name, .version = 2};
  record_.settings.add("run.seed", seed_);
  record_.settings.add("snapshot.mock_redshift", snapshot_.section.mock_redshift);
  options_ = record_.take<MockOptions>(configuration);
  record_.take<CosmologySection>(configuration);
  record_.outputs = options_.files.dark_matter();
  for (auto& name : options_.files.gas()) record_.outputs.push_back(name);
  record_.outputs.push_back(MockFiles::catalog());
  record_.outputs.push_back("truth.h5");
}

MockUniverse MockStage::universe() const {
  return make_universe(options_.parameters, snapshot_.cosmology, snapshot_.section.mock_redshift,
                       seed_);
}

SnapshotHeader MockStage::header(MockUniverse const& universe) const {
  SnapshotHeader header;
  header.box_ckpch = universe.box_ckpch;
  header.a = universe.a();
  header.redshift = universe.redshift;
  header.cosmology = universe.cosmology;
  return header;
}

/// The haloes are cheap to draw: the stages that read the mock learn what it will hold.
void MockStage::preflight(Comm const& comm, Outlook& outlook) const {
  constexpr double bytes_per_particle = 44, bytes_per_gas_cell = 48;
  collectively(comm, "", [&] {
    auto const made = universe();
    ExpectedMock expected;
    expected.dark_matter.header = expected.gas.header = header(made);
    expected.dark_matter.header.n_particles[dark_matter_type] = made.n_particles;
    expected.dark_matter.header.mass_table[dark_matter_type] = made.particle_mass;
    expected.dark_matter.n_rows = made.n_particles;
    expected.dark_matter.bytes_per_row = bytes_per_particle;
    expected.gas.n_rows = std::llround(GasMesh::expected_cells(made));
    expected.gas.bytes_per_row = bytes_per_gas_cell;
    for (std::size_t i = 0; i < made.halos.size(); ++i) {
      Halo halo;
      halo.id = std::ssize(expected.halos);
      halo.position = made.halos[i].position;
      halo.mass = made.halos[i].m200c;
      expected.halos.push_back(halo);
    }
    outlook.expect(mock_product(snapshot_.name), std::move(expected));
  });
}

Estimate MockStage::estimate(Outlook const& outlook, int n_ranks) const {
  auto const& expected = *outlook.expected<ExpectedMock>(mock_product(snapshot_.name));
  double const n_particles = real(expected.dark_matter.n_rows), n_cells = real(expected.gas.n_rows);
  double const n_shares = std::min<double>(n_ranks, real(options_.files.n_files));
  Estimate estimate;
  // A rank keeps all its cells until their number is known, and makes the arrays of one file.
  estimate.memory_bytes = n_cells * sizeof(GasCell) / n_shares +
                          std::max(n_particles * 110, n_cells * 90) / real(options_.files.n_files);
  estimate.output_bytes = n_particles * 32 + n_cells * 40;
  estimate.seconds = (n_particles * 0.7e-6 + n_cells * 1.8e-6) / n_shares;
  estimate.note =
      concat(expected.dark_matter.n_rows, " particles, about ", expected.gas.n_rows, " gas cells");
  return estimate;
}

void MockStage::run(Context& context) {
  auto const& comm = context.comm();
  MockUniverse made;
  collectively(comm, "", [&] {
    made = universe();
    for (auto const& output : record_.outputs)
      std::filesystem::create_directories(
          std::filesystem::path(context.part(output)).parent_path());
  });
  Log::info("mock: ", made.halos.size(), " haloes in ", options_.parameters.box_mpch,
            " Mpc/h at z = ", made.redshift, ", ", made.n_particles, " particles of ",
            made.particle_mass * 1e10, " Msun/h (", made.n_particles - made.n_background,
            " in haloes)");
  context.note("haloes", made.halos.size());
  context.note("particles", made.n_particles);
  context.note("particle_mass_msunh", made.particle_mass * 1e10);
  auto const measured = write_mock_dark_matter(context, options_.files, header(made), made);
  context.note("gas_cells", write_mock_gas(context, options_.files, header(made), made));
  write_mock_catalog(context, made, measured);
  write_truth(comm, context.part("truth.h5"), made);
}

void add_mock_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& snapshot : blueprint.snapshots)
    if (snapshot.section.mock)
      stages.push_back(std::make_unique<MockStage>(blueprint.configuration, snapshot));
}

}  // namespace setsz
