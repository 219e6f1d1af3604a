// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/column_choice.hpp"
#include "model/module.hpp"

namespace setsz {

/// Everything that decides which numbers a network computes: its modules with their options. The
/// defaults are those of Thiele et al. (2022), section 2.
class NetworkOptions {
 public:
  /// Names of modules, in any order; what is not listed is pruned.
  std::vector<std::string> modules;
  ColumnChoice inputs;
  Contractions contractions = Contractions::parity;
  double head_scale = 1;  ///< of the initial weights of the linear heads
  double initial_k = 1;   ///< of the additive term, see Corrections

  NetworkOptions();
  NetworkOptions(NetworkOptions const& other);
  NetworkOptions& operator=(NetworkOptions const& other);
  NetworkOptions(NetworkOptions&&) noexcept = default;
  NetworkOptions& operator=(NetworkOptions&&) noexcept = default;
  ~NetworkOptions() = default;

  /// The keys of the network, and those of every module that exists.
  void declare(OptionList& options);
  /// Throws Error(config) if the modules do not fit together or a value is out of range.
  void validate() const;

  /// The listed modules, in the order of the table: that of their parameters and evaluation.
  std::vector<Module const*> chosen() const;
  /// A module that exists, listed or not; for programs that set options without a text.
  template <class M>
  M& get() {
    return dynamic_cast<M&>(find(M::key));
  }
  template <class M>
  M const& get() const {
    return dynamic_cast<M const&>(find(M::key));
  }

  /// What the listed modules declare together.
  ModuleNeeds needs() const;
  ModuleCost cost(Phase phase) const;
  bool any(bool ModuleJoints::*property) const;
  /// Does it have a code, so that its predictions can be drawn?
  bool has_code() const;
  /// Numbers for each target that modules give to the one that takes them.
  std::int64_t n_features() const;
  /// What a prediction of this network holds beside the pressure: of the listed modules, and of
  /// those whose state is in every prediction.
  std::vector<ClusterStateInfo> predicted_states() const;
  /// The cluster's columns that the network sees.
  ClusterColumns columns() const { return inputs.columns(); }

  /// Of the listed modules and the network itself, as text by key. Options that change predictions
  /// only are no part of what was learnt: they are asked for alone.
  std::vector<std::pair<std::string, std::string>> texts(Affects affects = Affects::result) const;
  bool operator==(NetworkOptions const& other) const { return texts() == other.texts(); }

 private:
  Module& find(std::string_view name) const;
  void declare_own(OptionList& options);
  void require_one_source() const;

  std::vector<std::unique_ptr<Module>> all_;  ///< in the order of the table
};
/// The texts by key. Keys of the file that the network does not know, and keys that are missing,
/// throw Error(bad_data).
void to_json(nlohmann::json& json, NetworkOptions const& options);
void from_json(nlohmann::json const& json, NetworkOptions& options);

}  // namespace setsz
