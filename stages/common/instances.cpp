// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/instances.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/base/error.hpp"

namespace setsz {
namespace {

struct FoldKey {
  static constexpr std::string_view section = "catalog";
  std::int64_t folds = 1;
  void declare(OptionList& options) { options.add("folds", folds, {.min = 1}); }
  void validate() const {}
};

struct SeedKey {
  static constexpr std::string_view section = "train";
  std::vector<double> seeds{1};
  void declare(OptionList& options) { declare_seeds(options, seeds); }
  void validate() const {
    require(!seeds.empty(), ExitCode::config, "seeds is empty (one network a seed); give one");
    for (double const seed : seeds) {
      require(seed == std::floor(seed), ExitCode::config, "seeds: ", seed, " is no whole number");
      require(std::count(seeds.begin(), seeds.end(), seed) == 1, ExitCode::config, "seeds: ", seed,
              " is listed twice; each seed makes one network");
    }
  }
};

}  // namespace

std::int64_t fold_count(Configuration const& configuration) {
  return configuration.get<FoldKey>().folds;
}

std::vector<std::int64_t> training_seeds(Configuration const& configuration) {
  std::vector<std::int64_t> seeds;
  for (double const seed : configuration.get<SeedKey>().seeds)
    seeds.push_back(static_cast<std::int64_t>(seed));
  return seeds;
}

std::vector<Member> model_members(Configuration const& configuration) {
  std::vector<Member> members;
  for (auto const seed : training_seeds(configuration)) members.push_back({seed});
  if (members.size() > 1) members.push_back({});
  return members;
}

Member painted_member(Configuration const& configuration) {
  return model_members(configuration).back();
}

std::vector<std::string> model_names(Configuration const& configuration) {
  return configuration.names("model");
}

}  // namespace setsz
