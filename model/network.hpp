// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/device.hpp"
#include "model/gnfw.hpp"
#include "model/kernels/arithmetic.hpp"
#include "model/model_state.hpp"
#include "model/network_options.hpp"
#include "model/parameters.hpp"
#include "model/target_batch.hpp"

namespace setsz {

/// One BLAS and one libtorch thread per process: parallelism is over ranks, and the two thread
/// pools would fight. Called before the first use of a network.
void use_one_thread();
/// Which BLAS computes what libtorch still multiplies: "OpenBLAS 0.3.21 ... SkylakeX".
std::string blas_description();

/// How much of a batch is worked on at a time: at most this many particles (at least one target),
/// so that activations stay in the cache. Does not change what is computed, only its rounding.
struct ChunkSize {
  std::int64_t rows = 4096;
  std::int64_t targets = 64;
};

/// How particles and targets go through their MLPs.
enum class ParticleKernel {
  fused,     ///< DenseMlp
  reference  ///< layer by layer with libtorch: slow and obvious, the measure of the other; also on
             ///< devices other than the CPU
};

/// What modules leave of a cluster, by the name of the state: {"shift": {x, y, z}}.
using ClusterState = std::map<std::string, std::vector<double>>;

/// The whole model F of Thiele et al. (2022), equation 3: particles around a cluster and around
/// targets in, electron pressure at the targets out, in units of P200.
///
/// Parameters and gradients are flat float32 arrays in the order of `layout()`. libtorch stays
/// behind the implementation.
class Network {
 public:
  /// Starting values from `seed` alone; the profile starts from `benchmark`.
  Network(NetworkOptions const& options, Standardisation const& standardisation,
          GnfwParameters const& benchmark, std::uint64_t seed);
  Network(Network&&) noexcept;
  Network& operator=(Network&&) noexcept;
  ~Network();

  NetworkOptions const& options() const;
  Standardisation const& standardisation() const;
  ParameterLayout const& layout() const;
  std::span<float> parameters();
  std::span<float const> parameters() const;
  /// For tests and benchmarks: another kernel than the fused one.
  void use(ParticleKernel kernel);
  /// Of predictions on the CPU. Throws Error(config) if the processor does not permit it.
  void use(Arithmetic arithmetic);
  /// \param number  of the CUDA device, modulo their count: ranks of a node share them
  /// Throws Error(config) if there is none.
  void use(Device device, int number = 0);
  /// Filled by `accumulate_gradient`; cleared by hand.
  std::span<float> gradient();

  /// The sum over the targets of weight x (P - P_e/P200)^2 (Thiele et al. 2022, equation 7, before
  /// the mean); adds `scale` times its gradient to `gradient()`.
  /// \param dropout_seed  drops units as a function of (seed, epoch, cluster, target); none without
  double accumulate_gradient(TargetBatch const& batch, double scale,
                             std::optional<std::uint64_t> dropout_seed, ChunkSize chunk = {});
  /// The same in two parts, for lanes that share the states of their cluster: here the states count
  /// as given, and `pull` gets the gradient by them in place of what lies behind them.
  double accumulate_gradient(TargetBatch const& batch, double scale,
                             std::optional<std::uint64_t> dropout_seed, ChunkSize chunk,
                             ClusterState const& known, ClusterState& pull);
  /// The second part, once per cluster: adds the gradient of sum(pull x states), and of the
  /// modules' own terms of the loss times `scale` x the number of targets of all lanes.
  /// \return the sum of those terms
  double propagate(TargetBatch const& batch, ClusterState const& pull, double scale,
                   std::int64_t n_targets);
  /// P_e/P200 at the targets.
  /// \param known  states of the cluster that need not be computed again, see `cluster_state`
  std::vector<float> predict(TargetBatch const& batch, ChunkSize chunk = {},
                             ClusterState const& known = {}) const;
  /// The same for several states of the cluster that differ in their codes alone
  /// (StateKind::code): what does not depend on those is computed once.
  std::vector<std::vector<float>> predict_each(TargetBatch const& batch, ChunkSize chunk,
                                               std::span<ClusterState const> states) const;
  /// The states that the modules of this network declare.
  ClusterState cluster_state(TargetBatch const& batch) const;

  /// The content of a model file: options, columns, standardisation, benchmark; the parameters as
  /// tensors "parameters/<name>".
  ModelState state() const;
  /// \param group  of the tensors that become its parameters
  static Network from_state(ModelState const& state, std::string const& group = "parameters");

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Sum of the weights x (P - truth)^2 of a prediction; double.
double squared_error(TargetBatch const& batch, std::span<float const> prediction);

}  // namespace setsz
