// SPDX-License-Identifier: BSD-3-Clause
// Speed and rounding of the MLP kernels alone, without libtorch, on one core: prediction with the
// mean over groups of 256 rows, for each instruction set of this processor. Rounds are interleaved;
// CPU time of the thread; medians. "around": the forward pass by tiles less their products, where
// the processor has AVX-512; its outputs mean nothing.
//
// bench_dense_mlp [rounds] [kernels, as "around"]: all whose names begin so
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "model/dense_mlp.hpp"
#include "pipeline/base/text.hpp"
#include "tests/bench/empty_tiles.hpp"
#include "tests/model/random_mlp.hpp"

namespace setsz {
namespace {

constexpr std::string_view around = "around ";  ///< begins the names of kernels without products
constexpr std::int64_t n_groups = 16, group_rows = 256, rows = n_groups * group_rows;

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// An MLP with the kernels of one instruction set.
class Candidate {
 public:
  Candidate(std::string name, LayerKernels const& kernels, testing::MlpExample const& shape)
      : name_(std::move(name)),
        shape_(shape),
        layers_(testing::layers_of(shape)),
        parameters_(testing::random_parameters(layers_)),
        mlp_(layers_) {
    mlp_.begin(parameters_, FoldedLayer::For::prediction, work_, kernels);
    for (std::int64_t g = 0; g <= n_groups; ++g) groups_.first.push_back(g * group_rows);
    groups_.weights.assign(rows, 1.0F / group_rows);
    std::ranges::copy(testing::random_numbers(2, rows * shape.inputs),
                      work_.input(mlp_, rows).begin());
    means_.resize(n_groups * shape.outputs);
    mlp_.pool(groups_, work_, means_);  // weights are prepared, memory is there
  }

  void run() {
    double const start = thread_seconds();
    mlp_.pool(groups_, work_, means_);
    seconds_.push_back(thread_seconds() - start);
  }
  double seconds() const { return median(seconds_); }
  std::string const& name() const { return name_; }
  /// Of the outputs of some rows, against a plain loop in double precision; relative rms.
  double error() {
    std::int64_t const n = 512;
    auto const input = testing::random_numbers(3, n * shape_.inputs);
    std::ranges::copy(input, work_.input(mlp_, n).begin());
    std::vector<float> output(n * shape_.outputs);
    mlp_.forward({}, work_, output);
    return testing::relative_rms(output,
                                 testing::PlainMlp(layers_, parameters_).forward(input, {}, n));
  }

 private:
  std::string name_;
  testing::MlpExample shape_;
  std::vector<DenseLayer> layers_;
  std::vector<float> parameters_;
  DenseMlp mlp_;
  DenseMlp::Work work_;
  RowGroups groups_;
  std::vector<float> means_;
  std::vector<double> seconds_;
};

/// AVX-512 with the forward pass by tiles, less their products; where the processor can.
std::vector<std::pair<std::string, LayerKernels>> kernels_without_products() {
  std::vector<std::pair<std::string, LayerKernels>> result;
#if defined(SETSZ_HAS_AMX)
  if (instruction_set() < InstructionSet::avx512) return {};
  for (auto const arithmetic : coarse_arithmetic) {
    result.emplace_back(concat(around, name(arithmetic)), layer_kernels(InstructionSet::avx512));
    result.back().second.tiles = empty_tile_forward(arithmetic);
  }
#endif
  return result;
}

void measure(testing::MlpExample const& shape, int rounds, std::string_view prefix) {
  // Where they are made they stay: an evaluation points to its parameters.
  std::vector<std::unique_ptr<Candidate>> candidates;
  for (auto const set : available_instruction_sets()) {
    candidates.push_back(
        std::make_unique<Candidate>(std::string(name(set)), layer_kernels(set), shape));
    if (set != InstructionSet::amx) continue;
    for (auto const arithmetic : coarse_arithmetic)
      candidates.push_back(std::make_unique<Candidate>(concat("amx, ", name(arithmetic)),
                                                       layer_kernels(set, arithmetic), shape));
  }
  auto const without_products = kernels_without_products();
  for (auto const& [text, kernels] : without_products)
    candidates.push_back(std::make_unique<Candidate>(text, kernels, shape));
  std::erase_if(candidates, [&](auto const& c) { return !c->name().starts_with(prefix); });
  for (int round = 0; round < rounds; ++round)
    for (auto& candidate : candidates) candidate->run();
  std::int64_t weights = 0;
  for (auto const& layer : testing::layers_of(shape)) weights += layer.inputs * layer.outputs;
  std::printf("%ld -> %ld x %ld -> %ld, %ld rows\n", shape.inputs, shape.hidden_layers, shape.width,
              shape.outputs, rows);
  for (auto& candidate : candidates) {
    double const seconds = candidate->seconds();
    std::printf("  %-18s %8.3f ms  %8.3g rows/s", candidate->name().c_str(), 1e3 * seconds,
                real(rows) / seconds);
    if (candidate->name().starts_with(around))
      std::printf("\n");
    else
      std::printf("  %7.1f GFLOP/s  relative rms error %.2g\n",
                  2e-9 * real(weights * rows) / seconds, candidate->error());
  }
}

}  // namespace
}  // namespace setsz

int main(int argc, char** argv) {
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 51;
  std::string_view const prefix = argc > 2 ? argv[2] : "";
  setsz::measure({24, 2, 189, 189}, rounds, prefix);  // particles at the published sizes
  for (std::int64_t const width : {189, 196, 64})
    setsz::measure({24, 3, width, width}, rounds, prefix);
}
