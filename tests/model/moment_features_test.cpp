// SPDX-License-Identifier: BSD-3-Clause
#include "model/moment_features.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/module_table.hpp"
#include "model/moment_columns.hpp"
#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

TargetBatch two_targets(std::int64_t n_scales) {
  TargetBatch batch;
  batch.position = {{0.3, 0, 0.4}, {0, 1, 0}};
  auto const n = std::ssize(moment_columns(n_scales));
  for (std::int64_t i = 0; i < 2 * n; ++i) batch.columns.push_back(single(0.01 * real(i) + 0.5));
  return batch;
}

TEST(MomentFeatures, AreTheLogarithmsOfTheirColumns) {
  MomentFeatures const features{.n_scales = 2};
  auto const batch = two_targets(2);
  auto const names = features.names();
  auto const columns = moment_columns(2);
  auto const values = features(batch, {1, 2});
  ASSERT_EQ(values.size(), names.size());
  auto const value = [&](std::string const& name) {
    return values[static_cast<std::size_t>(std::ranges::find(names, name) - names.begin())];
  };
  auto const column = [&](std::string const& name) {
    auto const at = std::ranges::find(columns, name) - columns.begin();
    return real(batch.columns[std::ssize(columns) + at]);
  };
  for (std::string const scale : {"_1", "_2"}) {
    double const density = column("density" + scale), dispersion = column("dispersion" + scale);
    EXPECT_DOUBLE_EQ(value("density" + scale), std::log(density + 1e-3));
    EXPECT_DOUBLE_EQ(value("dispersion" + scale), std::log(dispersion + 1e-2));
    EXPECT_DOUBLE_EQ(value("pressure" + scale), std::log(density * dispersion + 1e-4));
    for (std::string const kind : {"bulk", "offset", "offset_radial", "offset_cm", "bulk_cm"})
      EXPECT_DOUBLE_EQ(value(kind + scale), column(kind + scale)) << kind;
  }
  EXPECT_DOUBLE_EQ(value("potential"), column("potential"));
  EXPECT_DOUBLE_EQ(value("radius"), 1);
}

TEST(MomentFeatures, LeaveOutDroppedKinds) {
  MomentFeatures const all{.n_scales = 3}, some{.n_scales = 3, .drop = {"bulk", "potential"}};
  EXPECT_EQ(some.names().size() + 4, all.names().size());
  auto const batch = two_targets(3);
  EXPECT_EQ(some(batch, {0, 2}).size(), 2 * some.names().size());
}

TEST(MomentFeatures, UnknownKindsAndMissingTakersAreRefused) {
  NetworkOptions options;
  options.modules = {"gnfw", "moments"};
  EXPECT_THROW(options.validate(), Error);
  options.modules = {"gnfw", "moments", "aggregator"};
  EXPECT_NO_THROW(options.validate());
  EXPECT_EQ(options.needs().target_columns, moment_columns(4));
  options.get<MomentColumns>().features.drop = {"densty"};
  EXPECT_THROW(options.validate(), Error);
}

}  // namespace
}  // namespace setsz
