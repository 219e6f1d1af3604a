// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace setsz {

/// A running 128-bit content hash (XXH3): of files, checkpoints and fingerprints.
/// \source xxHash 0.8, https://xxhash.com
class Hash {
 public:
  Hash();
  ~Hash();
  Hash(Hash&&) noexcept;
  Hash& operator=(Hash&&) noexcept;

  Hash& add_bytes(void const* data, std::size_t bytes);
  Hash& add(std::string_view text);  ///< length and bytes, so that "ab"+"c" differs from "a"+"bc"
  template <class T>
  requires std::is_arithmetic_v<T> Hash& add(T value) { return add_bytes(&value, sizeof value); }
  /// 32 hexadecimal digits of what was added so far.
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The hash of a file's bytes as they lie on the disk: its pages are dropped from the cache first.
std::string hash_file(std::string const& path);

}  // namespace setsz
