# SPDX-License-Identifier: BSD-3-Clause
"""The binary table or the image of a FITS file of setsz, with numpy alone (healpy and astropy read these files, too)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Dict, Tuple, Union

import numpy as np

BLOCK = 2880  # FITS standard 4.0, section 3.1
TYPES = {"L": "i1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}


@dataclass(frozen=True)
class Table:
    """Columns by name, their units, and the cards of the header."""

    columns: Dict[str, np.ndarray]
    units: Dict[str, str]
    header: Dict[str, Any]


def value_of(card: str) -> Any:
    quoted = re.match(r"\s*'((?:[^']|'')*)'", card)
    if quoted:
        return quoted[1].replace("''", "'").rstrip()
    word = card.split("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    return float(word.replace("D", "E")) if re.search(r"[.ED]", word) else int(word) if word else None


def read_header(file: BinaryIO) -> Dict[str, Any]:
    cards: Dict[str, Any] = {}
    while "END" not in cards:
        block = file.read(BLOCK).decode("ascii")
        if len(block) < BLOCK:
            raise ValueError(f"'{file.name}' is truncated, or no FITS file")
        for line in (block[i : i + 80] for i in range(0, BLOCK, 80)):
            name = line[:8].strip()
            if name == "END":
                cards["END"] = True
            elif line[8:10] == "= ":
                cards[name] = value_of(line[10:])
    del cards["END"]
    return cards


def has_image(path: Union[str, Path]) -> bool:
    """Does the primary part hold data? A table comes after an empty one."""
    with open(path, "rb") as file:
        return read_header(file)["NAXIS"] > 0


def read_image(path: Union[str, Path]) -> Tuple[np.ndarray, Dict[str, Any]]:
    """The primary part of a file, float32: (rows, columns) and the header."""
    with open(path, "rb") as file:
        header = read_header(file)
        if header["BITPIX"] != -32 or header["NAXIS"] != 2:
            raise ValueError(f"'{path}' holds no image of float32 with two axes")
        shape = header["NAXIS2"], header["NAXIS1"]
        values = np.fromfile(file, dtype=">f4", count=shape[0] * shape[1])
    if values.size != shape[0] * shape[1]:
        raise ValueError(f"'{path}' is truncated: {values.size} of {shape[0] * shape[1]} pixels")
    return values.reshape(shape).astype("f4"), header


def read_table(path: Union[str, Path]) -> Table:
    """The first extension of a file. Columns have shape (rows,) or (rows, values of a row)."""
    with open(path, "rb") as file:
        read_header(file)  # of the empty primary part
        header = read_header(file)
        if header.get("XTENSION") != "BINTABLE":
            raise ValueError(f"'{path}' holds {header.get('XTENSION')}, not a binary table")
        fields, units = [], {}
        for i in range(1, header["TFIELDS"] + 1):
            name, (repeat, kind) = header[f"TTYPE{i}"], re.match(r"(\d*)([A-Z])", header[f"TFORM{i}"]).groups()
            fields.append((name, TYPES[kind], (int(repeat),)) if repeat not in ("", "1") else (name, TYPES[kind]))
            units[name] = header.get(f"TUNIT{i}", "")
        rows = np.fromfile(file, dtype=fields, count=header["NAXIS2"])
    if len(rows) != header["NAXIS2"]:
        raise ValueError(f"'{path}' is truncated: {len(rows)} of {header['NAXIS2']} rows")
    columns = {name: rows[name].astype(rows[name].dtype.newbyteorder("=")) for name in rows.dtype.names}
    return Table(columns, units, header)
