// SPDX-License-Identifier: BSD-3-Clause
#include "stages/train/history_work.hpp"

#include "io/h5.hpp"

namespace setsz {

void write_history(Comm const& comm, std::string const& path, TrainingHistory const& history) {
  auto file = H5File::create(comm, path);
  file.set_attribute("/", "best_epoch", history.best_epoch);
  auto const column = [&](std::string const& name, std::string const& description, auto member) {
    std::vector<double> values;
    for (auto const& epoch : history.epochs) values.push_back(epoch.*member);
    file.write_same(name, {.unit = "1", .description = description}, values);
  };
  column("training_loss",
         "mean over the training clusters of the weighted <((P - P_e)/P200)^2>, with noise",
         &EpochRecord::training_loss);
  column("validation_ratio",
         "median over the validation clusters of loss / loss of the benchmark; NaN: no validation",
         &EpochRecord::validation_ratio);
  column("rate", "learning rate at the end of the epoch, as a fraction of each module's maximum",
         &EpochRecord::rate);
  column("gradient_norm", "mean norm of the gradient before clipping", &EpochRecord::gradient_norm);
  file.close();
}

}  // namespace setsz
