// SPDX-License-Identifier: BSD-3-Clause
#include "io/catalogs/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "io/catalogs/halo_columns.hpp"
#include "io/tables/column_choice.hpp"
#include "io/tables/column_unit.hpp"
#include "io/tables/table_file.hpp"
#include "io/tables/text_table.hpp"

namespace setsz {

namespace {

using Names = std::vector<std::string>;

/// What a column can be, and the names that files give it, in lower case. The first one is that of
/// the option.
struct Role {
  Names names;
  Dimension dimension;
};

Role const& id_role() {
  static Role const role{{"id", "halo_id", "haloid"}, Dimension::none};
  return role;
}
Role const& parent_role() {
  static Role const role{{"pid", "parent_id"}, Dimension::none};
  return role;
}
Role position_role(std::size_t axis) {
  std::string const x(1, "xyz"[axis]);
  return {{x, "pos_" + x, "position_" + x}, Dimension::length};
}
Role velocity_role(std::size_t axis) {
  std::string const x(1, "xyz"[axis]);
  return {{"v" + x, "vel_" + x, "velocity_" + x}, Dimension::velocity};
}
Role momentum_role(std::size_t axis) {
  std::string const x(1, "xyz"[axis]);
  return {{"j" + x, "angular_momentum_" + x}, Dimension::angular_momentum};
}
Role offset_role(char const* name, Dimension dimension) { return {{name}, dimension}; }

/// m200c, r200c, ...
Role size_role(char letter, MassDefinition definition) {
  std::string const m(1, letter), suffix(name_of(definition));
  Names names{m + suffix, m + "_" + suffix};
  if (suffix != "vir") names.push_back(m + suffix.substr(0, 3) + "_" + suffix.substr(3));
  if (definition == MassDefinition::m200m) names.push_back(m + "200b");
  return {names, letter == 'm' ? Dimension::mass : Dimension::length};
}

/// What stands before the colon in CatalogRequest::columns.
Names known_choices() {
  Names names{id_role().names[0], parent_role().names[0]};
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (auto const& role : {position_role(axis), velocity_role(axis), momentum_role(axis)})
      names.push_back(role.names[0]);
  for (auto const definition : all_mass_definitions)
    for (char const letter : {'m', 'r'}) names.push_back(size_role(letter, definition).names[0]);
  names.insert(names.end(), {"xoff", "voff"});
  return names;
}

/// Finds the columns of a table: those that are chosen, then those with a known name.
class Finder {
 public:
  Finder(TableFile const& table, std::string const& path, CatalogRequest const& request,
         std::optional<double> h)
      : columns_(table.columns()),
        left_out_(table.left_out()),
        path_(path),
        h_(h.value_or(std::numeric_limits<double>::quiet_NaN())) {
    for (auto const& column : columns_) names_.push_back(lowercase(column.name));
    for (auto const& text : request.columns)
      choices_.push_back(column_choice(text, known_choices(), "catalog_columns"));
  }

  std::optional<std::size_t> find(Role const& role) const {
    if (auto const* choice = chosen(role)) {
      auto const found = find_column(names_, lowercase(choice->name), path_);
      if (!found) refuse_left_out({lowercase(choice->name)});
      require(found.has_value(), ExitCode::bad_data, "'", path_, "' has no column ", choice->name,
              " (from catalog_columns), but ", join(names_, ", "));
      return found;
    }
    std::optional<std::size_t> first;
    for (auto const& name : role.names) {
      auto const found = find_column(names_, name, path_);
      require(!first || !found, ExitCode::bad_data, "'", path_, "' has columns ",
              columns_[first.value_or(0)].name, " and ", columns_[found.value_or(0)].name,
              ", which mean the same; say which one to read with [snapshot.NAME] "
              "catalog_columns = ",
              role.names[0], ": NAME [UNIT]");
      if (found) first = found;
    }
    if (!first) refuse_left_out(role.names);
    return first;
  }
  std::optional<HaloColumn> optional(Role const& role) const {
    auto const found = find(role);
    if (!found) return {};
    return HaloColumn{*found, unit_of(role, *found)};
  }
  std::size_t needed_index(Role const& role) const {
    auto const found = find(role);
    require(found.has_value(), ExitCode::bad_data, "'", path_, "': no column ", role.names[0],
            " among ", join(names_, " "), suggestion(role.names[0], names_),
            "; name it with [snapshot.NAME] catalog_columns = ", role.names[0], ": NAME [UNIT]");
    return *found;
  }
  HaloColumn needed(Role const& role) const {
    auto const found = needed_index(role);
    return {found, unit_of(role, found)};
  }

 private:
  ChosenColumn const* chosen(Role const& role) const {
    for (auto const& choice : choices_)
      if (choice.what == role.names[0]) return &choice;
    return nullptr;
  }
  double unit_of(Role const& role, std::size_t column) const {
    auto const* choice = chosen(role);
    auto const& unit = choice && !choice->unit.empty() ? choice->unit : columns_[column].unit;
    auto const& name = columns_[column].name;
    auto const value = unit_in_code(role.dimension, unit, h_);
    require(value && !unit.empty(), ExitCode::bad_data, "'", path_, "': the column ", name, " has ",
            unit.empty() ? "no unit" : "the unit " + unit, " (wanted one of ",
            units_of(role.dimension),
            "); write it in brackets behind the name, as in x[Mpc/h], "
            "m200c[Msun/h], vx[km/s], or [snapshot.NAME] catalog_columns = ",
            role.names[0], ": ", name, " [UNIT]");
    require(!std::isnan(*value), ExitCode::bad_data, "'", path_, "': the unit of ", name, " is ",
            unit, ", which needs h: add a line '# h = ...'");
    return *value;
  }

  /// A column that is there and cannot be read is not a missing one.
  void refuse_left_out(Names const& names) const {
    for (auto const& column : left_out_)
      require(std::ranges::find(names, lowercase(column.name)) == names.end(), ExitCode::bad_data,
              "'", path_, "': the column ", column.name, " ", column.unit,
              "; write it as numbers, one for each halo, or rename it if it is not used");
  }

  std::vector<TableColumn> const& columns_;
  std::vector<TableColumn> const& left_out_;
  std::string const& path_;
  double h_;
  Names names_;
  std::vector<ChosenColumn> choices_;
};

HaloColumns columns_of(Finder const& finder, std::vector<TableColumn> const& written,
                       MassDefinition definition) {
  HaloColumns columns;
  for (auto const& column : written) columns.names.push_back(column.name);
  columns.id = finder.needed_index(id_role());
  columns.parent = finder.find(parent_role());
  columns.mass = finder.needed(size_role('m', definition));
  columns.radius = finder.optional(size_role('r', definition));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    columns.position[axis] = finder.needed(position_role(axis));
    columns.velocity[axis] = finder.optional(velocity_role(axis));
    columns.angular_momentum[axis] = finder.optional(momentum_role(axis));
  }
  bool const some = std::ranges::any_of(columns.velocity, &std::optional<HaloColumn>::has_value);
  for (std::size_t axis = 0; some && axis < 3; ++axis)  // all three, or none
    columns.velocity[axis] = finder.needed(velocity_role(axis));
  columns.xoff = finder.optional(offset_role("xoff", Dimension::length));
  columns.voff = finder.optional(offset_role("voff", Dimension::velocity));
  return columns;
}

/// The columns that are read as numbers; ids are read as integers.
std::vector<std::size_t> numbers_in(HaloColumns const& columns) {
  std::vector<std::size_t> all{columns.mass.index};
  auto const add = [&](std::optional<HaloColumn> const& column) {
    if (column) all.push_back(column->index);
  };
  for (std::size_t axis = 0; axis < 3; ++axis) {
    add(columns.position[axis]);
    add(columns.velocity[axis]);
    add(columns.angular_momentum[axis]);
  }
  for (auto const& column : {columns.radius, columns.xoff, columns.voff}) add(column);
  return all;
}

/// Rows of a table that were read together.
class TableRows : public HaloRow {
 public:
  TableRows(TableFile const& table, HaloColumns const& columns, Range rows)
      : table_(table), columns_(columns), first_(rows.first), slots_(table.columns().size(), -1) {
    auto const wanted = numbers_in(columns);
    width_ = std::ssize(wanted);
    for (std::int64_t i = 0; i < width_; ++i) slots_[wanted[i]] = i;
    numbers_ = table.read(rows, wanted);
    ids_ = table.read_integers(rows, columns.id);
    if (columns.parent) parents_ = table.read_integers(rows, *columns.parent);
  }
  void take(std::int64_t row) { at_ = row - first_; }

  std::int64_t integer(std::size_t column) const override {
    return column == columns_.id ? ids_[at_] : parents_[at_];
  }
  double number(std::size_t column) const override {
    auto const value = numbers_[at_ * width_ + slots_[column]];
    if (!std::isfinite(value))
      refuse(
          concat("column ", name(column), " is not a finite number; correct or remove this row"));
    return value;
  }
  std::optional<double> number_if_any(std::size_t column) const override {
    auto const value = numbers_[at_ * width_ + slots_[column]];
    return std::isfinite(value) ? std::optional(value) : std::nullopt;
  }
  std::string at_place(std::string const& what) const override {
    return concat(table_.place(first_ + at_), ": ", what);
  }
  std::string const& name(std::size_t column) const override {
    return table_.columns()[column].name;
  }

 private:
  TableFile const& table_;
  HaloColumns const& columns_;
  std::int64_t first_, at_ = 0, width_ = 0;
  std::vector<std::int64_t> slots_, ids_, parents_;
  std::vector<double> numbers_;
};

std::optional<double> first_number(TableFile const& table, Names const& names) {
  for (auto const& name : names)
    if (auto const number = table.number(name)) return number;
  return {};
}

class TableCatalog : public CatalogFile {
 public:
  explicit TableCatalog(std::string const& path) : path_(path), table_(open_table(path)) {
    header_.a = first_number(*table_, {"a", "scale_factor", "aexp"});
    header_.redshift = first_number(*table_, {"redshift", "Redshift", "z"});
    header_.h = table_->number("h");
    header_.box_mpch = table_->number("box");
    header_.omega_m = table_->number("omega_m");
    for (auto const& column : table_->columns()) header_.columns.push_back(column.name);
    // Which of several columns it is, is asked when the request is known.
    header_.has_parents = std::ranges::any_of(table_->columns(), [](auto const& column) {
      return std::ranges::find(parent_role().names, lowercase(column.name)) !=
             parent_role().names.end();
    });
  }

  void use(CatalogRequest const& request) override {
    Finder const finder(*table_, path_, request, header_.h);
    header_.has_parents = finder.find(parent_role()).has_value();
  }
  HaloCatalogHeader const& header() const override { return header_; }
  void count_rows(Comm const& comm) override { table_->count_rows(comm); }
  std::int64_t take_share(int rank, int n_ranks) override {
    share_ = even_range(table_->n_rows(), rank, n_ranks);
    return share_.size();
  }
  void read(CatalogRequest const& request, std::int64_t, HaloVisitor const& visit) override {
    constexpr std::int64_t rows_per_read = 1 << 16;
    auto const h = header_.h || request.h <= 0 ? header_.h : request.h;
    auto const columns =
        columns_of(Finder(*table_, path_, request, h), table_->columns(), request.definition);
    double const box_ckpch = request.box_of(header_);
    for (auto first = share_.first; first < share_.last; first += rows_per_read) {
      Range const rows{first, std::min(first + rows_per_read, share_.last)};
      TableRows row(*table_, columns, rows);
      auto const lines = table_->lines(rows);
      for (auto i = rows.first; i < rows.last; ++i) {
        row.take(i);
        auto halo = halo_of(row, columns, header_, box_ckpch, header_.n_left_out);
        halo.line = lines[i - rows.first];
        visit(halo);
      }
    }
  }

 private:
  std::string path_;
  std::unique_ptr<TableFile> table_;
  HaloCatalogHeader header_;
  Range share_;
};

/// Names tell a plain table; what is wrong with its columns or units is said when it is opened.
bool has_halos(std::vector<TableColumn> const& columns,
               std::vector<TableColumn> const& left_out = {}) {
  auto const has = [&](Role const& role) {
    auto const is_it = [&](auto const& column) {
      return std::ranges::find(role.names, lowercase(column.name)) != role.names.end();
    };
    return std::ranges::any_of(columns, is_it) || std::ranges::any_of(left_out, is_it);
  };
  return has(id_role()) && has(position_role(0)) && has(position_role(1)) && has(position_role(2));
}

bool recognise(FileProbe const& file) {
  auto const head = file.text_head();
  bool const binary = file.is_hdf5() || head.starts_with("SIMPLE  =");
  try {
    if (!binary)
      return head.find('\0') == std::string_view::npos &&
             has_halos(text_table_head(head, file.path()).columns);
    auto const table = open_table(file.path());
    return has_halos(table->columns(), table->left_out());
  } catch (Error const&) {  // no table, or an empty one
    return false;
  }
}

std::unique_ptr<CatalogFile> open(std::string const& path) {
  return std::make_unique<TableCatalog>(path);
}

}  // namespace

CatalogFormat table_format() { return {"plain table", recognise, open, "table"}; }

}  // namespace setsz
