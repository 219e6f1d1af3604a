// SPDX-License-Identifier: BSD-3-Clause
#include "stages/mock/mock_work.hpp"

#include <array>
#include <cmath>

#include "io/snapshot_writer.hpp"
#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"
#include "pipeline/run/stop_signal.hpp"
#include "stages/mock/dark_matter.hpp"
#include "stages/mock/gas_mesh.hpp"
#include "stages/mock/rockstar_list.hpp"

namespace setsz {

namespace {

constexpr std::size_t gas_type = 0, dark_matter_type = 1;
/// Electrons per hydrogen atom: fully ionised hydrogen and helium; somewhat less where it is cold.
constexpr double abundance_hot = 1.158, abundance_cold = 1.08;
constexpr double hot_energy = 1e4;  // [(km/s)^2]

/// Calls `body(file)` for this rank's share of the files: rank, rank + size, ...
template <class Body>
void for_my_files(Comm const& comm, std::int64_t n_files, Body&& body) {
  for (std::int64_t file = comm.rank(); file < n_files; file += comm.size()) {
    leave_if_stopped();
    body(file);
  }
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

/// The cells of this rank's files, in order. \param n_cells  of every file, set on all ranks
std::vector<std::vector<GasCell>> make_cells(Comm const& comm, MockUniverse const& universe,
                                             std::vector<std::int64_t>& n_cells) {
  GasField const field(universe);
  GasMesh const mesh(field);
  auto const n_files = std::ssize(n_cells);
  std::vector<std::vector<GasCell>> cells;
  Progress progress("mock: gas", real(n_files));
  collectively(comm, "making gas cells", [&] {
    for_my_files(comm, n_files, [&](std::int64_t f) {
      auto const range = mesh.root_cells_of_file(f, n_files);
      auto& mine = cells.emplace_back();
      for (std::int64_t root = range.first; root < range.last; ++root) {
        mesh.add_cells(root, mine);
        leave_if_stopped();
        mark_progress("mock: gas");
      }
      mine.shrink_to_fit();  // all files wait until the number of cells is known
      n_cells[f] = std::ssize(mine);
      progress.update(real(f + 1));
    });
  });
  comm.all_sum(n_cells);
  return cells;
}

/// The volume of the cells of one file.
double checked_volume(std::vector<GasCell> const& cells) {
  double volume = 0;
  for (auto const& cell : cells) {
    require(std::isfinite(cell.electron_pressure) && cell.density > 0, ExitCode::internal,
            "a mock gas cell has density ", cell.density, " and pressure ", cell.electron_pressure);
    volume += cell.volume;
  }
  return volume;
}

/// Cells tile the box. \param volumes  of this rank's files
void check_tiling(Comm const& comm, std::vector<double> const& volumes, double box_ckpch) {
  double volume = 0;
  for (double const part : comm.all_gather_v(volumes)) volume += part;
  double const filled = volume / std::pow(box_ckpch, 3);
  collectively(comm, "", [&] {
    require(std::abs(filled - 1) < 1e-3, ExitCode::internal, "the gas cells of the mock fill ",
            filled, " of the box, expected 1");
  });
}

}  // namespace

std::vector<HaloMeasurement> write_mock_dark_matter(Context& context, MockFiles const& files,
                                                    SnapshotHeader file_header,
                                                    MockUniverse const& universe) {
  auto const& comm = context.comm();
  auto const n_files = files.n_files;
  auto const shares = plan_dark_matter_files(universe, n_files);
  auto const names = files.dark_matter();
  file_header.n_particles[dark_matter_type] = universe.n_particles;
  file_header.mass_table[dark_matter_type] = universe.particle_mass;
  file_header.cosmology.omega_b = 0;  // unknown, as in the header of a gravity-only run

  std::vector<HaloMeasurement> mine;
  std::vector<std::int64_t> mine_numbers;
  Progress progress("mock: dark matter", real(n_files));
  collectively(comm, "writing the gravity-only snapshot", [&] {
    for_my_files(comm, n_files, [&](std::int64_t f) {
      auto const& share = shares[f];
      auto content = content_of(universe, share);
      require(std::ssize(content.particles) == share.n_particles, ExitCode::internal, "file ", f,
              " has ", content.particles.size(), " particles, expected ", share.n_particles);
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

std::int64_t write_mock_gas(Context& context, MockFiles const& files, SnapshotHeader file_header,
                            MockUniverse const& universe) {
  auto const& comm = context.comm();
  auto const n_files = files.n_files;
  auto const names = files.gas();
  std::vector<std::int64_t> n_cells(n_files, 0);
  auto cells = make_cells(comm, universe, n_cells);
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
      volumes.push_back(checked_volume(cells[k]));
      auto const file = gas_file(cells[k], first_id[f]);
      cells[k++] = {};
      std::array<std::int64_t, 6> n_this_file{};
      n_this_file[gas_type] = n_cells[f];
      write_snapshot_file(context.part(names[f]), file_header, static_cast<int>(n_files),
                          n_this_file, nullptr, &file);
      mark_progress("mock: gas");
    });
  });
  check_tiling(comm, volumes, universe.box_ckpch);
  return file_header.n_particles[gas_type];
}

void write_mock_catalog(Context& context, MockUniverse const& universe,
                        std::vector<HaloMeasurement> const& measured) {
  auto const& comm = context.comm();
  on_root(comm, "writing the halo catalogue", [&] {
    durable::Writer list(context.part(MockFiles::catalog()));
    list.write(rockstar_list(universe, measured));
    list.sync();
  });
}

}  // namespace setsz
