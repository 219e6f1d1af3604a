// SPDX-License-Identifier: BSD-3-Clause
#include "model/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "pipeline/base/error.hpp"
#include "pipeline/base/number.hpp"
#include "small_networks.hpp"

namespace setsz {
namespace {

using namespace testing;

// Before all tests: libtorch counts its devices when it first propagates back.
bool const has_cuda = cuda_device_count() > 0;

TEST(Network, WithTheProfileAloneIsTheBenchmark) {
  auto const batch = random_batch(1, 20, {0});
  for (double const core : {1e-3, 0.2}) {
    GnfwParameters const benchmark{.slope_xc = 0.3, .core = core};
    Network const network(small_network({"gnfw"}), {}, benchmark, 3);
    EXPECT_EQ(network.layout().size(), 7);
    auto const prediction = network.predict(batch);
    auto const shape = gnfw_shape(benchmark, batch.cluster.m200c, batch.cluster.h, 0);
    for (std::size_t i = 0; i < prediction.size(); ++i) {
      double const expected = gnfw(shape, norm(batch.position[i]));
      EXPECT_NEAR(prediction[i] / expected, 1, 1e-4);
    }
  }
}

// At width 64 and unit weights 3 of 20 seeds used to start without pressure, and so without
// gradient.
TEST(Network, WithoutAProfileNoSeedStartsDead) {
  for (auto const& modules :
       {std::vector<std::string>{"local"}, {"local", "aggregator"}, {"aggregator"}, {"density"}}) {
    auto options = small_network(modules);
    options.get<Local>().layers = 2, options.get<Local>().width = 64;
    options.get<Local>().outputs = 0;
    options.get<Aggregator>().width = options.get<Density>().width = 64;
    Standardisation standardisation;
    for (auto const* module : options.chosen())
      for (auto const& name : module->measured()) standardisation.quantities.try_emplace(name);
    standardisation.quantities["log_count"] = {5, 1};
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Network network(options, standardisation, {}, seed);
      auto const batch = random_batch(seed, 16, {30, 7, 0, 1});
      for (float const p : network.predict(batch)) EXPECT_GT(p, 0) << name_of(modules) << seed;
      network.accumulate_gradient(batch, 1, std::nullopt);
      for (auto const& info : network.layout().tensors()) {
        auto const part = network.gradient().subspan(info.first, info.size());
        EXPECT_TRUE(std::ranges::any_of(part, [](float g) { return g != 0; }))
            << name_of(modules) << seed << info.name;
      }
    }
  }
}

TEST(Network, SmallHeadsStartNearTheBenchmark) {
  auto options = small_network({"gnfw", "origin", "local", "aggregator"});
  auto const batch = random_batch(1, 40, {30, 7, 0, 1});
  auto const benchmark = make({"gnfw"}).predict(batch);
  auto const distance = [&](double head_scale) {
    options.head_scale = head_scale;
    return relative_rms(benchmark, Network(options, {}, {}, 3).predict(batch));
  };
  options.initial_k = NetworkOptions{}.initial_k;
  EXPECT_EQ(options.initial_k, 1);
  EXPECT_EQ(distance(0), 0);
  EXPECT_LT(distance(0.01), 0.03);
  EXPECT_GT(distance(0.01), 1e-4);
}

// However far a training pushes its parameter, the additive term keeps its sign.
TEST(Network, TheStrengthOfTheAdditiveTermStaysPositive) {
  auto network = make({"gnfw", "local"});
  auto const log_k = std::ranges::find(network.layout().tensors(), "local.log_k",
                                       [](auto const& info) { return info.name; });
  ASSERT_NE(log_k, network.layout().tensors().end());
  auto const batch = random_batch(1, 30, {20});
  auto const at_strength = [&](float value) {
    network.parameters()[static_cast<std::size_t>(log_k->first)] = value;
    return network.predict(batch);
  };
  EXPECT_NEAR(network.parameters()[static_cast<std::size_t>(log_k->first)], std::log(0.1), 1e-6);
  auto const without = at_strength(-100), little = at_strength(-3), more = at_strength(-2);
  for (std::size_t i = 0; i < without.size(); ++i) {
    if (little[i] == 0 || more[i] == 0) continue;  // cut off at 0
    EXPECT_NEAR((more[i] - without[i]) / (little[i] - without[i]), std::exp(1), 1e-2);
  }
}

TEST(Network, OfTheDensityAloneSeesNothingElse) {
  auto const network = make({"density"});
  auto const batch = random_batch(27, 6, {30, 7, 0});
  auto other = batch;
  for (auto& r : other.position) r *= 1.5;
  for (auto& s : other.cluster.scalars) s += 1;
  other.local.clear(), other.cluster_particles.clear();
  other.first_particle.assign(7, 0);
  EXPECT_EQ(network.predict(other), network.predict(batch));
  other.n_within[3] *= 2;
  auto const before = network.predict(batch), after = network.predict(other);
  for (std::size_t t = 0; t < 6; ++t) EXPECT_EQ(before[t] == after[t], t != 3) << t;
}

TEST(Network, VelocitiesAreRelativeToTheSampleOrToTheSphere) {
  auto const batch = random_batch(32, 8, {30, 7});
  auto options = make({"gnfw", "local", "aggregator"}).options();
  auto const predict = [&](LocalBulk bulk, TargetBatch const& b) {
    options.get<Local>().bulk = bulk;
    return Network(options, {}, {}, 3).predict(b);
  };
  auto same = batch;  // the mean of the sphere is that of the sample
  for (std::size_t t = 0; t < 8; ++t) {
    auto const first = batch.first_particle[t], n = batch.first_particle[t + 1] - first;
    same.sphere_velocity[t] = mean_velocity(std::span(batch.local).subspan(first, n));
  }
  auto const sample = predict(LocalBulk::sample, batch), sphere = predict(LocalBulk::sphere, batch);
  EXPECT_GT(relative_rms(sample, sphere), 1e-4);
  EXPECT_EQ(predict(LocalBulk::sphere, same), sample);
  EXPECT_EQ(predict(LocalBulk::sample, same), sample);
  auto moving = batch;
  for (auto& p : moving.local) p.vx += 256;
  for (auto& v : moving.sphere_velocity) v.x += 256;
  EXPECT_LT(relative_rms(predict(LocalBulk::sphere, moving), sphere), 1e-5);
  Random random(9, Purpose::test);
  auto const r = uniform_rotation(random.uniform(), random.uniform(), random.uniform());
  EXPECT_LT(relative_rms(predict(LocalBulk::sphere, rotated(batch, r)), sphere), 1e-5);
  EXPECT_TRUE(options.needs().sphere_velocity);
}

// exp(d) = e^2 everywhere, from the bias of the last layer: the profile at e^2 r.
TEST(Network, TheDeformerScalesTheRadiusOfTheProfileAlone) {
  auto const batch = random_batch(28, 20, {0});
  Network deformed(small_network({"gnfw", "deformer"}), {}, {}, 3);
  Network const plain(small_network({"gnfw"}), {}, {}, 3);
  EXPECT_EQ(deformed.predict(batch), plain.predict(batch));  // at the start
  *values_of(deformed, "deformer.mlp.1.bias") = 2;
  auto const shape = gnfw_shape({}, batch.cluster.m200c, batch.cluster.h, 0);
  auto const prediction = deformed.predict(batch);
  for (std::size_t i = 0; i < prediction.size(); ++i)
    EXPECT_NEAR(prediction[i] / gnfw(shape, std::exp(2.0) * norm(batch.position[i])), 1, 1e-4);
  // The aggregator sees the radius as it is: without a profile nothing changes.
  auto network = make({"gnfw", "deformer", "aggregator"});
  *values_of(network, "gnfw.profile") = -50;  // no profile
  auto const before = network.predict(batch);
  *values_of(network, "deformer.mlp.1.bias") = 1;
  EXPECT_EQ(network.predict(batch), before);
}

TEST(Network, FixedPartsOfTheProfileDoNotLearn) {
  auto const batch = random_batch(29, 20, {0});
  std::vector<std::pair<std::string, std::pair<int, int>>> const parts{
      {"P0", {0, 2}}, {"xc", {2, 4}}, {"beta", {4, 6}}, {"core", {6, 7}}};
  for (auto const& [name, place] : parts) {
    auto options = small_network({"gnfw", "origin"});
    Network all(options, {}, {}, 3);
    options.get<Gnfw>().fixed = {name};
    Network some(options, {}, {}, 3);
    EXPECT_EQ(some.predict(batch), all.predict(batch));
    auto const expected = gradient_of(all, batch), gradient = gradient_of(some, batch);
    for (int i = 0; i < 7; ++i) {
      bool const is_fixed = i >= place.first && i < place.second;
      EXPECT_NE(expected[i], 0);
      EXPECT_EQ(gradient[i], is_fixed ? 0 : expected[i]) << name << i;
    }
  }
}

// Sums by hand: the network of cluster_vector gives 1, 2 and 0 for every particle.
TEST(Network, DeepSetsOfTheClusterAreMeansOverItsParticles) {
  auto const batch = random_batch(30, 5, {0});
  auto network = make({"gnfw", "cluster_scalar", "cluster_vector", "aggregator"});
  auto const set = [&](std::string const& tensor, std::vector<float> const& values) {
    auto const info =
        std::ranges::find(network.layout().tensors(), tensor, [](auto const& t) { return t.name; });
    std::fill_n(network.parameters().begin() + info->first, info->size(), 0.0F);
    std::ranges::copy(values, network.parameters().begin() + info->first);
  };
  set("cluster_vector.particle.1.weight", {});
  set("cluster_vector.particle.1.bias", {1, 2, 0});
  Vec3 mean;
  for (auto const& p : batch.cluster_particles)
    mean += position(p) / (batch.cluster.r200c * real(batch.cluster_particles.size()));
  auto const states = network.cluster_state(batch);
  auto const& v = states.at("cluster_vector");
  ASSERT_EQ(v.size(), 9);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    EXPECT_NEAR(v[axis], mean[axis], 1e-6);
    EXPECT_NEAR(v[3 + axis], 2 * mean[axis], 1e-6);
    EXPECT_EQ(v[6 + axis], 0);
  }
  EXPECT_EQ(states.at("cluster_scalar").size(), 3);
  // A particle that is there twice counts twice; all of them twice change nothing.
  auto twice = batch, more = batch;
  twice.cluster_particles.insert(twice.cluster_particles.end(), batch.cluster_particles.begin(),
                                 batch.cluster_particles.end());
  more.cluster_particles.push_back(batch.cluster_particles.front());
  auto const scalars = [&](TargetBatch const& b) {
    auto const numbers = network.cluster_state(b).at("cluster_scalar");
    return std::vector<float>(numbers.begin(), numbers.end());
  };
  EXPECT_LT(relative_rms(scalars(batch), scalars(twice)), 1e-6);
  EXPECT_GT(relative_rms(scalars(batch), scalars(more)), 1e-4);
}

TEST(Network, IsBlindToChunks) {
  auto const batch = random_batch(6, 23, {30, 7, 0, 12});
  for (auto const& modules : variants) {
    auto network = make(modules);
    auto const whole = network.predict(batch, {.rows = 100000, .targets = 1000});
    auto const pieces = network.predict(batch, {.rows = 40, .targets = 3});
    // The kernels give the same bits; libtorch's functions of single numbers do not quite.
    EXPECT_LT(relative_rms(whole, pieces), 2e-7) << name_of(modules);

    auto const gradient_with = [&](ChunkSize size) {
      std::ranges::fill(network.gradient(), 0.0F);
      network.accumulate_gradient(batch, 0.1, 99, size);
      return std::vector<float>(network.gradient().begin(), network.gradient().end());
    };
    EXPECT_LT(relative_rms(gradient_with({.rows = 100000, .targets = 1000}),
                           gradient_with({.rows = 40, .targets = 3})),
              2e-5)
        << name_of(modules);
  }
}

/// Predictions, and the gradient by every tensor.
void expect_what_libtorch_gives(Network& network, TargetBatch const& batch,
                                std::string const& name) {
  Random random(5, Purpose::test);
  for (float& p : network.parameters()) p += single(0.1 * random.normal());
  auto const fused = network.predict(batch), fused_gradient = gradient_of(network, batch);
  network.use(ParticleKernel::reference);
  EXPECT_LT(relative_rms(network.predict(batch), fused), 1e-5) << name;
  auto const reference = gradient_of(network, batch);
  for (auto const& info : network.layout().tensors()) {
    auto const part = [&](std::vector<float> const& all) {
      return std::vector<float>(all.begin() + info.first, all.begin() + info.first + info.size());
    };
    EXPECT_LT(relative_rms(part(reference), part(fused_gradient)), 1e-4)
        << name << " " << info.name;
  }
}

TEST(Network, FusedKernelsGiveWhatLibtorchGives) {
  auto const batch = random_batch(16, 40, {30, 7, 0, 300, 1});
  for (auto const& modules : variants)
    for (auto const contractions :
         {Contractions::parity, Contractions::with_sign, Contractions::absolute}) {
      auto network = make(modules, 3, PoolWeight::direction, contractions);
      expect_what_libtorch_gives(network, batch, name_of(modules));
    }
}

// Where directions lose their length. (Origin rounds the centre, and so the directions there.)
TEST(Network, FusedKernelsGiveWhatLibtorchGivesAtTheCentre) {
  auto batch = random_batch(16, 40, {30, 7, 0, 300, 1});
  batch.position[0] = {}, batch.position[1] = {3e-7, -2e-7, 4e-7};
  for (auto const& modules : variants) {
    if (has(modules, "origin")) continue;
    auto network = make(modules);
    expect_what_libtorch_gives(network, batch, name_of(modules));
  }
}

/// Gradients add up: this one to what was there.
std::vector<float> gradient_added_to(Network& network, TargetBatch const& batch) {
  std::ranges::fill(network.gradient(), 0.5F);
  network.accumulate_gradient(batch, 0.1, 99);
  return {network.gradient().begin(), network.gradient().end()};
}

/// What CUDA adds up in another order.
TEST(Network, ComputesTheSameOnCuda) {
  if (!has_cuda) GTEST_SKIP() << "libtorch finds no CUDA device here";
  auto const batch = random_batch(17, 60, {30, 7, 0, 300, 1});
  for (auto const& modules : variants) {
    auto network = make(modules, 3, PoolWeight::direction);
    auto const shift = shift_of(network, batch);
    auto const here = network.predict(batch);
    auto const gradient = [&] { return gradient_added_to(network, batch); };
    auto const gradient_here = gradient();
    network.use(Device::cuda);
    auto const there = network.predict(batch);
    EXPECT_LT(relative_rms(there, here), 1e-5) << name_of(modules);
    EXPECT_EQ(network.predict(batch), there) << name_of(modules);
    auto const shift_there = shift_of(network, batch);
    EXPECT_LT(norm(shift_there - shift), 1e-6) << name_of(modules);
    EXPECT_LT(relative_rms(gradient(), gradient_here), 1e-4) << name_of(modules);
    EXPECT_LT(relative_rms(gradient(), gradient()), 1e-5) << name_of(modules);
  }
}

TEST(Network, ComputesTheSameOnAnotherDevice) {
  auto const batch = random_batch(17, 20, {30, 7, 0, 1});
  for (auto const& modules : variants) {
    auto network = make(modules);
    network.use(ParticleKernel::reference);
    auto const shift = shift_of(network, batch);
    auto const here = network.predict(batch);
    auto const gradient = [&] { return gradient_added_to(network, batch); };
    auto const gradient_here = gradient();
    network.use(Device::mirror);
    EXPECT_EQ(network.predict(batch), here) << name_of(modules);
    EXPECT_EQ(shift_of(network, batch), shift) << name_of(modules);
    EXPECT_LT(relative_rms(gradient(), gradient_here), 1e-6) << name_of(modules);
    for (float& p : network.parameters()) p *= 0.9F;  // moved here, seen there
    auto const moved = network.predict(batch);
    network.use(Device::cpu);
    EXPECT_EQ(network.predict(batch), moved) << name_of(modules);
  }
}

TEST(Network, SaysThatThereIsNoCuda) {
  if (has_cuda) GTEST_SKIP() << "this machine has a CUDA device";
  auto network = make({"gnfw"});
  try {
    network.use(Device::cuda);
    FAIL() << "a device that does not exist was taken";
  } catch (Error const& error) {
    EXPECT_EQ(error.code(), ExitCode::config);
    EXPECT_NE(std::string(error.what()).find("set device = cpu"), std::string::npos);
  }
}

TEST(Network, LossOfTrainingIsThatOfPrediction) {
  auto batch = random_batch(7, 9, {11, 5});
  batch.weight = 0.5;
  auto network = make({"gnfw", "origin", "local", "aggregator"});
  double const loss = network.accumulate_gradient(batch, 1, std::nullopt);
  EXPECT_NEAR(loss / squared_error(batch, network.predict(batch)), 1, 1e-5);
}

// Central differences, short because of the kinks of the activations; float32 limits them to about
// a part in a hundred.
TEST(Network, GradientsAreThoseOfFiniteDifferences) {
  auto const batch = random_batch(8, 16, {21, 6, 0});
  for (auto const& modules : variants) {
    auto network = make(modules, 5);
    for (float& p : network.parameters()) p *= 0.5F;  // away from large sinh
    std::ranges::fill(network.gradient(), 0.0F);
    network.accumulate_gradient(batch, 1, std::nullopt);
    std::vector<float> const start(network.parameters().begin(), network.parameters().end());
    for (auto const& info : network.layout().tensors()) {
      Random random(11, Purpose::test, static_cast<std::uint64_t>(info.first));
      std::vector<double> direction(info.size());
      double slope = 0, size = 0;
      for (std::size_t i = 0; i < direction.size(); ++i) {
        auto const g = real(network.gradient()[static_cast<std::size_t>(info.first) + i]);
        direction[i] = g + 0.1 * random.normal() * std::abs(g);  // mostly uphill
        slope += g * direction[i];
        size += direction[i] * direction[i];
      }
      if (size == 0) continue;
      double const h = 5e-4 / std::sqrt(size);
      auto const loss_at = [&](double step) {
        for (std::size_t i = 0; i < direction.size(); ++i)
          network.parameters()[static_cast<std::size_t>(info.first) + i] =
              single(start[static_cast<std::size_t>(info.first) + i] + step * direction[i]);
        return squared_error(batch, network.predict(batch));
      };
      double const difference = (loss_at(h) - loss_at(-h)) / (2 * h);
      loss_at(0);
      double const error = std::abs(difference - slope);
      EXPECT_LT(error, 0.02 * std::abs(slope) + 3e-3 * std::sqrt(size))
          << name_of(modules) << " " << info.name << ": " << difference << " against " << slope;
    }
  }
}

TEST(Network, DropoutIsAFunctionOfSeedEpochClusterAndTarget) {
  auto batch = random_batch(9, 8, {5});
  auto network = make({"gnfw", "local", "aggregator"});
  auto const loss = [&](std::uint64_t seed) { return network.accumulate_gradient(batch, 1, seed); };
  double const first = loss(1);
  EXPECT_EQ(loss(1), first);
  EXPECT_NE(loss(2), first);
  batch.epoch = 1;
  EXPECT_NE(loss(1), first);
  batch.epoch = 0, batch.first_target = 8;
  EXPECT_NE(loss(1), first);
}

TEST(Network, StartsFromItsSeedAlone) {
  auto const parameters = [](std::uint64_t seed) {
    auto network = make({"gnfw", "origin", "local", "aggregator"}, seed);
    return std::vector<float>(network.parameters().begin(), network.parameters().end());
  };
  EXPECT_EQ(parameters(1), parameters(1));
  EXPECT_NE(parameters(1), parameters(2));
}

TEST(Network, ComesBackFromItsState) {
  auto const batch = random_batch(10, 5, {9});
  auto const network = make({"gnfw", "origin", "local", "aggregator"});
  auto const copy = Network::from_state(network.state());
  EXPECT_EQ(network.predict(batch), copy.predict(batch));
  EXPECT_EQ(copy.options(), network.options());
}

/// Number of parameters by module.
std::map<std::string, std::int64_t> sizes_of(NetworkOptions const& options) {
  std::map<std::string, std::int64_t> sizes;
  Network const network(options, {}, {}, 1);
  for (auto const& info : network.layout().tensors()) sizes[info.module] += info.size();
  return sizes;
}

// The numbers of the published networks: origin 29-226-226-226-2; local 19-189-189-188 (and the
// count), 189-189-189-189, 189-189-189-189; aggregator 209-196-196-196-196-2; both vectors of a
// norm before every layer of an MLP but the first; k. The published local alone has a head
// 189-189-1.
TEST(Network, DefaultSizesHaveThePublishedNumbersOfParameters) {
  NetworkOptions published;
  published.contractions = Contractions::absolute;
  auto const sizes = sizes_of(published);
  EXPECT_EQ(sizes.at("gnfw"), 7);
  EXPECT_EQ(sizes.at("origin"), 111194);
  EXPECT_EQ(sizes.at("local"), 293138);
  EXPECT_EQ(sizes.at("aggregator"), 158958 + 1);
  auto local = published;
  local.modules = {"local"};
  EXPECT_EQ(sizes_of(local).at("local"), 293138 + (189 * 189 + 189) + 378 + (189 + 1) + 1);
}

}  // namespace
}  // namespace setsz
