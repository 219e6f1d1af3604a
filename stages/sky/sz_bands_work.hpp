// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>
#include <vector>

#include "io/map_header.hpp"
#include "pipeline/base/option_list.hpp"
#include "pipeline/run/stage.hpp"
#include "stages/halos/field.hpp"
#include "stages/sky/ring_map.hpp"
#include "stages/sky/sz_units.hpp"

namespace setsz {

/// The keys of [sky.NAME] for maps at frequencies, beside that of Compton y.
struct SzBands {
  std::vector<double> frequencies_ghz{};
  SzUnit unit = SzUnit::uk_cmb;

  void declare(OptionList& options);
  /// Throws Error(config). \param fields  of the sky: bands are of Compton y
  void validate(std::vector<Field const*> const& fields) const;
  /// "tsz_150ghz.fits" for each frequency.
  std::vector<std::string> outputs() const;
};

/// Collective: the map of Compton y once more for each frequency, in its unit.
/// \param header  of the map of y, to which FREQ and the response are added
void write_bands(Context& context, RingMap const& map, SzBands const& bands,
                 MapHeader const& header);

}  // namespace setsz
