// SPDX-License-Identifier: BSD-3-Clause
#include "model/dense_mlp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "pipeline/base/text.hpp"
#include "plain_mlp.hpp"
#include "wide_kernels.hpp"

namespace setsz {
namespace {

using testing::PlainMlp;
using testing::random_numbers;
using For = FoldedLayer::For;

struct Shape {
  std::int64_t inputs, hidden_layers, width, outputs;
  bool linear_head = false;
};
/// Widths of a vector more or less, of a panel more or less, published ones, and of a single unit.
std::vector<Shape> const shapes{{19, 2, 189, 188}, {3, 3, 226, 2, true},  {1, 1, 1, 1},
                                {5, 1, 7, 9},      {23, 2, 16, 17, true}, {24, 1, 25, 48},
                                {49, 2, 47, 49},   {64, 4, 64, 1, true}};

std::vector<DenseLayer> layers_of(Shape const& shape, bool drops = false) {
  std::vector<DenseLayer> layers;
  std::int64_t end = 0;
  for (std::int64_t l = 0; l <= shape.hidden_layers; ++l) {
    bool const last = l == shape.hidden_layers;
    DenseLayer layer{.inputs = l == 0 ? shape.inputs : shape.width,
                     .outputs = last ? shape.outputs : shape.width,
                     .activate = !last || !shape.linear_head,
                     .drops = drops};
    layer.weight = end, end += layer.inputs * layer.outputs;
    layer.bias = end, end += layer.outputs;
    if (l > 0) {
      layer.gamma = end, end += layer.inputs;
      layer.beta = end, end += layer.inputs;
    }
    layers.push_back(layer);
  }
  return layers;
}

/// Weights that keep the size of activations, norms near the identity.
std::vector<float> random_parameters(std::vector<DenseLayer> const& layers) {
  auto parameters = random_numbers(
      1, layers.back().bias + 4 * (layers.back().outputs + 1) + 4 * layers.back().inputs);
  for (auto const& layer : layers) {
    for (std::int64_t i = 0; i < layer.inputs * layer.outputs; ++i)
      parameters[layer.weight + i] *= single(std::sqrt(2 / real(layer.inputs)));
    for (std::int64_t k = 0; layer.has_norm() && k < layer.inputs; ++k)
      parameters[layer.gamma + k] = 1 + 0.3F * parameters[layer.gamma + k];
  }
  return parameters;
}

double relative_rms(auto const& values, std::vector<double> const& expected) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    difference += std::pow(real(values[i]) - expected[i], 2);
    size += std::pow(expected[i], 2);
  }
  return std::sqrt(difference / (size + 1e-30));
}

struct Kernels {
  std::string name;
  LayerKernels table;
};

/// Calls `test(kernels)` for the instruction sets of this processor, and says which it lacks.
void for_each_set(auto const& test) {
  auto const available = available_instruction_sets();
  for (auto const set : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512}) {
    if (std::ranges::find(available, set) != available.end())
      test(Kernels{std::string(name(set)), layer_kernels(set)});
    else
      std::printf("[ NOT RUN  ] %s: this processor does not have it\n",
                  std::string(name(set)).c_str());
  }
  test(Kernels{"as wide as avx512, portable", testing::wide_kernels()});
}

std::string text(Shape const& shape, Kernels const& kernels) {
  return concat(kernels.name, ": ", shape.inputs, " -> ", shape.hidden_layers, " x ", shape.width,
                " -> ", shape.outputs);
}

/// All of an evaluation and its gradients.
struct Result {
  std::vector<float> output, input_slope, gradient;
};

Result evaluate(Shape const& shape, Kernels const& kernels, std::int64_t rows, bool drops) {
  auto const layers = layers_of(shape, drops);
  auto const parameters = random_parameters(layers);
  DenseMlp const mlp(layers);
  DenseMlp::Work work;
  Result result{std::vector<float>(rows * shape.outputs), std::vector<float>(rows * shape.inputs),
                std::vector<float>(parameters.size())};
  mlp.begin(parameters, For::training, work, kernels.table);
  std::ranges::copy(random_numbers(2, rows * shape.inputs), work.input(mlp, rows).begin());
  auto const masks = testing::random_masks(4, rows * mlp.n_masks());
  mlp.forward(masks, work, result.output);
  mlp.backward(random_numbers(3, rows * shape.outputs), work, result.input_slope);
  mlp.finish(work, result.gradient);
  return result;
}

void expect_plain_result(Shape const& shape, Kernels const& kernels, std::int64_t rows,
                         bool drops) {
  auto const layers = layers_of(shape, drops);
  auto const parameters = random_parameters(layers);
  auto const result = evaluate(shape, kernels, rows, drops);
  PlainMlp plain(layers, parameters);
  auto const masks = testing::random_masks(4, rows * DenseMlp(layers).n_masks());
  auto const output = plain.forward(random_numbers(2, rows * shape.inputs), masks, rows);
  auto const input_slope = plain.backward(random_numbers(3, rows * shape.outputs));
  EXPECT_LT(relative_rms(result.output, output), 2e-6) << text(shape, kernels);
  // At a kink of the activation two roundings can be on two sides: a few rows, if at all.
  EXPECT_LT(relative_rms(result.input_slope, input_slope), 2e-5) << text(shape, kernels);
  EXPECT_LT(relative_rms(result.gradient, plain.gradient()), 2e-5) << text(shape, kernels);
}

TEST(DenseMlp, IsThePlainLoopInDoublePrecision) {
  for_each_set([](Kernels const& kernels) {
    for (auto const& shape : shapes)
      for (std::int64_t const rows : {1, 99}) expect_plain_result(shape, kernels, rows, false);
  });
}

TEST(DenseMlp, DropsUnitsBetweenNormAndWeights) {
  for_each_set([](Kernels const& kernels) {
    for (auto const& shape : shapes) expect_plain_result(shape, kernels, 98, true);
  });
}

TEST(DenseMlp, GivesTheSameBitsHoweverRowsAreCut) {
  for_each_set([](Kernels const& kernels) {
    Shape const shape{19, 2, 61, 33};
    auto const layers = layers_of(shape);
    auto const parameters = random_parameters(layers);
    DenseMlp const mlp(layers);
    DenseMlp::Work work;
    mlp.begin(parameters, For::prediction, work, kernels.table);
    std::int64_t const rows = 301;
    auto const input = random_numbers(2, rows * shape.inputs);
    auto const part = [&](std::int64_t first, std::int64_t last) {
      std::vector<float> output((last - first) * shape.outputs);
      std::copy(input.begin() + first * shape.inputs, input.begin() + last * shape.inputs,
                work.input(mlp, last - first).begin());
      mlp.forward({}, work, output);
      return output;
    };
    auto const whole = part(0, rows);
    std::vector<float> pieces;
    for (std::int64_t first = 0; first < rows; first += 43)
      std::ranges::copy(part(first, std::min(rows, first + 43)), std::back_inserter(pieces));
    EXPECT_EQ(pieces, whole) << kernels.name;
    EXPECT_EQ(evaluate(shape, kernels, rows, false).output, whole)
        << kernels.name << ", in training";
  });
}

/// Groups of very different sizes, some of them empty, also the first and the last.
RowGroups uneven_groups(std::int64_t components) {
  RowGroups groups{{0, 0, 1, 1, 6, 250, 350, 350}, {}, components};
  groups.weights = random_numbers(5, groups.n_rows() * components);
  return groups;
}

TEST(DenseMlp, PoolsOutputsByGroups) {
  for_each_set([](Kernels const& kernels) {
    for (std::int64_t const components : {1, 3}) {
      Shape const shape{19, 2, 61, 33};
      auto const layers = layers_of(shape);
      auto const parameters = random_parameters(layers);
      auto const groups = uneven_groups(components);
      auto const input = random_numbers(2, groups.n_rows() * shape.inputs);
      auto const n = groups.size() * shape.outputs * components;
      auto const slope = random_numbers(6, n);

      DenseMlp const mlp(layers);
      DenseMlp::Work work;
      std::vector<float> pooled(n), gradient(parameters.size());
      mlp.begin(parameters, For::training, work, kernels.table);
      std::ranges::copy(input, work.input(mlp, groups.n_rows()).begin());
      mlp.pool(groups, work, pooled);
      mlp.pool_backward(groups, slope, work);
      mlp.finish(work, gradient);

      PlainMlp plain(layers, parameters);
      auto const output = plain.forward(input, {}, groups.n_rows());
      std::vector<double> expected(n, 0.0);
      std::vector<float> output_slope(output.size(), 0.0F);
      for (std::int64_t g = 0; g < groups.size(); ++g)
        for (std::int64_t row = groups.rows(g).first; row < groups.rows(g).last; ++row)
          for (std::int64_t j = 0; j < shape.outputs; ++j)
            for (std::int64_t d = 0; d < components; ++d) {
              auto const place = (g * shape.outputs + j) * components + d;
              float const weight = groups.weights[row * components + d];
              expected[place] += real(weight) * output[row * shape.outputs + j];
              output_slope[row * shape.outputs + j] += weight * slope[place];
            }
      plain.backward(output_slope);
      EXPECT_LT(relative_rms(pooled, expected), 2e-6) << kernels.name;
      EXPECT_LT(relative_rms(gradient, plain.gradient()), 2e-5) << kernels.name;
    }
  });
}

TEST(DenseMlp, OfNoRowsIsNothing) {
  auto const layers = layers_of(shapes.front());
  auto const parameters = random_parameters(layers);
  DenseMlp const mlp(layers);
  DenseMlp::Work work;
  mlp.begin(parameters, For::training, work);
  work.input(mlp, 0);
  std::vector<float> pooled(shapes.front().outputs, 0.0F), gradient(parameters.size());
  mlp.pool({{0, 0}}, work, pooled);
  mlp.pool_backward({{0, 0}}, pooled, work);
  mlp.finish(work, gradient);
  for (float const x : pooled) EXPECT_EQ(x, 0);
  for (float const x : gradient) EXPECT_EQ(x, 0);
}

TEST(DenseMlp, NormalisesRowsThatHardlyVary) {
  // All weights of the first layer nearly equal: its units differ by 1e-3 of their size.
  Shape const shape{4, 1, 37, 5, true};
  auto const layers = layers_of(shape);
  auto parameters = random_parameters(layers);
  for (std::int64_t i = 0; i < 4 * 37; ++i) parameters[i] = 1 + 1e-3F * parameters[i];
  for (std::int64_t i = 0; i < 37; ++i) parameters[layers[0].bias + i] = 3;
  auto const input = random_numbers(2, 4 * 50);
  for_each_set([&](Kernels const& kernels) {
    DenseMlp const mlp(layers);
    DenseMlp::Work work;
    mlp.begin(parameters, For::prediction, work, kernels.table);
    std::ranges::copy(input, work.input(mlp, 50).begin());
    std::vector<float> output(50 * 5);
    mlp.forward({}, work, output);
    auto const expected = PlainMlp(layers, parameters).forward(input, {}, 50);
    EXPECT_LT(relative_rms(output, expected), 1e-3) << kernels.name;
  });
}

}  // namespace
}  // namespace setsz
