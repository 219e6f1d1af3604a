// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/snapshot_check.hpp"

#include <cmath>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

struct Comparison {
  std::string const& path;
  std::string_view other;  ///< where the expected values come from
  std::string_view remedy;
  double tolerance;

  void operator()(std::string_view quantity, double found, double expected) const {
    if (std::abs(found - expected) <= tolerance * std::abs(expected)) return;
    double const ratio = found / expected;
    bool const is_unit = expected != 0 && !(ratio > 0.5 && ratio < 2);
    fail(ExitCode::bad_data, "'", path, "': ", quantity, " = ", found, ", but ", other, " says ",
         expected, is_unit ? concat(" (ratio ", ratio, "; units?)") : "", remedy);
  }
  void cosmology(Cosmology const& found, Cosmology const& expected) const {
    (*this)("Omega0", found.omega_m, expected.omega_m);
    (*this)("OmegaLambda", found.omega_l, expected.omega_l);
    (*this)("HubbleParam", found.h, expected.h);
    if (found.omega_b > 0) (*this)("OmegaBaryon", found.omega_b, expected.omega_b);
  }
};

/// The box must hold the matter of its cosmology: a wrong unit, a part of the particles, or those
/// of another run are found before any work.
void check_matter(Comm const& comm, Snapshot const& snapshot, SnapshotInstance const& instance) {
  auto const budget = budget_of(snapshot.header(), instance);
  on_root(comm, "", [&] {
    auto const& path = snapshot.files().front();
    check_cosmology(snapshot.header(), path, instance.cosmology, instance.tolerance);
    if (!budget.is_checked()) return;
    auto const mean = snapshot.mean_mass();
    bool const fixed = snapshot.header().mass_table[type_of(snapshot.kind())] > 0;
    require_matter(budget, snapshot.header(), snapshot.kind(), mean.mass * real(snapshot.n_rows()),
                   mean.error, path, fixed ? "MassTable" : "a sample of the particles");
  });
}

SnapshotFormats formats_of(SnapshotInstance const& instance) {
  return snapshot_formats(instance.section.format);
}

std::string pattern_of(SnapshotInstance const& instance, std::string const& run_directory,
                       Snapshot::Kind kind) {
  return kind == Snapshot::Kind::gas ? instance.gas(run_directory)
                                     : instance.dark_matter(run_directory);
}

}  // namespace

Snapshot open_snapshot(Comm const& comm, SnapshotInstance const& instance,
                       std::string const& run_directory, Snapshot::Kind kind) {
  std::string pattern;
  collectively(comm, "", [&] {
    formats_of(instance);
    pattern = pattern_of(instance, run_directory, kind);
  });
  auto snapshot = Snapshot::open(comm, pattern, kind, formats_of(instance));
  if (snapshot.header().cosmology.omega_m <= 0) snapshot.assume(instance.cosmology);
  check_matter(comm, snapshot, instance);
  return snapshot;
}

MatterBudget budget_of(SnapshotHeader const& header, SnapshotInstance const& instance) {
  auto cosmology = header.cosmology;
  if (cosmology.omega_b <= 0) cosmology.omega_b = instance.cosmology.omega_b;
  return {cosmology, instance.matter_tolerance};
}

SnapshotOutline outline_snapshot(SnapshotInstance const& instance, std::string const& run_directory,
                                 Snapshot::Kind kind) {
  auto const formats = formats_of(instance);
  auto outline = Snapshot::outline(
      find_snapshot_files(pattern_of(instance, run_directory, kind), formats), kind, formats);
  if (outline.header.cosmology.omega_m <= 0) outline.header.cosmology = instance.cosmology;
  return outline;
}

void check_cosmology(SnapshotHeader const& header, std::string const& path,
                     Cosmology const& expected, double tolerance) {
  Comparison const compare{path, "[cosmology]",
                           "; correct [cosmology], or give the files of that simulation",
                           tolerance};
  compare.cosmology(header.cosmology, expected);
}

void check_belongs_together(SnapshotHeader const& header, std::string const& path,
                            ClusterTable const& table, double tolerance) {
  Comparison const compare{path, "the cluster table", "; do the files belong together?", tolerance};
  compare("BoxSize [ckpc/h]", header.box_ckpch, table.box_ckpch);
  compare("the scale factor Time", header.a, table.a);
  compare.cosmology(header.cosmology, table.cosmology);
}

}  // namespace setsz
