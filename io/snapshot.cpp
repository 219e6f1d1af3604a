// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/h5.hpp"
#include "io/snapshot_head.hpp"
#include "pipeline/base/periodic_box.hpp"
#include "pipeline/base/units.hpp"

namespace setsz {

using snapshot::FileHead;

struct Snapshot::OpenFile {
  std::size_t index;
  H5File file;
};

namespace {

/// The problems found in files, which travel between ranks as text: "65 text\n".
/// With a communicator all ranks know all problems, and all stop.
class Problems {
 public:
  explicit Problems(Comm const* comm) : comm_(comm) {}
  void add(ExitCode code, std::string const& text) {
    lines_ += concat(static_cast<int>(code), " ", text, "\n");
  }
  void share() {
    if (!comm_) return;
    auto const all = comm_->all_gather_v(std::span<char const>(lines_));
    lines_.assign(all.begin(), all.end());
  }
  /// At most 20 of them; the exit code of the first one.
  void stop_if_any() const {
    if (lines_.empty()) return;
    auto lines = split(lines_, '\n');
    lines.pop_back();
    std::vector<std::string> texts;
    for (auto const& line : lines) texts.push_back(line.substr(line.find(' ') + 1));
    if (texts.size() > 20) {
      auto const more = texts.size() - 20;
      texts.resize(20);
      texts.push_back(concat("... and ", more, " more"));
    }
    auto const code = static_cast<ExitCode>(std::stoi(lines[0]));
    auto const text = join(texts, "\n  ");
    if (comm_) throw CollectiveError(code, text);
    throw Error(code, text);
  }

 private:
  Comm const* comm_;
  std::string lines_;
};

/// Looks into the files of this rank (every size-th), then all ranks know all heads.
std::vector<FileHead> read_heads(Comm const* comm, std::vector<std::string> const& files,
                                 Snapshot::Kind kind) {
  struct Numbered {
    std::size_t index;
    FileHead head;
  };
  std::size_t const rank = comm ? static_cast<std::size_t>(comm->rank()) : 0;
  std::size_t const size = comm ? static_cast<std::size_t>(comm->size()) : 1;
  std::vector<Numbered> mine;
  Problems problems(comm);
  for (std::size_t i = rank; i < files.size(); i += size) {
    try {
      mine.push_back({i, snapshot::read_head(files[i], kind)});
    } catch (Error const& error) {
      problems.add(error.code(), error.what());
    } catch (std::exception const& error) {  // the others wait: no way out but together
      problems.add(ExitCode::internal, concat("'", files[i], "': ", error.what()));
    }
  }
  problems.share();
  problems.stop_if_any();
  auto const all = comm ? comm->all_gather_v(mine) : mine;
  std::vector<FileHead> heads(files.size());
  for (auto const& [index, head] : all) heads[index] = head;

  for (auto const& text : snapshot::disagreements(files, heads, kind)) {
    problems.add(ExitCode::bad_data, text);
  }
  problems.stop_if_any();
  return heads;
}

SnapshotHeader header_of(FileHead const& head) {
  SnapshotHeader header;
  header.box_ckpch = head.box;
  header.a = head.time;
  header.redshift = head.redshift;
  header.cosmology = {head.omega_m, head.omega_l, head.omega_b, head.h};
  header.mass_table = head.mass_table;
  header.n_particles = head.n_total;
  return header;
}

bool any_beyond(std::vector<Vec3> const& positions, double far) {
  return std::any_of(positions.begin(), positions.end(), [&](Vec3 const& p) {
    return std::max({p.x, p.y, p.z}) > far;
  });
}

bool finite(double x) { return std::isfinite(x); }
bool finite(Vec3 const& v) { return finite(v.x) && finite(v.y) && finite(v.z); }

}  // namespace

Snapshot::Snapshot(Comm const* comm, std::vector<std::string> files, Kind kind)
    : files_(std::move(files)),
      kind_(kind),
      group_(concat("/PartType", snapshot::type_of(kind), "/")) {
  require(!files_.empty(), ExitCode::missing_input, "a snapshot without files");
  auto const heads = read_heads(comm, files_, kind);
  header_ = header_of(heads[0]);
  first_row_.push_back(0);
  auto const type = snapshot::type_of(kind);
  for (auto const& head : heads) {
    first_row_.push_back(first_row_.back() + head.n_this_file[type]);
    bytes_per_row_ = std::max(bytes_per_row_, head.bytes_per_row);
    has_star_formation_ = has_star_formation_ || head.has_star_formation;
    has_smoothing_length_ = has_smoothing_length_ || head.has_smoothing_length;
  }
}

Snapshot::Snapshot(std::vector<std::string> files, Kind kind)
    : Snapshot(nullptr, std::move(files), kind) {}

Snapshot Snapshot::open(Comm const& comm, std::vector<std::string> files, Kind kind) {
  return Snapshot(&comm, std::move(files), kind);
}

Snapshot Snapshot::open(Comm const& comm, std::string const& pattern, Kind kind) {
  std::string names;
  collectively(comm, "", [&] {
    if (comm.is_root()) names = join(find_snapshot_files(pattern), "\n");
  });
  return open(comm, split(comm.broadcast(names, 0), '\n'), kind);
}

SnapshotOutline Snapshot::outline(std::vector<std::string> const& files, Kind kind) {
  auto const type = snapshot::type_of(kind);
  FileHead head;
  for (auto const& file : files) {
    head = snapshot::read_head(file, kind);
    if (head.n_this_file[type] > 0) break;
  }
  return {header_of(head), head.n_total[type], head.bytes_per_row};
}

Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;
Snapshot::~Snapshot() = default;

H5File const& Snapshot::file(std::size_t index) const {
  if (!open_file_ || open_file_->index != index) {
    open_file_.reset();  // never two at once
    open_file_.reset(new OpenFile{index, H5File::open(files_[index])});
  }
  return open_file_->file;
}

void Snapshot::for_each_file(Range rows, ReadPart const& read) const {
  require(rows.first >= 0 && rows.first <= rows.last && rows.last <= n_rows(), ExitCode::internal,
          "rows ", rows.first, " to ", rows.last, " of a snapshot with ", n_rows());
  auto const begins = first_row_.begin();
  auto index = static_cast<std::size_t>(std::upper_bound(begins, first_row_.end() - 1, rows.first) -
                                        begins - 1);
  for (; index < files_.size() && first_row_[index] < rows.last; ++index) {
    Range const part{std::max(rows.first, first_row_[index]),
                     std::min(rows.last, first_row_[index + 1])};
    if (part.size() <= 0) continue;
    read(index, Range{part.first - first_row_[index], part.last - first_row_[index]},
         part.first - rows.first);
  }
}

// ---- one dataset, rows of one file --------------------------------------------------------------

void Snapshot::read_numbers(std::string const& dataset, Range rows, std::span<double> into,
                            std::size_t index, Zeros zeros) const {
  file(index).read_rows<double>(group_ + dataset, rows, into);
  std::int64_t n_bad = 0, first_bad = 0, n_zero = 0, first_negative = -1;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (!finite(into[i])) {
      if (n_bad++ == 0) first_bad = rows.first + static_cast<std::int64_t>(i);
    } else if (into[i] < 0 && first_negative < 0) {
      first_negative = rows.first + static_cast<std::int64_t>(i);
    }
    n_zero += into[i] == 0;
  }
  require(n_bad == 0, ExitCode::bad_data, "'", files_[index], "': ", group_, dataset, " has ",
          n_bad, " values that are not numbers, the first in row ", first_bad);
  require(first_negative < 0, ExitCode::bad_data, "'", files_[index], "': ", group_, dataset,
          " is negative in row ", first_negative);
  require(zeros == Zeros::allowed || n_zero == 0, ExitCode::bad_data, "'", files_[index],
          "': ", group_, dataset, " is zero in ", n_zero, " of the rows ", rows.first, " to ",
          rows.last, " (a hole in the file?); fetch it again");
}

void Snapshot::read_vectors(std::string const& dataset, Range rows, std::span<Vec3> into,
                            std::size_t index) const {
  static_assert(sizeof(Vec3) == 3 * sizeof(double));
  file(index).read_rows<double>(group_ + dataset, rows,
                                std::span<double>(&into[0].x, 3 * into.size()));
  std::int64_t n_bad = 0, first_bad = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    if (!finite(into[i]) && n_bad++ == 0) first_bad = rows.first + static_cast<std::int64_t>(i);
  }
  if (n_bad == 0) return;
  std::string who;
  if (kind_ == Kind::dark_matter) {
    std::uint64_t id = 0;
    read_ids({first_bad, first_bad + 1}, std::span(&id, 1), index);
    who = concat(" (id ", id, ")");
  }
  fail(ExitCode::bad_data, "'", files_[index], "': ", group_, dataset, " has ", n_bad,
       " rows with values that are not numbers, the first is row ", first_bad, who);
}

void Snapshot::read_positions(Range rows, std::span<Vec3> into, std::size_t index) const {
  read_vectors("Coordinates", rows, into, index);
  double const edge = header_.box_ckpch;
  double const rounding = 1e-5 * edge;
  PeriodicBox const box(edge);
  double largest = 0;
  std::int64_t n_zero = 0;
  for (std::size_t i = 0; i < into.size(); ++i) {
    auto const& p = into[i];
    largest = std::max({largest, p.x, p.y, p.z});
    // A single particle may sit at the origin; several in a row are a hole in the file.
    n_zero = p == Vec3{} ? n_zero + 1 : 0;
    require(n_zero < 8, ExitCode::bad_data, "'", files_[index], "': ", group_,
            "Coordinates are all zero from row ", rows.first + static_cast<std::int64_t>(i) - 7,
            " on (a hole in the file?); fetch it again");
  }
  for (std::size_t i = 0; i < into.size(); ++i) {
    auto& p = into[i];
    bool outside = false;
    for (double const x : {p.x, p.y, p.z}) {
      if (x >= 0 && x < edge) continue;
      outside = true;
      require(x > -rounding && x < edge + rounding, ExitCode::bad_data, "'", files_[index],
              "': ", group_, "Coordinates of row ", rows.first + static_cast<std::int64_t>(i),
              " are (", p.x, ", ", p.y, ", ", p.z, "), outside the box [0, ", edge,
              ") ckpc/h; the largest coordinate read is ", largest / edge,
              " box sizes (units? kpc and Mpc?)");
    }
    if (!outside) continue;
    p = box.wrap(p);
    ++n_wrapped_;
  }
}

/// Positions in Mpc/h in a box in kpc/h: all of them within a thousandth of the box.
void Snapshot::require_extent(Range rows, bool any_beyond) const {
  double const edge = header_.box_ckpch;
  require(rows.size() < 1000 || any_beyond, ExitCode::bad_data, "the snapshot of '", files_[0],
          "': no coordinate of its rows ", rows.first, " to ", rows.last, " is above ",
          smallest_extent * edge, " in a box of ", edge, " ckpc/h (units? Mpc in place of kpc?)");
}

void Snapshot::read_masses(Range rows, std::span<double> into, std::size_t index) const {
  double const fixed = header_.mass_table[snapshot::type_of(kind_)];
  if (fixed > 0) {
    std::fill(into.begin(), into.end(), fixed);
  } else {
    read_numbers("Masses", rows, into, index, Zeros::refused);
  }
}

void Snapshot::read_ids(Range rows, std::span<std::uint64_t> into, std::size_t index) const {
  auto const& from = file(index);
  if (from.info(group_ + "ParticleIDs").type == H5Type::int64) {
    // Some codes store unsigned numbers as signed ones: keep the bits.
    from.read_rows<std::int64_t>(
        group_ + "ParticleIDs", rows,
        std::span(reinterpret_cast<std::int64_t*>(into.data()), into.size()));
  } else {
    from.read_rows<std::uint64_t>(group_ + "ParticleIDs", rows, into);
  }
  for (std::size_t i = 1; i < into.size(); ++i) {
    require(into[i] != 0 || into[i - 1] != 0, ExitCode::bad_data, "'", files_[index], "': ", group_,
            "ParticleIDs are zero from row ", rows.first + static_cast<std::int64_t>(i) - 1,
            " on (a hole in the file?); fetch it again");
  }
}

// ---- rows of the snapshot -----------------------------------------------------------------------

DarkMatterRows Snapshot::read_dark_matter(Range rows) const {
  auto result = read_checked(rows);
  require_extent(rows, any_beyond(result.position, smallest_extent * header_.box_ckpch));
  return result;
}

DarkMatterRows Snapshot::read_checked(Range rows) const {
  require(kind_ == Kind::dark_matter, ExitCode::internal, "dark matter of a gas snapshot");
  auto const n = static_cast<std::size_t>(rows.size());
  DarkMatterRows result;
  result.first_row = rows.first;
  result.position.resize(n);
  result.velocity.resize(n);
  result.id.resize(n);
  result.mass.resize(n);
  for_each_file(rows, [&](std::size_t index, Range part, std::size_t at) {
    auto const count = static_cast<std::size_t>(part.size());
    read_positions(part, std::span(result.position).subspan(at, count), index);
    read_vectors("Velocities", part, std::span(result.velocity).subspan(at, count), index);
    read_ids(part, std::span(result.id).subspan(at, count), index);
    read_masses(part, std::span(result.mass).subspan(at, count), index);
  });
  double const sqrt_a = std::sqrt(header_.a);
  for (auto& v : result.velocity) v *= sqrt_a;
  return result;
}

GasRows Snapshot::read_gas(Range rows) const {
  require(kind_ == Kind::gas, ExitCode::internal, "gas of a dark matter snapshot");
  auto const n = static_cast<std::size_t>(rows.size());
  GasRows result;
  result.first_row = rows.first;
  result.position.resize(n);
  result.mass.resize(n);
  result.density.resize(n);
  result.electron_pressure.resize(n);
  if (has_smoothing_length_) result.smoothing_length.resize(n);
  std::vector<double> electrons, stars;
  for_each_file(rows, [&](std::size_t index, Range part, std::size_t at) {
    auto const count = static_cast<std::size_t>(part.size());
    auto const cut = [&](std::vector<double>& all) { return std::span(all).subspan(at, count); };
    read_positions(part, std::span(result.position).subspan(at, count), index);
    read_masses(part, cut(result.mass), index);
    read_numbers("Density", part, cut(result.density), index, Zeros::refused);
    auto const pressure = cut(result.electron_pressure);  // holds the internal energy first
    read_numbers("InternalEnergy", part, pressure, index, Zeros::refused);
    electrons.resize(count);
    read_numbers("ElectronAbundance", part, std::span(electrons), index, Zeros::allowed);
    stars.assign(count, 0);
    if (has_star_formation_) {
      read_numbers("StarFormationRate", part, std::span(stars), index, Zeros::allowed);
    }
    if (has_smoothing_length_) {
      read_numbers("SmoothingLength", part, cut(result.smoothing_length), index, Zeros::refused);
    }
    auto const density = cut(result.density);
    for (std::size_t i = 0; i < count; ++i) {
      // Star-forming cells hold an effective, not a thermal energy: they count as cold.
      pressure[i] = stars[i] > 0 ? 0
                                 : (units::gas_gamma - 1) * density[i] * pressure[i] *
                                       units::electron_pressure_fraction(electrons[i]);
    }
  });
  require_extent(rows, any_beyond(result.position, smallest_extent * header_.box_ckpch));
  return result;
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
