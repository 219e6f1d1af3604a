// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/selection.hpp"

#include <gtest/gtest.h>

#include "tests/fixtures/scratch.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz {
namespace {

class Selection : public ::testing::Test {
 protected:
  using Ids = std::vector<std::string>;
  Ids select(std::vector<std::string> more, Ids const& configured = {}) const {
    std::vector<std::string> words{"run", "a.ini"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<StageNote> const notes{{"seeds", "[seed.NAME]", false},
                                       {"numbers", "[toy]"},
                                       {"sums", "[toy]"},
                                       {"products", "[factor.NAME]"},
                                       {"logarithms", "[factor.NAME]"}};
    auto const stages = toy::stages(Configuration::parse("[toy]\n", "toy.ini", {}, toy::schemas()));
    return select_instances(stages, notes, configured, parse_command_line(words));
  }
};

TEST_F(Selection, TakesWhatTheConfigurationSaysUnlessTheCommandLineSaysMore) {
  EXPECT_EQ(select({}), (Ids{"numbers", "sums/a/b"}));
  EXPECT_EQ(select({}, {"sums"}), Ids{"sums/a/b"});
  EXPECT_EQ(select({"--stage", "numbers"}, {"sums"}), Ids{"numbers"});
  EXPECT_EQ(select({"--from", "sums"}), Ids{"sums/a/b"});
  EXPECT_EQ(select({"--until", "numbers"}), Ids{"numbers"});
}

TEST_F(Selection, TakesExactIds) {
  EXPECT_EQ(select({"--exactly", "sums/a/b,numbers"}), (Ids{"numbers", "sums/a/b"}));
  auto const error = test::thrown_by([&] { select({"--exactly", "sums/a"}); });
  EXPECT_EQ(error.code(), ExitCode::usage);
  EXPECT_NE(std::string(error.what()).find("'sums/a/b'"), std::string::npos) << error.what();
}

TEST_F(Selection, FindsInstancesByTheBeginningOfTheirPath) {
  for (auto const* only : {"sums", "sums/a", "sums/a/b"}) {
    EXPECT_EQ(select({"--only", only}), Ids{"sums/a/b"});
  }
  auto const error = test::thrown_by([&] { select({"--only", "sums/a/c"}); });
  EXPECT_EQ(error.code(), ExitCode::usage);
  EXPECT_NE(std::string(error.what()).find("'sums/a/b'"), std::string::npos);
  EXPECT_EQ(test::thrown_by([&] { select({"--only", "sum"}); }).code(), ExitCode::usage);
  EXPECT_EQ(test::thrown_by([&] { select({"--stage", "sms"}); }).code(), ExitCode::usage);
  auto const reversed = test::thrown_by([&] { select({"--from", "sums", "--until", "numbers"}); });
  EXPECT_EQ(reversed.code(), ExitCode::usage);
  EXPECT_NE(std::string(reversed.what()).find("--until numbers comes before --from sums"),
            std::string::npos);
}

TEST_F(Selection, AListedStageWithoutAnInstanceIsAConfigurationError) {
  auto const listed = test::thrown_by([&] { select({}, {"numbers", "logarithms", "products"}); });
  EXPECT_EQ(listed.code(), ExitCode::config);
  EXPECT_NE(std::string(listed.what())
                .find("[run] stages lists products, logarithms (requires [factor.NAME]), but"),
            std::string::npos)
      << listed.what();
  auto const asked = test::thrown_by([&] { select({"--stage", "seeds"}); });
  EXPECT_EQ(asked.code(), ExitCode::config);
  EXPECT_NE(std::string(asked.what()).find("--stage lists seeds (requires [seed.NAME])"),
            std::string::npos);
  // What the command line leaves out need not exist.
  EXPECT_EQ(select({"--until", "sums"}, {"numbers", "products"}), Ids{"numbers"});
  EXPECT_EQ(select({"--stage", "sums"}, {"numbers", "products"}), Ids{"sums/a/b"});
  EXPECT_EQ(test::thrown_by([&] { select({}, {"sms"}); }).code(), ExitCode::config);
}

}  // namespace
}  // namespace setsz
