// SPDX-License-Identifier: BSD-3-Clause
#include "io/snapshot_head.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "io/h5.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/units.hpp"

namespace setsz::snapshot {

namespace {

using Types = std::vector<H5Type>;

Types const floating{H5Type::float32, H5Type::float64};
Types const integer{H5Type::uint32, H5Type::uint64, H5Type::int64};

std::int64_t bytes_of(H5Type type) {
  return type == H5Type::float64 || type == H5Type::uint64 || type == H5Type::int64 ? 8 : 4;
}

template <class T>
std::array<T, 6> six(H5File const& file, char const* name) {
  auto const list = file.attribute_list<T>("/Header", name);
  require(list.size() == 6, ExitCode::bad_data, "attribute '", name, "' of '/Header' in '",
          file.path(), "' holds ", list.size(), " values (expected one for each of 6 types)");
  std::array<T, 6> values;
  std::copy(list.begin(), list.end(), values.begin());
  return values;
}

/// The totals of all files: 32-bit low words with high words, or 64-bit numbers.
std::array<std::int64_t, 6> totals(H5File const& file) {
  auto totals = six<std::int64_t>(file, "NumPart_Total");
  if (!file.has_attribute("/Header", "NumPart_Total_HighWord")) return totals;
  auto const high = six<std::int64_t>(file, "NumPart_Total_HighWord");
  for (std::size_t type = 0; type < 6; ++type) {
    if (high[type] == 0) continue;
    require(totals[type] >> 32 == 0 && high[type] < (std::int64_t{1} << 31), ExitCode::bad_data,
            "'", file.path(), "': NumPart_Total[", type, "] = ", totals[type],
            " needs more than 32 bits and NumPart_Total_HighWord[", type, "] = ", high[type],
            " is there too: which is right?");
    totals[type] += high[type] << 32;
  }
  return totals;
}

double number_or(H5File const& file, char const* name, double otherwise) {
  return file.has_attribute("/Header", name) ? file.attribute<double>("/Header", name) : otherwise;
}

/// Checks one dataset and returns its bytes per row.
std::int64_t check_dataset(H5File const& file, std::string const& name, std::int64_t n_rows,
                           std::int64_t columns, Types const& accepted) {
  auto const info = file.info(name);
  std::vector<std::string> names;
  for (auto const type : accepted) names.emplace_back(name_of(type));
  require(std::find(accepted.begin(), accepted.end(), info.type) != accepted.end(),
          ExitCode::bad_data, "'", file.path(), "': ", name, " holds numbers of type ",
          name_of(info.type), " (accepted: ", join(names, ", "), ")");
  auto const text = [](std::vector<std::int64_t> const& shape) {
    std::vector<std::string> parts;
    for (auto const n : shape) parts.push_back(std::to_string(n));
    return "(" + join(parts, ", ") + ")";
  };
  require(
      info.shape.size() == (columns > 1 ? 2U : 1U) && (columns == 1 || info.shape[1] == columns),
      ExitCode::bad_data, "'", file.path(), "': ", name, " has the shape ", text(info.shape),
      " (expected ", columns > 1 ? "(N, 3)" : "(N)", ")");
  require(info.shape[0] == n_rows, ExitCode::bad_data, "'", file.path(), "': ", name, " has ",
          info.shape[0], " rows, its header says NumPart_ThisFile = ", n_rows);
  return columns * bytes_of(info.type);
}

void check_datasets(H5File const& file, Snapshot::Kind kind, FileHead& head) {
  auto const type = type_of(kind);
  std::string const group = concat("/PartType", type, "/");
  auto const n = head.n_this_file[type];
  auto const add = [&](char const* name, std::int64_t columns, Types const& accepted) {
    head.bytes_per_row += real(check_dataset(file, group + name, n, columns, accepted));
  };
  add("Coordinates", 3, floating);
  if (head.mass_table[type] == 0) add("Masses", 1, floating);
  if (kind == Snapshot::Kind::dark_matter) {
    add("Velocities", 3, floating);
    add("ParticleIDs", 1, integer);
    head.narrow_ids = file.info(group + "ParticleIDs").type == H5Type::uint32;
    return;
  }
  add("Density", 1, floating);
  add("InternalEnergy", 1, floating);
  add("ElectronAbundance", 1, floating);
  head.has_star_formation = file.exists(group + "StarFormationRate");
  if (head.has_star_formation) add("StarFormationRate", 1, floating);
  head.has_smoothing_length = file.exists(group + "SmoothingLength");
  if (head.has_smoothing_length) add("SmoothingLength", 1, floating);
}

}  // namespace

FileHead read_head(std::string const& path, Snapshot::Kind kind) {
  auto const file = H5File::open(path);
  FileHead head;
  std::string const object = "/Header";
  head.box = file.attribute<double>(object, "BoxSize");
  head.time = file.attribute<double>(object, "Time");
  head.redshift = file.attribute<double>(object, "Redshift");
  head.omega_m = file.attribute<double>(object, "Omega0");
  head.omega_l = file.attribute<double>(object, "OmegaLambda");
  head.omega_b = number_or(file, "OmegaBaryon", 0);
  head.h = file.attribute<double>(object, "HubbleParam");
  head.unit_length_cm = number_or(file, "UnitLength_in_cm", 0);
  head.n_files = file.attribute<std::int64_t>(object, "NumFilesPerSnapshot");
  head.n_this_file = six<std::int64_t>(file, "NumPart_ThisFile");
  head.n_total = totals(file);
  head.mass_table = six<double>(file, "MassTable");

  auto const positive = [&](char const* name, double value) {
    require(std::isfinite(value) && value > 0, ExitCode::bad_data, "'", path, "': Header/", name,
            " = ", value, " (expected a positive number)");
  };
  positive("BoxSize", head.box);
  positive("Time", head.time);
  positive("HubbleParam", head.h);
  positive("Omega0", head.omega_m);
  for (std::size_t type = 0; type < 6; ++type) {
    require(head.n_this_file[type] >= 0 && head.n_total[type] >= 0, ExitCode::bad_data, "'", path,
            "': NumPart_ThisFile or NumPart_Total of type ", type, " is negative");
    require(std::isfinite(head.mass_table[type]) && head.mass_table[type] >= 0, ExitCode::bad_data,
            "'", path, "': MassTable[", type, "] = ", head.mass_table[type]);
  }
  require(std::abs(head.time * (1 + head.redshift) - 1) < 1e-3, ExitCode::bad_data, "'", path,
          "': Time = ", head.time, " and Redshift = ", head.redshift,
          " do not belong together (Time must be 1/(1+z))");
  if (head.unit_length_cm > 0) {
    double const ratio = head.unit_length_cm / units::cm_per_kpc;
    require(std::abs(ratio - 1) < 1e-3, ExitCode::bad_data, "'", path, "': UnitLength_in_cm is ",
            ratio, " kpc (expected 1: lengths in ckpc/h); is it in Mpc?");
  }
  if (head.n_this_file[type_of(kind)] > 0) check_datasets(file, kind, head);
  return head;
}

std::vector<std::string> disagreements(std::vector<std::string> const& files,
                                       std::vector<FileHead> const& heads, Snapshot::Kind kind) {
  std::vector<std::string> problems;
  auto const& first = heads[0];
  for (std::size_t i = 1; i < heads.size(); ++i) {
    auto const compare = [&](char const* name, auto expected, auto found) {
      if (expected == found) return;
      problems.push_back(concat("'", files[i], "' is of another snapshot than '", files[0],
                                "': ", name, " is ", found, ", not ", expected));
    };
    auto const& head = heads[i];
    compare("Time", first.time, head.time);
    compare("BoxSize", first.box, head.box);
    compare("NumFilesPerSnapshot", first.n_files, head.n_files);
    compare("Omega0", first.omega_m, head.omega_m);
    compare("HubbleParam", first.h, head.h);
    for (std::size_t type = 0; type < 6; ++type) {
      compare("NumPart_Total", first.n_total[type], head.n_total[type]);
      compare("MassTable", first.mass_table[type], head.mass_table[type]);
    }
    if (head.n_this_file[type_of(kind)] > 0) {
      for (std::size_t j = 0; j < i; ++j) {
        if (heads[j].n_this_file[type_of(kind)] == 0) continue;
        compare("the presence of SmoothingLength", heads[j].has_smoothing_length,
                head.has_smoothing_length);
        compare("the presence of StarFormationRate", heads[j].has_star_formation,
                head.has_star_formation);
        break;
      }
    }
  }
  if (first.n_files != std::ssize(heads)) {
    problems.push_back(concat("'", files[0], "': NumFilesPerSnapshot is ", first.n_files, ", but ",
                              heads.size(), " files are given"));
  }
  if (!problems.empty()) return problems;

  auto const type = type_of(kind);
  std::int64_t sum = 0;
  for (auto const& head : heads) sum += head.n_this_file[type];
  if (sum == 0) {
    problems.push_back(concat("no particles of type ", type, " in ", files.size(),
                              " file(s) from '", files[0], "'"));
  } else if (sum != first.n_total[type]) {
    auto const difference = sum - first.n_total[type];
    problems.push_back(
        concat("the files from '", files[0], "' hold ", sum, " particles of type ", type,
               ", their NumPart_Total says ", first.n_total[type],
               difference % (std::int64_t{1} << 32) == 0
                   ? " (the difference is a multiple of 2^32: NumPart_Total_HighWord is wrong)"
                   : ""));
  }
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (heads[i].narrow_ids && sum > (std::int64_t{1} << 32)) {
      problems.push_back(
          concat("'", files[i], "': ", sum, " particles cannot have different 32-bit ids"));
      break;
    }
  }
  return problems;
}

}  // namespace setsz::snapshot
