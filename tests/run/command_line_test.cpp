// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/command_line.hpp"

#include <gtest/gtest.h>

#include "tests/run/temporary_folder.hpp"
#include "tests/run/toy_stages.hpp"

namespace setsz {
namespace {

TEST(CommandLine, ReadsAllOptionsOfRun) {
  auto const line =
      parse_command_line({"run", "a.ini", "--stage", "x,y", "--from=x", "--until", "y", "--only",
                          "x/1", "--only=x/2", "--set", "a.b=c=d", "--force"});
  EXPECT_EQ(line.command, "run");
  EXPECT_EQ(line.target, "a.ini");
  EXPECT_EQ(line.stages, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(line.from, "x");
  EXPECT_EQ(line.until, "y");
  EXPECT_EQ(line.only, (std::vector<std::string>{"x/1", "x/2"}));
  EXPECT_EQ(line.set, std::vector<std::string>{"a.b=c=d"});
  EXPECT_TRUE(line.force);
}

TEST(CommandLine, MistakesAreUsageErrorsThatNameTheNearestWord) {
  struct Case {
    std::vector<std::string> arguments;
    std::string word;
  };
  std::vector<Case> const cases{{{}, "--help"},
                                {{"rum", "a.ini"}, "'run'"},
                                {{"run"}, "configuration"},
                                {{"verify"}, "run directory"},
                                {{"inspect"}, "file"},
                                {{"run", "a.ini", "b.ini"}, "b.ini"},
                                {{"run", "a.ini", "--stag", "x"}, "'--stage'"},
                                {{"run", "a.ini", "--stage"}, "needs a value"},
                                {{"run", "a.ini", "--force=yes"}, "no value"},
                                {{"status", "a.ini", "--force"}, "--force"},
                                {{"plan", "a.ini", "--ranks", "0"}, "--ranks"},
                                {{"plan", "a.ini", "--ranks", "2x"}, "--ranks"},
                                {{"options", "x"}, "x"}};
  for (auto const& each : cases) {
    auto const error = error_of([&] { parse_command_line(each.arguments); });
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_NE(std::string(error.what()).find(each.word), std::string::npos) << error.what();
  }
}

TEST(CommandLine, HelpIsFoundEverywhere) {
  for (auto const& words : std::vector<std::vector<std::string>>{
           {"--help"}, {"-h"}, {"help"}, {"run", "--help"}, {"run", "a.ini", "-h"}}) {
    EXPECT_EQ(parse_command_line(words).command, "help");
  }
  EXPECT_EQ(parse_command_line({"--version"}).command, "version");
}

class Selection : public ::testing::Test {
 protected:
  using Ids = std::vector<std::string>;
  Ids select(std::vector<std::string> more, Ids const& configured = {}) const {
    std::vector<std::string> words{"run", "a.ini"};
    words.insert(words.end(), more.begin(), more.end());
    auto const stages = toy::stages(Configuration::parse("[toy]\n", "toy.ini", {}, toy::schemas()));
    return select_instances(stages, {"numbers", "sums"}, configured, parse_command_line(words));
  }
};

TEST_F(Selection, TakesWhatTheConfigurationSaysUnlessTheCommandLineSaysMore) {
  EXPECT_EQ(select({}), (Ids{"numbers", "sums/a/b"}));
  EXPECT_EQ(select({}, {"sums"}), Ids{"sums/a/b"});
  EXPECT_EQ(select({"--stage", "numbers"}, {"sums"}), Ids{"numbers"});
  EXPECT_EQ(select({"--from", "sums"}), Ids{"sums/a/b"});
  EXPECT_EQ(select({"--until", "numbers"}), Ids{"numbers"});
}

TEST_F(Selection, FindsInstancesByTheBeginningOfTheirPath) {
  for (auto const* only : {"sums", "sums/a", "sums/a/b"}) {
    EXPECT_EQ(select({"--only", only}), Ids{"sums/a/b"});
  }
  auto const error = error_of([&] { select({"--only", "sums/a/c"}); });
  EXPECT_EQ(error.code(), ExitCode::usage);
  EXPECT_NE(std::string(error.what()).find("'sums/a/b'"), std::string::npos);
  EXPECT_EQ(error_of([&] { select({"--only", "sum"}); }).code(), ExitCode::usage);
  EXPECT_EQ(error_of([&] { select({"--stage", "sms"}); }).code(), ExitCode::usage);
  EXPECT_EQ(error_of([&] {
              select({"--from", "sums", "--until", "numbers"});
            }).code(),
            ExitCode::usage);
}

}  // namespace
}  // namespace setsz
