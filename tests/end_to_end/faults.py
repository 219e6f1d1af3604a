# SPDX-License-Identifier: BSD-3-Clause
"""Faults of input files: each one is a small edit of a good set of files.

A fault is (what to do to the files, exit code, words that the message must hold)."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import h5py
import numpy as np


@dataclass
class Files:
    """A private copy of the mock's files for one test."""

    dark_matter: list  # paths of the chunks
    gas: list
    catalog: Path
    overrides: list  # --set of the command line


@dataclass
class Fault:
    name: str
    make: Callable
    code: int
    words: tuple = ()
    until: str = "voxelize"


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def set_value(file, dataset, row, value):
    data = file[dataset]
    data[row] = value


def replace(file, dataset, values):
    del file[dataset]
    file[dataset] = values


def header(path, name, value):
    edit(path, lambda file: file["Header"].attrs.modify(name, value))


def cut(path, share):
    os.truncate(path, int(os.path.getsize(path) * share))


def lines_of(files):
    return files.catalog.read_text().splitlines(keepends=True)


CHANGED_LINE = 25  # of the catalogue, counted from 1: not the first one with numbers


def change_line(files, change):
    lines = lines_of(files)
    assert not lines[CHANGED_LINE - 1].startswith("#")
    lines[CHANGED_LINE - 1] = change(lines[CHANGED_LINE - 1])
    files.catalog.write_text("".join(lines))


def change_comment(files, begin, change):
    lines = lines_of(files)
    found = [i for i, line in enumerate(lines) if line.startswith(begin)]
    assert found, f"the catalogue has no line that begins with {begin}"
    lines[found[0]] = change(lines[found[0]])
    files.catalog.write_text("".join(lines))


def drop_column(line):
    return line.rsplit(None, 1)[0] + "\n"


def break_number(line):
    words = line.split()
    words[2] = "12x4"
    return " ".join(words) + "\n"


FAULTS = [
    # ---- files
    Fault("a chunk of the snapshot is missing", lambda f: f.dark_matter[1].unlink(), 66, ("snap_000", "1")),
    Fault("no snapshot at all", lambda f: [path.unlink() for path in f.dark_matter], 66, ("snap_000",)),
    Fault("no catalogue", lambda f: f.catalog.unlink(), 66, (".list",)),
    Fault("truncated HDF5", lambda f: cut(f.dark_matter[1], 0.7), 65, ("snap_000.1.hdf5", "truncated")),
    Fault("not HDF5", lambda f: f.gas[0].write_text("<html>404 not found</html>\n" * 99), 65, ("snap_000.0.hdf5", "HDF5")),
    Fault("an empty file", lambda f: f.dark_matter[0].write_bytes(b""), 65, ("snap_000.0.hdf5",)),
    # ---- datasets
    Fault("a dataset is missing", lambda f: edit(f.dark_matter[1], lambda h: h.__delitem__("PartType1/Velocities")), 65,
          ("snap_000.1.hdf5", "PartType1/Velocities")),
    Fault("a dataset of the gas is missing", lambda f: edit(f.gas[0], lambda h: h.__delitem__("PartType0/Density")), 65,
          ("snap_000.0.hdf5", "Density")),
    Fault("positions are integers", lambda f: edit(f.dark_matter[0], lambda h: replace(
        h, "PartType1/Coordinates", h["PartType1/Coordinates"][:].astype("i4"))), 65, ("snap_000.0.hdf5", "Coordinates", "int32")),
    Fault("ids are floating point", lambda f: edit(f.dark_matter[0], lambda h: replace(
        h, "PartType1/ParticleIDs", h["PartType1/ParticleIDs"][:].astype("f8"))), 65, ("snap_000.0.hdf5", "ParticleIDs")),
    Fault("positions of shape (N, 2)", lambda f: edit(f.dark_matter[0], lambda h: replace(
        h, "PartType1/Coordinates", h["PartType1/Coordinates"][:, :2])), 65, ("snap_000.0.hdf5", "Coordinates", "2")),
    Fault("the header counts other particles than there are", lambda f: edit(f.dark_matter[0], lambda h: replace(
        h, "PartType1/Coordinates", h["PartType1/Coordinates"][:-1])), 65, ("snap_000.0.hdf5", "NumPart")),
    Fault("the files' counts do not add up to the total", lambda f: [header(
        path, "NumPart_Total", np.array([0, 12345, 0, 0, 0, 0], "u4")) for path in f.dark_matter], 65, ("NumPart_Total", "12345")),
    # ---- values
    Fault("NaN in a position", lambda f: edit(f.dark_matter[1], lambda h: set_value(h, "PartType1/Coordinates", (7, 1), np.nan)), 65,
          ("snap_000.1.hdf5", "Coordinates", "7")),
    Fault("NaN in a velocity", lambda f: edit(f.dark_matter[0], lambda h: set_value(h, "PartType1/Velocities", (5, 0), np.nan)), 65,
          ("snap_000.0.hdf5", "Velocities", "5")),
    Fault("a particle outside the box", lambda f: edit(f.dark_matter[0], lambda h: set_value(h, "PartType1/Coordinates", (3, 2), 9e9)), 65,
          ("snap_000.0.hdf5", "Coordinates", "box")),
    Fault("NaN in the gas", lambda f: edit(f.gas[0], lambda h: set_value(h, "PartType0/InternalEnergy", 4, np.nan)), 65,
          ("snap_000.0.hdf5", "InternalEnergy")),
    Fault("a negative density", lambda f: edit(f.gas[0], lambda h: set_value(h, "PartType0/Density", 4, -1)), 65,
          ("snap_000.0.hdf5", "Density")),
    # ---- things that do not belong together
    Fault("chunks of different boxes", lambda f: header(f.dark_matter[1], "BoxSize", 1.0), 65, ("snap_000.1.hdf5", "BoxSize")),
    Fault("the gas has another box", lambda f: [header(path, "BoxSize", 2e6) for path in f.gas], 65, ("ox",)),
    Fault("the gas is at another redshift", lambda f: [(header(path, "Time", 0.5), header(path, "Redshift", 1.0)) for path in f.gas], 65,
          ("0.5",)),
    Fault("the catalogue has another box", lambda f: change_comment(f, "#Box size", lambda line: "#Box size: 7.000000 Mpc/h\n"), 65,
          (".list", "7")),
    Fault("the catalogue has another cosmology", lambda f: change_comment(
        f, "#Om", lambda line: "#Om = 0.250000; Ol = 0.750000; h = 0.677400\n"), 65, (".list", "0.25")),
    Fault("the configuration has another cosmology", lambda f: f.overrides.append("cosmology.omega_m=0.25"), 65, ("0.25",)),
    # ---- the catalogue
    Fault("a line that lacks a column", lambda f: change_line(f, drop_column), 65, (f".list:{CHANGED_LINE}",)),
    Fault("a line with text for a number", lambda f: change_line(f, break_number), 65, (f".list:{CHANGED_LINE}", "12x4")),
    Fault("a header with more names than columns", lambda f: change_comment(f, "#ID", lambda line: line.rstrip("\n") + " Extra_Column\n"), 65,
          (".list",)),
    Fault("an empty catalogue", lambda f: f.catalog.write_text(""), 65, (".list",)),
    Fault("no halo above the cut", lambda f: f.overrides.append("catalog.mass_min=9e16"), 65, ("mass_min",)),
    # ---- the configuration
    Fault("a misspelt key", lambda f: f.overrides.append("catalog.mas_min=1e14"), 78, ("mas_min", "mass_min")),
    Fault("a misspelt section", lambda f: f.overrides.append("catalgo.mass_min=1e14"), 78, ("catalgo", "catalog")),
    Fault("text for a number", lambda f: f.overrides.append("catalog.mass_min=heavy"), 78, ("mass_min", "heavy")),
    Fault("a value out of range", lambda f: f.overrides.append("run.memory_mb=-5"), 78, ("memory_mb", "-5")),
]
