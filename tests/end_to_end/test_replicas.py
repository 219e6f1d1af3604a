# SPDX-License-Identifier: BSD-3-Clause
"""Does a sky deeper than the box have the power of its haloes, and no more?

Expected C_l of turned tiles without a fit: Limber, with the power of the box's haloes (Poisson and
clustering, weighted by Y) convolved with the window of a cube.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy
from harness import HERE, setsz

DATA = Path(os.environ.get("SETSZ_SHARED_DATA", "")) / "box75_a"
BINS = [(l, l + 10) for l in range(30, 130, 10)]


def box_power(positions, weights, box, wave_numbers):
    """Power over the Poisson level at |k| in units of 2 pi / box, convolved with the window of the box."""
    n = 16
    lattice = numpy.arange(-n, n + 1)
    waves = [numpy.exp(-2j * numpy.pi * numpy.outer(lattice, positions[:, axis] / box)) for axis in range(3)]
    power = numpy.stack([numpy.abs(((x * weights)[None, :] * waves[1]) @ waves[2].T) ** 2 for x in waves[0]])
    power /= numpy.sum(weights**2)
    power[n, n, n] = 0  # a tile has the mean density
    directions = numpy.random.default_rng(1).normal(size=(100, 3))
    directions /= numpy.linalg.norm(directions, axis=1)[:, None]

    def at(k, direction):
        window = [numpy.sinc(k * component - lattice) ** 2 for component in direction]
        return numpy.einsum("i,j,k,ijk", *window, power, optimize=True)

    return numpy.array([numpy.mean([at(k, direction) for direction in directions]) for k in wave_numbers])


class Sky:
    def __init__(self, run, name):
        folder = run / "sky" / name
        self.c_l = numpy.array(json.loads((folder / "sky.json").read_text())["cl"]["C_l"])
        with h5py.File(folder / "lightcone.h5") as file:
            self.ids = file["halos/id"][:]
            self.y = file["halos/y_total"][:] * (numpy.pi / 10800) ** 2
            self.distance = file["halos/distance"][:] / 1000

    def over_poisson(self):
        poisson = numpy.sum(self.y**2) / (4 * numpy.pi)
        return numpy.array([numpy.average(self.c_l[a:b], weights=2 * numpy.arange(a, b) + 1) for a, b in BINS]) / poisson

    def expected(self, run):
        """Over the Poisson level, in the bins."""
        with h5py.File(run / "catalog/z0/clusters.h5") as file:
            ids, positions = file["clusters/id"][:], file["clusters/position"][:] / 1000
            box = file.attrs["box_ckpch"] / 1000
        nearest = {number: y * d**2 for number, y, d in zip(self.ids, self.y, self.distance)}  # as in any replica
        weights = numpy.array([nearest[number] for number in ids])
        wave_numbers = numpy.linspace(0.1, 6, 60)
        power = box_power(positions, weights, box, wave_numbers)
        shells, edges = numpy.histogram(self.distance, 100, weights=self.y**2)
        middles = (edges[1:] + edges[:-1]) / 2

        def at(l):
            k = (l + 0.5) / middles * box / (2 * numpy.pi)
            return numpy.average(numpy.interp(k, wave_numbers, power), weights=shells)

        return numpy.array([numpy.average([at(l) for l in range(a, b)], weights=2 * numpy.arange(a, b) + 1) for a, b in BINS])


@unittest.skipUnless(DATA.is_dir(), "needs the simulation box75_a (SETSZ_SHARED_DATA)")
class Replicas(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.run_folder = Path(cls.folder.name) / "run"
        result = setsz("run", HERE / "replicas.ini", "--set", f"run.directory={cls.run_folder}",
                       "--set", f"snapshot.z0.dark_matter={DATA}/dmo/snapdir_099",
                       "--set", f"snapshot.z0.catalog={DATA}/rockstar/snap_099/out_0_allcols_pid.list", timeout=1500)
        assert result.code == 0, result.output

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def excess(self, name):
        """C_l over the expected ones, and the same in sigma of a Gaussian sky."""
        sky = Sky(self.run_folder, name)
        found, expected = sky.over_poisson(), sky.expected(self.run_folder)
        sigma = expected * numpy.array([numpy.sqrt(2 / numpy.sum(2 * numpy.arange(a, b) + 1)) for a, b in BINS])
        print(name, "C_l over Poisson", numpy.round(found, 2), "expected", numpy.round(expected, 2),
              "excess in sigma", numpy.round((found - expected) / sigma, 1))
        return found / expected, (found - expected) / sigma

    def test_turned_tiles_have_the_power_of_their_haloes(self):
        for name in "tiles1", "tiles2":
            ratio, sigma = self.excess(name)
            self.assertLess(sigma.max(), 3)
            self.assertAlmostEqual(ratio[:6].mean(), 1, delta=0.1)  # beyond, the pixels smooth the map

    def test_a_bare_box_has_peaks(self):
        ratio, sigma = self.excess("bare")
        self.assertGreater(sigma.max(), 6)
        self.assertLess(ratio.min(), 0.3)  # and gaps


if __name__ == "__main__":
    unittest.main()
