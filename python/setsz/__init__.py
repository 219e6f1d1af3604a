# SPDX-License-Identifier: BSD-3-Clause
"""Reads what setsz writes: products of a run as numpy arrays that know their units.

    run = setsz.open_run("runs/mine")
    run.products()                                   # "catalog/z0", "predict/z0/lo/fold0/seed1", ...
    mass = run.clusters("z0")["m200c"]               # a Field: values, unit, powers of a and h
    mass.physical()                                  # 1e10 Msun
    cubes = run.cubes("predict/z0/lo/fold0/seed1")   # predicted pressure, one cube a cluster
    cubes.kev_cm3(0)                                 # (n, n, n) keV/cm^3

Needs numpy and h5py; Field.quantity() needs astropy. docs/formats.md lists every file and dataset.
"""

from .cubes import Cubes
from .field import Field
from .fits import Table
from .run import Run, open_run

__all__ = ["Cubes", "Field", "Run", "Table", "open_run"]
