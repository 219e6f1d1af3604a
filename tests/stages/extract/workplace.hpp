// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "small_universe.hpp"
#include "stages/common/model_section.hpp"
#include "stages/extract/extract_stage.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz::test {

struct Stopped {};

/// What the runner gives to the stage, with a stop or a checkpoint at will.
class TestContext : public Context {
 public:
  TestContext(Comm const& comm, RunOptions options, std::string const& journal)
      : comm_(comm), options_(std::move(options)), journal_(comm, journal, {{"test", "1"}}) {}
  Comm const& comm() const override { return comm_; }
  RunOptions const& options() const override { return options_; }
  Journal& journal() override { return journal_; }
  std::string product(std::string_view relative) const override {
    return concat(options_.directory, "/", relative);
  }
  std::string part(std::string_view output) const override { return concat(part_, output); }
  bool stop_requested() override { return ++rounds_ == stop_after_; }
  bool checkpoint_due() override {
    return checkpoint_every_ > 0 && rounds_ % checkpoint_every_ == 0;
  }
  [[noreturn]] void stop_here() override { throw Stopped{}; }
  void note(std::string const& key, nlohmann::json const& value) override { notes[key] = value; }
  void note_local(std::string const&, double) override {}

  std::map<std::string, nlohmann::json> notes;
  std::string part_;
  int stop_after_ = -1, checkpoint_every_ = 0;

 private:
  Comm const& comm_;
  RunOptions options_;
  Journal journal_;
  int rounds_ = 0;
};

/// [mock] as far as readers of its files need it.
struct MockSection : MockFiles {
  static constexpr std::string_view help = "";
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

  ExtractStage stage(std::vector<std::string> const& extra = {}) const {
    std::vector<std::string> overrides{"snapshot.z0.dark_matter=" + (scratch_ / "snap"),
                                       "run.directory=" + scratch_.path()};
    overrides.insert(overrides.end(), extra.begin(), extra.end());
    auto const configuration = Configuration::parse(
        "[snapshot.z0]\n[extract]\nlocal_radius = 310\n", "test.ini", overrides,
        {schema_of<RunOptions>(), schema_of<SnapshotSection>(true), schema_of<CosmologySection>(),
         schema_of<MockSection>(), schema_of<ExtractOptions>(), schema_of<ModelSection>(true)});
    Blueprint const blueprint(configuration);
    return {blueprint, blueprint.snapshots.at(0)};
  }

  void preflight(Comm const& comm) const {
    Outlook outlook(options());
    stage().preflight(comm, outlook);
  }
  Estimate estimate(int n_ranks) const { return stage().estimate(Outlook(options()), n_ranks); }

  RunOptions options(std::int64_t slice_rows = 4000) const {
    RunOptions options;
    options.directory = scratch_.path();
    options.slice_rows = slice_rows;
    return options;
  }

  /// Runs the stage on `comm` and gives the path of its product.
  std::string run(Comm const& comm, std::string const& name, std::int64_t slice_rows = 4000,
                  std::vector<std::string> const& overrides = {}) {
    TestContext context(comm, options(slice_rows), scratch_ / (name + "_journal"));
    context.part_ = scratch_ / (name + "_");
    stage(overrides).run(context);
    notes = context.notes;
    return context.part("particles.h5");
  }

  /// The same, stopped after some rounds; nothing but the journal remains.
  bool run_until(Comm const& comm, std::string const& name, int rounds, int checkpoint_every = 0) {
    TestContext context(comm, options(1000), scratch_ / (name + "_journal"));
    context.part_ = scratch_ / (name + "_");
    context.stop_after_ = rounds;
    context.checkpoint_every_ = checkpoint_every;
    try {
      stage().run(context);
    } catch (Stopped const&) {
      return true;
    }
    return false;
  }

  std::string operator/(std::string const& name) const { return scratch_ / name; }
  std::map<std::string, nlohmann::json> notes;

 private:
  Comm const& comm_;
  Scratch scratch_;
};

}  // namespace setsz::test
