// SPDX-License-Identifier: BSD-3-Clause
// Do the files that a pattern names belong to one snapshot, and are they all of it?
#include <algorithm>
#include <cmath>

#include "io/snapshots/heads.hpp"

namespace setsz {

namespace {

using Heads = std::vector<SnapshotFileHead>;
using Files = std::vector<std::string>;

/// Adds a line for each quantity of `files[i]` that differs from the expected one.
class Comparison {
 public:
  Comparison(Files const& files, std::vector<std::string>& problems)
      : files_(files), problems_(problems) {}
  void headers(std::size_t i, SnapshotFileHead const& first, SnapshotFileHead const& head) {
    compare(i, "Time", first.header.a, head.header.a);
    compare(i, "BoxSize", first.header.box_ckpch, head.header.box_ckpch);
    compare(i, "NumFilesPerSnapshot", first.n_files, head.n_files);
    compare(i, "Omega0", first.header.cosmology.omega_m, head.header.cosmology.omega_m);
    compare(i, "HubbleParam", first.header.cosmology.h, head.header.cosmology.h);
    for (std::size_t type = 0; type < 6; ++type) {
      compare(i, "NumPart_Total", first.header.n_particles[type], head.header.n_particles[type]);
      compare(i, "MassTable", first.header.mass_table[type], head.header.mass_table[type]);
    }
  }
  void fields(std::size_t i, SnapshotFileHead const& first, SnapshotFileHead const& head) {
    compare(i, "the presence of SmoothingLength", first.has_smoothing_length,
            head.has_smoothing_length);
    compare(i, "the presence of StarFormationRate", first.has_star_formation,
            head.has_star_formation);
  }

 private:
  template <class T>
  void compare(std::size_t i, char const* name, T expected, T found) {
    if (expected == found) return;
    problems_.push_back(concat("'", files_[i], "' belongs to a different snapshot than '",
                               files_[0], "': ", name, " is ", found, ", not ", expected));
  }
  Files const& files_;
  std::vector<std::string>& problems_;
};

void compare_files(Files const& files, Heads const& heads, std::size_t type,
                   std::vector<std::string>& problems) {
  Comparison comparison(files, problems);
  SnapshotFileHead const* first_with_rows = nullptr;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (i > 0) comparison.headers(i, heads[0], heads[i]);
    if (heads[i].n_this_file[type] == 0) continue;
    if (first_with_rows) comparison.fields(i, *first_with_rows, heads[i]);
    if (!first_with_rows) first_with_rows = &heads[i];
  }
}

void compare_counts(Files const& files, Heads const& heads, std::size_t type,
                    std::vector<std::string>& problems) {
  std::int64_t const expected = heads[0].header.n_particles[type];
  std::int64_t sum = 0;
  for (auto const& head : heads) sum += head.n_this_file[type];
  auto const difference = sum - expected;
  if (sum == 0) {
    problems.push_back(concat("no particles of type ", type, " in ", files.size(),
                              " file(s) from '", files[0], "'"));
  } else if (difference != 0) {
    problems.push_back(
        concat("the files from '", files[0], "' hold ", sum, " particles of type ", type,
               ", their NumPart_Total says ", expected,
               difference % (std::int64_t{1} << 32) == 0
                   ? " (the difference is a multiple of 2^32: NumPart_Total_HighWord is wrong)"
                   : ""));
  }
  // Others may be left out of the files on purpose; a high word of none is a fault.
  for (std::size_t other = 0; other < 6; ++other) {
    std::int64_t there = 0;
    for (auto const& head : heads) there += head.n_this_file[other];
    auto const promised = heads[0].header.n_particles[other];
    if (other != type && promised != there && (promised - there) % (std::int64_t{1} << 32) == 0)
      problems.push_back(concat("the files from '", files[0], "' hold ", there,
                                " particles of type ", other, ", their NumPart_Total says ",
                                promised, " (NumPart_Total_HighWord is wrong)"));
  }
  auto const narrow =
      std::find_if(heads.begin(), heads.end(), [](auto const& head) { return head.narrow_ids; });
  if (narrow != heads.end() && sum > (std::int64_t{1} << 32)) {
    problems.push_back(concat("'", files[narrow - heads.begin()], "': ", sum,
                              " particles cannot have different 32-bit ids"));
  }
}

/// One file under two names, or a copy of it, counts its particles twice.
void compare_identity(Files const& files, Heads const& heads, std::vector<std::string>& problems) {
  auto const look = [&](auto const& key_of, auto const& is_known, std::string_view what) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < heads.size(); ++i)
      if (is_known(heads[i])) order.push_back(i);
    std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(key_of(heads[i]), i); });
    for (std::size_t i = 1; i < order.size(); ++i)
      if (key_of(heads[order[i - 1]]) == key_of(heads[order[i]]))
        problems.push_back(concat("'", files[order[i - 1]], "' and '", files[order[i]], "' ", what,
                                  "; its particles would count twice"));
    return problems.empty();
  };
  if (look([](auto const& head) { return head.inode; },
           [](auto const& head) { return head.inode[1] != 0; }, "are the same file"))
    look([](auto const& head) { return std::pair(head.n_this_file, head.ends); },
         [](auto const& head) { return !std::isnan(head.ends[0]); },
         "have the same first and last particle: one is a copy of the other");
}

}  // namespace

std::vector<std::string> disagreements(Files const& files, Heads const& heads, ParticleKind kind) {
  std::vector<std::string> problems;
  compare_files(files, heads, type_of(kind), problems);
  if (heads[0].n_files != std::ssize(heads)) {
    problems.push_back(concat(
        "'", files[0], "': NumFilesPerSnapshot is ", heads[0].n_files, ", but ", heads.size(),
        heads.size() == 1 ? " file is given" : " files are given",
        heads[0].n_files > std::ssize(heads) ? "; give the folder, or a name with * for the number"
                                             : ""));
  }
  if (problems.empty()) compare_counts(files, heads, type_of(kind), problems);
  compare_identity(files, heads, problems);
  return problems;
}

}  // namespace setsz
