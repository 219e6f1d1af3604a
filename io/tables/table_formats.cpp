// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "io/tables/fits_table.hpp"
#include "io/tables/h5_table.hpp"
#include "io/tables/text_table.hpp"
#include "io/tables/websky_table.hpp"

namespace setsz {
namespace {

/// Anything that has no bytes which text does not have.
TableFormat text_table_format() {
  return {"text (CSV, columns, Rockstar list)",
          [](FileProbe const& file) {
            return file.text_head().find('\0') == std::string_view::npos &&
                   !file.text_head().starts_with('<');  // a web page
          },
          [](std::string const& path) -> std::unique_ptr<TableFile> {
            return std::make_unique<TextTable>(path);
          }};
}

}  // namespace

std::span<TableFormat const> table_formats() {
  static std::array const formats{h5_table_format(), fits_table_format(), websky_table_format(),
                                  text_table_format()};
  return formats;
}

std::unique_ptr<TableFile> open_table(std::string const& path) {
  FileProbe const probe(path);
  return format_of(probe, table_formats(), "halo table").open(path);
}

}  // namespace setsz
