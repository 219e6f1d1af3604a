# SPDX-License-Identifier: BSD-3-Clause
"""A dataset with its unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import h5py
import numpy as np


def text(value: Any) -> Any:
    """Attributes are bytes or str, depending on how HDF5 stores them."""
    return value.decode() if isinstance(value, bytes) else value


@dataclass(frozen=True)
class Field:
    """Values of a dataset, and what makes them physical: values * a^a_power * h^h_power.

    A Field is accepted wherever numpy takes an array, with the values as they are stored.
    """

    values: np.ndarray
    unit: str  # as stored, with comoving lengths and /h: "ckpc/h", "1e10 Msun/h", "P200", "1"
    a_power: float = 0.0
    h_power: float = 0.0
    frame: str = ""  # "box", "cluster" (minus the cluster's position), "sky", or none
    description: str = ""
    cgs: Optional[float] = None  # physical values in CGS; None: relative ("P200"), or an older file
    astropy_unit: Optional[str] = None  # of the physical values, as astropy.units.Unit parses it
    a: Optional[float] = None  # scale factor and H0 / (100 km/s/Mpc) of the file or its snapshot
    h: Optional[float] = None

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype=dtype)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, key: Any) -> Any:
        return self.values[key]

    @property
    def shape(self) -> tuple:
        return self.values.shape

    def physical(self) -> np.ndarray:
        """Without a and h: proper lengths, masses and pressures, in the unit without "/h" and "c"."""
        factor = 1.0
        for name, base, power in (("a", self.a, self.a_power), ("h", self.h, self.h_power)):
            if power and base is None:
                raise ValueError(f"the unit '{self.unit}' needs {name}, which neither the file nor its snapshot gives")
            factor *= base**power if power else 1.0
        return self.values * factor

    def in_cgs(self) -> np.ndarray:
        """In g, cm, s (angles: radian)."""
        if self.cgs is None:
            raise ValueError(f"'{self.unit}' has no CGS factor: it is relative, or the file was written before 0.2")
        return self.physical() * self.cgs

    def quantity(self) -> Any:
        """An astropy Quantity of the physical values."""
        from astropy import units

        if self.astropy_unit is None:
            raise ValueError(f"astropy has no unit '{self.unit}': it is relative, or the file was written before 0.2")
        return units.Quantity(self.physical(), units.Unit(self.astropy_unit))


def scale_and_h(attributes: Any) -> tuple:
    """(a, h) that a file gives, None where it does not."""
    a, redshift, h = (attributes.get(name) for name in ("a", "redshift", "h"))
    if a is None and redshift is not None:
        a = 1 / (1 + redshift)
    return (None if a is None else float(a)), (None if h is None else float(h))


def read_field(dataset: h5py.Dataset, a: Optional[float], h: Optional[float]) -> Field:
    """The whole dataset; a and h are those of the file."""
    attributes = {name: text(value) for name, value in dataset.attrs.items()}
    known = ("unit", "a_power", "h_power", "frame", "description", "cgs", "astropy_unit")
    return Field(dataset[()], a=a, h=h, **{"unit": "", **{name: attributes[name] for name in known if name in attributes}})
