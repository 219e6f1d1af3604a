// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshots/h5_snapshot_file.hpp"

#include <algorithm>
#include <cmath>

#include "io/snapshots/h5_stated_units.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

namespace {

std::string const header = "/Header";

/// Electrons per hydrogen atom of a fully ionised gas without metals.
constexpr double ionised = 1 + (1 - units::hydrogen_fraction) / (2 * units::hydrogen_fraction);
/// 3/2 k_B / m_p [(km/s)^2 per K], for a mean molecular weight of 1. \source CODATA 2018
constexpr double energy_per_kelvin = 1.5 * 1.380649e-16 / 1.67262192369e-24 * 1e-10;

double inverse_molecular_weight(double electron_abundance) {
  constexpr double x_h = units::hydrogen_fraction;
  return (1 + 3 * x_h + 4 * x_h * electron_abundance) / 4;
}

}  // namespace

void H5SnapshotLayout::find(H5File const& file, ParticleField field, std::string const& group,
                            std::initializer_list<char const*> names, double factor) {
  for (auto const* name : names) {
    if (!file.exists(group + name)) continue;
    (*this)[field] = H5Field{group + name, factor};
    return;
  }
}

void H5SnapshotLayout::find_energy(H5File const& file, std::string const& group,
                                   double energy_factor) {
  find(file, ParticleField::internal_energy, group, {"InternalEnergy", "InternalEnergies"},
       energy_factor);
  auto& energy = (*this)[ParticleField::internal_energy];
  if (!energy) {
    find(file, ParticleField::internal_energy, group, {"Temperature", "Temperatures"}, 1);
    if (energy) energy->is_temperature = true;
  }
  find(file, ParticleField::electron_abundance, group, {"ElectronAbundance", "ElectronAbundances"},
       1);
  if (!(*this)[ParticleField::electron_abundance])
    (*this)[ParticleField::electron_abundance] = H5Field{"", ionised};
  find(file, ParticleField::star_formation_rate, group, {"StarFormationRate", "StarFormationRates"},
       1);
}

// ---- checks -------------------------------------------------------------------------------------

void check_fields(H5File const& file, H5SnapshotLayout const& layout, ParticleKind kind,
                  std::string const& group, SnapshotFileHead& head) {
  auto const type = type_of(kind);
  H5ColumnCheck const check{file, head.n_this_file[type], "its header says NumPart_ThisFile"};
  auto const add = [&](ParticleField field, char const* name, std::int64_t columns = 1) {
    auto const& found = layout[field];
    auto const dataset = found ? found->dataset : group + name;
    if (found && dataset.empty()) return;
    head.bytes_per_row += real(check.reals(dataset, columns));  // a missing one is named
    if (found) check_stated_unit(file, *found, field, head.header);
  };
  add(ParticleField::position, "Coordinates", 3);
  if (head.header.mass_table[type] == 0) add(ParticleField::mass, "Masses");
  if (kind == ParticleKind::dark_matter) {
    add(ParticleField::velocity, "Velocities", 3);
    head.bytes_per_row += real(check.ids(layout.ids));
    head.narrow_ids = check.has_narrow_ids(layout.ids);
    return;
  }
  add(ParticleField::density, "Density");
  add(ParticleField::internal_energy, "InternalEnergy");
  add(ParticleField::electron_abundance, "ElectronAbundance");
  head.has_electron_abundance = !layout[ParticleField::electron_abundance]->dataset.empty();
  head.has_star_formation = layout[ParticleField::star_formation_rate].has_value();
  if (head.has_star_formation) add(ParticleField::star_formation_rate, "StarFormationRate");
  head.has_smoothing_length = layout[ParticleField::smoothing_length].has_value();
  if (head.has_smoothing_length) add(ParticleField::smoothing_length, "SmoothingLength");
}

template <class T>
std::array<T, 6> six_types(H5File const& file, std::string const& object, char const* name) {
  auto const list = file.attribute_list<T>(object, name);
  std::array<T, 6> values{};
  require(!list.empty() && list.size() <= 64, ExitCode::bad_data, "attribute '", name, "' of '",
          object, "' in '", file.path(), "' holds ", list.size(),
          " values (expected one for each type of particles)");
  for (std::size_t type = 0; type < list.size(); ++type) {
    if (type < values.size())
      values[type] = list[type];
    else
      require(list[type] == T{}, ExitCode::bad_data, "'", file.path(), "': ", name, "[", type,
              "] = ", list[type], "; particles of type ", type, " (neutrinos?) are not supported");
  }
  return values;
}
template std::array<std::int64_t, 6> six_types(H5File const&, std::string const&, char const*);
template std::array<double, 6> six_types(H5File const&, std::string const&, char const*);

std::array<std::int64_t, 6> total_particles(H5File const& file) {
  auto totals = six_types<std::int64_t>(file, header, "NumPart_Total");
  if (!file.has_attribute(header, "NumPart_Total_HighWord")) return totals;
  auto const high = six_types<std::int64_t>(file, header, "NumPart_Total_HighWord");
  for (std::size_t type = 0; type < 6; ++type) {
    if (high[type] == 0) continue;
    require(totals[type] >> 32 == 0 && high[type] < (std::int64_t{1} << 31), ExitCode::bad_data,
            "'", file.path(), "': NumPart_Total[", type, "] = ", totals[type],
            " needs more than 32 bits, and NumPart_Total_HighWord[", type, "] = ", high[type],
            " (expected 0 beside a 64-bit total)");
    totals[type] += high[type] << 32;
  }
  return totals;
}

void check_head(std::string const& path, SnapshotFileHead const& head) {
  auto const& [box, a, redshift, cosmology, n_total, mass_table] = head.header;
  auto const positive = [&](char const* name, double value) {
    require(std::isfinite(value) && value > 0, ExitCode::bad_data, "'", path, "': Header/", name,
            " = ", value, " (expected a positive number)");
  };
  positive("BoxSize", box);
  positive("Time", a);
  positive("HubbleParam", cosmology.h);
  positive("Omega0", cosmology.omega_m);
  for (std::size_t type = 0; type < 6; ++type) {
    require(head.n_this_file[type] >= 0 && n_total[type] >= 0, ExitCode::bad_data, "'", path,
            "': NumPart_ThisFile or NumPart_Total of type ", type, " is negative");
    require(std::isfinite(mass_table[type]) && mass_table[type] >= 0, ExitCode::bad_data, "'", path,
            "': MassTable[", type, "] = ", mass_table[type],
            " (expected a mass, or 0 for masses per particle)");
  }
  require(std::abs(a * (1 + redshift) - 1) < 1e-3, ExitCode::bad_data, "'", path, "': Time = ", a,
          " and Redshift = ", redshift, " do not match (expected Time = 1/(1+z))");
}

double near_power_of_ten(double ratio) {
  if (!(ratio > 0) || !std::isfinite(ratio)) return ratio;
  double const power = std::pow(10.0, std::round(std::log10(ratio)));
  return std::abs(ratio / power - 1) < 1e-3 ? power : ratio;
}

// ---- an open file -------------------------------------------------------------------------------

H5SnapshotFile::H5SnapshotFile(H5File file, H5SnapshotLayout layout)
    : file_(std::move(file)), layout_(std::move(layout)) {}

std::string H5SnapshotFile::name_of(ParticleField field) const {
  auto const& found = layout_[field];
  return found ? found->dataset : std::string("a field");
}

void H5SnapshotFile::read(ParticleField field, Range rows, std::span<double> into) const {
  auto const& found = layout_[field];
  require(found.has_value(), ExitCode::internal, "'", file_.path(), "' lacks a field");
  if (found->dataset.empty()) {
    std::fill(into.begin(), into.end(), found->factor);
    return;
  }
  read_h5_reals(file_, found->dataset, rows, into);
  if (found->factor != 1)
    for (auto& value : into) value *= found->factor;
  if (!found->is_temperature) return;
  std::vector<double> electrons(into.size());
  read(ParticleField::electron_abundance, rows, electrons);
  for (std::size_t i = 0; i < into.size(); ++i)
    into[i] *= energy_per_kelvin * inverse_molecular_weight(electrons[i]);
}

void H5SnapshotFile::read_ids(Range rows, std::span<std::uint64_t> into) const {
  read_h5_ids(file_, layout_.ids, rows, into);
}

H5DarkMatterColumns& H5SnapshotFile::columns() {
  if (!columns_) {
    columns_.emplace(file_, H5DarkMatterColumns::Names{name_of(ParticleField::position),
                                                       name_of(ParticleField::velocity),
                                                       layout_.ids, name_of(ParticleField::mass)});
  }
  return *columns_;
}

/// Are the numbers in the file those that blocks hand on?
bool H5SnapshotFile::is_native() const {
  auto const as_stored = [&](ParticleField field) {
    auto const& found = layout_[field];
    return !found || found->factor == 1;
  };
  auto const is_real = [&](ParticleField field) {
    auto const type = file_.info(layout_[field]->dataset).type;
    return type == H5Type::float32 || type == H5Type::float64;
  };
  auto const ids = file_.info(layout_.ids).type;
  return as_stored(ParticleField::position) && as_stored(ParticleField::mass) &&
         is_real(ParticleField::position) && is_real(ParticleField::velocity) &&
         (ids == H5Type::uint32 || ids == H5Type::uint64 || ids == H5Type::int64);
}

std::int64_t H5SnapshotFile::block_rows() {
  return columns_ || is_native() ? columns().block_rows() : SnapshotFile::block_rows();
}

DarkMatterBlock H5SnapshotFile::read_block(Range rows, double fixed_mass) {
  if (!columns_ && !is_native()) return SnapshotFile::read_block(rows, fixed_mass);
  auto block = columns().read(rows, fixed_mass);
  block.velocity_factor = layout_[ParticleField::velocity]->factor;
  return block;
}

}  // namespace setsz
