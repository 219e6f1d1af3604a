// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshot.hpp"

#include <algorithm>
#include <cmath>

#include "io/snapshots/checked_rows.hpp"
#include "io/snapshots/heads.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

using Zeros = CheckedRows::Zeros;

struct Snapshot::OpenFile {
  std::int64_t index;
  std::unique_ptr<SnapshotFile> file;
};

namespace {

constexpr std::int64_t n_sample_blocks = 64;
/// [(km/s)^2] of ionised gas (0.59 proton masses a particle) at 10^6 K.
constexpr double hot_energy = 2.1e4;

bool any_beyond(std::vector<Vec3> const& positions, double far) {
  return std::any_of(positions.begin(), positions.end(), [&](Vec3 const& p) {
    return std::max({p.x, p.y, p.z}) > far;
  });
}

RealSpan as_numbers(std::vector<Vec3> const& vectors) {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  return std::span<double const>(vectors.empty() ? nullptr : &vectors[0].x, 3 * vectors.size());
}

}  // namespace

Snapshot::Snapshot(Comm const* comm, std::vector<std::string> files, Kind kind,
                   SnapshotFormats formats)
    : files_(std::move(files)), kind_(kind) {
  require(!files_.empty(), ExitCode::missing_input, "a snapshot without files");
  auto const heads = read_heads(comm, files_, kind, formats);
  format_ = heads.format;
  header_ = heads.files[0].header;
  first_row_.push_back(0);
  for (auto const& head : heads.files) {
    first_row_.push_back(first_row_.back() + head.n_this_file[type_of(kind)]);
    bytes_per_row_ = std::max(bytes_per_row_, head.bytes_per_row);
    has_star_formation_ = has_star_formation_ || head.has_star_formation;
    has_smoothing_length_ = has_smoothing_length_ || head.has_smoothing_length;
  }
}

Snapshot::Snapshot(std::vector<std::string> files, Kind kind, SnapshotFormats formats)
    : Snapshot(nullptr, std::move(files), kind, formats) {}

Snapshot Snapshot::open(Comm const& comm, std::vector<std::string> files, Kind kind,
                        SnapshotFormats formats) {
  return Snapshot(&comm, std::move(files), kind, formats);
}

Snapshot Snapshot::open(Comm const& comm, std::string const& pattern, Kind kind,
                        SnapshotFormats formats) {
  std::string names;
  collectively(comm, "", [&] {
    if (comm.is_root()) names = join(find_snapshot_files(pattern, formats), "\n");
  });
  return open(comm, split(comm.broadcast(names, 0), '\n'), kind, formats);
}

SnapshotOutline Snapshot::outline(std::vector<std::string> const& files, Kind kind,
                                  SnapshotFormats formats) {
  require(!files.empty(), ExitCode::missing_input, "a snapshot without files");
  SnapshotFormat format{};
  SnapshotFileHead head;
  for (auto const& path : files) {
    FileProbe const probe(path);
    if (!format.describe) format = format_of(probe, formats, "snapshot");
    head = format.describe(probe, kind);
    if (head.n_this_file[type_of(kind)] > 0) break;
  }
  return {head.header, head.header.n_particles[type_of(kind)], head.bytes_per_row};
}

Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

SnapshotFile& Snapshot::file(std::int64_t index) const {
  if (!open_file_ || open_file_->index != index) {
    open_file_.reset();  // never two at once
    open_file_.reset(new OpenFile{index, format_.open(files_[index], header_, kind_)});
  }
  return *open_file_->file;
}

void Snapshot::for_each_file(Range rows, ReadPart const& read) const {
  require(rows.first >= 0 && rows.first <= rows.last && rows.last <= n_rows(), ExitCode::internal,
          "rows ", rows.first, " to ", rows.last, " of a snapshot with ", n_rows());
  auto const begins = first_row_.begin();
  auto index = std::upper_bound(begins, first_row_.end() - 1, rows.first) - begins - 1;
  for (; index < std::ssize(files_) && first_row_[index] < rows.last; ++index) {
    Range const part{std::max(rows.first, first_row_[index]),
                     std::min(rows.last, first_row_[index + 1])};
    if (part.size() <= 0) continue;
    read(index, Range{part.first - first_row_[index], part.last - first_row_[index]},
         part.first - rows.first);
  }
}

/// Positions in Mpc/h in a box in kpc/h: all of them within a thousandth of the box.
void Snapshot::require_extent(Range rows, bool any_beyond) const {
  double const edge = header_.box_ckpch;
  require(rows.size() < 1000 || any_beyond, ExitCode::bad_data, "the snapshot of '", files_[0],
          "': no coordinate of its rows ", rows.first, " to ", rows.last, " is above ",
          smallest_extent * edge, " in a box of ", edge, " ckpc/h (units? Mpc in place of kpc?)");
}

// ---- dark matter --------------------------------------------------------------------------------

DarkMatterRows Snapshot::read_dark_matter(Range rows) const {
  auto result = read_checked(rows);
  require_extent(rows, any_beyond(result.position, smallest_extent * header_.box_ckpch));
  return result;
}

DarkMatterRows Snapshot::read_checked(Range rows) const {
  require(kind_ == Kind::dark_matter, ExitCode::internal, "dark matter of a gas snapshot");
  auto const n = rows.size();
  DarkMatterRows result;
  result.first_row = rows.first;
  result.position.resize(n);
  result.velocity.resize(n);
  result.id.resize(n);
  result.mass.resize(n, fixed_mass());
  for_each_file(rows, [&](std::int64_t index, Range part, std::int64_t at) {
    CheckedRows const checked(file(index), files_[index], kind_);
    auto const cut = [&](auto& all) { return std::span(all).subspan(at, part.size()); };
    n_wrapped_ += checked.positions(part, cut(result.position), header_.box_ckpch);
    checked.velocities(part, cut(result.velocity));
    checked.ids(part, cut(result.id));
    if (fixed_mass() == 0) checked.masses(part, cut(result.mass));
  });
  return result;
}

void Snapshot::visit_dark_matter(Range rows, DarkMatterVisitor const& visit) const {
  require(kind_ == Kind::dark_matter, ExitCode::internal, "dark matter of a gas snapshot");
  bool any_beyond = false;
  for_each_file(rows, [&](std::int64_t index, Range part, std::int64_t at) {
    auto& from = file(index);
    auto const block_rows = from.block_rows();
    for (auto first = part.first; first < part.last; first += block_rows) {
      Range const piece{first, std::min(first + block_rows, part.last)};
      auto block = from.read_block(piece, fixed_mass());
      block.first_row = rows.first + at + piece.first - part.first;
      if (looks_good(block, header_.box_ckpch, any_beyond)) {
        visit(block);
        continue;
      }
      // The slow way wraps positions at the edge, and reports what is wrong and where.
      auto const slow = read_checked({block.first_row, block.first_row + piece.size()});
      block.position = as_numbers(slow.position);
      block.velocity = as_numbers(slow.velocity);
      block.velocity_factor = 1;
      block.id = slow.id;
      block.mass = std::span<double const>(slow.mass);
      block.fixed_mass = 0;
      visit(block);
    }
  });
  require_extent(rows, any_beyond);
}

// ---- gas ----------------------------------------------------------------------------------------

void Snapshot::read_checked_gas(std::int64_t index, Range part, std::int64_t at,
                                GasRows& result) const {
  CheckedRows const checked(file(index), files_[index], kind_);
  auto const cut = [&](auto& all) { return std::span(all).subspan(at, part.size()); };
  n_wrapped_ += checked.positions(part, cut(result.position), header_.box_ckpch);
  if (fixed_mass() == 0) checked.masses(part, cut(result.mass));
  auto const density = cut(result.density);
  checked.numbers(ParticleField::density, part, density, Zeros::refused);
  checked.at_most(ParticleField::density, part, density, largest_density,
                  "no gas is 1e14 times as dense as the mean; which unit is it in?");
  auto const pressure = cut(result.electron_pressure);  // holds the internal energy first
  checked.numbers(ParticleField::internal_energy, part, pressure, Zeros::refused);
  checked.at_most(ParticleField::internal_energy, part, pressure,
                  largest_velocity_kms * largest_velocity_kms,
                  "an internal energy above that of its rest mass; which unit is it in?");
  std::vector<double> electrons(part.size()), stars(part.size(), 0);
  checked.numbers(ParticleField::electron_abundance, part, electrons, Zeros::allowed);
  // Metals add a little to the 1.158 of a primordial gas.
  checked.at_most(ParticleField::electron_abundance, part, electrons, 1.3,
                  "a fully ionised gas has 1.158 electrons per hydrogen atom; is it per something "
                  "else?");
  if (has_star_formation_)
    checked.numbers(ParticleField::star_formation_rate, part, stars, Zeros::allowed);
  if (has_smoothing_length_) {
    auto const lengths = cut(result.smoothing_length);
    checked.numbers(ParticleField::smoothing_length, part, lengths, Zeros::refused);
    checked.at_most(ParticleField::smoothing_length, part, lengths, header_.box_ckpch / 2,
                    "a smoothing length of more than half the box; which unit is it in?");
  }
  for (std::int64_t i = 0; i < part.size(); ++i) {
    if (stars[i] == 0 && pressure[i] > hot_energy) {
      ++result.n_hot;
      result.hot_electrons += electrons[i];
    }
    // Star-forming cells hold an effective, not a thermal energy: they count as cold.
    pressure[i] = stars[i] > 0 ? 0
                               : (units::gas_gamma - 1) * density[i] * pressure[i] *
                                     units::electron_pressure_fraction(electrons[i]);
  }
}

GasRows Snapshot::read_gas(Range rows) const {
  auto result = read_checked_gas(rows);
  require_extent(rows, any_beyond(result.position, smallest_extent * header_.box_ckpch));
  return result;
}

GasRows Snapshot::read_checked_gas(Range rows) const {
  require(kind_ == Kind::gas, ExitCode::internal, "gas of a dark matter snapshot");
  auto const n = rows.size();
  GasRows result;
  result.first_row = rows.first;
  result.position.resize(n);
  result.mass.resize(n, fixed_mass());
  result.density.resize(n);
  result.electron_pressure.resize(n);
  if (has_smoothing_length_) result.smoothing_length.resize(n);
  for_each_file(rows, [&](std::int64_t index, Range part, std::int64_t at) {
    read_checked_gas(index, part, at, result);
  });
  return result;
}

Snapshot::MeanMass Snapshot::mean_mass() const {
  if (fixed_mass() == 0) return sampled_mass();
  auto const some = std::upper_bound(first_row_.begin(), first_row_.end(), 0) - first_row_.begin();
  auto const first = std::max<std::int64_t>(some - 1, 0);
  if (n_rows() > 0 && file(first).lists_masses()) {
    auto const listed = sampled_mass();
    constexpr double rounding = 1e-3;
    require(std::abs(listed.mass / fixed_mass() - 1) < rounding + 4 * listed.error,
            ExitCode::bad_data, "'", files_[first], "': ", file(first).name_of(ParticleField::mass),
            " has masses of ", 1e10 * listed.mass, " Msun/h on average, ",
            listed.mass / fixed_mass(), " times MassTable[", type_of(kind_),
            "] = ", 1e10 * fixed_mass(),
            " Msun/h of the header; correct the one that is wrong (a MassTable of 0 stands for a "
            "mass per particle)");
  }
  return {fixed_mass(), 0};
}

/// A block of rows; 64 of them lie all over the snapshot.
Range Snapshot::sample_block(std::int64_t i) const {
  constexpr std::int64_t most = 1024;
  auto const first = n_rows() * i / n_sample_blocks;
  return {first, std::min(first + most, n_rows() * (i + 1) / n_sample_blocks)};
}

/// Ids tell particles apart: one number for all, or numbers that came round, do not.
void Snapshot::require_ids(std::vector<std::uint64_t> ids) const {
  auto const n = std::ssize(ids);
  std::ranges::sort(ids);
  auto const n_distinct = std::unique(ids.begin(), ids.end()) - ids.begin();
  require(2 * n_distinct >= n, ExitCode::bad_data, "the snapshot of '", files_[0], "': ", n,
          " of its particles have only ", n_distinct,
          " different ParticleIDs (one number for all, or too few bits?); each must have its own");
}

void Snapshot::check_sample() const {
  bool any = false;
  std::vector<std::uint64_t> ids;
  double const far = smallest_extent * header_.box_ckpch;
  for (std::int64_t i = 0; i < n_sample_blocks; ++i) {
    auto const rows = sample_block(i);
    if (rows.size() == 0) continue;
    if (kind_ == Kind::gas) {
      any = any_beyond(read_checked_gas(rows).position, far) || any;
      continue;
    }
    auto const some = read_checked(rows);
    any = any_beyond(some.position, far) || any;
    ids.insert(ids.end(), some.id.begin(), some.id.end());
  }
  require_ids(std::move(ids));
  require_extent({0, n_rows()}, any);
}

/// Of blocks all over the snapshot.
Snapshot::MeanMass Snapshot::sampled_mass() const {
  double n = 0, sum = 0, sum2 = 0;
  for (std::int64_t i = 0; i < n_sample_blocks; ++i) {
    auto const rows = sample_block(i);
    std::vector<double> masses(rows.size());
    for_each_file(rows, [&](std::int64_t index, Range part, std::int64_t at) {
      CheckedRows(file(index), files_[index], kind_)
          .masses(part, std::span(masses).subspan(at, part.size()));
    });
    for (double const mass : masses) n += 1, sum += mass, sum2 += mass * mass;
  }
  double const mean = sum / n, variance = std::max(0.0, sum2 / n - mean * mean);
  bool const all = n >= real(n_rows());
  return {mean, all ? 0 : std::sqrt(variance / n) / mean};
}

std::vector<Range> Snapshot::slices(std::int64_t slice_rows) const {
  require(slice_rows > 0, ExitCode::config, "a slice of ", slice_rows, " rows");
  std::vector<Range> slices;
  for (std::int64_t first = 0; first < n_rows(); first += slice_rows) {
    slices.push_back({first, std::min(n_rows(), first + slice_rows)});
  }
  return slices;
}

}  // namespace setsz
