// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sz_bands_work.hpp"

#include <algorithm>

#include "pipeline/base/error.hpp"
#include "stages/sky/sky_product_work.hpp"

namespace setsz {
namespace {

std::string file_name(double frequency_ghz) { return concat("tsz_", frequency_ghz, "ghz.fits"); }

}  // namespace

void SzBands::declare(OptionList& options) {
  options.add("frequencies", frequencies_ghz,
              {.unit = "GHz",
               .help = "of further maps of the thermal SZ effect (non-relativistic), one file "
                       "tsz_<frequency>ghz.fits each",
               .min = 1,
               .max = 10000});
  options.add("unit", unit,
              {{"uK_CMB", SzUnit::uk_cmb}, {"uK_RJ", SzUnit::uk_rj}, {"MJy/sr", SzUnit::mjy_sr}},
              {.help = "of these maps: thermodynamic or Rayleigh-Jeans temperature, or intensity"});
}

void SzBands::validate(std::vector<Field const*> const& fields) const {
  require(
      frequencies_ghz.empty() || std::ranges::count(fields, &field_table().front()) > 0,
      ExitCode::config,
      "[sky] frequencies are for maps of Compton y, which fields lack; add compton_y to fields");
  for (double const ghz : frequencies_ghz)
    require(std::count(frequencies_ghz.begin(), frequencies_ghz.end(), ghz) == 1, ExitCode::config,
            "[sky] frequencies: ", ghz, " GHz is listed twice");
}

std::vector<std::string> SzBands::outputs() const {
  std::vector<std::string> names;
  for (double const ghz : frequencies_ghz) names.push_back(file_name(ghz));
  return names;
}

void write_bands(Context& context, RingMap const& map, SzBands const& bands,
                 MapHeader const& header) {
  for (double const ghz : bands.frequencies_ghz) {
    double const response = sz_response(bands.unit, ghz);
    auto of_band = header;
    of_band.column = "TSZ";
    of_band.unit = name_of(bands.unit);
    of_band.cards.push_back({"FREQ", ghz, "[GHz]"});
    of_band.cards.push_back(
        {"RESPONSE", response, concat("[", of_band.unit, "] of y = 1; YMEAN, YMAX are of y")});
    of_band.cards.push_back({"RELSZ", false, "no relativistic correction"});
    of_band.cards.push_back({"TCMB", cmb_temperature_k, "[K]"});
    write_map(context, map, file_name(ghz), of_band, response);
  }
}

}  // namespace setsz
