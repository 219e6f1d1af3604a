// SPDX-License-Identifier: BSD-3-Clause
#include "model/parameter_transfer.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

ParameterLayout layout_of(std::int64_t width) {
  ParameterLayout layout;
  layout.add("local", "weight", {width, 2});
  layout.add("local", "bias", {3});
  layout.add("aggregator", "k", {1});
  return layout;
}

TEST(ParameterTransfer, ComesBackByName) {
  auto const layout = layout_of(2);
  std::vector<float> const before{1, 2, 3, 4, 5, 6, 7, 8};
  ModelState state;
  add_parameters(state, "best", layout, before);
  EXPECT_EQ(state.tensor("best/local.bias").values, (std::vector<float>{5, 6, 7}));
  std::vector<float> after(before.size());
  auto const report = load_parameters(state, "best", layout, after);
  EXPECT_TRUE(report.complete());
  EXPECT_EQ(report.loaded.size(), 3U);
  EXPECT_EQ(after, before);
}

TEST(ParameterTransfer, SaysWhatDidNotFitAndLeavesIt) {
  ModelState state;
  add_parameters(state, "best", layout_of(2), std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8});
  state.tensors.erase("best/aggregator.k");
  state.tensors["best/origin.k"] = {{1}, {9}};
  state.tensors["last/local.gone"] = {{1}, {9}};
  std::vector<float> after(10, -1);
  auto const report = load_parameters(state, "best", layout_of(3), after);
  EXPECT_FALSE(report.complete());
  EXPECT_EQ(report.text(),
            "1 tensors loaded; missing (keep their start) aggregator.k; "
            "of another shape (keep their start) local.weight; unused origin.k");
  EXPECT_EQ(after, (std::vector<float>{-1, -1, -1, -1, -1, -1, 5, 6, 7, -1}));
}

}  // namespace
}  // namespace setsz
