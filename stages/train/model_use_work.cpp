// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/model_use_work.hpp"

#include <nlohmann/json.hpp>

#include "io/json_file.hpp"
#include "model/gnfw.hpp"
#include "stages/common/particle_store.hpp"
#include "stages/common/trained_on.hpp"

namespace setsz {

void describe_use(ModelState& state, TrainTask const& task, Context const& context) {
  auto const table = read_clusters(context.product(task.clusters));
  ParticleStore const particles(context.product(task.particles));
  auto const fit = read_json(context.product(task.gnfw));
  require(fit.contains("flux"), ExitCode::bad_data, "'", context.product(task.gnfw),
          "' has no profile that conserves flux (no entry 'flux'); run the stage fit again");
  auto& description = state.description;
  description["trained_on"] = trained_on(table, table.rows_of(Split::training, task.instance.fold),
                                         particles.particle_mass(), task.simulation);
  description["flux_profile"] = fit.at("flux").get<GnfwParameters>();
  description["sampling_seed"] = task.instance.stream_seed(task.run_seed);
  description["prediction"] = nlohmann::json::object();
  for (auto const& [key, text] : task.model.network.texts(Affects::prediction))
    description["prediction"][key] = text;
  description["inputs"] = nlohmann::json::object();
  for (auto const& [key, text] : task.inputs) description["inputs"][key] = text;
  description["code"] = context.code();
}

}  // namespace setsz
