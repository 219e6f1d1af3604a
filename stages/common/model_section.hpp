// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string_view>

#include "model/device.hpp"
#include "model/network_options.hpp"
#include "pipeline/run/options.hpp"
#include "stages/common/trained_choice.hpp"

namespace setsz {

/// [model.NAME]: one network. NAME is part of the instances of train, predict and what follows.
struct ModelSection {
  static constexpr std::string_view section = "model";
  static constexpr std::string_view help = "one network: its modules, sizes and inputs";
  TrainedChoice trained;   ///< where it comes from; none: from its own training
  NetworkOptions network;  ///< of a trained model: those of its files, see trained_settings
  void declare(OptionList& options) {
    trained.declare(options);
    network.declare(options);
  }
  void validate() const {
    trained.validate();
    network.validate();
  }
};

/// What computing networks takes in a process, beside their inputs: once, and for each of them
/// [bytes]. Measured.
inline constexpr double network_work_bytes = 5e7, network_bytes = 1.5e7;
/// A particle of a cluster that is at hand, in its cell.
inline constexpr double particle_bytes = 26;

/// Predictions drawn for each cluster by a model with a code.
inline constexpr std::int64_t default_samples = 64;
/// The key `samples` of [predict], for the structs that read it.
void declare_samples(OptionList& options, std::int64_t& samples);

/// The key `device` of the stages that compute networks.
void declare_device(OptionList& options, Device& device);

}  // namespace setsz
