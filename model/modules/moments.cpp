// SPDX-License-Identifier: BSD-3-Clause
#include "model/modules/moments.hpp"

#include <ATen/ops/empty.h>

#include "model/module_network.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {

namespace {

class MomentsNetwork : public ModuleNetwork {
 public:
  MomentsNetwork(MomentColumns const& options, NetworkSetup const& setup) : options_(options) {
    for (auto const& name : options_.measured())
      scales_.push_back(setup.standardisation.quantity(name));
  }
  void initialise(ParameterLayout const&, std::span<float>, std::uint64_t) const override {}
  void evaluate(ChunkContext& chunk) const override {
    auto const values = options_.features(chunk.cluster.batch, chunk.targets);
    auto const n = std::ssize(scales_);
    auto const features = at::empty({chunk.targets.size(), n});
    auto const out = floats_of(features);
    for (std::int64_t i = 0; i < std::ssize(values); ++i)
      out[i] = single(std::clamp(scales_[i % n](values[i]), -options_.clip, options_.clip));
    chunk.features.push_back(chunk.cluster.put(features));
  }

 private:
  MomentColumns options_;
  std::vector<Affine> scales_;
};

}  // namespace

std::unique_ptr<ModuleNetwork> MomentColumns::network(NetworkSetup const& setup,
                                                      ParameterLayout&) const {
  return std::make_unique<MomentsNetwork>(*this, setup);
}

}  // namespace setsz
