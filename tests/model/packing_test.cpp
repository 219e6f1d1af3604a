// SPDX-License-Identifier: BSD-3-Clause
#include "model/kernels/packing.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "pipeline/base/number.hpp"
#include "plain_mlp.hpp"

namespace setsz {
namespace {

using testing::random_numbers;

constexpr PanelLayout layouts[] = {{4, 4, 12}, {8, 4, 24}, {16, 8, 48}};
constexpr std::int64_t sizes[] = {1, 3, 4, 17, 48, 49, 66};

/// Of what was there before.
AlignedFloats other_numbers() { return AlignedFloats(7, 3.0F); }

/// Packed (depth, columns): `number(row, column)` in its place, zero behind the last column.
void expect_packed(PanelLayout const& layout, AlignedFloats const& packed, std::int64_t depth,
                   std::int64_t columns, auto const& number) {
  ASSERT_EQ(std::ssize(packed), layout.packed_size(depth, columns));
  std::vector<float> expected(packed.size(), 0.0F);
  for (std::int64_t row = 0; row < depth; ++row)
    for (std::int64_t column = 0; column < columns; ++column)
      expected[layout.in_packed(depth, columns, row, column)] = number(row, column);
  EXPECT_EQ(std::vector<float>(packed.begin(), packed.end()), expected)
      << depth << " x " << columns << ", panels of " << layout.panel;
}

TEST(Packing, TransposesNumberByNumber) {
  for (auto const& layout : layouts)
    for (auto const rows : sizes)
      for (auto const columns : sizes) {
        auto const matrix = random_numbers(1, rows * columns);
        auto const number = [&](std::int64_t i, std::int64_t k) { return matrix[i * columns + k]; };
        auto packed = other_numbers(), back = other_numbers();
        pack_transpose(layout, matrix, columns, packed);
        expect_packed(layout, packed, columns, rows, [&](auto k, auto i) { return number(i, k); });
        transpose_packed(layout, packed, columns, rows, back);
        expect_packed(layout, back, rows, columns, number);
        EXPECT_EQ(unpacked_transpose(layout, packed, columns, rows), matrix);
        std::vector<float> last(columns);
        unpack_row(layout, back, rows, rows - 1, last);
        EXPECT_EQ(last, std::vector<float>(matrix.end() - columns, matrix.end()));
      }
}

/// In double precision. Means of rows vanish but for rounding.
void expect_folded(LayerKernels const& kernels, std::int64_t inputs, std::int64_t outputs) {
  auto const& layout = kernels.layout;
  auto const weights = random_numbers(1, inputs * outputs), gamma = random_numbers(2, inputs),
             beta = random_numbers(3, inputs), bias = random_numbers(4, outputs);
  AlignedFloats packed, folded_bias(layout.padded(outputs), 0.0F);
  pack_transpose(layout, weights, inputs, packed);
  std::ranges::copy(bias, folded_bias.begin());
  kernels.fold_norm(
      {inputs, outputs, gamma.data(), beta.data(), packed.data(), folded_bias.data()});
  auto const folded = unpacked_transpose(layout, packed, inputs, outputs);
  for (std::int64_t o = 0; o < outputs; ++o) {
    double mean = 0, expected_bias = real(bias[o]), left = 0;
    for (std::int64_t k = 0; k < inputs; ++k) {
      mean += real(weights[o * inputs + k]) * real(gamma[k]) / real(inputs);
      expected_bias += real(weights[o * inputs + k]) * real(beta[k]);
    }
    EXPECT_NEAR(folded_bias[o], expected_bias, 1e-6 * (1 + std::abs(expected_bias)));
    for (std::int64_t k = 0; k < inputs; ++k) {
      auto const w = real(weights[o * inputs + k]) * real(gamma[k]) - mean;
      EXPECT_NEAR(folded[o * inputs + k], w, 1e-6);
      left += real(folded[o * inputs + k]);
    }
    EXPECT_LT(std::abs(left), 3e-7 * std::sqrt(real(inputs)) * (1 + std::abs(mean)));
    if (inputs == 1) {
      EXPECT_EQ(left, 0) << "the norm of one number is 0";
    }
  }
  for (auto o = outputs; o < std::ssize(folded_bias); ++o) EXPECT_EQ(folded_bias[o], 0);
}

TEST(Packing, FoldsNormsAsInDoublePrecision) {
  for (auto const set : available_instruction_sets())
    for (auto const inputs : sizes)
      for (auto const outputs : sizes) expect_folded(layer_kernels(set), inputs, outputs);
}

}  // namespace
}  // namespace setsz
