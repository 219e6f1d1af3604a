// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>

#include "io/h5.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/random.hpp"
#include "tests/fixtures/figures.hpp"
#include "tests/fixtures/scratch.hpp"
#include "tests/fixtures/snapshot_writer.hpp"

namespace setsz {
namespace {

using test::contains;
using test::error_of;
using test::Scratch;

ModelState example() {
  ModelState state;
  state.description = {{"name", "example"}, {"training", {{"epoch", 3}, {"rate", 0.1}}}};
  state.tensors["parameters/first.weight"] = {{2, 3}, {1, 2, 3.5F, 4, 5, 6}};
  state.tensors["parameters/second"] = {{1000}, std::vector<float>(1000, -0.25F)};
  state.tensors["last/second"] = {{1000}, std::vector<float>(1000, 0.5F)};
  return state;
}

TEST(ModelFile, ComesBackAsItWas) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "model.h5", example());
  auto const copy = read_model(scratch / "model.h5");
  EXPECT_EQ(copy.description, example().description);
  EXPECT_EQ(copy.tensors, example().tensors);
}

TEST(ModelFile, TheClustersThatTaughtItComeBack) {
  Scratch const scratch(Comm::self());
  auto state = example();
  write_model(scratch / "unknown.h5", state);
  EXPECT_TRUE(read_model(scratch / "unknown.h5").training_clusters.empty());
  state.training_clusters = {1, 7, 0xffffffffffffffff};
  write_model(scratch / "model.h5", state);
  auto const copy = read_model(scratch / "model.h5");
  EXPECT_EQ(copy.training_clusters, state.training_clusters);
  EXPECT_EQ(copy.tensors, state.tensors);
  EXPECT_EQ(copy.description, state.description);
}

TEST(ModelFile, EqualStatesMakeEqualBytes) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "a.h5", example());
  write_model(scratch / "b.h5", example());
  EXPECT_EQ(test::file_bytes(scratch / "a.h5"), test::file_bytes(scratch / "b.h5"));
}

TEST(ModelFile, IsAnHdf5FileWithADatasetForEachTensor) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "model.h5", example());
  auto const file = H5File::open(scratch / "model.h5");
  EXPECT_EQ(file.info("/parameters/first.weight").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file.read_all<float>("/parameters/first.weight")[2], 3.5F);
  EXPECT_EQ(file.attribute<std::string>("/", "name"), "\"example\"");
}

TEST(ModelFile, EveryFlippedBitIsRefusedOrChangesNothing) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "model.h5", example());
  auto const good = test::file_bytes(scratch / "model.h5");
  Random random(1, Purpose::test);
  constexpr int n_flips = 1000;
  int refused = 0;
  for (int i = 0; i < n_flips; ++i) {
    auto bad = good;
    auto const at = random.below(bad.size());
    bad[at] = static_cast<char>(bad[at] ^ (1 << random.below(8)));
    test::write_bytes(scratch / "bad.h5", bad);
    try {
      EXPECT_EQ(read_model(scratch / "bad.h5").tensors, example().tensors) << at;
    } catch (Error const& error) {
      ++refused;
      EXPECT_EQ(error.code(), ExitCode::bad_data) << error.what();
      EXPECT_TRUE(contains(error.what(), "bad.h5")) << error.what();
    }
  }
  EXPECT_GT(refused, n_flips / 2);
  test::count_faults("model", "flipped bit", "model file", refused, n_flips - refused);
}

TEST(ModelFile, EveryTruncationIsRefused) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "model.h5", example());
  auto const good = test::file_bytes(scratch / "model.h5");
  std::int64_t n_cut = 0;
  for (std::size_t length = 0; length < good.size(); length += 1 + good.size() / 100, ++n_cut) {
    test::write_bytes(scratch / "cut.h5", good.substr(0, length));
    auto const text = error_of([&] { read_model(scratch / "cut.h5"); });
    EXPECT_TRUE(contains(text, "65 ")) << length << ": " << text;
    EXPECT_TRUE(contains(text, "cut.h5")) << text;
  }
  test::count_faults("model", "file cut short", "model file", n_cut, 0);
}

TEST(ModelFile, AValueThatWasExchangedIsRefused) {
  Scratch const scratch(Comm::self());
  write_model(scratch / "model.h5", example());
  test::H5Edit(scratch / "model.h5").change("/parameters/second", [](auto& values) {
    values[7] = 1;
  });
  auto const text = error_of([&] { read_model(scratch / "model.h5"); });
  EXPECT_TRUE(contains(text, "65 ") && contains(text, "does not match its hash")) << text;
}

TEST(ModelFile, SizesAndNestingThatCannotBeAreRefusedBeforeMemoryIsAskedFor) {
  Scratch const scratch(Comm::self());
  auto state = example();
  write_model(scratch / "large.h5", state);
  test::H5Edit(scratch / "large.h5")
      .set_dataset("/parameters/second", H5T_IEEE_F32LE, {3'000'000'000'000}, {});
  auto const large = error_of([&] { read_model(scratch / "large.h5"); });
  EXPECT_TRUE(contains(large, "65 '" + (scratch / "large.h5"))) << large;
  EXPECT_TRUE(contains(large, "'/parameters/second' has more values than the file has room for"))
      << large;
  for (int depth = 0; depth < 1000; ++depth)
    state.description["name"] = nlohmann::json::array({state.description["name"]});
  write_model(scratch / "deep.h5", state);  // its hash is right
  auto const deep = error_of([&] { read_model(scratch / "deep.h5"); });
  EXPECT_TRUE(contains(deep, "65 '" + (scratch / "deep.h5"))) << deep;
  EXPECT_TRUE(contains(deep, "JSON nested 1000 deep")) << deep;
}

TEST(ModelFile, OtherHdf5FilesAreNoModels) {
  Scratch const scratch(Comm::self());
  auto file = H5File::create_serial(scratch / "history.h5");
  file.write_same("/rate", {.unit = "1"}, std::vector<double>{1, 2});
  file.close();
  auto const text = error_of([&] { read_model(scratch / "history.h5"); });
  EXPECT_TRUE(contains(text, "65 ")) << text;
  EXPECT_TRUE(contains(text, "is not a complete model file")) << text;
}

TEST(ModelFile, SaysWhichFileIsMissingOrCannotBeWritten) {
  auto const missing = error_of([&] { read_model("/nowhere/model.h5"); });
  EXPECT_TRUE(contains(missing, "66 ")) << missing;
  EXPECT_TRUE(contains(missing, "/nowhere/model.h5")) << missing;
  auto const unwritable = error_of([&] { write_model("/nowhere/model.h5", example()); });
  EXPECT_TRUE(contains(unwritable, "73 ")) << unwritable;
}

TEST(ModelFile, AFullDiskIsAnErrorAndNotACrash) {
  Scratch const scratch(Comm::self());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit const small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  auto const text = error_of([&] { write_model(scratch / "model.h5", example()); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(contains(text, "74 ")) << text;
}

}  // namespace
}  // namespace setsz
