// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "io/catalogs/format.hpp"
#include "io/catalogs/halo_columns.hpp"
#include "io/catalogs/text_rows.hpp"

namespace setsz {

/// What a format in text has of its own; the rest (shares, lines, numbers, checks) is common.
struct TextCatalogKind {
  /// What the comment lines say. `text` is the whole file.
  HaloCatalogHeader (*header)(std::string_view text, std::string const& path);
  /// Where the properties stand in rows of `n_in_row` columns. May note what it found in the
  /// header.
  HaloColumns (*columns)(HaloCatalogHeader& header, std::size_t n_in_row, MassDefinition definition,
                         std::string const& path);
};

std::unique_ptr<CatalogFile> open_text_catalog(std::string const& path,
                                               TextCatalogKind const& kind);

/// The words of the first comment line (#...) that `is_names` accepts; none: the first one's.
std::vector<std::string> names_in_comments(std::string_view text,
                                           bool (*is_names)(std::vector<std::string> const&));

/// Calls `visit(line)` for every comment line at the head of a text, without #. Blank lines are
/// left out.
template <class Visit>
void for_each_comment(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    bool const is_comment = line.starts_with('#');
    if (!is_comment && !trim(line).empty()) return;
    if (is_comment) visit(line.substr(1));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
}

}  // namespace setsz
