// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <vector>

#include "io/snapshot.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/common/blueprint.hpp"
#include "stages/common/sections.hpp"
#include "stages/mock/measure.hpp"

namespace setsz {

/// [mock]: the embedded universe for demonstrations and tests.
struct MockOptions {
  static constexpr std::string_view section = "mock";
  static constexpr std::string_view help = "a mock pair of matched simulations with known truth";
  MockFiles files;
  MockParameters parameters;
  void declare(OptionList& options);
  void validate() const;
};

/// A matched pair of snapshots in IllustrisTNG's layout, a Rockstar list, and the truth behind
/// them.
class MockStage : public Stage {
 public:
  MockStage(Configuration const& configuration, SnapshotInstance snapshot);

  void preflight(Comm const& comm, Outlook& outlook) const override;
  Estimate estimate(Outlook const& outlook, int n_ranks) const override;
  void run(Context& context) override;

 private:
  MockUniverse universe() const;
  SnapshotHeader header(MockUniverse const& universe) const;

  MockOptions options_;
  SnapshotInstance snapshot_;
  std::uint64_t seed_;
};

/// One instance for each [snapshot.NAME] with mock = yes.
void add_mock_stages(Blueprint const& blueprint, StageList& stages);

}  // namespace setsz
