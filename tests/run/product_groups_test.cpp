// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/product_groups.hpp"

#include <gtest/gtest.h>

namespace setsz {
namespace {

std::vector<std::string> names_of(std::vector<ProductGroup> const& groups) {
  std::vector<std::string> names;
  names.reserve(groups.size());
  for (auto const& group : groups) names.push_back(group.name);
  return names;
}

using Names = std::vector<std::string>;

TEST(ProductGroups, AFewProductsKeepTheirLines) {
  Names const ids{"catalog/z0", "fit/z0/fold0", "fit/z0/fold1", "fit/z0/fold2"};
  EXPECT_EQ(names_of(group_products(ids, Names(4, "missing"))), ids);
}

TEST(ProductGroups, ProductsOfOneKindShareALine) {
  Names ids{"catalog/z0"};
  for (auto const* model : {"origin", "local"})
    for (int fold = 0; fold < 3; ++fold)
      ids.push_back("train/z0/" + std::string(model) + "/fold" + std::to_string(fold) + "/seed1");
  auto const groups = group_products(ids, Names(7, "missing"));
  EXPECT_EQ(names_of(groups), (Names{"catalog/z0", "train/z0/{local,origin}/fold0-2/seed1"}));
  EXPECT_EQ(groups[1].members, (std::vector<std::size_t>{1, 2, 3, 4, 5, 6}));
}

TEST(ProductGroups, AnotherStateHasALineOfItsOwnAtItsPlace) {
  Names const ids{"fit/z0/fold0", "fit/z0/fold1",  "fit/z0/fold2",
                  "fit/z0/fold3", "fit/z0/fold10", "fit/z0/skirt"};
  Names const kinds{"missing", "running", "missing", "missing", "missing", "missing"};
  EXPECT_EQ(names_of(group_products(ids, kinds)), (Names{"fit/z0/*", "fit/z0/fold1"}));
  Names const folds(ids.begin(), ids.end() - 1);
  EXPECT_EQ(names_of(group_products(folds, Names(5, "complete"))), Names{"fit/z0/fold0-3,10"});
}

TEST(ProductGroups, OnlyWholeNumbersBecomeARange) {
  Names const ids{"mock/z0", "mock/z05", "mock/z1", "mock/z2"};
  EXPECT_EQ(names_of(group_products(ids, Names(4, "missing"))), Names{"mock/{z0,z05,z1,z2}"});
}

TEST(ProductGroups, IdsOfAnotherDepthAreApart) {
  Names const ids{"predict/z0/a/seed1", "predict/z0/a/seed2", "predict/z0/a/seed3",
                  "predict/z0/a/seed4", "predict/z0/a"};
  EXPECT_EQ(names_of(group_products(ids, Names(5, "missing"))),
            (Names{"predict/z0/a/seed1-4", "predict/z0/a"}));
}

TEST(ProductGroups, ManyNamesBecomeAStar) {
  Names ids;
  for (int i = 0; i < 24; ++i)
    ids.push_back("train/z0/model_" + std::string(1, static_cast<char>('a' + i)));
  EXPECT_EQ(names_of(group_products(ids, Names(24, "missing"))), Names{"train/z0/*"});
  EXPECT_EQ(group_products({}, {}).size(), 0u);
  EXPECT_EQ(names_of(each_alone(ids)), ids);
}

}  // namespace
}  // namespace setsz
