// SPDX-License-Identifier: BSD-3-Clause
#include "model/network.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "model/module_list.hpp"
#include "model/module_network.hpp"
#include "model/parameter_transfer.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "pipeline/base/random.hpp"

namespace setsz {

namespace {

at::Tensor tensor_of(std::vector<std::int64_t> const& shape) { return at::empty(shape); }
float* data(at::Tensor const& tensor) { return tensor.data_ptr<float>(); }

/// [0, n) in pieces of few targets and rows.
std::vector<Range> cut_into_chunks(TargetBatch const& batch, ChunkSize size) {
  std::vector<Range> chunks;
  std::int64_t first = 0;
  while (first < batch.size()) {
    std::int64_t last = first + 1;
    auto const rows_to = [&](std::int64_t i) {
      return batch.first_particle.empty() ? 0
                                          : batch.first_particle[i] - batch.first_particle[first];
    };
    while (last < batch.size() && last - first < size.targets && rows_to(last + 1) <= size.rows)
      ++last;
    chunks.push_back({first, last});
    first = last;
  }
  return chunks;
}

/// Keeps the gradient finite for a target at the very centre.
constexpr double tiny_radius2 = 1e-12;

/// Radius and direction of the targets, from their position.
void set_polar(ChunkContext& chunk) {
  auto const position = chunk.position.contiguous();
  auto const n = chunk.targets.size();
  auto const radius = tensor_of({n}), direction = tensor_of({n, 3});
  float const* p = data(position);
  float *const r = data(radius), *d = data(direction);
  for (std::int64_t i = 0; i < n; ++i, p += 3, d += 3) {
    r[i] = std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2] + single(tiny_radius2));
    for (std::int64_t j = 0; j < 3; ++j) d[j] = p[j] / r[i];
  }
  auto& backward = chunk.backward;
  chunk.radius = rows_by_hand(backward, {chunk.position}, radius, {direction});
  chunk.direction = by_hand(backward, {chunk.position}, direction, [=](auto slope, auto sums) {
    float const *const of = data(radius), *along = data(direction), *g = slope.data();
    float* sum = sums[0].data();
    for (std::int64_t i = 0; i < n; ++i, along += 3, g += 3, sum += 3) {
      float const radial = along[0] * g[0] + along[1] * g[1] + along[2] * g[2];
      for (std::int64_t j = 0; j < 3; ++j) sum[j] += (g[j] - along[j] * radial) / of[i];
    }
  });
}

/// A unit that may drop: below which random bits, and the factor if it stays.
struct Droppable {
  std::uint32_t threshold;
  float kept;
};

/// By hand where the pressure comes by hand, else by libtorch.
void start_back(at::Tensor const& pressure, at::Tensor const& slope) {
  if (!pressure.requires_grad()) return;
  if (pressure.is_leaf())
    pressure.mutable_grad() = slope;
  else
    pressure.backward(slope);
}

}  // namespace

struct Network::Implementation {
  NetworkSetup setup;
  ParameterLayout layout;
  std::vector<std::unique_ptr<ModuleNetwork>> modules;  ///< in the order of the table
  std::vector<Droppable> droppable;                     ///< by column of masks
  std::vector<float> values, gradients;
  mutable std::uint64_t n_evaluations = 0;
  ParticleKernel kernel = ParticleKernel::fused;
  Arithmetic arithmetic = Arithmetic::single;
  at::Device device = at::kCPU;
  bool mirrored = false;  ///< the tensors below are copies of the arrays above, not views
  at::Tensor flat_values, flat_gradients;
  Tensors leaves;  ///< views of flat_values, with views of flat_gradients

  explicit Implementation(NetworkSetup const& the_setup) : setup(the_setup) {
    setup.options.validate();
    for (auto const* module : setup.options.chosen())
      modules.push_back(make_network(*module, setup, layout));
    for (auto const& module : modules) {
      for (double const rate : module->dropout_rates())
        droppable.push_back(
            {static_cast<std::uint32_t>(rate * 4294967296.0), single(1 / (1 - rate))});
    }
    values.assign(layout.size(), 0);
    gradients.assign(values.size(), 0);
    bind();
  }

  /// Makes the leaves: views of the arrays, or of copies of them on another device.
  void bind() {
    flat_values = at::from_blob(values.data(), {layout.size()});
    flat_gradients = at::from_blob(gradients.data(), {layout.size()});
    if (mirrored) {
      flat_values = at::empty({layout.size()}, at::device(device));
      flat_gradients = at::empty({layout.size()}, at::device(device));
    }
    leaves.clear();
    for (auto const& info : layout.tensors()) {
      auto const part = [&](at::Tensor const& flat) {
        return flat.narrow(0, info.first, info.size()).view(info.shape);
      };
      leaves.push_back(part(flat_values));
      leaves.back().requires_grad_(true);
      leaves.back().mutable_grad() = part(flat_gradients);
    }
  }

  /// Parameters go to the device; its gradient starts at zero.
  void upload() const {
    if (!mirrored) return;
    at::NoGradGuard const no_gradients;
    flat_values.copy_(at::from_blob(const_cast<float*>(values.data()), {layout.size()}));
    flat_gradients.zero_();
  }
  /// The device's gradient is added to the array.
  void download_gradient() {
    if (!mirrored) return;
    at::from_blob(gradients.data(), {layout.size()}).add_(flat_gradients.cpu());
  }

  void initialise(std::uint64_t seed) {
    for (auto const& module : modules) module->initialise(layout, values, seed);
  }

  /// \param gradient  where modules add theirs in training; empty in prediction
  ClusterContext cluster_context(TargetBatch const& batch, std::span<float> gradient,
                                 ClusterState const& known = {}) const {
    upload();
    auto const& cluster = batch.cluster;
    auto const vectors = tensor_of({std::ssize(cluster.vectors), 3});
    for (std::size_t i = 0; i < cluster.vectors.size(); ++i)
      for (std::size_t j = 0; j < 3; ++j)
        data(vectors)[3 * i + j] = single(std::sqrt(3.0) * cluster.vectors[i][j]);
    auto const scalars = tensor_of({std::ssize(cluster.scalars)});
    std::ranges::copy(setup.standardisation.standardised(cluster.scalars), data(scalars));
    ClusterContext context{.setup = setup,
                           .batch = batch,
                           .parameters = leaves,
                           .device = device,
                           .kernel = mirrored ? ParticleKernel::reference : kernel,
                           .arithmetic = arithmetic,
                           .values = values,
                           .gradient = gradient,
                           .evaluation = ++n_evaluations};
    context.vectors = context.put(vectors);
    context.scalars = context.put(scalars);
    for (auto const& [name, numbers] : known) {
      auto const tensor = tensor_of({std::ssize(numbers)});
      std::ranges::transform(numbers, data(tensor), single<double>);
      context.shared[name] = context.put(tensor).requires_grad_(context.training());
    }
    for (auto const& module : modules) module->prepare(context);
    // They collect their slopes over the chunks.
    for (auto& [name, result] : context.shared) result = behind_libtorch(context.backward, result);
    return context;
  }

  /// Places the targets of a chunk.
  void place(ChunkContext& chunk) const {
    auto const& cluster = chunk.cluster;
    auto const position = tensor_of({chunk.targets.size(), 3});
    for (std::int64_t i = 0; i < chunk.targets.size(); ++i)
      for (std::size_t j = 0; j < 3; ++j)
        data(position)[3 * static_cast<std::size_t>(i) + j] =
            single(cluster.batch.position[chunk.targets.first + i][j]);
    chunk.position = cluster.put(position);
    for (auto const& module : modules) module->place(chunk);
    if (cluster.kernel == ParticleKernel::fused) {
      set_polar(chunk);
    } else {
      chunk.radius = at::sqrt(at::sum(chunk.position * chunk.position, 1) + tiny_radius2);
      chunk.direction = chunk.position / chunk.radius.unsqueeze(1);
    }
    chunk.profile_radius = chunk.radius;
  }

  /// P/P200 of a chunk, shape (n).
  at::Tensor evaluate(ChunkContext& chunk) const {
    place(chunk);
    for (auto const& module : modules) module->evaluate(chunk);
    return chunk.pressure;
  }

  /// The first module whose results depend on a code; all behind it may take them.
  std::size_t first_with_code() const {
    auto const chosen = setup.options.chosen();
    for (std::size_t m = 0; m < chosen.size(); ++m)
      for (auto const& state : chosen[m]->state())
        if (state.kind == StateKind::code) return m;
    return chosen.size();
  }

  /// Masks of a chunk: each target draws its own row, however the batch is cut.
  DropoutMasks masks_of(TargetBatch const& batch, Range targets,
                        std::optional<std::uint64_t> seed) const {
    if (!seed || droppable.empty()) return {};
    auto masks = tensor_of({targets.size(), std::ssize(droppable)});
    float* mask = data(masks);
    auto const stream =
        (batch.epoch << 32) | (static_cast<std::uint64_t>(batch.cluster_row) & 0xffffffffU);
    for (std::int64_t i = targets.first; i < targets.last; ++i) {
      Random random(*seed, Purpose::dropout, stream,
                    static_cast<std::uint64_t>(batch.first_target + i));
      for (auto const& unit : droppable) *mask++ = random.bits() < unit.threshold ? 0 : unit.kept;
    }
    return DropoutMasks(device.is_cpu() ? masks : masks.to(device));
  }

  /// A GPU has no cache worth fitting in, and is busy with many rows only.
  std::vector<Range> chunks(TargetBatch const& batch, ChunkSize size) const {
    if (device.is_cuda())
      size = {std::max(size.rows, std::int64_t{1} << 18),
              std::max(size.targets, std::int64_t{1} << 14)};
    return cut_into_chunks(batch, size);
  }

  /// The weighted squared errors; gradients go to the parameters of chunks and to shared results.
  double accumulate_chunks(ClusterContext const& context, double scale,
                           std::optional<std::uint64_t> dropout_seed, ChunkSize size) {
    auto const& batch = context.batch;
    std::vector<float> prediction(batch.size());
    for (Range const& targets : chunks(batch, size)) {
      ChunkContext chunk(context, targets, masks_of(batch, targets, dropout_seed));
      auto const pressure = evaluate(chunk);
      auto const here = pressure.detach().cpu().contiguous();
      std::copy_n(data(here), targets.size(), prediction.data() + targets.first);
      auto const slope = tensor_of({targets.size()});
      for (std::int64_t i = targets.first; i < targets.last; ++i)
        data(slope)[i - targets.first] =
            single(2 * scale * batch.weight * real(batch.target_weight[i]) *
                   (real(prediction[i]) - real(batch.truth[i])));
      start_back(pressure, context.put(slope));
      go_back(chunk.backward);
    }
    return squared_error(batch, prediction);
  }

  /// The terms of the loss that modules add, each a mean over the targets.
  double accumulate_terms(ClusterContext const& context, double scale, std::int64_t n_targets) {
    double loss = 0;
    for (auto const& module : modules) {
      auto const term = module->loss(context);
      if (!term.defined()) continue;
      auto const sum = term * real(n_targets);
      (sum * scale).backward();
      loss += real(sum.item<float>());
    }
    return loss;
  }
};

Network::Network(NetworkOptions const& options, Standardisation const& standardisation,
                 GnfwParameters const& benchmark, std::uint64_t seed)
    : implementation_(
          std::make_unique<Implementation>(NetworkSetup{options, standardisation, benchmark})) {
  implementation_->initialise(seed);
}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

NetworkOptions const& Network::options() const { return implementation_->setup.options; }
Standardisation const& Network::standardisation() const {
  return implementation_->setup.standardisation;
}
ParameterLayout const& Network::layout() const { return implementation_->layout; }
std::span<float> Network::parameters() { return implementation_->values; }
std::span<float const> Network::parameters() const { return implementation_->values; }
void Network::use(ParticleKernel kernel) { implementation_->kernel = kernel; }
void Network::use(Arithmetic arithmetic) {
  require_arithmetic(arithmetic);
  implementation_->arithmetic = arithmetic;
}
void Network::use(Device device, int number) {
  auto& self = *implementation_;
  self.mirrored = device != Device::cpu;
  self.device = at::kCPU;
  if (device == Device::cuda) {
    require_device(device);
    self.device =
        at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(number % cuda_device_count()));
    // 10 bits of mantissa, libtorch's choice for convolutions, are too few.
    at::globalContext().setAllowTF32CuDNN(false);
    at::globalContext().setAllowTF32CuBLAS(false);
  }
  self.bind();
}
std::span<float> Network::gradient() { return implementation_->gradients; }

double Network::accumulate_gradient(TargetBatch const& batch, double scale,
                                    std::optional<std::uint64_t> dropout_seed, ChunkSize size) {
  if (batch.size() == 0) return 0;
  auto& self = *implementation_;
  auto const context = self.cluster_context(batch, self.gradients);
  double const loss = self.accumulate_chunks(context, scale, dropout_seed, size) +
                      self.accumulate_terms(context, scale, batch.size());
  go_back(context.backward);
  self.download_gradient();
  return loss;
}

double Network::accumulate_gradient(TargetBatch const& batch, double scale,
                                    std::optional<std::uint64_t> dropout_seed, ChunkSize size,
                                    ClusterState const& known, ClusterState& pull) {
  if (batch.size() == 0) return 0;
  auto& self = *implementation_;
  auto const context = self.cluster_context(batch, self.gradients, known);
  double const loss = self.accumulate_chunks(context, scale, dropout_seed, size);
  for (auto const& [name, values] : known) {
    auto const& gradient = context.shared.at(name).grad();
    if (!gradient.defined()) continue;
    auto const here = gradient.cpu().contiguous();
    pull[name].assign(data(here), data(here) + here.numel());
  }
  go_back(context.backward);
  self.download_gradient();
  return loss;
}

double Network::propagate(TargetBatch const& batch, ClusterState const& pull, double scale,
                          std::int64_t n_targets) {
  auto& self = *implementation_;
  auto const context = self.cluster_context(batch, self.gradients);
  double const loss = self.accumulate_terms(context, scale, n_targets);
  for (auto const& [name, values] : pull) {
    auto const gradient = tensor_of({std::ssize(values)});
    std::ranges::transform(values, data(gradient), single<double>);
    auto const& state = context.shared.at(name);
    if (!state.requires_grad()) continue;
    auto& sum = state.mutable_grad();
    auto const here = context.put(gradient);
    sum = sum.defined() ? sum + here : here;
  }
  go_back(context.backward);
  self.download_gradient();
  return loss;
}

std::vector<float> Network::predict(TargetBatch const& batch, ChunkSize size,
                                    ClusterState const& known) const {
  at::NoGradGuard const no_gradients;
  std::vector<float> result(batch.size());
  if (result.empty()) return result;
  auto const context = implementation_->cluster_context(batch, {}, known);
  for (Range const& targets : implementation_->chunks(batch, size)) {
    ChunkContext chunk(context, targets, {});
    auto const pressure = implementation_->evaluate(chunk).cpu().contiguous();
    std::copy_n(data(pressure), targets.size(), result.data() + targets.first);
  }
  return result;
}

std::vector<std::vector<float>> Network::predict_each(TargetBatch const& batch, ChunkSize size,
                                                      std::span<ClusterState const> states) const {
  at::NoGradGuard const no_gradients;
  auto const& self = *implementation_;
  std::vector<std::vector<float>> results(states.size(), std::vector<float>(batch.size()));
  if (batch.size() == 0 || states.empty()) return results;
  auto context = self.cluster_context(batch, {}, states.front());
  std::vector<std::map<std::string, at::Tensor>> shared;
  for (auto const& state : states) shared.push_back(self.cluster_context(batch, {}, state).shared);
  auto const first = self.first_with_code();
  for (Range const& targets : self.chunks(batch, size)) {
    ChunkContext common(context, targets, {});
    self.place(common);
    for (std::size_t m = 0; m < first; ++m) self.modules[m]->evaluate(common);
    for (std::size_t i = 0; i < states.size(); ++i) {
      context.shared = shared[i];
      auto chunk = common;
      for (std::size_t m = first; m < self.modules.size(); ++m) self.modules[m]->evaluate(chunk);
      auto const pressure = chunk.pressure.cpu().contiguous();
      std::copy_n(data(pressure), targets.size(), results[i].data() + targets.first);
    }
  }
  return results;
}

ClusterState Network::cluster_state(TargetBatch const& batch) const {
  at::NoGradGuard const no_gradients;
  auto const context = implementation_->cluster_context(batch, {});
  ClusterState states;
  for (auto const* module : options().chosen())
    for (auto const& state : module->state()) {
      auto const values = context.shared.at(state.name).cpu().contiguous();
      states[state.name].assign(data(values), data(values) + values.numel());
    }
  return states;
}

ModelState Network::state() const {
  auto const& self = *implementation_;
  ModelState state;
  state.description = {{"network", self.setup.options},
                       {"columns", self.setup.options.columns()},
                       {"standardisation", self.setup.standardisation},
                       {"benchmark", self.setup.benchmark}};
  add_parameters(state, "parameters", self.layout, self.values);
  return state;
}

/// Before anything is allocated: options in a damaged or hostile file can ask for any memory.
static void require_parameters(ModelState const& state, std::string const& group,
                               NetworkSetup const& setup) {
  setup.options.validate();
  ParameterLayout layout;
  for (auto const* module : setup.options.chosen()) make_network(*module, setup, layout);
  std::int64_t stored = 0;
  for (auto const& [name, tensor] : state.tensors)
    if (name.starts_with(group + "/")) stored += std::ssize(tensor.values);
  // A few that are missing are named later, one by one.
  require(layout.size() <= 2 * stored + 1000000, ExitCode::bad_data, "the model stores ", stored,
          " parameters, its options describe a network of ", layout.size(),
          "; the file is damaged or was written by another version of setsz");
}

Network Network::from_state(ModelState const& state, std::string const& group) {
  auto const& description = state.description;
  auto const options = description.at("network").get<NetworkOptions>();
  require(description.at("columns").get<ClusterColumns>() == options.columns(), ExitCode::bad_data,
          "the model was trained with other cluster scalars or vectors than its options choose "
          "now; it was written by another version of setsz, run the stage train again");
  auto const standardisation = description.at("standardisation").get<Standardisation>();
  auto const benchmark = description.at("benchmark").get<GnfwParameters>();
  require_parameters(state, group, {options, standardisation, benchmark});
  Network network(options, standardisation, benchmark, 0);
  for (auto const* module : options.chosen())
    for (auto const& name : module->measured())
      require(network.standardisation().quantities.contains(name), ExitCode::bad_data,
              "the model has no standardisation of '", name,
              "'; it was written by another version of setsz");
  auto const report = load_parameters(state, group, network.layout(), network.parameters());
  require(report.complete(), ExitCode::bad_data,
          "the tensors of the model are not those of its "
          "options: ",
          report.text(), "; it was written by another version of setsz");
  return network;
}

double squared_error(TargetBatch const& batch, std::span<float const> prediction) {
  double sum = 0;
  for (std::size_t i = 0; i < prediction.size(); ++i) {
    double const error = real(prediction[i]) - real(batch.truth[i]);
    sum += real(batch.target_weight[i]) * error * error;
  }
  return sum * batch.weight;
}

}  // namespace setsz
