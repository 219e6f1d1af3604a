# SPDX-License-Identifier: BSD-3-Clause
"""A run directory: its complete products, and what they hold."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union

import h5py
import numpy as np

from .cubes import Cubes
from .field import Field, read_field, scale_and_h, text
from .fits import Table, has_image, read_image, read_table


class Run:
    """A run directory. Products are named as `setsz status` names them: "predict/z0/lo/fold0/seed1"."""

    def __init__(self, path: Union[str, Path]) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise FileNotFoundError(f"no run directory '{path}'")

    def __repr__(self) -> str:
        return f"<setsz run '{self.path}', {len(self.products())} products>"

    # ---- products ---------------------------------------------------------------------------
    def products(self, pattern: str = "*") -> List[str]:
        """Names of the complete products, sorted; pattern as of a shell: "predict/*", "*/lo/*"."""
        names = (str(path.parent.relative_to(self.path)) for path in self.path.rglob("manifest.json"))
        return sorted(name for name in names if fnmatch(name, pattern))

    def manifest(self, product: str) -> Dict[str, Any]:
        """Fingerprint, options that the product depends on, files with hashes; how it was made under "about"."""
        path = self.path / product / "manifest.json"
        if not path.exists():
            raise KeyError(f"no complete product '{product}' in '{self.path}'; there are: {', '.join(self.products())}")
        return json.loads(path.read_text())

    def files(self, product: str) -> List[Path]:
        return [self.path / product / output["file"] for output in self.manifest(product)["outputs"]]

    def options(self, product: str) -> str:
        """The resolved configuration that the product was made with, all defaults included."""
        return self.manifest(product)["about"]["options"]

    def json(self, product: str, file: str) -> Dict[str, Any]:
        """A table of numbers: gnfw.json, scores.json, results.json, spectra.json, sky.json."""
        return json.loads(self._file(product, file).read_text())

    def read(self, product: str, file: str, dataset: Optional[str] = None) -> Any:
        """A dataset as Field. Without a name: all of them, {"clusters/m200c": Field, ...}."""
        with h5py.File(self._file(product, file)) as opened:
            a, h = self._scale_and_h(product, opened)
            if dataset is not None:
                return read_field(opened[dataset], a, h)
            fields: Dict[str, Field] = {}
            opened.visititems(
                lambda name, item: fields.update({name: read_field(item, a, h)}) if isinstance(item, h5py.Dataset) else None
            )
            return fields

    def attributes(self, product: str, file: str) -> Dict[str, Any]:
        """What an HDF5 file says of itself."""
        with h5py.File(self._file(product, file)) as opened:
            return {name: text(value) for name, value in opened.attrs.items()}

    # ---- what they hold ---------------------------------------------------------------------
    def clusters(self, snapshot: str = "z0") -> Dict[str, Field]:
        """The selected clusters by column: id, position, velocity, m200c, r200c, p200, v200, split, ..."""
        return self._group(f"catalog/{snapshot}", "clusters.h5", "clusters")

    def halos(self, snapshot: str = "z0") -> Dict[str, Field]:
        """The haloes below the mass of clusters, which fill maps."""
        return self._group(f"catalog/{snapshot}", "halos.h5", "halos")

    def cubes(self, product: str) -> Cubes:
        """Pressure of the gas ("voxelize/z0") or of a prediction ("predict/z0/lo/fold0/seed1")."""
        file = "pressure.h5" if product.startswith("voxelize/") else "prediction.h5"
        fields, attributes = self.read(product, file), self.attributes(product, file)
        clusters = self.clusters(product.split("/")[1])
        rows = fields.pop("cluster").values if "cluster" in fields else np.arange(len(clusters["id"]))
        return Cubes(
            pressure=fields.pop("pressure"),
            rows=rows,
            edge=fields.pop("cube_edge"),
            radius=_rows(clusters["r200c"], rows),
            p200=_rows(clusters["p200"], rows),
            ids=clusters["id"][rows],
            values=fields,
            voxel_position=attributes.get("voxel_position", "centre"),
        )

    def box(self, product: str) -> Dict[str, Field]:
        """Of "paint/z0/lo": "pressure" (n, n, n) of the periodic box, and "pressure_gas" where there is gas."""
        return self.read(product, "box.h5")

    def maps(self, product: str) -> Dict[str, Field]:
        """Of "paint/z0/lo": Compton y through the box along "y_x", "y_y", "y_z", (n, n)."""
        return self.read(product, "maps.h5")

    def history(self, product: str) -> Dict[str, Field]:
        """Of "train/z0/lo/fold0/seed1": training_loss, validation_ratio, rate, gradient_norm, one value an epoch."""
        return self.read(product, "history.h5")

    def sky(self, product: str, file: str = "compton_y.fits") -> Tuple[np.ndarray, Dict[str, Any]]:
        """Of "sky/lo": a map (float32, Compton y has no unit) and its header.

        HEALPix: (12 nside^2,) in RING order, NaN outside of a part of the sky. Images: (rows, columns) as
        the header's world coordinates say, latitude growing with the row and longitude falling with the column.
        """
        path = self._file(product, file)
        if has_image(path):
            return read_image(path)
        table = read_table(path)
        columns = dict(table.columns)
        pixels = columns.pop("PIXEL", None)
        (values,) = columns.values()
        if pixels is None:
            return values.ravel(), table.header
        whole = np.full(12 * table.header["NSIDE"] ** 2, np.nan, dtype=np.float32)
        whole[pixels.ravel()] = values.ravel()
        return whole, table.header

    def lightcone(self, product: str) -> Dict[str, Field]:
        """Of "sky/lo": the haloes beside the map; longitude and latitude [degree], redshift, m200c, y_200c, ..."""
        return self._group(product, "lightcone.h5", "halos")

    def table(self, product: str, file: str) -> Table:
        """A FITS table by columns, such as lightcone.fits."""
        return read_table(self._file(product, file))

    # ---- helpers ----------------------------------------------------------------------------
    def _file(self, product: str, file: str) -> Path:
        names = [output["file"] for output in self.manifest(product)["outputs"]]
        if file not in names:
            raise KeyError(f"'{product}' has no file '{file}'; it has: {', '.join(names)}")
        return self.path / product / file

    def _group(self, product: str, file: str, group: str) -> Dict[str, Field]:
        fields = self.read(product, file)
        return {name[len(group) + 1 :]: field for name, field in fields.items() if name.startswith(group + "/")}

    def _scale_and_h(self, product: str, opened: h5py.File) -> Tuple[Optional[float], Optional[float]]:
        """Of the file, else of the snapshot that the product belongs to."""
        a, h = scale_and_h(opened.attrs)
        if a is None or h is None:
            table = self.path / "catalog" / product.split("/")[1] / "clusters.h5"
            if not product.startswith("sky/") and table.exists():
                with h5py.File(table) as clusters:
                    a_there, h_there = scale_and_h(clusters.attrs)
                a, h = (a_there if a is None else a), (h_there if h is None else h)
        return a, h


def _rows(field: Field, rows: np.ndarray) -> Field:
    return Field(**{**vars(field), "values": field.values[rows]})


def open_run(path: Union[str, Path]) -> Run:
    """A run directory, complete or not: [run] directory of the configuration."""
    return Run(path)
