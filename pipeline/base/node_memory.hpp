// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pipeline/base/comm.hpp"

namespace setsz {

/// The ranks that run on one node, and memory that they share: one of them fills it, all read it.
///
/// What is shared lies in a file of /dev/shm that has no name any more when `share` returns, so
/// that nothing is left of it however a rank ends.
class NodeMemory {
 public:
  /// Collective.
  explicit NodeMemory(Comm const& comm);

  /// The lowest rank of the node: what is shared is its own.
  bool leads() const { return leader_ == comm_.rank(); }
  /// The lowest rank of each node, ascending.
  std::vector<int> const& leaders() const { return leaders_; }
  /// Has any node more than one rank?
  bool is_shared() const { return is_shared_; }

  /// Lives until the last copy of `data` is gone.
  struct Bytes {
    std::shared_ptr<std::byte const> data;
    std::size_t size = 0;
  };
  /// Writes what is shared. It runs on all ranks, and may be collective: a leader gets all of the
  /// memory, the others nothing.
  using Fill = std::function<void(std::span<std::byte>)>;
  /// Collective: as many bytes as the node's leader asks for; what others ask for is not looked at.
  /// \param what  for the warning: "the table of clusters"
  /// \return nothing on all ranks, with a warning, if a node has no room for them; then `fill` has
  ///         not run
  std::optional<Bytes> share(std::size_t size, std::string_view what, Fill const& fill) const;
  /// The same of bytes that the leader has: its memory holds them twice.
  std::optional<Bytes> share(std::span<std::byte const> bytes, std::string_view what) const;

 private:
  Comm const& comm_;
  int leader_ = 0;
  std::vector<int> leaders_;
  bool is_shared_ = false;
};

}  // namespace setsz
