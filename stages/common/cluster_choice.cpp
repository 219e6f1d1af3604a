// SPDX-License-Identifier: BSD-3-Clause
#include "stages/common/cluster_choice.hpp"

#include "io/h5.hpp"

namespace setsz {

void ClusterChoice::declare(OptionList& options) {
  options.add("mass_disagrees", mass_disagrees,
              {{"keep", Disagreeing::keep}, {"leave_out", Disagreeing::leave_out}},
              {.help = "clusters of which the mass of the particles within R200 differs from the "
                       "catalogue's by more than [extract] mass_agreement: keep, or leave_out of "
                       "training, validation and scores; all products flag them"});
}

ClusterChoice take_cluster_choice(Configuration const& configuration, StageRecord& record) {
  auto const choice = configuration.get<ClusterChoice>();
  if (choice.leaves_out()) record.note(choice);
  return choice;
}

std::vector<std::uint8_t> read_mass_disagrees(std::string const& particles) {
  return H5File::open(particles).read_all<std::uint8_t>("/clusters/mass_disagrees");
}

void leave_out(ClusterTable& table, std::vector<std::uint8_t> const& flagged) {
  require(std::ssize(flagged) == table.size(), ExitCode::bad_data, "particles.h5 has ",
          flagged.size(), " clusters, clusters.h5 has ", table.size(),
          "; run the stage extract again");
  for (std::int64_t row = 0; row < table.size(); ++row)
    for (std::int64_t fold = 0; fold < table.n_folds && flagged[row] != 0; ++fold)
      table.split[row * table.n_folds + fold] = Split::left_out;
}

ClusterTable read_clusters(std::string const& clusters, ClusterChoice const& choice,
                           std::string const& particles) {
  auto table = read_clusters(clusters);
  if (choice.leaves_out()) leave_out(table, read_mass_disagrees(particles));
  return table;
}

ClusterTable read_clusters(Comm const& comm, std::string const& clusters,
                           ClusterChoice const& choice, std::string const& particles) {
  auto table = read_clusters(comm, clusters);
  collectively(comm, "", [&] {
    if (choice.leaves_out()) leave_out(table, read_mass_disagrees(particles));
  });
  return table;
}

}  // namespace setsz
