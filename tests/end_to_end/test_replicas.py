# SPDX-License-Identifier: BSD-3-Clause
"""Does a sky deeper than the box have the power of its haloes, and no more?

Expected C_l of turned tiles without a fit: Limber, with the power of the box's haloes (Poisson and
clustering, weighted by Y) convolved with the window of a cube. The same haloes in random directions
have what `cl.expected` in sky.json says.
"""

import json
import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy
from harness import HERE, setsz

DATA = Path(os.environ.get("SETSZ_SHARED_DATA", "")) / "box75_a"
FIGURES = HERE.parents[1] / "jobs" / "figures"
BINS = [(l, l + 10) for l in range(30, 130, 10)]
ALL = [(2, 6), (6, 10), (10, 14), (14, 20), (20, 30), (30, 50), (50, 70), (70, 100), (100, 130)]


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
    def __init__(self, folder):
        self.cl = json.loads((folder / "sky.json").read_text())["cl"]
        if not (folder / "lightcone.h5").exists():
            return  # of a catalogue
        with h5py.File(folder / "lightcone.h5") as file:
            self.ids = file["halos/id"][:]
            self.y = file["halos/y_total"][:] * (numpy.pi / 10800) ** 2
            self.distance = file["halos/distance"][:] / 1000

    def over_its_haloes(self, bands):
        """C_l over `cl.expected`; scatter of random places."""
        import sky

        l_max = bands[-1][1]
        found, wanted = numpy.array(self.cl["C_l"])[:l_max], sky.expected(self.cl, numpy.arange(l_max))
        weights = 2 * numpy.arange(l_max) + 1
        ratio = [numpy.sum((weights * found)[a:b]) / numpy.sum((weights * wanted)[a:b]) for a, b in bands]
        return numpy.array(ratio), numpy.array([numpy.sqrt(2 / numpy.sum(weights[a:b])) for a, b in bands])

    def expected(self, run):
        """Over that of independent places, in BINS."""
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
        sys.path.insert(0, str(FIGURES))
        cls.folder = tempfile.TemporaryDirectory()
        cls.run_folder = Path(cls.folder.name) / "run"
        result = setsz("run", HERE / "replicas.ini", "--set", f"run.directory={cls.run_folder}",
                       "--set", f"snapshot.z0.dark_matter={DATA}/dmo/snapdir_099",
                       "--set", f"snapshot.z0.catalog={DATA}/rockstar/snap_099/out_0_allcols_pid.list", timeout=1500)
        assert result.code == 0, result.output

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        sys.path.remove(str(FIGURES))

    def excess(self, name):
        """C_l over the expected ones, and the same in sigma of a Gaussian sky."""
        sky = Sky(self.run_folder / "sky" / name)
        (found, scatter), expected = sky.over_its_haloes(BINS), sky.expected(self.run_folder)
        sigma = expected * scatter
        print(name, "C_l over that of its haloes", numpy.round(found, 2), "expected", numpy.round(expected, 2),
              "excess in sigma", numpy.round((found - expected) / sigma, 1))
        return found / expected, (found - expected) / sigma

    def test_turned_tiles_have_the_power_of_their_haloes(self):
        for name in "tiles1", "tiles2":
            ratio, sigma = self.excess(name)
            self.assertLess(sigma.max(), 3)
            self.assertAlmostEqual(ratio.mean(), 1, delta=0.1)

    def test_below_the_box_they_lack_power(self):
        for name in "tiles1", "tiles2":
            sky = Sky(self.run_folder / "sky" / name)
            l_box, shares = sky.cl["expected"]["l_box"], dict(zip(sky.cl["expected"]["l"], sky.cl["expected"]["beyond_box"]))
            self.assertAlmostEqual(l_box, 2 * numpy.pi * numpy.average(sky.distance, weights=sky.y**2) / 75, delta=6)
            self.assertEqual((shares[2], shares[100]), (1, 0))
            ratio, _ = sky.over_its_haloes(ALL)
            print(name, "l_box", l_box, "C_l over that of its haloes", dict(zip(ALL, ratio.round(2))))
            self.assertLess(max(r for r, (_, end) in zip(ratio, ALL) if end < l_box / 4), 0.6)
            self.assertGreater(min(r for r, (begin, _) in zip(ratio, ALL) if begin > l_box), 1)

    def test_the_same_haloes_in_random_directions_have_what_is_expected(self):
        names = "one", "two", "three"
        for seed, name in enumerate(names):
            scattered = self.run_folder.with_name(f"{name}.h5")
            shutil.copy(self.run_folder / "sky/tiles1/lightcone.h5", scattered)
            random = numpy.random.default_rng(seed)
            with h5py.File(scattered, "r+") as file:
                n = file["halos/id"].size
                file["halos/longitude"][:] = 360 * random.random(n)
                file["halos/latitude"][:] = numpy.degrees(numpy.arcsin(2 * random.random(n) - 1))
        text = (HERE / "replicas.ini").read_text()
        text = "[run]\nstages = sky\n[cosmology]" + text.split("[cosmology]")[1].split("[catalog]")[0]
        text += "[sky]\nprofile = battaglia2012\nfill_cut = 2\nnside = 128\nspectrum_nside = 128\n"
        text += "".join(f"[catalogue.{name}]\nfiles = {self.run_folder.with_name(name)}.h5\n[sky.{name}]\ncatalogue = {name}\n" for name in names)
        configuration, run = self.run_folder.with_name("scattered.ini"), self.run_folder.with_name("scattered")
        configuration.write_text(text)
        result = setsz("run", configuration, "--set", f"run.directory={run}", timeout=600)
        self.assertEqual(result.code, 0, result.output)
        sigma = []
        for name in names:
            sky = Sky(run / "sky" / name)
            self.assertNotIn("l_box", sky.cl["expected"])
            ratio, scatter = sky.over_its_haloes(ALL)
            sigma.append((ratio - 1) / scatter)
            print(name, "C_l over that of its haloes", dict(zip(ALL, ratio.round(2))))
        sigma = numpy.array(sigma)
        self.assertLess(abs(sigma).max(), 4)
        self.assertLess((sigma**2).mean(), 1 + 4 * numpy.sqrt(2 / sigma.size))

    def test_a_bare_box_has_peaks(self):
        ratio, sigma = self.excess("bare")
        self.assertGreater(sigma.max(), 6)
        self.assertLess(ratio.min(), 0.3)  # and gaps


if __name__ == "__main__":
    unittest.main()
