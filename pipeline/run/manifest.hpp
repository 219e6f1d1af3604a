// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace setsz {

/// One finished file of a product.
struct OutputRecord {
  std::string file;  ///< relative to the product's folder
  std::int64_t bytes = 0;
  std::string hash;     ///< of the bytes on the disk, block by block (publish.hpp)
  std::string content;  ///< of the datasets and scientific attributes: the identity of the product
  std::string stamp{};  ///< file_stamp() when it was published
};
/// Number, size and times of a file: nobody has touched it while this stays. Empty: no such file.
std::string file_stamp(std::string const& path);

/// A file from outside as it was when a product was made of it.
struct ExternalFile {
  std::string path;
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0;  ///< only to notice a change during the run: clocks differ
  std::string sample;            ///< hash of head, tail and some blocks between
};
/// Throws Error(missing_input) if it cannot be read. Sampled files are remembered by size and time.
ExternalFile sample_file(std::string const& path);

/// RUN/<product>/manifest.json, written last: a product is complete if and only if this file is
/// there and what it lists is.
struct Manifest {
  std::string product;      ///< "extract/z0"
  std::string fingerprint;  ///< hash of the lines
  std::vector<std::pair<std::string, std::string>> lines;
  std::vector<OutputRecord> outputs;
  std::vector<ExternalFile> files;
  nlohmann::json about;  ///< when, where, ranks, code, options, figures: no part of the identity

  /// Nothing if there is none; Error(bad_data) if it is damaged. \param folder RUN/<product>
  static std::optional<Manifest> read(std::string const& folder);
  void write(std::string const& folder) const;
  OutputRecord const* output(std::string const& file) const;
};

}  // namespace setsz
