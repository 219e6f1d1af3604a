# SPDX-License-Identifier: BSD-3-Clause
"""Pressure cubes of clusters, of the gas (pressure.h5) or predicted (prediction.h5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional

import numpy as np

from .field import Field

# Constants as in pipeline/base/units.hpp: g in Msun, cm in kpc (IAU 2015), erg in keV (CODATA 2018).
MSUN_G, KPC_CM, KEV_ERG = 1.98841e33, 3.0856775814913673e21, 1.602176634e-9
#: keV/cm^3 of a physical pressure of 1e10 Msun (km/s)^2 kpc^-3 (h divided out).
KEV_CM3 = 1e10 * MSUN_G * 1e5**2 / KPC_CM**3 / KEV_ERG


@dataclass(frozen=True)
class Cubes:
    """n cubes of m^3 voxels: cube i is centred on cluster rows[i] of clusters.h5, its axes are those of the box."""

    pressure: Field  # (n, m, m, m) [P200 of the cluster]: electron pressure, mean over the voxel
    rows: np.ndarray  # (n,) rows of clusters.h5
    edge: Field  # (n,) side [ckpc/h]
    radius: Field  # (n,) R200 [ckpc/h]
    p200: Field  # (n,) comoving code unit
    ids: np.ndarray  # (n,) in the halo catalogue
    values: Dict[str, Field]  # the other datasets with a row for each cube: y, coverage, origin_shift, ...
    voxel_position: str = "centre"  # or "corner", which reproduces a defect of the published program

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_voxels(self) -> int:
        """Along a side."""
        return self.pressure.shape[1]

    @property
    def shift(self) -> Optional[Field]:
        """(n, 3) [R200] where origin centres the profile, relative to the cluster; None without this module."""
        return self.values.get("origin_shift")

    def axis(self, i: int) -> np.ndarray:
        """(m,) positions of the voxels along each axis, relative to the cluster [ckpc/h]."""
        at = 0.5 if self.voxel_position == "centre" else 0.0
        return (np.arange(self.n_voxels) + at - self.n_voxels / 2) * self.edge[i] / self.n_voxels

    def radii(self, i: int) -> np.ndarray:
        """(m, m, m) distances of the voxels from the cluster [R200]."""
        x = self.axis(i) / self.radius[i]
        return np.sqrt(x[:, None, None] ** 2 + x[None, :, None] ** 2 + x[None, None, :] ** 2)

    def p200_kev_cm3(self) -> np.ndarray:
        """(n,) physical P200 [keV/cm^3]."""
        return self.p200.physical() * KEV_CM3

    def kev_cm3(self, i: int) -> np.ndarray:
        """(m, m, m) physical electron pressure [keV/cm^3]."""
        return self.pressure[i] * self.p200_kev_cm3()[i]
