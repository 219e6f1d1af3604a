// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/model_section.hpp"

namespace setsz {

void declare_samples(OptionList& options, std::int64_t& samples) {
  // Not part of the fingerprint of models without a code: the stage predict adds it for the others.
  options.add("samples", samples,
              {.help = "predictions drawn for each cluster by a model with the module stochastic: "
                       "their mean is the cube, and samples.h5 keeps the profile, Y and loss of "
                       "each. 0: one prediction with the code 0",
               .min = 0,
               .max = 1e5,
               .affects = Affects::running});
}

void declare_device(OptionList& options, Device& device) {
  options.add("device", device, {{"cpu", Device::cpu}, {"cuda", Device::cuda}},
              {.help = "cuda needs a libtorch with CUDA, and is taken only where asked for; equal "
                       "bits on any number of ranks are promised for cpu"});
}

}  // namespace setsz
