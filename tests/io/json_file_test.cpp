// SPDX-License-Identifier: BSD-3-Clause
#include "io/json_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "pipeline/base/file.hpp"
#include "tests/fixtures/scratch.hpp"

namespace setsz {
namespace {

using nlohmann::json;
using test::contains;
using test::error_of;
using test::Scratch;

TEST(JsonFile, what_rank_0_writes_all_ranks_read) {
  Comm const comm = Comm::world();
  Scratch const scratch(comm);
  json const document{{"n", 3}, {"third", 1.0 / 3}};
  write_json(comm, scratch / "x.json", comm.is_root() ? document : json());
  EXPECT_EQ(read_json(scratch / "x.json"), document);
  EXPECT_EQ(test::file_bytes(scratch / "x.json"),
            "{\n \"n\": 3,\n \"third\": 0.3333333333333333\n}\n");
}

json row(std::int64_t i) {
  return {{"id", i}, {"text", "a\nb"}, {"list", {i, i + 1}}, {"none", {}}};
}

TEST(JsonFile, rows_that_are_written_one_by_one_give_the_same_bytes) {
  Comm const comm = Comm::world();
  Scratch const scratch(comm);
  for (std::int64_t const n : {0, 1, 2, 50}) {
    json const frame{{"a", 1}, {"m", {{"x", 2}}}, {"z", {1, 2}}};
    auto whole = frame;
    whole["clusters"] = whole["m"]["rows"] = json::array();
    for (std::int64_t i = 0; i < n; ++i) {
      whole["clusters"].push_back(row(i));
      whole["m"]["rows"].push_back(row(-i));
    }
    write_json(comm, scratch / "whole.json", whole);
    write_json(comm, scratch / "rows.json", frame,
               {{"/m/rows", n, [](std::int64_t i) { return row(-i); }}, {"/clusters", n, row}});
    EXPECT_EQ(test::file_bytes(scratch / "rows.json"), test::file_bytes(scratch / "whole.json"));

    std::int64_t taken = 0;
    auto const rest = read_json(scratch / "rows.json", "clusters",
                                [&](json const& one) { EXPECT_EQ(one, row(taken++)); });
    EXPECT_EQ(taken, n);
    whole["clusters"] = json::array();
    EXPECT_EQ(rest, whole);
    comm.barrier();
  }
}

TEST(JsonFile, what_fails_while_a_row_is_made_is_one_error_on_all_ranks) {
  Comm const comm = Comm::world();
  Scratch const scratch(comm);
  auto const text = error_of([&] {
    write_json(comm, scratch / "x.json", json::object(), {{"/a", 3, [](std::int64_t i) -> json {
                                                             require(i < 2, ExitCode::internal,
                                                                     "row ", i);
                                                             return i;
                                                           }}});
  });
  EXPECT_TRUE(contains(text, "row 2")) << text;
}

TEST(JsonFile, a_missing_or_broken_file_is_refused_with_the_reason) {
  Scratch const scratch(Comm::self());
  EXPECT_TRUE(contains(error_of([&] { read_json(scratch / "none"); }), "66 cannot open '"));
  test::write_bytes(scratch / "half.json", "{\"n\": 3, ");
  auto const text = error_of([&] { read_json(scratch / "half.json"); });
  EXPECT_TRUE(contains(text, "65 '" + (scratch / "half.json")));
  EXPECT_TRUE(contains(text, "is not valid JSON"));
  EXPECT_TRUE(contains(text, "line 1, column 10"));
}

TEST(JsonFile, a_full_disk_is_one_error_on_all_ranks) {
  Comm const comm = Comm::world();
  Scratch const scratch(comm);
  if (comm.is_root()) durable::fault = [](std::string_view, std::string const&) { return ENOSPC; };
  auto const text = error_of([&] { write_json(comm, scratch / "x.json", json{{"n", 3}}); });
  durable::fault = nullptr;
  EXPECT_TRUE(contains(text, "74 cannot create '"));
  EXPECT_TRUE(contains(text, "No space left"));
}

}  // namespace
}  // namespace setsz
