// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/model_section.hpp"

namespace setsz {

void declare_device(OptionList& options, Device& device) {
  options.add("device", device, {{"cpu", Device::cpu}, {"cuda", Device::cuda}},
              {.help = "cuda needs a libtorch with CUDA, and is taken only where asked for; equal "
                       "bits on any number of ranks are promised for cpu"});
}

}  // namespace setsz
