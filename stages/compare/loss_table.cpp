// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/loss_table.hpp"

#include <map>

#include "pipeline/base/text.hpp"
#include "stages/compare/formatted.hpp"

namespace setsz {
std::string loss_table(std::vector<Contender> const& contenders,
                       std::map<std::int64_t, std::int64_t> const& particles) {
  auto const digits = [](double value) { return formatted("%.8g", value); };
  struct Row {
    double m200c, benchmark;
    std::vector<std::string> losses;
  };
  std::map<std::int64_t, Row> rows;
  std::string text = "id,m200c_1e10msunh,particles,benchmark";
  for (std::size_t i = 0; i < contenders.size(); ++i) {
    text += "," + contenders[i].name;
    for (auto const& score : contenders[i].scores.clusters) {
      auto& row = rows.try_emplace(score.id, score.m200c, score.loss_benchmark).first->second;
      row.losses.resize(contenders.size());
      row.losses[i] = digits(score.loss);
    }
  }
  text += "\n";
  for (auto const& [id, row] : rows) {
    auto const found = particles.find(id);
    text += concat(id, ",", digits(row.m200c), ",",
                   found == particles.end() ? "" : std::to_string(found->second), ",",
                   digits(row.benchmark));
    for (auto const& loss : row.losses) text += "," + loss;
    text += "\n";
  }
  return text;
}

}  // namespace setsz
