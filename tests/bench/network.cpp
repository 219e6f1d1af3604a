// SPDX-License-Identifier: BSD-3-Clause
// Speed of the network on one core: particle evaluations per second, and the arithmetic of all
// modules as a fraction of what the BLAS reaches on large matrices (2048^3) in the same run. The
// baseline is the same network module by module on whole lanes, as one writes it first; beside it
// chunks, and our kernels. Rounds are interleaved; CPU time of the thread; medians.
//
// bench_network [rounds] [case, from 0; 3: those of a GPU] [kernels: no baselines, for profiles]
#include <dlfcn.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "model/module_table.hpp"
#include "model/network.hpp"
#include "pipeline/base/instruction_set.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/text.hpp"
#include "tests/model/random_batch.hpp"
#include "tests/model/small_networks.hpp"

namespace setsz {
namespace {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return real(now.tv_sec) + 1e-9 * real(now.tv_nsec);
}

double seconds_of(std::function<void()> const& work) {
  double const start = thread_seconds();
  work();
  return thread_seconds() - start;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// A product of two 2048 x 2048 matrices by the BLAS that libtorch uses.
class LargeProduct {
 public:
  static constexpr double flops = 2.0 * 2048 * 2048 * 2048;
  LargeProduct() : a_(n * n, 0.5F), b_(n * n, 0.25F), c_(n * n) {
    sgemm_ = reinterpret_cast<Sgemm>(dlsym(RTLD_DEFAULT, "cblas_sgemm"));
    if (!sgemm_) std::exit((std::fprintf(stderr, "this BLAS has no cblas_sgemm\n"), 1));
  }
  void operator()() {
    constexpr int row_major = 101, no_transpose = 111;
    sgemm_(row_major, no_transpose, no_transpose, n, n, n, 1, a_.data(), n, b_.data(), n, 0,
           c_.data(), n);
  }

 private:
  using Sgemm = void (*)(int, int, int, int, int, int, float, float const*, int, float const*, int,
                         float, float*, int);
  static constexpr int n = 2048;
  Sgemm sgemm_;
  std::vector<float> a_, b_, c_;
};

struct Case {
  char const* name;
  std::int64_t width, targets, particles, origin;
  ChunkSize chunk;
};

NetworkOptions options_of(Case const& c) {
  NetworkOptions options;
  options.get<Local>().width = options.get<Origin>().width = options.get<Aggregator>().width =
      c.width;
  options.get<Local>().particles = {c.particles, c.particles};
  options.get<Origin>().particles = {c.origin, c.origin};
  return options;
}
TargetBatch lane_of(Case const& c) {
  return testing::random_batch(1, c.targets, {c.particles}, c.origin);
}

/// Of all modules in one prediction of a lane.
double flops(Case const& c) {
  auto const options = options_of(c);
  ModuleCost cost;
  for (auto const* module : options.chosen()) cost += module->cost(options, Phase::prediction);
  return cost.of(real(c.targets), real(c.particles));
}

/// Besides single precision, on this processor.
std::vector<Arithmetic> other_arithmetics() {
  if (instruction_set() != InstructionSet::amx) return {};
  return {std::begin(coarse_arithmetic), std::end(coarse_arithmetic)};
}

void print_differences(Network& network, TargetBatch const& lane, ChunkSize chunk) {
  network.use(ParticleKernel::reference);
  auto const expected = network.predict(lane, chunk);
  network.use(ParticleKernel::fused);
  std::printf("  relative rms difference from libtorch: kernels %.2g",
              testing::relative_rms(network.predict(lane, chunk), expected));
  for (auto const arithmetic : other_arithmetics()) {
    network.use(arithmetic);
    std::printf(", %s %.2g", std::string(name(arithmetic)).c_str(),
                testing::relative_rms(network.predict(lane, chunk), expected));
  }
  std::printf("\n");
}

void measure(Case const& c, int rounds, bool baselines) {
  Network network(options_of(c), {}, {}, 1);
  auto const lane = lane_of(c);
  ChunkSize const whole{.rows = 1 << 30, .targets = 1 << 30};
  auto const with = [&](ParticleKernel kernel, auto&& work) {
    network.use(kernel);
    return seconds_of(work);
  };
  auto const train = [&](ChunkSize chunk) {
    std::ranges::fill(network.gradient(), 0.0F);
    network.accumulate_gradient(lane, 1, 1, chunk);
  };
  auto const learn = [&] {  // weights are folded again, as after each step of a training
    for (float& p : network.parameters()) p *= 1 + 1e-7F;
  };
  LargeProduct product;
  std::vector<double> gemm, naive, chunked, fused, naive_step, chunked_step, fused_step;
  std::map<Arithmetic, std::vector<double>> coarse;
  constexpr auto reference = ParticleKernel::reference, best = ParticleKernel::fused;
  for (int round = 0; round < rounds; ++round) {
    learn();
    fused.push_back(with(best, [&] { network.predict(lane, c.chunk); }));
    for (auto const arithmetic : other_arithmetics()) {
      network.use(arithmetic);
      coarse[arithmetic].push_back(with(best, [&] { network.predict(lane, c.chunk); }));
    }
    network.use(Arithmetic::single);
    learn();
    fused_step.push_back(with(best, [&] { train(c.chunk); }));
    if (!baselines) continue;
    gemm.push_back(seconds_of([&] { product(); }));
    naive.push_back(with(reference, [&] { network.predict(lane, whole); }));
    chunked.push_back(with(reference, [&] { network.predict(lane, c.chunk); }));
    naive_step.push_back(with(reference, [&] { train(whole); }));
    chunked_step.push_back(with(reference, [&] { train(c.chunk); }));
  }
  if (!baselines) return;
  double const peak = LargeProduct::flops / median(gemm);
  auto const rows = real(c.targets * c.particles);
  auto const report = [&](char const* what, std::vector<double> const& seconds, int passes,
                          double baseline) {
    double const time = median(seconds);
    std::printf("  %-28s %10.3f ms  %8.3g particles/s  %5.1f%% of sgemm  %5.2fx\n", what,
                1e3 * time, rows / time, 100 * passes * flops(c) / time / peak, baseline / time);
  };
  std::printf("%s (width %ld, %ld targets x %ld particles, origin %ld), sgemm %.0f GFLOP/s\n",
              c.name, c.width, c.targets, c.particles, c.origin, peak / 1e9);
  report("inference, libtorch whole", naive, 1, median(naive));
  report("inference, libtorch chunks", chunked, 1, median(naive));
  report("inference, kernels", fused, 1, median(naive));
  for (auto const& [arithmetic, seconds] : coarse)
    report(concat("inference, ", name(arithmetic)).c_str(), seconds, 1, median(naive));
  report("training, libtorch whole", naive_step, 3, median(naive_step));
  report("training, libtorch chunks", chunked_step, 3, median(naive_step));
  report("training, kernels", fused_step, 3, median(naive_step));
  print_differences(network, lane, c.chunk);
}

/// Wall time: the CPU makes the features, the GPU computes, and both wait for each other.
double wall_seconds_of(std::function<void()> const& work) {
  auto const start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// One core alone, and the same core with a GPU.
void measure_cuda(Case const& c, int rounds) {
  Network network(options_of(c), {}, {}, 1);
  auto const lane = lane_of(c);
  std::vector<float> of[2], slopes[2];
  std::vector<double> seconds[2], step_seconds[2];
  for (int round = 0; round <= rounds; ++round)
    for (int gpu = 0; gpu < 2; ++gpu) {
      network.use(gpu ? Device::cuda : Device::cpu);
      double const prediction = wall_seconds_of([&] { of[gpu] = network.predict(lane, c.chunk); });
      std::ranges::fill(network.gradient(), 0.0F);
      double const step =
          wall_seconds_of([&] { network.accumulate_gradient(lane, 1, 1, c.chunk); });
      slopes[gpu].assign(network.gradient().begin(), network.gradient().end());
      if (round == 0) continue;  // libraries load, memory is taken
      seconds[gpu].push_back(prediction), step_seconds[gpu].push_back(step);
    }
  auto const report = [&](char const* what, std::vector<double> const* times, double error) {
    std::printf(
        "  %-10s core %9.3f ms, GPU %9.3f ms: %6.2fx, %.3g particles/s, rms difference %.1e\n",
        what, 1e3 * median(times[0]), 1e3 * median(times[1]), median(times[0]) / median(times[1]),
        real(c.targets * c.particles) / median(times[1]), error);
  };
  std::printf("%s (width %ld, %ld targets x %ld particles, origin %ld)\n", c.name, c.width,
              c.targets, c.particles, c.origin);
  report("inference", seconds, testing::relative_rms(of[1], of[0]));
  report("training", step_seconds, testing::relative_rms(slopes[1], slopes[0]));
}

}  // namespace
}  // namespace setsz

int main(int argc, char** argv) {
  using namespace setsz;
  use_one_thread();
  std::printf("%s\n", blas_description().c_str());
  std::printf("kernels: %s\n", std::string(name(instruction_set())).c_str());
  int const rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  bool const has_cuda = cuda_device_count() > 0;  // before libtorch counts its devices
  Case const cases[] = {{"published, a lane of training", 189, 86, 256, 1000, {}},
                        {"published, prediction", 189, 32, 1000, 1000, {}},
                        {"small, a lane of training", 64, 22, 32, 1000, {}}};
  for (int i = 0; i < 3; ++i)
    if (argc < 3 || std::atoi(argv[2]) == i) measure(cases[i], rounds, argc < 4);
  if (!has_cuda || (argc > 2 && std::atoi(argv[2]) != 3)) return 0;
  std::printf("%s\n", device_description(Device::cuda, 0).c_str());
  for (auto const& c : cases) measure_cuda(c, rounds);
  measure_cuda({"published, a block of prediction", 189, 1024, 1000, 1000, {}}, rounds);
}
