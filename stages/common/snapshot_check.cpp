// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/snapshot_check.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

struct Comparison {
  std::string const& path;
  std::string_view other;  ///< where the expected values come from
  double tolerance;

  void operator()(std::string_view quantity, double found, double expected) const {
    if (std::abs(found - expected) <= tolerance * std::abs(expected)) return;
    std::string const ratio =
        expected != 0 ? concat(" (ratio ", found / expected, "; units?)") : std::string();
    fail(ExitCode::bad_data, "'", path, "': ", quantity, " = ", found, ", but ", other, " says ",
         expected, ratio, "; do the files belong together?");
  }
  void cosmology(Cosmology const& found, Cosmology const& expected) const {
    (*this)("Omega0", found.omega_m, expected.omega_m);
    (*this)("OmegaLambda", found.omega_l, expected.omega_l);
    (*this)("HubbleParam", found.h, expected.h);
    if (found.omega_b > 0) (*this)("OmegaBaryon", found.omega_b, expected.omega_b);
  }
};

std::string pattern_of(SnapshotInstance const& instance, std::string const& run_directory,
                       Snapshot::Kind kind) {
  return kind == Snapshot::Kind::gas ? instance.gas(run_directory)
                                     : instance.dark_matter(run_directory);
}

}  // namespace

Snapshot open_snapshot(Comm const& comm, SnapshotInstance const& instance,
                       std::string const& run_directory, Snapshot::Kind kind) {
  std::string pattern;
  collectively(comm, "", [&] { pattern = pattern_of(instance, run_directory, kind); });
  return Snapshot::open(comm, pattern, kind);
}

SnapshotOutline outline_snapshot(SnapshotInstance const& instance, std::string const& run_directory,
                                 Snapshot::Kind kind) {
  return Snapshot::outline(find_snapshot_files(pattern_of(instance, run_directory, kind)), kind);
}

void check_cosmology(SnapshotHeader const& header, std::string const& path,
                     Cosmology const& expected, double tolerance) {
  Comparison const compare{path, "[cosmology]", tolerance};
  compare.cosmology(header.cosmology, expected);
}

void check_belongs_together(SnapshotHeader const& header, std::string const& path,
                            ClusterTable const& table, double tolerance) {
  Comparison const compare{path, "the cluster table", tolerance};
  compare("BoxSize [ckpc/h]", header.box_ckpch, table.box_ckpch);
  compare("the scale factor Time", header.a, table.a);
  compare.cosmology(header.cosmology, table.cosmology);
}

}  // namespace setsz
