// SPDX-License-Identifier: BSD-3-Clause
#include "model/dense_mlp.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "pipeline/base/error.hpp"
#include "pipeline/base/text.hpp"
#include "plain_mlp.hpp"
#include "random_mlp.hpp"
#include "tile_tables.hpp"
#include "wide_kernels.hpp"

namespace setsz {
namespace {

using testing::layers_of;
using testing::PlainMlp;
using testing::random_numbers;
using testing::random_parameters;
using testing::relative_rms;
using Shape = testing::MlpExample;
using For = FoldedLayer::For;

/// Widths of a vector more or less, of a panel more or less, published ones, and of a single unit.
std::vector<Shape> const shapes{{19, 2, 189, 188}, {3, 3, 226, 2, true},  {1, 1, 1, 1},
                                {5, 1, 7, 9},      {23, 2, 16, 17, true}, {24, 1, 25, 48},
                                {49, 2, 47, 49},   {64, 4, 64, 1, true}};
Shape const published{24, 3, 196, 196};

struct Kernels {
  std::string name;
  LayerKernels table;
};

LayerKernels with(TileForward const& tiles, LayerKernels kernels = testing::wide_kernels()) {
  kernels.tiles = tiles;
  return kernels;
}

/// Calls `test(kernels)` for the instruction sets of this processor, and says which it lacks.
void for_each_set(auto const& test) {
  auto const available = available_instruction_sets();
  using enum InstructionSet;
  for (auto const set : {portable, avx2, avx512}) {
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

std::vector<float> predicted(Shape const& shape, LayerKernels const& kernels, std::int64_t rows) {
  auto const layers = layers_of(shape);
  auto const parameters = random_parameters(layers);
  DenseMlp const mlp(layers);
  DenseMlp::Work work;
  std::vector<float> output(rows * shape.outputs);
  mlp.begin(parameters, For::prediction, work, kernels);
  std::ranges::copy(random_numbers(2, rows * shape.inputs), work.input(mlp, rows).begin());
  mlp.forward({}, work, output);
  return output;
}

double prediction_error(Shape const& shape, LayerKernels const& kernels, std::int64_t rows) {
  auto const layers = layers_of(shape);
  auto const input = random_numbers(2, rows * shape.inputs);
  return relative_rms(predicted(shape, kernels, rows),
                      PlainMlp(layers, random_parameters(layers)).forward(input, {}, rows));
}

TEST(DenseMlp, PredictsThePlainLoopInDoublePrecision) {
  for_each_set([](Kernels const& kernels) {
    for (auto const& shape : shapes)
      for (std::int64_t const rows : {1, 33, 99})
        EXPECT_LT(prediction_error(shape, kernels.table, rows), 2e-6) << text(shape, kernels);
    auto const error = prediction_error(published, kernels.table, 128);
    std::printf("%s: relative rms of the error %.2g\n", text(published, kernels).c_str(), error);
    EXPECT_LT(error, 2e-6) << text(published, kernels);
  });
}

TEST(Tiles, OfFewerPartsAreCoarser) {
  struct Expected {
    Arithmetic arithmetic;
    double least, most;  ///< error
  };
  for (auto const& e :
       {Expected{Arithmetic::bfloat16x3, 1e-6, 1e-5}, Expected{Arithmetic::bfloat16, 1e-4, 1e-2}}) {
    Kernels const kernels{std::string(name(e.arithmetic)),
                          with(testing::plain_tile_forward(e.arithmetic))};
    for (auto const& shape : shapes)
      EXPECT_LT(prediction_error(shape, kernels.table, 99), e.most) << text(shape, kernels);
    auto const error = prediction_error(published, kernels.table, 128);
    std::printf("%s: relative rms of the error %.2g\n", text(published, kernels).c_str(), error);
    EXPECT_LT(error, e.most) << kernels.name;
    EXPECT_GT(error, e.least) << kernels.name << " is another arithmetic";
  }
}

/// A prediction by plain tiles of 50 rows, where `change` was made to the parameters.
struct TilePrediction {
  std::vector<DenseLayer> layers;
  std::vector<float> parameters, input, output;

  TilePrediction(Shape const& shape, Arithmetic arithmetic, auto const& change)
      : layers(layers_of(shape)),
        parameters(random_parameters(layers)),
        input(random_numbers(2, n_rows * shape.inputs)),
        output(n_rows * shape.outputs) {
    change(layers.front(), *this);
    auto const kernels = with(testing::plain_tile_forward(arithmetic));
    DenseMlp const mlp(layers);
    DenseMlp::Work work;
    mlp.begin(parameters, For::prediction, work, kernels);
    std::ranges::copy(input, work.input(mlp, n_rows).begin());
    mlp.forward({}, work, output);
  }
  double error() const {
    return relative_rms(output, PlainMlp(layers, parameters).forward(input, {}, n_rows));
  }
  static constexpr std::int64_t n_rows = 50;
};

TEST(Tiles, LoseNoBitsOfRowsThatHardlyVary) {
  // Units near 3 that differ by 1e-3: rounding them to 16 bits would cost 1e-2.
  auto const near_three = [](DenseLayer const& layer, TilePrediction& of) {
    for (std::int64_t i = 0; i < layer.outputs * layer.inputs; ++i)
      of.parameters[layer.weight + i] *= 1e-3F;
    std::fill_n(of.parameters.begin() + layer.bias, layer.outputs, 3.0F);
  };
  for (std::int64_t const width : {16, 37, 189}) {
    Shape const shape{4, 1, width, 5, true};
    EXPECT_LT(TilePrediction(shape, Arithmetic::bfloat16x3, near_three).error(), 1e-3) << width;
    EXPECT_LT(TilePrediction(shape, Arithmetic::bfloat16, near_three).error(), 2e-2) << width;
  }
}

TEST(Tiles, MayHaveFirstColumnsFarFromAllOthers) {
  // They give rows their centre.
  auto const apart = [](DenseLayer const& layer, TilePrediction& of) {
    for (std::int64_t i = 0; i < 32; ++i) of.parameters[layer.bias + i] += 30;
  };
  Shape const shape{24, 1, 189, 64};
  EXPECT_LT(TilePrediction(shape, Arithmetic::bfloat16x3, apart).error(), 2e-5);
  EXPECT_LT(TilePrediction(shape, Arithmetic::bfloat16, apart).error(), 1e-2);
}

TEST(Tiles, KeepEveryNan) {
  auto const nan = std::bit_cast<float>(0x7FFFFFFF);
  auto const n_nan = [](TilePrediction const& of) {
    return std::ranges::count_if(of.output, [](float x) { return std::isnan(x); });
  };
  Shape const shape{3, 1, 33, 5};
  auto const all = TilePrediction::n_rows * shape.outputs;
  for (auto const arithmetic : coarse_arithmetic) {
    EXPECT_EQ(n_nan({shape, arithmetic, [&](auto&, auto& of) { of.input[3] = nan; }}), 5);
    EXPECT_EQ(
        n_nan({shape, arithmetic, [&](auto& l, auto& of) { of.parameters[l.bias + 32] = nan; }}),
        all);
    EXPECT_EQ(n_nan({shape, arithmetic, [&](auto& l, auto& of) { of.parameters[l.weight] = nan; }}),
              all);
  }
}

TEST(Arithmetic, OfFewerPartsNeedsAmx) {
  EXPECT_NO_THROW(require_arithmetic(Arithmetic::single));
  for (auto const arithmetic : coarse_arithmetic) {
    if (instruction_set() == InstructionSet::amx) {
      EXPECT_NO_THROW(require_arithmetic(arithmetic));
      continue;
    }
    try {
      require_arithmetic(arithmetic);
      FAIL() << name(arithmetic);
    } catch (Error const& error) {
      EXPECT_EQ(error.code(), ExitCode::config);
      EXPECT_EQ(std::string(error.what()),
                concat("[predict] arithmetic = ", name(arithmetic),
                       " needs AMX, but the kernels of this process are ", name(instruction_set()),
                       "; set arithmetic = single, or run on a processor with AMX without "
                       "SETSZ_ISA"));
    }
  }
}

#if defined(SETSZ_HAS_AMX)
TEST(Tiles, OfTheProcessorGiveWhatIsDocumented) {
  auto const available = available_instruction_sets();
  if (std::ranges::find(available, InstructionSet::amx) == available.end())
    GTEST_SKIP() << "this processor has no AMX";
  for (auto const arithmetic : coarse_arithmetic) {
    auto const& amx = layer_kernels(InstructionSet::amx, arithmetic);
    auto const plain = with(testing::avx512_plain_tile_forward(arithmetic), amx);
    for (auto const& shape : shapes)
      for (std::int64_t const rows : {1, 99}) {
        auto const expected = predicted(shape, plain, rows);
        EXPECT_LT(relative_rms(predicted(shape, amx, rows), {expected.begin(), expected.end()}),
                  1e-6)
            << text(shape, {"amx", amx});
      }
  }
}

std::vector<float> numbers_of_all_sizes() {
  auto numbers = random_numbers(7, 4096);
  for (std::size_t i = 0; i < numbers.size(); ++i)
    numbers[i] *= std::pow(10.0F, single(i % 76) - 38);
  auto const halfway = [](std::uint32_t bits) { return std::bit_cast<float>(bits); };
  for (float const x :
       {0.0F, -0.0F, 1.0F, halfway(0x3F808000), halfway(0x3F818000), halfway(0x3F807FFF),
        halfway(0xBF808001), 1e-40F, -1e-45F, std::numeric_limits<float>::min(),
        std::numeric_limits<float>::max(), -std::numeric_limits<float>::max(),
        std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()})
    numbers.push_back(x);
  numbers.resize((numbers.size() + 31) / 32 * 32);
  return numbers;
}

/// Three parts of 32 numbers of 16 bits.
struct alignas(64) Parts {
  float words[3 * 16];
  std::array<std::uint16_t, 96> numbers() const {
    return std::bit_cast<std::array<std::uint16_t, 96>>(std::to_array(words));
  }
};

TEST(Tiles, AreFilledAlikeByTheProcessorAndByPlainArithmetic) {
  if (!__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "this processor has no AVX-512";
  auto const numbers = numbers_of_all_sizes();
  for (std::size_t i = 0; i < numbers.size(); i += 32) {
    Parts plain, processor;
    testing::plain_split(numbers.data() + i, plain.words);
    testing::avx512_split(numbers.data() + i, processor.words);
    EXPECT_EQ(plain.numbers(), processor.numbers()) << "numbers from " << i;
  }
  for (auto const arithmetic : coarse_arithmetic)
    for (auto const& shape : shapes)
      EXPECT_EQ(predicted(shape, with(testing::avx512_tile_forward(arithmetic)), 99),
                predicted(shape, with(testing::avx512_plain_tile_forward(arithmetic)), 99))
          << text(shape, {"rounded by AVX-512", {}});
}
#endif

TEST(DenseMlp, DropsUnitsBetweenNormAndWeights) {
  for_each_set([](Kernels const& kernels) {
    for (auto const& shape : shapes) expect_plain_result(shape, kernels, 98, true);
  });
}

TEST(DenseMlp, GivesTheSameBitsHoweverRowsAreCut) {
  auto const test = [](Kernels const& kernels) {
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
    if (kernels.table.tiles) return;  // training is in single precision
    EXPECT_EQ(evaluate(shape, kernels, rows, false).output, whole)
        << kernels.name << ", in training";
  };
  for_each_set(test);
  for (auto const arithmetic : coarse_arithmetic)
    test({std::string(name(arithmetic)), with(testing::plain_tile_forward(arithmetic))});
}

/// Groups of very different sizes, some of them empty, also the first and the last.
RowGroups uneven_groups(std::int64_t components) {
  RowGroups groups{{0, 0, 1, 1, 6, 250, 350, 350}, {}, components};
  groups.weights = random_numbers(5, groups.n_rows() * components);
  return groups;
}

/// What a series depends on beside its rows.
struct Series {
  std::vector<float> parameters, masks;
  For purpose = For::training;
  LayerKernels const* kernels = &layer_kernels(InstructionSet::portable);
};

/// Outputs of ten rows, and in training the gradient by the parameters.
std::vector<float> results_of(DenseMlp const& mlp, Series const& series, DenseMlp::Work& work) {
  mlp.begin(series.parameters, series.purpose, work, *series.kernels);
  std::ranges::copy(random_numbers(2, 10 * mlp.inputs()), work.input(mlp, 10).begin());
  std::vector<float> result(10 * mlp.outputs()), gradient(series.parameters.size());
  mlp.forward(series.masks, work, result);
  if (series.purpose == For::training) {
    mlp.backward(random_numbers(3, 10 * mlp.outputs()), work, {});
    mlp.finish(work, gradient);
  }
  result.insert(result.end(), gradient.begin(), gradient.end());
  return result;
}

TEST(DenseMlp, FoldsWeightsAgainWhenAnythingChanged) {
  auto const layers = layers_of({5, 2, 20, 3}, true);
  DenseMlp const mlp(layers);
  DenseMlp::Work kept;
  Series series{.parameters = random_parameters(layers), .masks = {}};
  auto const expect_as_if_fresh = [&](char const* what) {
    for (int time = 0; time < 2; ++time) {
      DenseMlp::Work fresh;
      EXPECT_EQ(results_of(mlp, series, kept), results_of(mlp, series, fresh)) << what << time;
    }
  };
  expect_as_if_fresh("first");
  for (auto const offset :
       {layers[0].weight, layers[0].bias, layers[1].gamma, layers[1].beta, layers[2].weight + 59}) {
    series.parameters[offset] += 0.5F;
    expect_as_if_fresh("a parameter");
  }
  series.masks = testing::random_masks(4, 10 * mlp.n_masks());
  expect_as_if_fresh("units drop");
  series.masks.clear();
  series.purpose = For::prediction;
  expect_as_if_fresh("a prediction");
  auto const wide = testing::wide_kernels();
  series.kernels = &wide;
  expect_as_if_fresh("other kernels");
  series.purpose = For::training;
  expect_as_if_fresh("training again");
  mlp.begin(series.parameters, For::training, kept, wide);
  std::vector<float> gradient(series.parameters.size());
  mlp.finish(kept, gradient);
  EXPECT_EQ(gradient, std::vector<float>(gradient.size())) << "of a series without rows";
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

      mlp.begin(parameters, For::prediction, work, kernels.table);
      std::ranges::copy(input, work.input(mlp, groups.n_rows()).begin());
      mlp.pool(groups, work, pooled);
      EXPECT_LT(relative_rms(pooled, expected), 2e-6) << kernels.name;
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
  for (std::int64_t i = 0; i < layers[0].inputs * layers[0].outputs; ++i)
    parameters[i] = 1 + 1e-3F * parameters[i];
  for (std::int64_t i = 0; i < layers[0].outputs; ++i) parameters[layers[0].bias + i] = 3;
  auto const input = random_numbers(2, 50 * layers[0].inputs);
  for_each_set([&](Kernels const& kernels) {
    DenseMlp const mlp(layers);
    DenseMlp::Work work;
    mlp.begin(parameters, For::prediction, work, kernels.table);
    std::ranges::copy(input, work.input(mlp, 50).begin());
    std::vector<float> output(50 * mlp.outputs());
    mlp.forward({}, work, output);
    auto const expected = PlainMlp(layers, parameters).forward(input, {}, 50);
    EXPECT_LT(relative_rms(output, expected), 1e-3) << kernels.name;
  });
}

}  // namespace
}  // namespace setsz
