// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/mock_stage.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "io/snapshot_writer.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "stages/common/expected.hpp"
#include "stages/mock/dark_matter.hpp"
#include "stages/mock/gas_mesh.hpp"
#include "stages/mock/mass_function.hpp"
#include "stages/mock/rockstar_list.hpp"
#include "stages/mock/truth.hpp"

namespace setsz {

namespace {

constexpr std::size_t gas_type = 0, dark_matter_type = 1;
/// Electrons per hydrogen atom: fully ionised hydrogen and helium; somewhat less where it is cold.
constexpr double abundance_hot = 1.158, abundance_cold = 1.08;
constexpr double hot_energy = 1e4;  // [(km/s)^2]

/// Calls `body(file)` for this rank's share of the files: rank, rank + size, ...
template <class Body>
void for_my_files(Comm const& comm, std::int64_t n_files, Body&& body) {
  for (std::int64_t file = comm.rank(); file < n_files; file += comm.size()) body(file);
}

double internal_energy(GasCell const& cell, double electron_abundance) {
  return cell.electron_pressure / (units::electron_pressure_fraction(electron_abundance) *
                                   (units::gas_gamma - 1) * cell.density);
}

GasFile gas_file(std::vector<GasCell> const& cells, std::uint64_t first_id) {
  GasFile file;
  for (auto const& cell : cells) {
    bool const hot = internal_energy(cell, abundance_hot) > hot_energy;
    double const abundance = hot ? abundance_hot : abundance_cold;
    file.position.push_back(cell.position);
    file.id.push_back(first_id++);
    file.mass.push_back(cell.density * cell.volume);
    file.density.push_back(cell.density);
    file.electron_abundance.push_back(abundance);
    file.internal_energy.push_back(internal_energy(cell, abundance));
    file.star_formation_rate.push_back(cell.star_forming ? 1 : 0);
  }
  return file;
}

}  // namespace

MockStage::MockStage(Configuration const& configuration, SnapshotInstance snapshot)
    : snapshot_(std::move(snapshot)),
      seed_(static_cast<std::uint64_t>(configuration.get<RunOptions>().seed)) {
  record_ = {.stage = "mock", .instance = snapshot_.name, .version = 1};
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

double MockStage::expected_gas_cells() const {
  auto const& p = options_.parameters;
  double const volume = std::pow(p.box_mpch, 3);
  double const n_particles =
      snapshot_.cosmology.omega_m * units::rho_crit_0_mpc * 1e10 * volume / p.particle_mass_msunh;
  double const n_clusters =
      p.gas_resolved_msunh >= p.mass_max_msunh
          ? 0
          : p.abundance * volume *
                halo_number_density(std::max(p.gas_resolved_msunh, p.mass_min_msunh),
                                    p.mass_max_msunh, snapshot_.section.mock_redshift);
  // A leaf holds 0.5 to 2 wanted masses; within 2 R200 its edge is 0.5 to 1 of the limit.
  return n_particles * p.gas_cells_per_particle +
         n_clusters * 90 / std::pow(p.gas_resolution_r200, 3);
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
    expected.gas.n_rows = std::llround(expected_gas_cells());
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

std::vector<HaloMeasurement> MockStage::write_dark_matter(Context& context,
                                                          MockUniverse const& universe) const {
  auto const& comm = context.comm();
  auto const n_files = options_.files.n_files;
  auto const shares = plan_dark_matter_files(universe, n_files);
  auto const names = options_.files.dark_matter();
  auto file_header = header(universe);
  file_header.n_particles[dark_matter_type] = universe.n_particles;
  file_header.mass_table[dark_matter_type] = universe.particle_mass;
  file_header.cosmology.omega_b = 0;  // as a gravity-only header has it: unknown

  std::vector<HaloMeasurement> mine;
  std::vector<std::int64_t> mine_numbers;
  Progress progress("mock: dark matter", real(n_files));
  collectively(comm, "writing the gravity-only snapshot", [&] {
    for_my_files(comm, n_files, [&](std::int64_t f) {
      auto const& share = shares[f];
      auto content = content_of(universe, share);
      require(std::ssize(content.particles) == share.n_particles, ExitCode::internal, "file ", f,
              " has ", content.particles.size(), " particles, planned were ", share.n_particles);
      for (std::int64_t i = share.halos.first; i < share.halos.last; ++i)
        mine_numbers.push_back(universe.file_order[i]);
      mine.insert(mine.end(), content.measured.begin(), content.measured.end());
      DarkMatterFile file;
      for (auto const& particle : content.particles) {
        file.position.push_back(particle.position);
        file.velocity.push_back(particle.velocity);
        file.id.push_back(static_cast<std::uint64_t>(share.first_id) + file.id.size());
      }
      content.particles = {};
      std::array<std::int64_t, 6> n_this_file{};
      n_this_file[dark_matter_type] = share.n_particles;
      write_snapshot_file(context.part(names[f]), file_header, static_cast<int>(n_files),
                          n_this_file, &file, nullptr);
      progress.update(real(f + 1));
      mark_progress("mock: dark matter");
    });
  });
  auto const numbers = comm.all_gather_v(mine_numbers);
  auto const gathered = comm.all_gather_v(mine);
  std::vector<HaloMeasurement> measured(universe.halos.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) measured[numbers[i]] = gathered[i];
  return measured;
}

void MockStage::write_gas(Context& context, MockUniverse const& universe) const {
  auto const& comm = context.comm();
  auto const n_files = options_.files.n_files;
  auto const names = options_.files.gas();
  GasField const field(universe);
  GasMesh const mesh(field);

  std::vector<std::vector<GasCell>> cells;  // of my files, in order
  std::vector<std::int64_t> n_cells(n_files, 0);
  Progress progress("mock: gas", real(n_files));
  collectively(comm, "making gas cells", [&] {
    for_my_files(comm, n_files, [&](std::int64_t f) {
      auto const range = mesh.root_cells_of_file(f, n_files);
      auto& mine = cells.emplace_back();
      for (std::int64_t root = range.first; root < range.last; ++root) {
        mesh.add_cells(root, mine);
        mark_progress("mock: gas");
      }
      n_cells[f] = std::ssize(mine);
      progress.update(real(f + 1));
    });
  });
  comm.all_sum(n_cells);
  auto file_header = header(universe);
  std::vector<std::uint64_t> first_id;
  for (auto const n : n_cells) {
    first_id.push_back(
        static_cast<std::uint64_t>(1 + universe.n_particles + file_header.n_particles[gas_type]));
    file_header.n_particles[gas_type] += n;
  }

  std::vector<double> volumes;  // of my files
  collectively(comm, "writing the gas snapshot", [&] {
    std::size_t k = 0;
    for_my_files(comm, n_files, [&](std::int64_t f) {
      double volume = 0;
      for (auto const& cell : cells[k]) {
        require(std::isfinite(cell.electron_pressure) && cell.density > 0, ExitCode::internal,
                "a mock gas cell has density ", cell.density, " and pressure ",
                cell.electron_pressure);
        volume += cell.volume;
      }
      volumes.push_back(volume);
      auto const file = gas_file(cells[k], first_id[f]);
      cells[k++] = {};
      std::array<std::int64_t, 6> n_this_file{};
      n_this_file[gas_type] = n_cells[f];
      write_snapshot_file(context.part(names[f]), file_header, static_cast<int>(n_files),
                          n_this_file, nullptr, &file);
      mark_progress("mock: gas");
    });
  });
  double volume = 0;
  for (double const part : comm.all_gather_v(volumes)) volume += part;
  double const filled = volume / std::pow(universe.box_ckpch, 3);
  collectively(comm, "", [&] {
    require(std::abs(filled - 1) < 1e-3, ExitCode::internal, "the mock's gas cells fill ", filled,
            " of the box, 1 is wanted");
  });
  context.note("gas_cells", file_header.n_particles[gas_type]);
}

void MockStage::write_catalog(Context& context, MockUniverse const& universe,
                              std::vector<HaloMeasurement> const& measured) const {
  auto const& comm = context.comm();
  on_root(comm, "writing the halo catalogue", [&] {
    durable::Writer list(context.part(MockFiles::catalog()));
    list.write(rockstar_list(universe, measured));
    list.sync();
  });
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
  auto const measured = write_dark_matter(context, made);
  if (context.stop_requested()) context.stop_here();
  write_gas(context, made);
  write_catalog(context, made, measured);
  write_truth(comm, context.part("truth.h5"), made);
}

void add_mock_stages(Blueprint const& blueprint, StageList& stages) {
  for (auto const& snapshot : blueprint.snapshots)
    if (snapshot.section.mock)
      stages.push_back(std::make_unique<MockStage>(blueprint.configuration, snapshot));
}

}  // namespace setsz
