// SPDX-License-Identifier: BSD-3-Clause
#include "io/halo_catalog.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <unordered_map>

#include "io/catalogs/rockstar_columns.hpp"
#include "io/mapped_file.hpp"
#include "pipeline/base/log.hpp"
#include "pipeline/base/periodic_box.hpp"

namespace setsz {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Splits into `fields` (reused) and returns how many there are.
std::size_t split_fields(std::string_view line, std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t i = 0;
  while (true) {
    while (i < line.size() && is_space(line[i])) ++i;
    if (i == line.size()) return fields.size();
    std::size_t const begin = i;
    while (i < line.size() && !is_space(line[i])) ++i;
    fields.push_back(line.substr(begin, i - begin));
  }
}

/// The stretch of a file whose lines a rank reads: those that begin in its share of the bytes.
std::string_view stretch_of(std::string_view text, int rank, int n_ranks) {
  auto const share = even_range(std::ssize(text), rank, n_ranks);
  auto const line_begin = [&](std::int64_t byte) {
    auto const at = static_cast<std::size_t>(byte);
    if (at == 0 || at >= text.size()) return std::min(at, text.size());
    return std::min(text.find('\n', at - 1), text.size() - 1) + 1;
  };
  auto const first = line_begin(share.first), last = line_begin(share.last);
  return text.substr(first, last - first);
}

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Turns rows into halos; knows the place of the row for its messages.
class RowParser {
 public:
  RowParser(RockstarColumns columns, double box_ckpch, std::string const& path)
      : columns_(std::move(columns)), box_(box_ckpch), path_(path) {}

  Halo parse(std::string_view line, std::int64_t number) {
    line_ = line;
    number_ = number;
    auto const n = split_fields(line, fields_);
    if (n != columns_.n_columns)
      refuse(concat("has ", n, " columns in place of ", columns_.n_columns));
    Halo halo;
    halo.line = number;
    halo.id = integer(columns_.id);
    if (halo.id < 0) refuse(concat("column ", columns_.names[columns_.id], " is negative"));
    if (columns_.parent) halo.parent_id = integer(*columns_.parent);
    if (halo.parent_id < -1) refuse("column PID is neither a halo nor -1");
    halo.mass = 1e-10 * number_at(columns_.mass);
    if (columns_.mass_all) halo.mass_all = 1e-10 * non_negative(*columns_.mass_all);
    if (halo.mass < 0) refuse(concat("mass ", columns_.names[columns_.mass], " is negative"));
    for (std::size_t i = 0; i < 3; ++i) {
      halo.position[i] = inside(1000 * number_at(columns_.position[i]), columns_.position[i]);
      halo.velocity[i] = number_at(columns_.velocity[i]);
      // Msun/h Mpc/h km/s -> 1e10 Msun/h kpc/h km/s
      if (columns_.angular_momentum[i])
        halo.angular_momentum[i] = 1e-7 * number_at(*columns_.angular_momentum[i]);
    }
    if (columns_.xoff) halo.xoff_ckpch = non_negative(*columns_.xoff);
    if (columns_.voff) halo.voff_kms = non_negative(*columns_.voff);
    return halo;
  }

 private:
  [[noreturn]] void refuse(std::string const& what) const {
    fail(ExitCode::bad_data, path_, ":", number_, ": ", what, ": '",
         std::string(line_.substr(0, 80)), line_.size() > 80 ? "...'" : "'",
         "; is the file complete? Copy it again or mend the line");
  }
  template <class T>
  T parse_field(std::size_t column, char const* wanted) const {
    auto const field = fields_[column];
    T value{};
    auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size())
      refuse(concat("column ", columns_.names[column], " is '", field.substr(0, 24), "', not ",
                    wanted));
    return value;
  }
  std::int64_t integer(std::size_t column) const {
    return parse_field<std::int64_t>(column, "an integer");
  }
  double number_at(std::size_t column) const {
    auto const value = parse_field<double>(column, "a number");
    if (!std::isfinite(value))
      refuse(concat("column ", columns_.names[column], " is not a finite number"));
    return value;
  }
  double non_negative(std::size_t column) const {
    auto const value = number_at(column);
    if (value < 0) refuse(concat("column ", columns_.names[column], " is negative"));
    return value;
  }
  /// Rounding at the edge is wrapped; anything further out is an error.
  double inside(double x, std::size_t column) const {
    if (box_ <= 0) return x;
    double const slack = 1e-5 * box_;
    if (x < -slack || x > box_ + slack)
      refuse(concat("column ", columns_.names[column], " = ", x / 1000,
                    " Mpc/h lies outside the box of ", box_ / 1000, " Mpc/h"));
    return PeriodicBox(box_).wrap(x);
  }

  RockstarColumns columns_;
  double box_;
  std::string const& path_;
  std::vector<std::string_view> fields_;
  std::string_view line_;
  std::int64_t number_ = 0;
};

std::string_view first_row(std::string_view text) {
  std::string_view row;
  while (!text.empty() && row.empty()) {
    auto const line = text.substr(0, text.find('\n'));
    if (!line.starts_with('#') && !trim(line).empty()) row = line;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return row;
}

void check_same_header(HaloCatalogHeader const& first, HaloCatalogHeader const& other,
                       std::string const& first_path, std::string const& path) {
  auto const same = [&](auto const& a, auto const& b, char const* what) {
    require(a == b, ExitCode::bad_data, "'", path, "' and '", first_path, "' differ in ", what,
            " (", b.value_or(0), ", ", a.value_or(0), "): files of another snapshot?");
  };
  same(first.a, other.a, "a");
  same(first.omega_m, other.omega_m, "Om");
  same(first.h, other.h, "h");
  same(first.box_mpch, other.box_mpch, "box size");
}

/// Every id to rank id % size, where twins meet.
void check_unique_ids(Comm const& comm, std::vector<Halo> const& halos,
                      std::vector<std::string> const& files) {
  struct Place {
    std::int64_t id, line;
  };
  auto const home = [&](Halo const& halo) {
    return static_cast<std::size_t>(halo.id % comm.size());
  };
  std::vector<std::int64_t> counts(comm.size());
  for (auto const& halo : halos) ++counts[home(halo)];
  std::vector<std::size_t> next(counts.size());
  for (std::size_t r = 1; r < counts.size(); ++r)
    next[r] = next[r - 1] + static_cast<std::size_t>(counts[r - 1]);
  std::vector<Place> places(halos.size());
  for (auto const& halo : halos) places[next[home(halo)]++] = {halo.id, halo.line};
  auto mine = comm.all_to_all_v(std::span<Place const>(places), counts);
  collectively(comm, "halo ids", [&] {
    std::sort(mine.begin(), mine.end(), [](Place const& a, Place const& b) {
      return a.id < b.id || (a.id == b.id && a.line < b.line);
    });
    auto const twin = std::adjacent_find(
        mine.begin(), mine.end(), [](Place const& a, Place const& b) { return a.id == b.id; });
    require(twin == mine.end(), ExitCode::bad_data, "halo id ", twin == mine.end() ? 0 : twin->id,
            " stands twice in '", join(files, "', '"), "' (lines ",
            twin == mine.end() ? 0 : twin->line, " and ",
            twin == mine.end() ? 0 : std::next(twin)->line, "); is a file listed twice?");
  });
}

}  // namespace

HaloCatalog read_rockstar(Comm const& comm, std::vector<std::string> const& files,
                          MassDefinition definition, double mass_min_1e10msunh) {
  HaloCatalog catalog;
  std::int64_t n_rows = 0;
  collectively(comm, "halo catalogue", [&] {
    require(!files.empty(), ExitCode::config, "no halo catalogue file is given");
  });
  for (std::size_t f = 0; f < files.size(); ++f) {
    auto const& path = files[f];
    std::optional<MappedFile> file;
    HaloCatalogHeader header;
    std::string_view stretch;
    std::int64_t lines_here = 0;
    collectively(comm, "halo catalogue", [&] {
      file.emplace(path);
      require(!file->text().empty(), ExitCode::bad_data, "'", path, "' is empty (0 bytes)");
      header = parse_rockstar_header(file->text(), path);
      if (f > 0) check_same_header(catalog.header, header, files[0], path);
      stretch = stretch_of(file->text(), comm.rank(), comm.size());
      lines_here = std::count(stretch.begin(), stretch.end(), '\n');
    });
    if (f == 0) catalog.header = header;
    std::int64_t number = comm.sum_before(lines_here);
    collectively(comm, "halo catalogue", [&] {
      auto const row = first_row(file->text());
      if (row.empty()) return;
      std::vector<std::string_view> fields;
      auto const columns =
          find_rockstar_columns(header, split_fields(row, fields), definition, path);
      catalog.header.n_leftover_names = header.columns.size() - columns.names.size();
      RowParser parser(columns, 1000 * header.box_mpch.value_or(0), path);
      for_each_line(stretch, [&](std::string_view line) {
        ++number;
        if (line.starts_with('#') || trim(line).empty()) return;
        Halo const halo = parser.parse(line, number);
        ++n_rows;
        if (halo.mass > 0 && halo.mass >= mass_min_1e10msunh) catalog.halos.push_back(halo);
        if (n_rows % 65536 == 0) mark_progress("reading the halo catalogue");
      });
    });
  }
  auto const all_rows = comm.all_sum(n_rows);
  collectively(comm, "halo catalogue", [&] {
    require(all_rows > 0, ExitCode::bad_data, "no halo lines in '", files[0], "'",
            files.size() > 1 ? concat(" and ", files.size() - 1, " more files") : "",
            ", only the header; is the file complete?");
  });
  check_unique_ids(comm, catalog.halos, files);
  catalog.n_rows = all_rows;
  return catalog;
}

void set_parents(Comm const& comm, HaloCatalog& catalog, std::string const& parents_file) {
  auto const source = read_rockstar(comm, {parents_file}, MassDefinition::m200c, 0);
  collectively(comm, "halo parents", [&] {
    require(source.header.has_parents, ExitCode::bad_data, "'", parents_file,
            "' has no column PID; give the output of Rockstar's find_parents");
  });
  struct Pair {
    std::int64_t id, parent;
  };
  auto const n_ranks = static_cast<std::size_t>(comm.size());
  // Pairs and questions meet on rank id % size; the answers travel back the same way.
  auto const by_home = [&](std::vector<Halo> const& halos, std::vector<std::int64_t>& counts,
                           std::vector<std::size_t>& order) {
    counts.assign(n_ranks, 0);
    for (auto const& halo : halos) ++counts[static_cast<std::size_t>(halo.id) % n_ranks];
    std::vector<std::size_t> next(n_ranks);
    for (std::size_t r = 1; r < n_ranks; ++r)
      next[r] = next[r - 1] + static_cast<std::size_t>(counts[r - 1]);
    std::vector<Pair> pairs(halos.size());
    order.resize(halos.size());
    for (std::size_t i = 0; i < halos.size(); ++i) {
      auto const place = next[static_cast<std::size_t>(halos[i].id) % n_ranks]++;
      pairs[place] = {halos[i].id, halos[i].parent_id};
      order[place] = i;
    }
    return pairs;
  };
  std::vector<std::int64_t> counts, asked_counts;
  std::vector<std::size_t> order;
  auto const pairs = by_home(source.halos, counts, order);
  auto const known = comm.all_to_all_v(std::span<Pair const>(pairs), counts);
  auto const questions = by_home(catalog.halos, counts, order);
  auto answers = comm.all_to_all_v(std::span<Pair const>(questions), counts, &asked_counts);
  collectively(comm, "halo parents", [&] {
    std::unordered_map<std::int64_t, std::int64_t> parent_of;
    for (auto const& pair : known) parent_of.emplace(pair.id, pair.parent);
    for (auto& answer : answers) {
      auto const found = parent_of.find(answer.id);
      require(found != parent_of.end(), ExitCode::bad_data, "halo ", answer.id,
              " of the catalogue is not in '", parents_file,
              "'; the parents must come from the same run of the halo finder");
      answer.parent = found->second;
    }
  });
  auto const replies = comm.all_to_all_v(std::span<Pair const>(answers), asked_counts);
  for (std::size_t i = 0; i < replies.size(); ++i)
    catalog.halos[order[i]].parent_id = replies[i].parent;
  catalog.header.has_parents = true;
}

}  // namespace setsz
