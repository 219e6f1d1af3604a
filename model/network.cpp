// SPDX-License-Identifier: BSD-3-Clause
#include "model/network.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sinh.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/sum.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "model/modules.hpp"
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

}  // namespace

struct Network::Implementation {
  NetworkSetup setup;
  ParameterLayout layout;
  std::vector<std::unique_ptr<Module>> modules;
  std::optional<std::size_t> k;  ///< of the additive term, where there are corrections
  std::vector<double> dropout_rates;
  std::vector<float> values, gradients;
  ParticleKernel kernel = ParticleKernel::fused;
  at::Device device = at::kCPU;
  bool mirrored = false;  ///< the tensors below are copies of the arrays above, not views
  at::Tensor flat_values, flat_gradients;
  Tensors leaves;  ///< views of flat_values, with views of flat_gradients

  explicit Implementation(NetworkSetup const& the_setup) : setup(the_setup) {
    setup.options.validate();
    modules = make_modules(setup, layout);
    bool const aggregator = setup.options.has("aggregator");
    if (aggregator || setup.options.has("local"))
      k = layout.add(aggregator ? "aggregator" : "local", "k", {1});
    for (auto const& module : modules) {
      auto const rates = module->dropout_rates();
      dropout_rates.insert(dropout_rates.end(), rates.begin(), rates.end());
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
    if (k) values[layout.tensors()[*k].first] = single(setup.options.initial_k);
  }

  /// \param gradient  where modules add theirs in training; empty in prediction
  ClusterContext cluster_context(TargetBatch const& batch, std::span<float> gradient,
                                 std::optional<Vec3> shift = std::nullopt) const {
    upload();
    auto vectors = tensor_of({n_vectors, 3});
    for (std::size_t i = 0; i < n_vectors; ++i)
      for (std::size_t j = 0; j < 3; ++j)
        data(vectors)[3 * i + j] = single(std::sqrt(3.0) * batch.cluster.vectors[i][j]);
    auto scalars = tensor_of({n_scalars});
    for (std::size_t i = 0; i < n_scalars; ++i)
      data(scalars)[i] = single(setup.standardisation.scalars[i](batch.cluster.scalars[i]));
    ClusterContext context{.setup = setup,
                           .batch = batch,
                           .parameters = leaves,
                           .device = device,
                           .kernel = mirrored ? ParticleKernel::reference : kernel,
                           .values = values,
                           .gradient = gradient};
    context.vectors = context.put(vectors);
    context.scalars = context.put(scalars);
    if (shift && setup.options.has("origin")) {
      auto known = tensor_of({3});
      for (std::size_t j = 0; j < 3; ++j) data(known)[j] = single((*shift)[j]);
      context.shared["shift"] = context.put(known);
    }
    for (auto const& module : modules) module->prepare(context);
    return context;
  }

  /// P/P200 of a chunk, shape (n). \source Thiele et al. (2022), equation 4
  at::Tensor evaluate(ChunkContext& chunk) const {
    auto const& cluster = chunk.cluster;
    Range const targets = chunk.targets;
    auto position = tensor_of({targets.size(), 3});
    for (std::int64_t i = 0; i < targets.size(); ++i)
      for (std::size_t j = 0; j < 3; ++j)
        data(position)[3 * static_cast<std::size_t>(i) + j] =
            single(cluster.batch.position[targets.first + i][j]);
    position = cluster.put(position);
    auto const shift = cluster.shared.find("shift");
    if (shift != cluster.shared.end()) position = position - shift->second;
    // The small number keeps the gradient finite for a target at the very centre.
    chunk.radius = at::sqrt(at::sum(position * position, 1) + 1e-12);
    if (setup.options.has("aggregator"))
      chunk.angles = at::matmul(position / chunk.radius.unsqueeze(1), cluster.vectors.t());
    for (auto const& module : modules) module->evaluate(chunk);
    if (!chunk.corrections.defined()) return chunk.profile;
    auto const& strength = leaves[*k];
    if (!chunk.profile.defined())
      return strength * at::relu(at::sinh(chunk.corrections.select(1, 0)));
    return at::relu(chunk.profile * at::relu(1 + chunk.corrections.select(1, 0)) +
                    strength * at::sinh(chunk.corrections.select(1, 1)));
  }

  /// Masks of a chunk: each target draws its own row, however the batch is cut.
  DropoutMasks masks_of(TargetBatch const& batch, Range targets,
                        std::optional<std::uint64_t> seed) const {
    if (!seed || dropout_rates.empty()) return {};
    auto masks = tensor_of({targets.size(), std::ssize(dropout_rates)});
    float* mask = data(masks);
    auto const stream =
        (batch.epoch << 32) | (static_cast<std::uint64_t>(batch.cluster_row) & 0xffffffffU);
    for (std::int64_t i = targets.first; i < targets.last; ++i) {
      Random random(*seed, Purpose::dropout, stream,
                    static_cast<std::uint64_t>(batch.first_target + i));
      for (double const rate : dropout_rates) {
        auto const threshold = static_cast<std::uint32_t>(rate * 4294967296.0);
        *mask++ = random.bits() < threshold ? 0.0F : single(1 / (1 - rate));
      }
    }
    return DropoutMasks(masks.to(device));
  }
};

int cuda_device_count() { return at::hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0; }

void require_device(Device device) {
  require(device != Device::cuda || cuda_device_count() > 0, ExitCode::config,
          "device = cuda, but libtorch ", at::hasCUDA() ? "finds no CUDA device" : "has no CUDA",
          "; set device = cpu, or build with a libtorch that has CUDA");
}

std::string device_description(Device device, int number) {
  if (device == Device::cpu) return "the CPU, BLAS: " + blas_description();
  if (device == Device::mirror) return "a mirror in host memory";
  return concat("CUDA device ", number % cuda_device_count(), " of ", cuda_device_count());
}

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
void Network::use(Device device, int number) {
  auto& self = *implementation_;
  self.mirrored = device != Device::cpu;
  self.device = at::kCPU;
  if (device == Device::cuda) {
    require_device(device);
    self.device =
        at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(number % cuda_device_count()));
  }
  self.bind();
}
std::span<float> Network::gradient() { return implementation_->gradients; }

double Network::accumulate_gradient(TargetBatch const& batch, double scale,
                                    std::optional<std::uint64_t> dropout_seed, ChunkSize size) {
  if (batch.size() == 0) return 0;
  auto& self = *implementation_;
  auto context = self.cluster_context(batch, self.gradients);
  auto const attached = context.shared;
  for (auto& [name, tensor] : context.shared) {
    tensor = tensor.detach();
    tensor.requires_grad_(true);
  }
  double loss = 0;
  for (Range const& targets : cut_into_chunks(batch, size)) {
    auto const truth =
        at::from_blob(const_cast<float*>(batch.truth.data()) + targets.first, {targets.size()});
    ChunkContext chunk(context, targets, self.masks_of(batch, targets, dropout_seed));
    auto const weight = at::from_blob(
        const_cast<float*>(batch.target_weight.data()) + targets.first, {targets.size()});
    auto const error = self.evaluate(chunk) - context.put(truth);
    auto const sum = at::sum(context.put(weight) * error * error) * batch.weight;
    (sum * scale).backward();
    for (auto const& act : chunk.after_backward) act(chunk);
    loss += real(sum.item<float>());
  }
  for (auto const& [name, tensor] : attached) {
    auto const& gradient = context.shared.at(name).grad();
    if (gradient.defined() && tensor.requires_grad()) tensor.backward(gradient);
  }
  for (auto const& act : context.after_backward) act(context);
  self.download_gradient();
  return loss;
}

std::vector<float> Network::predict(TargetBatch const& batch, ChunkSize size,
                                    std::optional<Vec3> shift) const {
  at::NoGradGuard const no_gradients;
  std::vector<float> result(batch.size());
  if (result.empty()) return result;
  auto const context = implementation_->cluster_context(batch, {}, shift);
  for (Range const& targets : cut_into_chunks(batch, size)) {
    ChunkContext chunk(context, targets, {});
    auto const pressure = implementation_->evaluate(chunk).cpu().contiguous();
    std::copy_n(data(pressure), targets.size(), result.data() + targets.first);
  }
  return result;
}

Vec3 Network::origin_shift(TargetBatch const& batch) const {
  at::NoGradGuard const no_gradients;
  auto const context = implementation_->cluster_context(batch, {});
  auto const shift = context.shared.find("shift");
  if (shift == context.shared.end()) return {};
  auto const values = shift->second.cpu().contiguous();
  return {data(values)[0], data(values)[1], data(values)[2]};
}

Container Network::to_container() const {
  auto const& self = *implementation_;
  Container container;
  container.description["network"] = self.setup.options;
  container.description["standardisation"] = self.setup.standardisation;
  container.description["benchmark"] = self.setup.gnfw;
  auto& tensors = container.description["tensors"] = nlohmann::json::array();
  for (auto const& info : self.layout.tensors())
    tensors.push_back({{"name", info.name}, {"shape", info.shape}, {"first", info.first}});
  container.arrays["parameters"] = self.values;
  return container;
}

Network Network::from_container(Container const& container) {
  Network network(container.description.at("network").get<NetworkOptions>(),
                  container.description.at("standardisation").get<Standardisation>(),
                  container.description.at("benchmark").get<GnfwParameters>(), 0);
  auto const& saved = container.array("parameters");
  auto const parameters = network.parameters();
  require(saved.size() == parameters.size(), ExitCode::bad_data, "the model has ", saved.size(),
          " parameters, its options make ", parameters.size(),
          " (written by another version of setsz?)");
  std::ranges::copy(saved, parameters.begin());
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
