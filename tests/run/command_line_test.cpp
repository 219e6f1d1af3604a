// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/command_line.hpp"

#include <gtest/gtest.h>

#include "pipeline/app/command_table.hpp"
#include "pipeline/app/topics.hpp"
#include "pipeline/base/terminal.hpp"
#include "tests/fixtures/scratch.hpp"

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
                                {{"plan", "a.ini", "--cores", "0"}, "--cores"},
                                {{"plan", "a.ini", "--max-hours", "-1"}, "--max-hours"},
                                {{"run", "a.ini", "--from", "x", "--from=y"}, "--from"},
                                {{"run", "a.ini", "--from="}, "needs a value"},
                                {{"help", "rum"}, "'run'"},
                                {{"help", "resum"}, "'resume'"},
                                {{"paint", "a.ini"}, "unknown command 'paint'"},
                                {{"options", "x", "y"}, "y"}};
  for (auto const& each : cases) {
    auto const error = test::thrown_by([&] { parse_command_line(each.arguments); });
    EXPECT_EQ(error.code(), ExitCode::usage);
    EXPECT_NE(std::string(error.what()).find(each.word), std::string::npos) << error.what();
  }
}

TEST(CommandLine, HelpIsFoundEverywhere) {
  struct Case {
    std::vector<std::string> words;
    std::string topic;
  };
  std::vector<Case> const cases{{{"--help"}, ""},
                                {{"-h"}, ""},
                                {{"help"}, ""},
                                {{"help", "run"}, "run"},
                                {{"help", "resume"}, "resume"},
                                {{"run", "--help"}, "run"},
                                {{"run", "a.ini", "-h"}, "run"}};
  for (auto const& each : cases) {
    auto const line = parse_command_line(each.words);
    EXPECT_EQ(line.command, "help");
    EXPECT_EQ(line.target, each.topic);
  }
  EXPECT_EQ(parse_command_line({"--version"}).command, "version");
}

TEST(CommandLine, EachCommandHasAHelpOfItsOwn) {
  std::string const overview = help_text("");
  for (auto const& command : commands()) {
    EXPECT_NE(overview.find("setsz " + command.name), std::string::npos) << command.name;
    EXPECT_NE(overview.find(command.summary), std::string::npos) << command.name;
    std::string const text = help_text(command.name);
    EXPECT_EQ(text.find("setsz " + command.name), 0u) << text;
    EXPECT_NE(text.find("Examples:\n  "), std::string::npos) << text;
    EXPECT_TRUE((command.answer == nullptr) != (command.work == nullptr)) << command.name;
  }
  std::string const run = help_text("run");
  for (auto const* option : {"--stage", "--from", "--until", "--only", "--set", "--force"}) {
    EXPECT_NE(run.find(option), std::string::npos) << run;
  }
}

TEST(CommandLine, EachTopicIsExplained) {
  std::string const overview = help_text("");
  for (auto const& topic : topics()) {
    EXPECT_NE(overview.find(concat("  ", topic.name, "  ")), std::string::npos) << topic.name;
    EXPECT_GT(split(help_text(std::string(topic.name)), '\n').size(), 6u) << topic.name;
  }
  EXPECT_NE(help_text("pipeline").find("products"), std::string::npos);
  EXPECT_NE(help_text("configuration").find("[toy]"), std::string::npos);
  EXPECT_NE(help_text("formats").find("swift"), std::string::npos);
  EXPECT_NE(help_text("errors").find("\n  79  training diverged\n"), std::string::npos);
}

TEST(CommandLine, EveryHelpFitsATerminal) {
  std::string all = help_text("");
  for (auto const& command : commands()) all += help_text(command.name);
  for (auto const& topic : topics()) all += help_text(std::string(topic.name));
  for (auto const& line : split(all, '\n')) EXPECT_LE(line.size(), terminal_columns) << line;
}

TEST(CommandLine, TextIsBrokenAtBlanks) {
  EXPECT_EQ(wrapped("one two three", 2, 10), "  one two\n  three");
  EXPECT_EQ(wrapped("a-word-of-fourteen x", 1, 10), " a-word-of-fourteen\n x");
  EXPECT_EQ(wrapped("12345 1234", 0, 10), "12345 1234");
  EXPECT_EQ(wrapped("12345 12345", 0, 10), "12345\n12345");
  EXPECT_EQ(wrapped("", 4), "");
}

}  // namespace
}  // namespace setsz
