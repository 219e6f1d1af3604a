// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/text_catalog.hpp"

#include <algorithm>

#include "io/catalogs/numbered_names.hpp"
#include "io/text_file.hpp"

namespace setsz {

namespace {

class TextCatalog : public CatalogFile {
 public:
  TextCatalog(std::string const& path, TextCatalogKind const& kind)
      : path_(path), file_(path), kind_(kind), header_(kind.header(file_.text(), path)) {}

  HaloCatalogHeader const& header() const override { return header_; }

  std::int64_t take_share(int rank, int n_ranks) override {
    share_ = stretch_of(file_.text(), rank, n_ranks);
    return std::count(share_.begin(), share_.end(), '\n');
  }

  void read(CatalogRequest const& request, std::int64_t lines_before,
            HaloVisitor const& visit) override {
    auto const row = first_row(file_.text());
    if (row.empty()) return;
    require(header_.finder_version.empty() || file_.text().ends_with('\n'), ExitCode::bad_data, "'",
            path_, "' ends within a line (", header_.finder_version,
            " ends every line): it is truncated; copy it again");
    std::vector<std::string_view> fields;
    auto const columns =
        kind_.columns(header_, split_fields(row, fields), request.definition, path_);
    double const box_ckpch = request.box_of(header_);
    TextRow parser(columns.names, path_);
    auto number = lines_before;
    for_each_line(share_, [&](std::string_view line) {
      ++number;
      if (line.starts_with('#')) check_comment(line, number, columns.names);
      if (!is_row(line)) return;
      parser.take(line, number);
      Halo halo = halo_of(parser, columns, header_, box_ckpch, header_.n_left_out);
      halo.line = number;
      visit(halo);
    });
  }

 private:
  /// In two lists that were joined, the second one may have its columns in another order.
  void check_comment(std::string_view line, std::int64_t number,
                     std::vector<std::string> const& names) const {
    auto const plain = [](std::string_view comment) { return without_numbers(words(comment)); };
    auto const found = plain(line.substr(1));
    if (!names_columns(found, names) && !names_columns(found, header_.columns)) return;
    bool known = false;
    for_each_comment(file_.text(), [&](std::string_view head) { known |= plain(head) == found; });
    require(known, ExitCode::bad_data, path_, ":", number,
            ": a second line of names, with other columns than the first: '", line.substr(0, 80),
            "'; these are two lists. Give them as two files, or bring the columns of one into the "
            "order of the other");
  }

  std::string path_;
  TextFile file_;
  TextCatalogKind kind_;
  HaloCatalogHeader header_;
  std::string_view share_;
};

}  // namespace

std::unique_ptr<CatalogFile> open_text_catalog(std::string const& path,
                                               TextCatalogKind const& kind) {
  return std::make_unique<TextCatalog>(path, kind);
}

std::vector<std::string> names_in_comments(std::string_view text,
                                           bool (*is_names)(std::vector<std::string> const&)) {
  std::vector<std::string> first, found;
  for_each_comment(text, [&](std::string_view line) {
    if (!found.empty()) return;
    auto names = words(line);
    if (is_names(names)) found = names;
    if (first.empty()) first = std::move(names);
  });
  return found.empty() ? first : found;
}

}  // namespace setsz
