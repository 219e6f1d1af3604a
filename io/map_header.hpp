// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/fits_header.hpp"

namespace setsz {

/// What a map of the sky says about itself, beside what its layout fixes.
struct MapHeader {
  std::string coordinates = "C";     ///< 'C' celestial, 'G' galactic or 'E' ecliptic
  std::string column = "COMPTON_Y";  ///< TTYPE, EXTNAME
  std::string unit;                  ///< TUNIT, BUNIT; blank for Compton y
  std::string date;                  ///< DATE, "2026-01-31"
  std::string creator;               ///< CREATOR, "setsz 0.1.0"
  std::vector<FitsCard> cards;       ///< provenance
  std::vector<std::string> history;  ///< one HISTORY line each
};

}  // namespace setsz
