// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace setsz {

/// Products that share a line of a table.
struct ProductGroup {
  std::string name;                  ///< "train/z0/*/fold0-4/seed1", or the id of a single one
  std::vector<std::size_t> members;  ///< their places in the list, ascending
};

/// Puts products together that differ in snapshot, model, fold or seed only, wherever more than
/// three are of one kind; in the order of their first members.
/// \param ids    "train/z0/small/fold0/seed1"
/// \param kinds  products may share a line if these texts are equal, shape (ids)
std::vector<ProductGroup> group_products(std::vector<std::string> const& ids,
                                         std::vector<std::string> const& kinds);

/// One product a line.
std::vector<ProductGroup> each_alone(std::vector<std::string> const& ids);

}  // namespace setsz
