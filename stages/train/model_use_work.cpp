// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/model_use_work.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "stages/common/particle_store.hpp"
#include "stages/common/trained_on.hpp"
#include "stages/train/fit_file.hpp"
#include "stages/train/joint_profile.hpp"

namespace setsz {

namespace {

/// What all snapshots together teach.
/// \param identities  are added, of each cluster
TrainedOn taught(TrainTask const& task, Context const& context,
                 std::vector<std::uint64_t>& identities) {
  std::optional<TrainedOn> all;
  std::int64_t n_clusters = 0;
  for (auto const& source : task.sources) {
    auto const path = context.product(source.particles);
    auto const table = read_clusters(context.product(source.clusters), task.choice, path);
    auto const rows = table.rows_of(Split::training, task.instance.fold);
    auto const one =
        trained_on(table, rows, ParticleStore(path).particle_mass(), source.simulation);
    for (auto const row : rows) identities.push_back(cluster_identity(table.clusters[row]));
    n_clusters += one.n_clusters;
    all = all ? hull(*all, one) : one;
  }
  all->n_clusters = n_clusters;
  return *all;
}

GnfwParameters flux_profile(TrainTask const& task, Context const& context) {
  std::vector<ProfileAt> fits;
  for (auto const& source : task.sources)
    fits.push_back({read_fit(context.product(source.gnfw), "flux"),
                    read_clusters(context.product(source.clusters)).redshift});
  return joint_profile(fits);
}

}  // namespace

void describe_use(ModelState& state, TrainTask const& task, Context const& context) {
  auto& description = state.description;
  description["trained_on"] = taught(task, context, state.training_clusters);
  std::ranges::sort(state.training_clusters);
  description["flux_profile"] = flux_profile(task, context);
  description["sampling_seed"] = task.instance.stream_seed(task.run_seed);
  description["prediction"] = nlohmann::json::object();
  for (auto const& [key, text] : task.model.network.texts(Affects::prediction))
    description["prediction"][key] = text;
  description["inputs"] = nlohmann::json::object();
  for (auto const& [key, text] : task.inputs) description["inputs"][key] = text;
  description["code"] = context.code();
}

}  // namespace setsz
