# SPDX-License-Identifier: BSD-3-Clause
"""Turning, mirroring, shifting a universe, and shuffling its particles, does the same to what is predicted."""

import os
import shutil
import unittest
from pathlib import Path

import h5py
import numpy
from harness import Case

# Enough that no cluster has more: then nothing is drawn by chance.
ALL = 1000000
MODEL = ["run.stages=mock, catalog, extract, voxelize, moments, fit, train",
         "model.small.modules=gnfw, origin, local, moments, aggregator", "model.small.scalars=published, profile",
         f"model.small.origin_particles_test={ALL}", f"model.small.local_particles_test={ALL}"]
VECTORS = {"V": ("VX", "VY", "VZ"), "J": ("JX", "JY", "JZ"), "A": ("A[x]", "A[y]", "A[z]"),
           "A500": ("A[x](500c)", "A[y](500c)", "A[z](500c)")}


class Motion:
    """x -> turn x + shift about the middle of the box, wrapped into it. turn: a signed permutation of the axes."""

    def __init__(self, turn=((1, 0, 0), (0, 1, 0), (0, 0, 1)), shift=(0, 0, 0), shuffled=False):
        self.turn = numpy.array(turn, dtype=float)
        self.shift = numpy.array(shift, dtype=float)
        self.shuffled = shuffled

    def positions(self, x, box):
        return ((x - box / 2) @ self.turn.T + box / 2 + self.shift) % box

    def polar(self, vectors):
        return vectors @ self.turn.T

    def axial(self, vectors):
        return self.polar(vectors) * round(numpy.linalg.det(self.turn))

    def cube(self, values):
        """values[i, j, k] of voxels along x, y, z."""
        axes = numpy.abs(self.turn).argmax(axis=1)
        signs = self.turn.sum(axis=1)
        moved = values.transpose(axes)
        return moved[tuple(slice(None, None, int(sign)) for sign in signs)]


MOTIONS = {
    "shuffled": Motion(shuffled=True),
    # By a multiple of the finest digit of the coordinates: no rounding.
    "shifted": Motion(shift=(12345.25, -20000.5, 31234.125)),
    "turned": Motion(turn=((0, 0, 1), (1, 0, 0), (0, 1, 0))),
    "turned half": Motion(turn=((0, -1, 0), (1, 0, 0), (0, 0, 1))),
    "mirrored": Motion(turn=((-1, 0, 0), (0, 1, 0), (0, 0, 1))),
    "all": Motion(turn=((0, 0, -1), (0, 1, 0), (-1, 0, 0)), shift=(100.5, 31000, -7.25), shuffled=True),
}


def write_particles(source, target, motion):
    """The snapshot's files, particles moved; shuffled ones among all files. Double precision, as no digit may be lost."""
    files = sorted(source.glob("*.hdf5"))
    parts = {name: [] for name in ("Coordinates", "Velocities", "ParticleIDs")}
    for path in files:
        with h5py.File(path) as file:
            for name, values in parts.items():
                values.append(file[f"PartType1/{name}"][:])
            box = file["Header"].attrs["BoxSize"]
    counts = [len(part) for part in parts["ParticleIDs"]]
    x, v, ids = (numpy.concatenate(parts[name]) for name in ("Coordinates", "Velocities", "ParticleIDs"))
    x = numpy.round(x.astype(float) * 256) / 256
    order = numpy.random.default_rng(3).permutation(len(ids)) if motion.shuffled else numpy.arange(len(ids))
    x, v, ids = motion.positions(x, box)[order], motion.polar(v.astype(float))[order].astype("f4"), ids[order]
    target.mkdir(parents=True)
    for path, first, count in zip(files, numpy.cumsum([0, *counts]), counts):
        shutil.copy(path, target / path.name)
        with h5py.File(target / path.name, "r+") as file:
            for name, values in (("Coordinates", x), ("Velocities", v), ("ParticleIDs", ids)):
                del file[f"PartType1/{name}"]
                file[f"PartType1/{name}"] = values[first:first + count]


def write_list(source, target, motion, box):
    """The halo list with 17 digits, moved."""
    lines = source.read_text().splitlines()
    names = lines[0].lstrip("#").split()
    table = numpy.array([line.split() for line in lines if not line.startswith("#")], dtype=float)

    def columns(wanted):
        return [names.index(name) for name in wanted]

    at = columns(("X", "Y", "Z"))
    table[:, at] = motion.positions(table[:, at], box)
    for kind, wanted in VECTORS.items():
        if not set(wanted) <= set(names):
            continue
        at = columns(wanted)
        table[:, at] = motion.polar(table[:, at]) if kind != "J" else motion.axial(table[:, at])
    whole = {names.index(name) for name in ("ID", "DescID", "Np", "PID")}
    target.parent.mkdir(parents=True)
    rows = [" ".join(str(int(value)) if i in whole else repr(float(value)) for i, value in enumerate(row)) for row in table]
    target.write_text("\n".join([line for line in lines if line.startswith("#")] + rows) + "\n")


class Symmetry(Case):
    def setUp(self):
        super().setUp()
        self.universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def predicted(self, name, motion, trained):
        files = self.folder / f"files {name}"
        source = self.universe / "mock/z0"
        write_particles(source / "dmo", files / "dmo", motion)
        scaled = Motion(motion.turn, motion.shift / 1000)  # the list is in Mpc/h
        write_list(source / "rockstar/out_0.list", files / "rockstar/out_0.list", scaled, 60)
        run = self.folder / name.replace(" ", "_")
        self.succeeds("run", self.configuration("applied.ini", run=run, files=files, trained=trained),
                      "--set", "run.stages=catalog, extract, moments, predict", ranks=2, timeout=300)
        with h5py.File(run / "predict/z0/applied/trained/prediction.h5") as file:
            by_id = numpy.argsort(file["id"][:])  # clusters are in spatial order
            return {key: file[key][:][by_id] for key in ("id", "pressure", "origin_shift", "y")}

    def test_what_is_done_to_the_universe_is_done_to_the_prediction(self):
        trained = self.folder / "taught"
        shutil.copytree(self.universe, trained)
        self.succeeds("run", self.configuration("tiny.ini", run=trained),
                      *(word for option in MODEL for word in ("--set", option)), ranks=2, timeout=300)
        base = self.predicted("as it is", Motion(), trained)
        largest = base["pressure"].max(axis=(1, 2, 3))
        for name, motion in MOTIONS.items():
            moved = self.predicted(name, motion, trained)
            with self.subTest(name):
                numpy.testing.assert_array_equal(moved["id"], base["id"])
                numpy.testing.assert_allclose(moved["y"], base["y"], rtol=1e-4)
                numpy.testing.assert_allclose(moved["origin_shift"], motion.polar(base["origin_shift"]), atol=1e-4)
                cubes = numpy.stack([motion.cube(cube) for cube in base["pressure"]])
                off = numpy.abs(moved["pressure"] - cubes).max(axis=(1, 2, 3)) / largest
                print(f"{name}: largest departure {off.max():.2e} of a cluster's largest pressure")
                self.assertLess(off.max(), 1e-4)
                if not numpy.array_equal(motion.turn, numpy.eye(3)):
                    unmoved = numpy.abs(moved["pressure"] - base["pressure"]).max(axis=(1, 2, 3)) / largest
                    self.assertGreater(numpy.median(unmoved), 0.01, "spherical predictions: this test is worth nothing")


if __name__ == "__main__":
    unittest.main(verbosity=2)
