// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/catalogs/halo.hpp"

namespace setsz {

/// The two kinds of text that Rockstar writes: one list per snapshot, and one file per writer.
enum class RockstarKind { list, ascii };

/// Where the numbers of a halo stand in a row; from the names in the first line.
struct RockstarColumns {
  RockstarKind kind = RockstarKind::list;
  std::size_t n_columns = 0;  ///< in every row
  std::size_t id = 0, mass = 0;
  std::size_t position[3]{}, velocity[3]{};
  std::optional<std::size_t> angular_momentum[3]{};
  std::optional<std::size_t> xoff, voff, parent;
  std::optional<std::size_t> mass_all;  ///< of all particles; for 200c, if the file has it
  std::vector<std::string> names;       ///< of the n_columns columns, for messages
};

/// What the comment lines at the head of a file say. `text` is the whole file.
HaloCatalogHeader parse_rockstar_header(std::string_view text, std::string const& path);

/// \param n_in_row  number of columns in the first row
/// A row with another number of columns than the header has names is refused, but for the one
/// layout that find_parents of Rockstar 0.99.9-RC3 is known to write (41 names, 34 columns: it
/// drops seven columns after b_to_a(500c) and leaves their names).
RockstarColumns find_rockstar_columns(HaloCatalogHeader const& header, std::size_t n_in_row,
                                      MassDefinition definition, std::string const& path);

}  // namespace setsz
