// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/base/hash.hpp"

#include <xxhash.h>

#include <cstdio>
#include <vector>

#include "pipeline/base/file.hpp"
#include "pipeline/base/log.hpp"

namespace setsz {

struct Hash::State {
  XXH3_state_t* xxh = XXH3_createState();
  State() { XXH3_128bits_reset(xxh); }
  ~State() { XXH3_freeState(xxh); }
  State(State const&) = delete;
  State& operator=(State const&) = delete;
};

Hash::Hash() : state_(std::make_unique<State>()) {}
Hash::~Hash() = default;
Hash::Hash(Hash&&) noexcept = default;
Hash& Hash::operator=(Hash&&) noexcept = default;

Hash& Hash::add_bytes(void const* data, std::size_t bytes) {
  if (bytes > 0) XXH3_128bits_update(state_->xxh, data, bytes);
  return *this;
}

Hash& Hash::add(std::string_view text) {
  add(static_cast<std::uint64_t>(text.size()));
  return add_bytes(text.data(), text.size());
}

std::string Hash::hex() const {
  XXH128_hash_t const digest = XXH3_128bits_digest(state_->xxh);
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(digest.high64),
                static_cast<unsigned long long>(digest.low64));
  return text;
}

std::string hash_file(std::string const& path) {
  durable::File file(path, durable::OpenMode::read);
  file.forget_cached();
  Hash hash;
  std::vector<char> buffer(std::size_t{4} << 20);
  while (auto const got = file.read(buffer.data(), std::ssize(buffer))) {
    hash.add_bytes(buffer.data(), got);
    mark_progress("reading back");
  }
  return hash.hex();
}

}  // namespace setsz
