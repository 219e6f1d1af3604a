// SPDX-License-Identifier: BSD-3-Clause
// What follows from the rows of the registry, whichever they are.
#include <map>

#include "pipeline/base/error.hpp"
#include "stages/registry.hpp"

namespace setsz {

std::vector<SectionSchema> all_schemas() {
  auto schemas = shared_sections();
  for (auto const& row : stage_rows())
    schemas.insert(schemas.end(), row.sections.begin(), row.sections.end());
  return schemas;
}

namespace {

/// Puts instances behind the makers of their inputs. Those that stand so already keep their order.
class InOrderOfInputs {
 public:
  explicit InOrderOfInputs(StageList stages) : stages_(std::move(stages)) {
    for (std::size_t i = 0; i < stages_.size(); ++i)
      for (auto const& output : stages_[i]->record().outputs)
        maker_[stages_[i]->id() + "/" + output] = i;
    place_.resize(stages_.size(), Place::waiting);
  }

  StageList operator()() {
    for (std::size_t i = 0; i < place_.size(); ++i) put(i);
    return std::move(ordered_);
  }

 private:
  enum class Place { waiting, asked, done };

  void put(std::size_t i) {
    if (place_[i] == Place::done) return;
    require(place_[i] == Place::waiting, ExitCode::config, stages_[i]->id(),
            " needs its own product: two models take the residuals of each other; remove the key "
            "from one of them");
    place_[i] = Place::asked;
    for (auto const& input : stages_[i]->record().inputs)
      if (auto const found = maker_.find(input); found != maker_.end()) put(found->second);
    place_[i] = Place::done;
    ordered_.push_back(std::move(stages_[i]));
  }

  StageList stages_, ordered_;
  std::map<std::string, std::size_t> maker_;  ///< by product
  std::vector<Place> place_;
};

}  // namespace

StageList build_stages(Configuration const& configuration, LearningBodies const& bodies) {
  Blueprint const blueprint(configuration, bodies);
  StageList stages;
  for (auto const& row : stage_rows()) row.add(blueprint, stages);
  return InOrderOfInputs(std::move(stages))();
}

}  // namespace setsz
