// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <any>
#include <map>
#include <string>
#include <utility>

#include "pipeline/run/run_options.hpp"

namespace setsz {

/// What the stages expect of products that are not made yet: `plan` and `check` ask the stages in
/// their order, and each tells those behind it what it will hand on (a table of clusters, the size
/// of a snapshot). A product that exists is read from the disk instead.
class Outlook {
 public:
  /// \param process_bytes  what a rank takes before it works: the program and its libraries
  explicit Outlook(RunOptions options, double process_bytes = 0)
      : options_(std::move(options)), process_bytes_(process_bytes) {}

  RunOptions const& options() const { return options_; }
  double process_bytes() const { return process_bytes_; }
  /// The path of a product, "catalog/z0/clusters.h5", whether it exists or not.
  std::string path(std::string const& product) const { return options_.directory + "/" + product; }

  /// Says what a product will hold. The last word counts.
  template <class T>
  void expect(std::string const& product, T value) {
    expected_[product] = std::move(value);
  }
  /// What is expected of a product; nothing if no stage has told.
  template <class T>
  T const* expected(std::string const& product) const {
    auto const found = expected_.find(product);
    return found == expected_.end() ? nullptr : std::any_cast<T>(&found->second);
  }

 private:
  RunOptions options_;
  double process_bytes_;
  std::map<std::string, std::any> expected_;
};

}  // namespace setsz
