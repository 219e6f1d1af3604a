// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/base/node_memory.hpp"

namespace setsz {

/// Rows that many read and few change: in a vector of their own, or held once a node.
template <class T>
class NodeRows {
 public:
  using value_type = T;
  static_assert(std::is_trivially_copyable_v<T>);

  NodeRows() = default;
  NodeRows(std::vector<T> rows) : own_(std::move(rows)) {}  // NOLINT: from rows, wherever they are
  NodeRows(std::initializer_list<T> rows) : own_(rows) {}

  /// Collective: afterwards all ranks of a node read the rows of its leader.
  /// \param what  they are, for the warning if there is no room
  /// \return false on all ranks if there is no room for that: then nothing has changed
  bool share(NodeMemory const& node, std::string_view what) {
    auto bytes = node.share(std::as_bytes(std::span<T const>(own_)), what);
    if (!bytes) return false;
    shared_ = std::move(*bytes);
    std::vector<T>().swap(own_);
    return true;
  }

  /// Collective: rows that are written straight into the memory of the node.
  /// \param n  rows, as the leader says \param fill  see NodeMemory::Fill; gets a span of rows
  /// \return nothing on all ranks if there is no room for them
  template <class Fill>
  static std::optional<NodeRows> filled(NodeMemory const& node, std::int64_t n,
                                        std::string_view what, Fill&& fill) {
    auto bytes =
        node.share(static_cast<std::size_t>(n) * sizeof(T), what, [&](std::span<std::byte> memory) {
          fill(std::span(reinterpret_cast<T*>(memory.data()), memory.size() / sizeof(T)));
        });
    if (!bytes) return std::nullopt;
    NodeRows rows;
    rows.shared_ = std::move(*bytes);
    return rows;
  }

  /// Collective: the rows of all ranks, in the order of the ranks, once a node.
  static NodeRows gathered(Comm const& comm, std::vector<T> const& mine, std::string_view what) {
    NodeMemory const node(comm);
    if (!node.is_shared()) return comm.all_gather_v(mine);
    auto counts = comm.all_gather(std::ssize(mine));
    auto const n = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
    auto rows = filled(node, n, what, [&](std::span<T> all) {
      std::vector<std::int64_t> sent(counts.size(), 0);
      std::vector<T> send;
      for (int const leader : node.leaders()) {
        sent[static_cast<std::size_t>(leader)] = std::ssize(mine);
        send.insert(send.end(), mine.begin(), mine.end());
      }
      if (!node.leads()) std::ranges::fill(counts, 0);
      comm.all_to_all_known(std::span<T const>(send), sent, counts, all);
    });
    return rows ? std::move(*rows) : NodeRows(comm.all_gather_v(mine));
  }

  std::size_t size() const { return shared_.data ? shared_.size / sizeof(T) : own_.size(); }
  bool empty() const { return size() == 0; }
  T const* data() const {
    return shared_.data ? reinterpret_cast<T const*>(shared_.data.get()) : own_.data();
  }
  T const* begin() const { return data(); }
  T const* end() const { return data() + size(); }
  T const& operator[](std::size_t row) const { return data()[row]; }
  T const& at(std::size_t row) const {
    if (row >= size()) throw std::out_of_range("NodeRows::at");
    return (*this)[row];
  }
  T const& front() const { return *begin(); }
  T const& back() const { return end()[-1]; }

  /// For changes: a vector of one's own from now on.
  std::vector<T>& edit() {
    if (shared_.data) own_.assign(begin(), end());
    shared_ = {};
    return own_;
  }

 private:
  std::vector<T> own_;
  NodeMemory::Bytes shared_;
};

}  // namespace setsz
