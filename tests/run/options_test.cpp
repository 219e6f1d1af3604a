// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/run/options.hpp"
#include "pipeline/run/ini_text.hpp"

#include <gtest/gtest.h>

#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"
#include "pipeline/run/stage.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

enum class Colour { red, green };

struct ToyOptions {
  static constexpr std::string_view section = "toy";
  static constexpr std::string_view help = "a toy";
  double radius = 2.5;
  std::int64_t count = 3;
  bool fast = false;
  std::string file, path;
  std::vector<std::string> names, paths;
  std::vector<double> bins = {1, 2};
  Colour colour = Colour::red;
  std::int64_t threads = 1;
  void declare(OptionList& options) {
    options.add("radius", radius, {.unit = "R200c", .help = "how far", .min = 1, .max = 10});
    options.add("count", count, {.help = "how many", .min = 1});
    options.add("fast", fast, {.help = "quickly"});
    options.add("file", file, {.help = "where"});
    options.add("names", names, {.help = "who"});
    options.add("path", path, {.help = "a file", .is_path = true});
    options.add("paths", paths, {.help = "files", .is_path = true});
    options.add("bins", bins, {.help = "edges", .min = 0});
    options.add("colour", colour, {{"red", Colour::red}, {"green", Colour::green}},
                {.help = "which"});
    options.add("threads", threads, {.help = "no result", .affects = Affects::running});
  }
  void validate() const {
    require(!(fast && count > 100), ExitCode::config, "fast and count > 100 exclude each other");
  }
};
struct ItemOptions {
  static constexpr std::string_view section = "item";
  static constexpr std::string_view help = "one item";
  double size = 1;
  void declare(OptionList& options) { options.add("size", size, {.help = "its size"}); }
  void validate() const {}
};

std::vector<SectionSchema> toy_schemas() {
  return {schema_of<RunOptions>(), schema_of<ToyOptions>(), schema_of<ItemOptions>(true)};
}
Configuration parse(std::string const& text, std::vector<std::string> const& overrides = {}) {
  return Configuration::parse(text, "toy.ini", overrides, toy_schemas());
}

struct BadFile {
  char const* text;
  std::vector<std::string> words;  ///< of the message
};

TEST(Options, ValuesOfEveryTypeAreRead) {
  auto const toy = parse(
                       "# a comment\n[toy]\nradius = 3.25  # another\ncount=12\nfast = yes\n"
                       "file = /some where/ü.hdf5\nnames = a, b ,c\nbins = 0.5, 1e3\n"
                       "colour = green\r\n")
                       .get<ToyOptions>();
  EXPECT_EQ(toy.radius, 3.25);
  EXPECT_EQ(toy.count, 12);
  EXPECT_TRUE(toy.fast);
  EXPECT_EQ(toy.file, "/some where/ü.hdf5");
  EXPECT_EQ(toy.names, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(toy.bins, (std::vector<double>{0.5, 1000}));
  EXPECT_EQ(toy.colour, Colour::green);
}

TEST(Options, CommentsBeginAtTheHeadOfALineOrBetweenBlanks) {
  auto const toy = parse(
                       "; a comment\n[toy] # of a section\npath = data#7;a\ncount = +4 ; four\n"
                       "radius = +3.5  ## so far\nfast = True\nnames = a#1, b\n")
                       .get<ToyOptions>();
  EXPECT_EQ(toy.path, "data#7;a");
  EXPECT_EQ(toy.count, 4);
  EXPECT_EQ(toy.radius, 3.5);
  EXPECT_TRUE(toy.fast);
  EXPECT_EQ(toy.names, (std::vector<std::string>{"a#1", "b"}));
}

TEST(Options, QuotesKeepCommasBlanksAndComments) {
  auto const configuration = parse(
      "[toy]\npath = \"data #7, x\" # all of it\npaths = 'a, b', c d, \"e#f\"\nfile = it's\n");
  auto const toy = configuration.get<ToyOptions>();
  EXPECT_EQ(toy.path, "data #7, x");
  EXPECT_EQ(toy.paths, (std::vector<std::string>{"a, b", "c d", "e#f"}));
  EXPECT_EQ(toy.file, "it's");
  auto const again = parse(configuration.resolved()).get<ToyOptions>();
  EXPECT_EQ(again.path, toy.path);
  EXPECT_EQ(again.paths, toy.paths);
}

TEST(Options, ATildeIsTheHomeDirectory) {
  ::setenv("HOME", "/home/me", 1);
  auto const toy = parse("[toy]\npath = ~/runs\npaths = ./~x, ~\n").get<ToyOptions>();
  EXPECT_EQ(toy.path, "/home/me/runs");
  EXPECT_EQ(toy.paths, (std::vector<std::string>{"./~x", "/home/me"}));
  EXPECT_TRUE(test::contains(test::error_of([] { parse("[toy]\npath = ~you/x\n"); }),
                             "write the full path"));
}

TEST(Options, AllMistakesAreReportedAtOnceInTheOrderOfTheFile) {
  auto const text = test::error_of(
      [] { parse("[toy]\nradius = 0\n[tot]\nx = 1\n[item.a]\nsizes = 2\nsize = y\n"); });
  std::size_t at = 0;
  for (auto const* word : {"toy.ini:2:", "toy.ini:3:", "toy.ini:6:", "toy.ini:7:"}) {
    auto const found = text.find(word, at);
    ASSERT_NE(found, std::string::npos) << word << " in " << text;
    at = found;
  }
}

TEST(Options, AWatchdogWaitsASecondOrMore) {
  auto const error_with = [](std::string const& seconds) {
    return test::error_of(
        [&] { parse("[run]\nwatchdog_seconds = " + seconds + "\n").get<RunOptions>(); });
  };
  for (auto const* seconds : {"0", "1", "600"}) EXPECT_EQ(error_with(seconds), "no error");
  EXPECT_TRUE(test::contains(error_with("1e-9"), "a second or more"));
}

TEST(Options, PathsTakeVariablesFromTheEnvironment) {
  ::setenv("SETSZ_TEST_DATA", "/data of ü", 1);
  ::setenv("SETSZ_TEST_N", "99", 1);
  auto const configuration = parse(
      "[toy]\npath = ${SETSZ_TEST_DATA}/snap_$SETSZ_TEST_N.*.hdf5\n"
      "paths = $SETSZ_TEST_DATA, a$$b, x${SETSZ_TEST_N}y\nfile = $SETSZ_TEST_DATA\n",
      {"toy.count=5"});
  auto const toy = configuration.get<ToyOptions>();
  EXPECT_EQ(toy.path, "/data of ü/snap_99.*.hdf5");
  EXPECT_EQ(toy.paths, (std::vector<std::string>{"/data of ü", "a$b", "x99y"}));
  EXPECT_EQ(toy.file, "$SETSZ_TEST_DATA") << "other texts stay as they are";
  // What products carry needs no environment.
  auto const resolved = configuration.resolved();
  ::unsetenv("SETSZ_TEST_DATA");
  auto const again = parse(resolved).get<ToyOptions>();
  EXPECT_EQ(again.path, toy.path);
  EXPECT_EQ(again.paths, toy.paths);
}

TEST(Options, AVariableThatSaysNothingIsNamedWithTheText) {
  ::unsetenv("SETSZ_TEST_NOWHERE");
  ::setenv("SETSZ_TEST_EMPTY", "", 1);
  std::vector<BadFile> const cases{
      {"[toy]\npath = $SETSZ_TEST_NOWHERE/x.hdf5\n",
       {"toy.ini:2", "[toy] path", "'$SETSZ_TEST_NOWHERE/x.hdf5'",
        "SETSZ_TEST_NOWHERE is not set"}},
      {"[toy]\npaths = a, ${SETSZ_TEST_NOWHERE}b\n", {"toy.ini:2", "paths", "is not set"}},
      {"[toy]\npath = $SETSZ_TEST_EMPTY/run\n", {"SETSZ_TEST_EMPTY is empty"}},
      {"[toy]\npath = ${SETSZ_TEST_NOWHERE/x\n", {"'${' without", "write ${NAME}"}},
      {"[toy]\npath = a$/x\n", {"'a$/x'", "$$ for a dollar sign"}},
      {"[toy]\npath = $1\n", {"missing variable name"}},
      {"[toy]\npath = x$\n", {"missing variable name"}}};
  for (auto const& bad : cases) {
    auto const error = test::thrown_by([&] { parse(bad.text); });
    EXPECT_EQ(error.code(), ExitCode::config) << bad.text;
    for (auto const& word : bad.words)
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is not in: " << error.what();
  }
}

TEST(Options, OtherEncodingsAreNamedWithTheLine) {
  auto const refusal = [](std::string const& text) {
    try {
      parse_ini(text, "a.ini");
    } catch (Error const& error) {
      return std::string(error.what());
    }
    return std::string("read");
  };
  EXPECT_EQ(refusal("[a]\nb = /data/\xC3\xBC\n"), "read");
  EXPECT_EQ(refusal("# \xFC\n[a]\nb = 1  # \xFC\n"), "read");  // comments go nowhere
  EXPECT_NE(refusal("[a]\nb = /data/\xFC\n").find("a.ini:2: 'b = /data/\xFC' is not UTF-8"),
            std::string::npos);
  EXPECT_NE(
      refusal(std::string("\xFF\xFE[\0a\0]\0", 8)).find("a.ini:1: the file is text in UTF-16"),
      std::string::npos);
}

TEST(Options, MissingKeysAndSectionsKeepTheirDefaults) {
  auto const toy = parse("[run]\nseed = 4\n").get<ToyOptions>();
  EXPECT_EQ(toy.radius, 2.5);
  EXPECT_TRUE(toy.names.empty());
  EXPECT_EQ(toy.bins.size(), 2U);
}

TEST(Options, TheCommandLineOverridesTheFile) {
  auto const configuration =
      parse("[toy]\nradius = 3\n", {"toy.radius=4", "item.new.size=7", "toy.file=a=b"});
  EXPECT_EQ(configuration.get<ToyOptions>().radius, 4);
  EXPECT_EQ(configuration.get<ToyOptions>().file, "a=b");
  EXPECT_EQ(configuration.names("item"), std::vector<std::string>{"new"});
  EXPECT_EQ(configuration.get<ItemOptions>("item.new").size, 7);
}

TEST(Options, FamiliesKeepTheOrderOfTheFile) {
  auto const configuration = parse("[item.z]\nsize = 2\n[toy]\n[item.a]\n");
  EXPECT_EQ(configuration.names("item"), (std::vector<std::string>{"z", "a"}));
  EXPECT_EQ(configuration.get<ItemOptions>("item.z").size, 2);
  EXPECT_EQ(configuration.get<ItemOptions>("item.a").size, 1);
}

TEST(Options, APlainSectionHoldsTheDefaultsOfItsFamily) {
  auto const configuration = parse("[item.a]\nsize = 2\n[item]\nsize = 5\n[item.b]\n");
  EXPECT_EQ(configuration.get<ItemOptions>("item.a").size, 2);
  EXPECT_EQ(configuration.get<ItemOptions>("item.b").size, 5);
  EXPECT_EQ(configuration.get<ItemOptions>("item.nowhere").size, 5);
  EXPECT_EQ(configuration.names("item"), (std::vector<std::string>{"a", "b"}));
  auto const again = parse(configuration.resolved());
  EXPECT_EQ(again.get<ItemOptions>("item.a").size, 2);
  EXPECT_EQ(again.get<ItemOptions>("item.nowhere").size, 5);
}

TEST(Options, EveryMistakeIsNamedWithItsLine) {
  std::vector<BadFile> const cases{
      {"[toy]\n\nradios = 3\n", {"toy.ini:3", "radios", "[toy]", "'radius'"}},
      {"[run]\n[tot]\n", {"toy.ini:2", "[tot]", "[toy]"}},
      {"[items.a]\n", {"[items.a]", "[item.NAME]"}},
      {"[item.a b]\n", {"toy.ini:1", "'a b'", "not a valid name"}},
      {"[toy]\n[item.../x]\n", {"toy.ini:2", "'../x'", "not a valid name"}},
      {"[item.]\n", {"[item.]", "[item.NAME]"}},
      {"[toy]\nradius = 128x\n", {"toy.ini:2", "radius", "'128x'", "a number"}},
      {"[toy]\nradius = nan\n", {"toy.ini:2", "out of range"}},
      {"[toy]\nradius = \n", {"toy.ini:2", "not a number"}},
      {"[toy]\nradius = 0.99\n", {"0.99", "[1, 10]"}},
      {"[toy]\nradius = 10.01\n", {"10.01", "[1, 10]"}},
      {"[toy]\ncount = 1.5\n", {"'1.5'", "a whole number"}},
      {"[toy]\ncount = 1e3\n", {"'1e3'", "a whole number"}},
      {"[toy]\ncount = 0\n", {">= 1"}},
      {"[toy]\ncount = 99999999999999999999\n", {"beyond the range"}},
      {"[toy]\nradius = 1e-400\n", {"'1e-400' is beyond the range of a number"}},
      {"[toy]\nfast = on\n", {"'on'", "yes or no"}},
      {"[toy]\ncolour = gren\n", {"'gren'", "red, green", "'green'"}},
      {"[toy]\nnames = a,,b\n", {"empty item"}},
      {"[toy]\nbins = 1, -2\n", {"-2", ">= 0"}},
      {"[toy]\nbins = 1 2\n", {"'1 2'", "a number"}},
      {"[toy]\nradius = 2\n# x\nradius = 3\n", {"toy.ini:4", "radius", "line 2"}},
      {"[toy]\n[run]\n[toy]\n", {"toy.ini:3", "[toy]", "line 1"}},
      {"radius = 3\n[toy]\n", {"toy.ini:1", "before the first"}},
      {"[toy]\nradius\n", {"toy.ini:2", "'radius'", "key = value"}},
      {"[toy]\npath = data #7\n", {"toy.ini:2", "'#7' after a blank is ambiguous", "quotes"}},
      {"[toy]\npath = \"data\n", {"toy.ini:2", "not closed"}},
      {"[toy\nradius = 2\n", {"toy.ini:1", "heading"}},
      {"[toy]\n\tradius = 2\n", {"toy.ini:2", "tab"}},
      {"\xEF\xBB\xBF[toy]\n", {"toy.ini:1", "byte order mark"}},
      {"[toy]\rradius = 2\r", {"toy.ini:1", "carriage return"}},
      {"", {"no [section]"}},
      {"# only a comment\n", {"no [section]"}},
  };
  for (auto const& bad : cases) {
    auto const error = test::thrown_by([&] { parse(bad.text); });
    EXPECT_EQ(error.code(), ExitCode::config) << bad.text;
    for (auto const& word : bad.words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is not in: " << error.what();
    }
  }
}

/// Whatever bytes change: a configuration or an Error(config) that names the file.
TEST(Options, ChangedBytesAreReadOrRefused) {
  std::string const whole =
      "# a comment\n[toy]\nradius = 3.25  # another\nnames = a, \"b, c\"\npath = data#7\n"
      "[item.a]\nsize = 2\n";
  for (std::uint64_t round = 0; round < 5000; ++round) {
    Random random(12, Purpose::test, round);
    auto text = whole;
    for (std::uint64_t i = 0; i <= round % 4; ++i)
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    try {
      parse(text).resolved();
    } catch (Error const& error) {
      ASSERT_EQ(error.code(), ExitCode::config) << text;
      ASSERT_TRUE(std::string(error.what()).starts_with("toy.ini")) << error.what();
    }
  }
}

TEST(Options, BothEdgesOfARangeAreLegal) {
  EXPECT_EQ(parse("[toy]\nradius = 1\n").get<ToyOptions>().radius, 1);
  EXPECT_EQ(parse("[toy]\nradius = 10\n").get<ToyOptions>().radius, 10);
}

TEST(Options, ABadOverrideIsNamed) {
  for (auto const* bad :
       {"toy.radios=3", "toy.radius", "radius=3", "toy.radius=x", "tip.radius=2"}) {
    auto const error = test::thrown_by([&] { parse("[toy]\n", {bad}); });
    EXPECT_EQ(error.code(), ExitCode::config) << bad;
    EXPECT_NE(std::string(error.what()).find("--set"), std::string::npos) << error.what();
  }
}

TEST(Options, KeysThatExcludeEachOtherAreRefused) {
  auto const configuration = parse("[toy]\nfast = yes\ncount = 101\n");
  auto const error = test::thrown_by([&] { configuration.get<ToyOptions>(); });
  EXPECT_EQ(error.code(), ExitCode::config);
  EXPECT_NE(std::string(error.what()).find("toy.ini: [toy] fast and count"), std::string::npos);
}

TEST(Options, AKeyWithoutEffectIsRefusedWhereItIsChanged) {
  auto const refusal = [](std::string const& text) -> std::string {
    return test::error_of([&] { parse(text).refuse_key("item.q", "size", "means nothing"); });
  };
  EXPECT_EQ(refusal("[item.q]\nsize = 2\n"), "78 toy.ini:2: [item.q] size means nothing");
  EXPECT_EQ(refusal("[item.q]\nsize = 1.0\n"), "no error");        // as used.ini has it
  EXPECT_EQ(refusal("[item]\nsize = 2\n[item.q]\n"), "no error");  // it is for others
  EXPECT_EQ(refusal("[item]\nsize = 2\n[item.q]\nsize = 2\n"), "no error");
  EXPECT_EQ(refusal("[item]\nsize = 2\n"), "78 toy.ini:2: [item] size means nothing");
  EXPECT_EQ(refusal("[item.other]\nsize = 2\n"), "no error");
}

TEST(Options, OnlyKeysThatChangeTheResultEnterTheFingerprint) {
  auto const settings = [](std::string const& text) {
    StageRecord record;
    record.take<ToyOptions>(parse(text));
    return record.settings;
  };
  auto const before = settings("[toy]\n"), after = settings("[toy]\nradius = 3\n");
  EXPECT_EQ(before.hex(), settings("[toy]\nradius = 2.50\nthreads = 8\n").hex());
  EXPECT_NE(before.hex(), after.hex());
  EXPECT_EQ(Fingerprint::differences(before.lines(), after.lines()),
            std::vector<std::string>{"toy.radius: 2.5 -> 3"});
}

TEST(Options, TheResolvedConfigurationReadsBackAsTheSame) {
  auto const first = parse("[toy]\nradius = 3.1\nnames = a,b\n[item.q]\n", {"toy.count=9"});
  auto const second = parse(first.resolved());
  EXPECT_EQ(first.resolved(), second.resolved());
  EXPECT_EQ(second.get<ToyOptions>().count, 9);
  EXPECT_EQ(second.names("item"), std::vector<std::string>{"q"});
}

TEST(Options, TheGeneratedDefaultConfigurationHasOnlyDefaults) {
  auto const configuration = parse(default_configuration(toy_schemas()));
  EXPECT_EQ(configuration.resolved(), parse("[toy]\n").resolved());
}

TEST(Options, TheManualNamesEveryKey) {
  auto const manual = options_manual(toy_schemas());
  for (auto const* word : {"## [toy]", "## [item], [item.NAME]", "`radius`", "in [1, 10], in R200c",
                           "red\\|green", "`threads` *", "`checkpoint_minutes`"}) {
    EXPECT_NE(manual.find(word), std::string::npos) << word;
  }
}

TEST(Fingerprint, DifferencesNameWhatIsNewAndGone) {
  Fingerprint before, after;
  before.add("a", 1).add("b", 2);
  after.add("b", 3).add("c", 4);
  EXPECT_EQ(Fingerprint::differences(before.lines(), after.lines()),
            (std::vector<std::string>{"b: 2 -> 3", "c: new (4)", "a: gone (was 1)"}));
}

}  // namespace
}  // namespace setsz
