// SPDX-License-Identifier: BSD-3-Clause
#include "io/tables/text_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "io/catalogs/text_rows.hpp"
#include "io/tables/column_unit.hpp"
#include "pipeline/base/number.hpp"

namespace setsz {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  auto const first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Nothing where it is none.
template <class T>
std::optional<T> value_of(std::string_view field) {
  if (field.starts_with('+')) field.remove_prefix(1);
  T value{};
  auto const [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size()) return {};
  return value;
}

bool is_number(std::string_view field) { return value_of<double>(field).has_value(); }

/// Without the quotes around it.
std::string_view unquoted(std::string_view field) {
  for (char const quote : {'"', '\''})
    if (field.size() >= 2 && field.front() == quote && field.back() == quote)
      return trimmed(field.substr(1, field.size() - 2));
  return field;
}

/// "(Mpc/h)", and not the "(500c)" of a name.
bool is_unit(std::string_view text) {
  if (!text.starts_with('(') || !text.ends_with(')')) return false;
  text = text.substr(1, text.size() - 2);
  constexpr double h = 1;
  for (auto const dimension : {Dimension::angle, Dimension::length, Dimension::mass,
                               Dimension::velocity, Dimension::angular_momentum})
    if (unit_in_code(dimension, text, h)) return true;
  return false;
}

/// "mass [Msun/h]", "mass (Msun/h)" -> name and unit.
TableColumn column_of(std::string_view field) {
  field = unquoted(field);
  auto bracket = field.find('[');
  if (field.ends_with(')') && is_unit(field.substr(std::min(field.rfind('('), field.size()))))
    bracket = field.rfind('(');
  else if (bracket == std::string_view::npos || !field.ends_with(']'))
    return {std::string(trimmed(field)), {}};
  return {std::string(trimmed(field.substr(0, bracket))),
          std::string(trimmed(field.substr(bracket + 1, field.size() - bracket - 2)))};
}

/// What Rockstar's lists have: their header gives no units, but for a few comments.
std::string rockstar_unit(std::string_view name) {
  for (auto const* mass : {"Mvir", "M200b", "M200c", "M500c", "Mvir_all", "M200c_all"})
    if (name == mass) return "Msun/h";
  for (auto const* position : {"X", "Y", "Z"})
    if (name == position) return "Mpc/h";
  for (auto const* velocity : {"VX", "VY", "VZ"})
    if (name == velocity) return "km/s";
  return {};
}

/// White space inside brackets belongs to a unit.
std::vector<std::string_view> names_in(std::string_view line, char separator) {
  std::vector<std::string_view> names;
  auto const is_end = [&](char c) {
    return separator != ' ' ? c == separator : c == ' ' || c == '\t' || c == '\r';
  };
  std::size_t begin = 0;
  int depth = 0;
  char quote = 0;
  auto const add = [&](std::size_t end) {
    auto const name = trimmed(line.substr(begin, end - begin));
    begin = end + 1;
    // "mass [Msun/h]" with a blank between; between commas it is a column without a name
    if (separator == ' ' && name.starts_with('[') && !names.empty())
      names.back() = {names.back().data(),
                      static_cast<std::size_t>(name.data() + name.size() - names.back().data())};
    else if (!name.empty() || separator != ' ')
      names.push_back(name);
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == quote)
      quote = 0;
    else if (quote == 0 && line[i] == '"')
      quote = '"';
    if (line[i] == '[') ++depth;
    if (line[i] == ']') --depth;
    if (depth == 0 && quote == 0 && is_end(line[i])) add(i);
  }
  add(line.size());
  return names;
}

/// Does a comment name columns, with units?
bool has_units(std::vector<std::string_view> const& names) {
  return names.size() > 1 && std::any_of(names.begin(), names.end(), [](auto const name) {
           return name.ends_with(']') && name.find('[') != std::string_view::npos;
         });
}

/// Decimal commas stand between semicolons, "1;2,5;3,5".
char separator_in(std::string_view line) {
  auto const n = [&](char c) { return std::ranges::count(line, c); };
  if (n(';') > 0 && n(';') >= n(',')) return ';';
  if (n(',') > 0) return ',';
  constexpr int several = 2;  // "|v|" may be a name
  return n('|') > several ? '|' : ' ';
}

/// "Om = 0.3; h = 0.7" above columns of white space names none.
char separator_in_comment(std::string_view comment, char of_rows) {
  if (of_rows == ';' || of_rows == '|') return of_rows;
  return comment.find(',') != std::string_view::npos ? ',' : ' ';
}

void split_at(char separator, std::string_view line, std::vector<std::string_view>& fields) {
  if (separator == ' ') {
    split_fields(line, fields);
    for (auto& field : fields) field = unquoted(field);
    return;
  }
  fields.clear();
  while (true) {
    auto const end = line.find(separator);
    fields.push_back(unquoted(trimmed(line.substr(0, end))));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

/// The names of the columns among the comments: the last one that fits the rows, else one with
/// units, whose number of names the rows will contradict.
std::vector<std::string_view> names_in_comments(std::vector<std::string_view> const& comments,
                                                std::size_t n_fields, char separator) {
  std::vector<std::string_view> names, others;
  for (auto const comment : comments) {
    auto const candidates = names_in(comment, separator_in_comment(comment, separator));
    if (candidates.size() == n_fields && !is_number(candidates.front()))
      names = candidates;
    else if (has_units(candidates))
      others = candidates;
  }
  return names.empty() ? others : names;
}

void add_columns(std::vector<std::string_view> const& names, std::size_t n_fields,
                 TextTableHead& head) {
  for (auto const name : names) head.columns.push_back(column_of(name));
  for (std::size_t i = 0; names.empty() && i < n_fields; ++i)
    head.columns.push_back({concat(i + 1), {}});
  bool const rockstar =
      head.columns.front().name == "ID" &&
      std::any_of(head.comments.begin(), head.comments.end(),
                  [](auto const comment) { return comment.starts_with("Rockstar Version"); });
  for (auto& column : head.columns)
    if (rockstar && column.unit.empty()) column.unit = rockstar_unit(column.name);
}

std::vector<TextSetting> settings_in(TextTableHead const& head) {
  std::vector<TextSetting> all;
  for (auto comment : head.comments) {
    while (!comment.empty()) {
      auto const part = comment.substr(0, comment.find_first_of(",;"));
      comment.remove_prefix(std::min(part.size() + 1, comment.size()));
      auto const at = part.find_first_of("=:");
      if (at != std::string_view::npos)
        all.push_back({trimmed(part.substr(0, at)), trimmed(part.substr(at + 1)), part[at]});
    }
  }
  auto const is_column = [&](TextSetting const& setting) {
    return std::ranges::any_of(head.columns,
                               [&](auto const& column) { return column.name == setting.key; });
  };
  if (std::ranges::count_if(all, is_column) > 1) std::erase_if(all, is_column);
  return all;
}

}  // namespace

TextTableHead text_table_head(std::string_view text, std::string const& path) {
  TextTableHead head;
  std::string_view first;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = trimmed(text.substr(0, end));
    if (line.starts_with('#')) head.comments.push_back(trimmed(line.substr(1)));
    if (!line.empty() && !line.starts_with('#')) {
      first = line;
      break;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
    ++head.lines_before_body;
  }
  require(!first.empty(), ExitCode::bad_data, "'", path, "' has no row; is the file complete?");
  head.separator = separator_in(first);
  std::vector<std::string_view> fields;
  split_at(head.separator, first, fields);
  std::vector<std::string_view> names;
  if (std::none_of(fields.begin(), fields.end(), is_number)) {
    names = names_in(first, head.separator);
    text.remove_prefix(std::min(std::min(text.find('\n'), text.size()) + 1, text.size()));
    ++head.lines_before_body;
  } else {
    names = names_in_comments(head.comments, fields.size(), head.separator);
  }
  head.body = text;
  add_columns(names, fields.size(), head);
  return head;
}

TextTable::TextTable(std::string const& path, std::int64_t chunk_bytes)
    : path_(path),
      file_(path),
      chunk_bytes_(chunk_bytes),
      head_(text_table_head(file_.text(), path)),
      settings_(settings_in(head_)) {}

std::optional<double> TextTable::number(std::string const& name) const {
  for (auto const& [key, value, sign] : settings_) {
    if (key != name) continue;
    if (auto const number = number_after(value, "")) return number;
    require(sign != '=' || value.find(' ') != std::string_view::npos, ExitCode::bad_data, "'",
            path_, "': its comment '", key, " = ", value, "' gives no number for ", name,
            "; correct or remove it");
  }
  return {};
}

std::int64_t TextTable::n_chunks() const {
  return (std::ssize(head_.body) + chunk_bytes_ - 1) / chunk_bytes_;
}

/// The lines that begin in its bytes.
std::string_view TextTable::chunk(std::int64_t index) const {
  auto const line_begin = [&](std::int64_t byte) {
    if (byte == 0 || byte >= std::ssize(head_.body)) return std::min(byte, std::ssize(head_.body));
    auto const end = head_.body.find('\n', byte - 1);
    return end == std::string_view::npos ? std::ssize(head_.body) : std::int64_t(end) + 1;
  };
  auto const first = line_begin(index * chunk_bytes_),
             last = line_begin((index + 1) * chunk_bytes_);
  return head_.body.substr(first, last - first);
}

template <class Visit, class Note>
void TextTable::for_each_row(std::string_view text, Visit&& visit, Note&& note) const {
  for (std::int64_t line = 0; !text.empty(); ++line) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const here = text.substr(0, end);
    if (here.starts_with('#')) note(here, line);
    if (is_row(here) && !visit(here, line)) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void TextTable::count_rows(Comm const& comm) {
  std::vector<Chunk> counts;
  auto const mine = even_range(n_chunks(), comm.rank(), comm.size());
  for (std::int64_t i = mine.first; i < mine.last; ++i) {
    auto const text = chunk(i);
    std::int64_t rows = 0;
    for_each_row(text, [&](std::string_view, std::int64_t) { return ++rows, true; });
    counts.push_back({rows, std::count(text.begin(), text.end(), '\n')});
  }
  chunks_ = comm.all_gather_v(counts);
  Chunk before{0, head_.lines_before_body};
  chunks_.push_back({});
  for (auto& chunk : chunks_) {
    auto const here = chunk;
    chunk = before;
    before.rows_before += here.rows_before;
    before.lines_before += here.lines_before;
  }
}

std::int64_t TextTable::chunk_of(std::int64_t row) const {
  auto const next = std::upper_bound(
      chunks_.begin(), chunks_.end(), row,
      [](std::int64_t wanted, Chunk const& chunk) { return wanted < chunk.rows_before; });
  return next - chunks_.begin() - 1;
}

void TextTable::refuse(std::int64_t number, std::string const& what) const {
  fail(ExitCode::bad_data, path_, number > 0 ? concat(":", number) : "", ": ", without_zeros(what));
}

void TextTable::take(std::string_view line, std::int64_t number,
                     std::vector<std::string_view>& fields) const {
  split_at(head_.separator, line, fields);
  if (fields.size() != head_.columns.size())
    refuse(number, concat("has ", fields.size(), " columns in place of ", head_.columns.size(),
                          ": '", line.substr(0, 80), "'; is the file complete?"));
}

void TextTable::parse(std::string_view line, std::int64_t number,
                      std::span<std::size_t const> columns, std::vector<std::string_view>& fields,
                      std::vector<double>& values) const {
  take(line, number, fields);
  for (auto const column : columns) {
    auto const value = value_of<double>(fields[column]);
    bool const missing = fields[column].empty();
    if (!value && !missing)
      refuse(number, concat("column ", head_.columns[column].name, " is '",
                            fields[column].substr(0, 24), "', not a number",
                            has_decimal_comma(fields[column]) ? " (write 1.5, not 1,5)" : "",
                            "; correct or remove this line"));
    values.push_back(missing ? std::nan("") : *value);
  }
}

void TextTable::check_comment(std::string_view line, std::int64_t number) const {
  auto const comment = trimmed(line.substr(1));
  std::vector<std::string> names, units, known, known_units;
  for (auto const name : names_in(comment, separator_in_comment(comment, head_.separator))) {
    auto column = column_of(name);
    names.push_back(std::move(column.name));
    units.push_back(std::move(column.unit));
  }
  for (auto const& column : head_.columns) {
    known.push_back(column.name);
    known_units.push_back(column.unit);
  }
  if (!names_columns(names, known)) return;
  bool const same_units = units == known_units || std::ranges::all_of(units, &std::string::empty);
  if (names == known && same_units) return;
  refuse(number, concat("a second line of names, with other columns or units than the first: '",
                        line.substr(0, 80),
                        "'; these are two tables. Give them as two files, or bring the columns of "
                        "one into the order of the other"));
}

template <class Visit>
void TextTable::for_each_row_of(Range rows, Visit&& visit) const {
  if (rows.size() <= 0) return;
  for (std::int64_t c = chunk_of(rows.first); c < n_chunks(); ++c) {
    std::int64_t row = chunks_[c].rows_before;
    if (row >= rows.last) break;
    for_each_row(
        chunk(c),
        [&](std::string_view line, std::int64_t lines) {
          if (row >= rows.first) visit(line, chunks_[c].lines_before + lines + 1);
          return ++row < rows.last;
        },
        [&](std::string_view line, std::int64_t lines) {
          check_comment(line, chunks_[c].lines_before + lines + 1);
        });
  }
}

std::vector<double> TextTable::read(Range rows, std::span<std::size_t const> columns) const {
  std::vector<double> values;
  std::vector<std::string_view> fields;
  for_each_row_of(rows, [&](std::string_view line, std::int64_t number) {
    parse(line, number, columns, fields, values);
  });
  return values;
}

std::vector<std::int64_t> TextTable::read_integers(Range rows, std::size_t column) const {
  std::vector<std::int64_t> values;
  std::vector<std::string_view> fields;
  for_each_row_of(rows, [&](std::string_view line, std::int64_t number) {
    take(line, number, fields);
    auto value = value_of<std::int64_t>(fields[column]);
    constexpr double exact = 9007199254740992;  // 2^53: "7.000e+00" is 7, as numpy writes it
    auto const written = value_of<double>(fields[column]);
    if (!value && written && std::abs(*written) <= exact && *written == std::floor(*written))
      value = std::llround(*written);
    if (!value)
      refuse(number, concat("column ", head_.columns[column].name, " is '",
                            fields[column].substr(0, 24), "', not an integer"));
    values.push_back(*value);
  });
  return values;
}

std::vector<std::int64_t> TextTable::lines(Range rows) const {
  std::vector<std::int64_t> numbers;
  for_each_row_of(rows, [&](std::string_view, std::int64_t number) { numbers.push_back(number); });
  return numbers;
}

std::string TextTable::place(std::int64_t row) const {
  auto const c = chunk_of(row);
  std::int64_t at = chunks_[c].rows_before, line = chunks_[c].lines_before;
  for_each_row(chunk(c), [&](std::string_view, std::int64_t lines) {
    line = chunks_[c].lines_before + lines + 1;
    return at++ < row;
  });
  return concat(path_, ":", line);
}

std::int64_t TextTable::expected_rows() const {
  auto const head = head_.body.substr(0, std::size_t{1} << 16);
  std::int64_t rows = 0;
  for_each_row(head, [&](std::string_view, std::int64_t) { return ++rows, true; });
  return std::llround(real(rows) * real(head_.body.size()) / real(head.size()));
}

std::vector<double> TextTable::sample(std::int64_t n_rows,
                                      std::span<std::size_t const> columns) const {
  std::vector<double> values;
  std::vector<std::string_view> fields;
  constexpr std::int64_t unknown_line = 0;
  for (std::int64_t i = 0; i < n_rows; ++i) {
    std::size_t at = head_.body.size() / n_rows * i;
    if (at > 0) at = head_.body.find('\n', at - 1);  // the next line
    if (at == std::string_view::npos) break;
    for_each_row(head_.body.substr(at > 0 ? at + 1 : 0), [&](std::string_view line, std::int64_t) {
      parse(line, unknown_line, columns, fields, values);
      return false;
    });
  }
  return values;
}

}  // namespace setsz
