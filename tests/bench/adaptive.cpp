// SPDX-License-Identifier: BSD-3-Clause
// Adaptive prediction: evaluations and errors at several tolerances, with the prediction of all
// voxels (fold 0, seed 1, of a run with [predict] adaptive = no) in place of the network.
// Usage: bench_adaptive RUN SNAPSHOT MODEL
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/gnfw.hpp"
#include "pipeline/base/comm.hpp"
#include "pipeline/base/number.hpp"
#include "stages/common/cluster_table.hpp"
#include "stages/common/cube_file.hpp"
#include "stages/predict/adaptive_cube.hpp"
#include "stages/predict/work_items.hpp"

using namespace setsz;

namespace {

/// Of one cluster.
struct Result {
  double share = 0;  ///< of the voxels that were evaluated
  double rms = 0;    ///< of the error over that of the pressure
  double sum = 0;    ///< error of the sum over the sum
  double loss = 0;   ///< relative change of equation 7
};

struct Inputs {
  CubeLattice lattice;
  std::vector<std::int32_t> voxels;
  std::vector<double> reference, full, truth;
};

Result interpolate(Inputs const& in, double tolerance) {
  AdaptiveCube cube(in.lattice, in.voxels, in.reference, tolerance);
  std::vector<double> field;
  while (!cube.wanted().empty()) {
    std::vector<double> values;
    for (auto const place : cube.wanted()) values.push_back(in.full[place]);
    field.insert(field.end(), values.begin(), values.end());
    cube.add(values);
  }
  Result result;
  if (cube.is_too_fine()) {
    result.share = 1;
    return result;
  }
  double sum = 0, error = 0, sum2 = 0, error2 = 0, loss_full = 0, loss = 0;
  for (std::size_t v = 0; v < in.voxels.size(); ++v) {
    auto const stencil = cube.stencil(static_cast<std::int64_t>(v));
    double p = 0;
    for (std::size_t i = 0; i < stencil.size; ++i) p += stencil.weight[i] * field[stencil.index[i]];
    double const full = in.full[v];
    sum += full, sum2 += full * full;
    error += p - full, error2 += (p - full) * (p - full);
    if (in.truth.empty()) continue;
    loss += (p - in.truth[v]) * (p - in.truth[v]);
    loss_full += (full - in.truth[v]) * (full - in.truth[v]);
  }
  auto const n = real(in.voxels.size());
  return {real(cube.n_targets()) / n, std::sqrt(error2 / sum2), error / sum,
          in.truth.empty() ? 0 : loss / loss_full - 1};
}

/// Everything that one cluster needs.
Inputs read_cube(CubeFile const& cubes, CubeFile const& gas, ClusterTable const& table,
                 GnfwParameters const& profile, std::int64_t cube) {
  auto const row = cubes.clusters()[cube];
  auto const& cluster = table.clusters[row];
  Inputs in{.lattice = cubes.lattice(cube, cluster.r200c),
            .voxels = {},
            .reference = {},
            .full = {},
            .truth = {}};
  in.voxels = voxels_to_predict(in.lattice);
  Vec3 shift{};
  if (cubes.file().exists("/origin_shift")) {
    auto const s = cubes.file().read_rows<double>("/origin_shift", Range{cube, cube + 1});
    shift = {s[0], s[1], s[2]};
  }
  in.reference =
      profile_at(in.lattice, in.voxels,
                 gnfw_shape(profile, cluster.m200c, table.cosmology.h, table.redshift), shift);
  auto const full = cubes.read(cube), truth = gas.read(row);
  for (auto const voxel : in.voxels) {
    in.full.push_back(real(full[voxel]));
    in.truth.push_back(real(truth[voxel]));
  }
  return in;
}

double largest(std::vector<Result> const& results, double Result::*member) {
  double most = 0;
  for (auto const& result : results) most = std::max(most, std::abs(result.*member));
  return most;
}
double rms(std::vector<Result> const& results, double Result::*member) {
  double sum = 0;
  for (auto const& result : results) sum += result.*member * (result.*member);
  return std::sqrt(sum / real(results.size()));
}

}  // namespace

int main(int argc, char** argv) {
  MpiSession session(argc, argv);
  if (argc < 4) {
    std::fprintf(stderr, "usage: bench_adaptive RUN SNAPSHOT MODEL\n");
    return 64;
  }
  std::string const run = argv[1], snapshot = argv[2], model = argv[3];
  auto const table = read_clusters(concat(run, "/catalog/", snapshot, "/clusters.h5"));
  CubeFile const cubes(
      concat(run, "/predict/", snapshot, "/", model, "/fold0/seed1/prediction.h5"));
  CubeFile const gas(concat(run, "/voxelize/", snapshot, "/pressure.h5"));
  auto const fit =
      nlohmann::json::parse(std::ifstream(concat(run, "/fit/", snapshot, "/fold0/gnfw.json")));
  auto const profile = fit.at("benchmark").get<GnfwParameters>();
  std::vector<Inputs> inputs;
  for (std::int64_t cube = 0; cube < cubes.size(); ++cube)
    inputs.push_back(read_cube(cubes, gas, table, profile, cube));
  std::printf("%zu clusters of %s, %zd voxels each\n", inputs.size(), model.c_str(),
              std::ssize(inputs.front().voxels));
  std::printf("relative error: rms of cubes, largest | Y, rms, largest | loss, mean, largest\n");
  for (double const tolerance : {0.1, 0.05, 0.03, 0.02, 0.01, 0.005}) {
    std::vector<Result> results;
    auto const start = std::clock();
    double share = 0, mean_loss = 0;
    for (auto const& in : inputs) {
      results.push_back(interpolate(in, tolerance));
      share += results.back().share / real(inputs.size());
      mean_loss += results.back().loss / real(inputs.size());
    }
    double const time_ms = 1e3 * real(std::clock() - start) / CLOCKS_PER_SEC;
    std::printf(
        "adaptive %5g: %5.1f times fewer | %.1e %.1e | %.1e %.1e | %+.1e %.1e | %.1f CPU ms\n",
        tolerance, 1 / share, rms(results, &Result::rms), largest(results, &Result::rms),
        rms(results, &Result::sum), largest(results, &Result::sum), mean_loss,
        largest(results, &Result::loss), time_ms / real(inputs.size()));
  }
  session.finalize();
}
