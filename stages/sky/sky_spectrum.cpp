// SPDX-License-Identifier: BSD-3-Clause
#include "stages/sky/sky_spectrum.hpp"

#include <healpix_cxx/alm.h>
#include <healpix_cxx/alm_healpix_tools.h>
#include <healpix_cxx/alm_powspec_tools.h>
#include <healpix_cxx/healpix_map.h>
#include <healpix_cxx/powspec.h>

namespace setsz {

std::vector<double> angular_spectrum(std::vector<double> const& map, std::int64_t nside,
                                     std::int64_t l_max) {
  Healpix_Map<double> pixels(static_cast<int>(nside), RING, SET_NSIDE);
  for (int i = 0; i < pixels.Npix(); ++i) pixels[i] = map[i];
  Alm<xcomplex<double>> modes(static_cast<int>(l_max), static_cast<int>(l_max));
  arr<double> weights(static_cast<tsize>(2 * nside));
  weights.fill(1.0);
  map2alm_iter(pixels, modes, 3, weights);
  PowSpec spectrum;
  extract_powspec(modes, spectrum);
  std::vector<double> result;
  for (int l = 0; l <= spectrum.Lmax(); ++l) result.push_back(spectrum.tt(l));
  return result;
}

}  // namespace setsz
