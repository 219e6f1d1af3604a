// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/placement.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

constexpr double gigabyte = 1e9, hour = 3600;

/// Work that is shared perfectly, as memory is, beside what every rank has of its own.
auto shared(double seconds, double bytes, double own_bytes = 0) {
  return [=](int n) {
    Estimate estimate;
    estimate.seconds = seconds / n;
    estimate.memory_bytes = bytes / n + own_bytes;
    return estimate;
  };
}

Machine machine(int nodes, int cores, double bytes, double max_seconds = 0) {
  Machine all;
  all.nodes = nodes;
  all.cores = cores;
  all.memory_bytes = bytes;
  all.max_seconds = max_seconds;
  return all;
}

TEST(Placement, TakesTheFewestTasksThatReachTheTime) {
  auto const small = place(shared(600, gigabyte), true, machine(4, 16, 64 * gigabyte));
  EXPECT_EQ(small.tasks, 1);
  EXPECT_EQ(small.nodes, 1);
  EXPECT_DOUBLE_EQ(small.limit_seconds, 1800);
  EXPECT_DOUBLE_EQ(small.memory_bytes, 1.5e9);  // 1.3 GB + 200 MB
  auto const large = place(shared(5.5 * hour, gigabyte), true, machine(4, 16, 64 * gigabyte));
  EXPECT_EQ(large.tasks, 6);
  EXPECT_EQ(large.nodes, 1);
  auto const spread = place(shared(20 * hour, gigabyte), true, machine(4, 16, 64 * gigabyte));
  EXPECT_EQ(spread.tasks, 24);
  EXPECT_EQ(spread.nodes, 2);
  auto patient = machine(4, 16, 64 * gigabyte);
  patient.wish_seconds = 10 * hour;
  EXPECT_EQ(place(shared(20 * hour, gigabyte), true, patient).tasks, 2);
}

TEST(Placement, UsesMoreNodesForTheirMemory) {
  auto const wide = place(shared(60, 100 * gigabyte), true, machine(8, 4, 20 * gigabyte));
  EXPECT_EQ(wide.refusal, "");
  EXPECT_GE(wide.nodes * 20 * gigabyte, wide.tasks * wide.memory_bytes);
  EXPECT_EQ(wide.tasks, 8);  // 12.5 GB x 1.3 + 0.2: one on each node; 6 tasks need 21.9 each
  EXPECT_EQ(wide.nodes, 8);
}

TEST(Placement, SaysWhatDoesNotFitWithFigures) {
  auto const own = place(shared(60, 0, 30 * gigabyte), true, machine(2, 4, 20 * gigabyte));
  EXPECT_NE(own.refusal.find("39.2 GB of memory for each of 2 tasks"), std::string::npos)
      << own.refusal;
  EXPECT_NE(own.refusal.find("a node has 20 GB"), std::string::npos) << own.refusal;
}

TEST(Placement, RequeuesOnlyWhatGoesOnFromItsJournal) {
  auto const at_most_an_hour = machine(1, 4, 64 * gigabyte, hour);
  auto const long_work = shared(20 * hour, gigabyte);
  auto const split = place(long_work, true, at_most_an_hour);
  EXPECT_EQ(split.refusal, "");
  EXPECT_TRUE(split.requeues);
  EXPECT_EQ(split.tasks, 4);
  EXPECT_DOUBLE_EQ(split.limit_seconds, hour);
  auto const whole = place(long_work, false, at_most_an_hour);
  EXPECT_NE(whole.refusal.find("takes 5 h 00 min on 4 tasks, but a job may take 1 h 00 min"),
            std::string::npos)
      << whole.refusal;
  // Within the limit, if not with the margin.
  auto const tight = place(shared(2 * hour, gigabyte), false, at_most_an_hour);
  EXPECT_EQ(tight.refusal, "");
  EXPECT_FALSE(tight.requeues);
  EXPECT_DOUBLE_EQ(tight.limit_seconds, hour);
}

TEST(Placement, WastesNoCoresWhereWorkIsNotShared) {
  auto const serial = [](int) {
    Estimate estimate;
    estimate.seconds = 10 * hour;
    return estimate;
  };
  EXPECT_EQ(place(serial, true, machine(4, 16, gigabyte)).tasks, 1);
  // Twelve lanes: 16 tasks are as fast as 12.
  auto const lanes = [](int n) {
    Estimate estimate;
    estimate.seconds = 100 * hour / 12 * ((12 + n - 1) / n);
    return estimate;
  };
  EXPECT_EQ(place(lanes, true, machine(1, 64, 64 * gigabyte)).tasks, 12);
}

}  // namespace
}  // namespace setsz
