// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/model_section.hpp"

namespace setsz {

void ModelSection::declare(OptionList& options) {
  auto& n = network;
  options.add("modules", n.modules,
              {.help = "any of gnfw, origin, local, aggregator; what is missing is pruned"});
  auto const size = [&](char const* key, std::int64_t& value, char const* what) {
    options.add(key, value, {.help = what, .min = 1, .max = 4096});
  };
  size("origin_layers", n.origin_layers, "hidden layers of origin");
  size("origin_width", n.origin_width, "neurons in each of them");
  options.add("origin_pooling", n.origin_pooling,
              {{"position", OriginPooling::position}, {"direction", OriginPooling::direction}},
              {.help = "origin adds up positions, as published, or directions: the same family of "
                       "functions, but small samples learn the centre better from directions"});
  size("local_layers", n.local_layers, "hidden layers of each of the three MLPs of local");
  size("local_width", n.local_width, "neurons in each of them");
  size("local_outputs", n.local_outputs, "numbers that local gives to the aggregator");
  size("aggregator_layers", n.aggregator_layers, "hidden layers of the aggregator");
  size("aggregator_width", n.aggregator_width, "neurons in each of them");
  options.add("dropout", n.dropout,
              {.help = "rate in the aggregator's hidden layers", .min = 0, .max = 0.95});
  options.add("visible_dropout", n.visible_dropout,
              {.help = "rate in the aggregator's first layer", .min = 0, .max = 0.95});
  options.add("absolute_angles", n.absolute_angles,
              {.help = "the aggregator sees |r^.e|, as published, in place of r^.e"});
  options.add("local_radius", n.local_radius,
              {.unit = "local_radius_unit",
               .help = "radius of the sphere of particles around a target",
               .min = 1e-3,
               .max = 1e5});
  options.add("local_radius_unit", n.local_radius_unit,
              {{"ckpc/h", LocalRadiusUnit::ckpch}, {"R200", LocalRadiusUnit::r200}},
              {.help = "its unit; R200 suits small haloes"});
  options.add("local_contraction", n.local_contraction,
              {{"unit", LocalContraction::unit}, {"full", LocalContraction::full}},
              {.help = "x^.v^ of unit vectors, or x.v over R V200 as published"});
  options.add("local_pressure_scaling", n.local_pressure_scaling,
              {.help = "multiply what local gives by P_ref/P200"});
  options.add("initial_k", n.initial_k,
              {.help = "starting value of the strength k of the additive term", .min = 0});
  options.add("head_scale", n.head_scale,
              {.help = "factor on the starting weights of the linear heads: small values start "
                       "near the benchmark",
               .min = 0,
               .max = 10});
  auto const particles = [&](char const* key, std::int64_t& value, char const* what,
                             Affects affects) {
    options.add(key, value, {.help = what, .min = 1, .max = 1e8, .affects = affects});
  };
  particles("local_particles_train", local_particles_train,
            "particles around a target in training, at most", Affects::result);
  particles("local_particles_test", local_particles_test, "the same in prediction",
            Affects::prediction);
  particles("origin_particles_train", origin_particles_train,
            "particles of a cluster for origin in training, at most", Affects::result);
  particles("origin_particles_test", origin_particles_test, "the same in prediction",
            Affects::prediction);
}

void declare_device(OptionList& options, Device& device) {
  options.add("device", device, {{"cpu", Device::cpu}, {"cuda", Device::cuda}},
              {.help = "cuda needs a libtorch with CUDA, and is taken only where asked for; equal "
                       "bits on any number of ranks are promised for cpu"});
}

}  // namespace setsz
