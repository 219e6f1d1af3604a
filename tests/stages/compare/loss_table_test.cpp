// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/loss_table.hpp"

#include <gtest/gtest.h>

#include <sstream>

#include "contenders.hpp"
#include "pipeline/base/text.hpp"

namespace setsz {
namespace {

TEST(LossTable, HasEveryClusterOnceWithTheLossOfEachModel) {
  std::vector<Contender> models{test::a_model("one", 1, 0.1), test::a_model("two", 0.7, 0.1)};
  models[1].scores.clusters.erase(models[1].scores.clusters.begin());
  models[0].scores.clusters.pop_back();
  std::istringstream table(loss_table(models, {{500, 12}, {503, 13}}));
  std::string line;
  std::getline(table, line);
  EXPECT_EQ(line, "id,m200c_1e10msunh,particles,benchmark,one,two");
  std::int64_t rows = 0;
  while (std::getline(table, line)) {
    double id = 0, mass = 0, particles = 0, benchmark = 0, one = 0;
    char comma = 0;
    std::istringstream row(line);
    row >> id >> comma >> mass >> comma;
    if (rows < 2)
      row >> particles;
    else
      EXPECT_EQ(row.peek(), ',') << "their number is not known";
    row >> comma >> benchmark >> comma;
    EXPECT_EQ(particles, rows < 2 ? 12 + rows : 0);
    EXPECT_EQ(id, 500 + 3 * rows);
    EXPECT_EQ(std::count(line.begin(), line.end(), ','), 5);
    EXPECT_EQ(line.back() == ',', rows == 0) << "the second model lacks the first cluster";
    if (rows < 140) {
      row >> one;
      EXPECT_NEAR(one, models[0].scores.clusters[static_cast<std::size_t>(rows)].loss, 1e-6 * one);
    } else {
      EXPECT_NE(line.find(",1,,"), std::string::npos) << "the first model lacks the last cluster";
    }
    ++rows;
  }
  EXPECT_EQ(rows, 141);
}

}  // namespace
}  // namespace setsz
