// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "small_universe.hpp"
#include "stages/common/model_section.hpp"
#include "stages/extract/extract_stage.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/stage_context.hpp"

namespace setsz::test {

/// [mock] as far as readers of its files need it.
struct MockSection : MockFiles {
  static constexpr std::string_view help{};
};

/// A folder with a snapshot and its clusters, in which the stage is run again and again.
class Workplace {
 public:
  explicit Workplace(Comm const& comm) : comm_(comm), scratch_(comm) {}

  void hold(SmallUniverse const& universe, int n_files = 3) {
    collectively(comm_, "", [&] {
      if (!comm_.is_root()) return;
      std::filesystem::remove_all(scratch_ / "snap");
      std::filesystem::create_directories(scratch_ / "snap");
      universe.write(scratch_ / "snap", n_files);
    });
    hold(universe.table);
  }

  void hold(ClusterTable const& table) {
    collectively(comm_, "", [&] {
      if (comm_.is_root()) std::filesystem::create_directories(scratch_ / "catalog/z0");
    });
    write_clusters(comm_, scratch_ / "catalog/z0/clusters.h5", table);
  }

  Configuration configuration(std::vector<std::string> const& extra = {}) const {
    std::vector<std::string> overrides{
        "snapshot.z0.dark_matter=" + (scratch_ / "snap"), "run.directory=" + scratch_.path(),
        "extract.implausible_particles=warn", "cosmology.matter_tolerance=10"};  // a toy
    overrides.insert(overrides.end(), extra.begin(), extra.end());
    return Configuration::parse(
        "[snapshot.z0]\n[extract]\nlocal_radius = 310\n", "test.ini", overrides,
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
         schema_of<MockSection>(), schema_of<ExtractOptions>(), schema_of<ModelSection>(true)});
  }
  SnapshotInstance instance() const {
    auto const given = configuration();
    return Blueprint(given).snapshots.at(0);
  }
  ExtractStage stage(std::vector<std::string> const& extra = {}) const {
    auto const given = configuration(extra);
    Blueprint const blueprint(given);
    return {blueprint, blueprint.snapshots.at(0)};
  }

  Outlook preflight(Comm const& comm, std::vector<std::string> const& extra = {}) const {
    Outlook outlook(options());
    stage(extra).preflight(comm, outlook);
    return outlook;
  }
  Estimate estimate(int n_ranks, std::vector<std::string> const& extra = {}) const {
    return stage(extra).estimate(Outlook(options()), n_ranks);
  }

  RunOptions options(std::int64_t slice_rows = 4000) const {
    RunOptions options;
    options.directory = scratch_.path();
    options.slice_rows = slice_rows;
    return options;
  }

  /// Runs the stage on `comm` and gives the path of its product.
  std::string run(Comm const& comm, std::string const& name, std::int64_t slice_rows = 4000,
                  std::vector<std::string> const& overrides = {}) {
    return run(comm, name, options(slice_rows), overrides);
  }
  std::string run(Comm const& comm, std::string const& name, RunOptions const& with,
                  std::vector<std::string> const& overrides = {}) {
    auto it = stage(overrides);
    StageContext context(comm, with, it, name);
    it.run(context);
    notes = context.notes();
    return context.part("particles.h5");
  }

  /// The same, stopped after some rounds; nothing but the journal remains.
  bool run_until(Comm const& comm, std::string const& name, int rounds, int checkpoint_every = 0,
                 std::vector<std::string> const& overrides = {}) {
    auto it = stage(overrides);
    StageContext context(comm, options(1000), it, name);
    context.stop_after(rounds);
    context.checkpoint_every(checkpoint_every);
    try {
      it.run(context);
    } catch (StoppedInTest const&) {
      return true;
    }
    return false;
  }

  std::string operator/(std::string const& name) const { return scratch_ / name; }
  nlohmann::json notes;

 private:
  Comm const& comm_;
  Scratch scratch_;
};

}  // namespace setsz::test
