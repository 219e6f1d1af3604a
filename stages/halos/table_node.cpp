// SPDX-License-Identifier: BSD-3-Clause
#include "stages/halos/table_node.hpp"

#include "pipeline/base/dispatch.hpp"

namespace setsz {

SETSZ_DISPATCH
void pack_nodes(float const* __restrict table, int n, TableNode* __restrict nodes) {
  for (int i = 0; i < n; ++i) nodes[i] = node_of(table[i], table[i + 1]);
}

}  // namespace setsz
