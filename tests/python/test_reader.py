# SPDX-License-Identifier: BSD-3-Clause
"""python/setsz on the shared reference run: against h5py, astropy, and numbers that come from elsewhere."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import h5py
import numpy as np
import setsz

try:
    import astropy.io.fits
    import astropy.units
except ImportError:
    astropy = None

UNIVERSE = Path(os.environ["UNIVERSE"])
TREE = Path(__file__).resolve().parents[2]
PREDICTION = "predict/z0/small/fold0/seed1"


def physical_p200(mass_msun, a, omega_m, omega_b, h):
    """[keV/cm^3] from the definition alone, in SI: 100 G rho_crit f_b M / R."""
    gravity, mpc, msun, kev = 6.6743e-11, 3.0856775814913673e22, 1.98841e30, 1.602176634e-16
    hubble = 1e5 * h / mpc * np.sqrt(omega_m * a**-3 + 1 - omega_m)
    critical = 3 * hubble**2 / (8 * np.pi * gravity)
    mass = mass_msun * msun
    radius = (3 * mass / (4 * np.pi * 200 * critical)) ** (1 / 3)
    return 100 * gravity * critical * omega_b / omega_m * mass / radius / kev / 1e6


class Reader(unittest.TestCase):
    def setUp(self):
        self.run_ = setsz.open_run(UNIVERSE)

    def plain(self, file, dataset):
        with h5py.File(UNIVERSE / file) as opened:
            return opened[dataset][()]

    def test_products_are_the_folders_with_a_manifest(self):
        expected = sorted(str(path.parent.relative_to(UNIVERSE)) for path in UNIVERSE.glob("**/manifest.json"))
        self.assertEqual(self.run_.products(), expected)
        self.assertEqual(self.run_.products("predict/*"), [PREDICTION])
        for product in expected:
            self.assertEqual(self.run_.manifest(product)["product"], product)
            self.assertTrue(all(file.exists() for file in self.run_.files(product)))
        self.assertIn("n_voxels = 16", self.run_.options(PREDICTION))

    def test_what_is_missing_is_named(self):
        for wrong, words in (
            (lambda: self.run_.manifest("predict/z9"), "catalog/z0"),
            (lambda: self.run_.read("catalog/z0", "cluster.h5"), "clusters.h5"),
        ):
            with self.assertRaises(KeyError) as caught:
                wrong()
            self.assertIn(words, str(caught.exception))
        with self.assertRaises(FileNotFoundError):
            setsz.open_run(UNIVERSE / "nowhere")

    def test_clusters_are_those_of_the_file_in_physical_units(self):
        clusters = self.run_.clusters()
        mass = self.plain("catalog/z0/clusters.h5", "clusters/m200c")
        np.testing.assert_array_equal(clusters["m200c"], mass)
        np.testing.assert_allclose(clusters["m200c"].physical(), mass / 0.6774)
        np.testing.assert_allclose(clusters["m200c"].in_cgs(), mass / 0.6774 * 1e10 * 1.98841e33)
        np.testing.assert_allclose(clusters["r200c"].in_cgs(), clusters["r200c"].values / 0.6774 * 3.0856775814913673e21)
        self.assertEqual(clusters["position"].frame, "box")

    def test_powers_of_a_and_h_and_relative_units(self):
        field = setsz.Field(np.array([2.0]), "x", a_power=-3, h_power=2, a=0.5, h=0.7, cgs=10.0)
        np.testing.assert_allclose(field.physical(), [2 * 8 * 0.49])
        np.testing.assert_allclose(field.in_cgs(), [2 * 8 * 0.49 * 10])
        with self.assertRaisesRegex(ValueError, "needs a"):
            setsz.Field(np.array([2.0]), "ckpc/h", a_power=1).physical()
        with self.assertRaisesRegex(ValueError, "relative"):
            self.run_.cubes(PREDICTION).pressure.in_cgs()

    @unittest.skipUnless(astropy, "needs astropy")
    def test_every_unit_is_the_one_astropy_knows_it_as(self):
        seen = set()
        for product in self.run_.products():
            for path in self.run_.files(product):
                if path.suffix != ".h5" or path.name == "model.h5":
                    continue
                for name, field in self.run_.read(product, path.name).items():
                    self.assertTrue(field.cgs or re.search("[PR]200", field.unit), f"{path}: {name} [{field.unit}]")
                    if field.cgs and field.unit not in seen:
                        seen.add(field.unit)
                        self.assertAlmostEqual(astropy.units.Unit(field.astropy_unit).cgs.scale / field.cgs, 1, 5, field.unit)
        self.assertIn("1e10 Msun/h (km/s)^2 (ckpc/h)^-3", seen)
        energy = self.run_.clusters()["p200"].quantity().to("keV/cm3").value
        np.testing.assert_allclose(energy, self.run_.cubes("voxelize/z0").p200_kev_cm3(), rtol=1e-6)

    def test_pressure_in_kev_is_what_the_definition_of_p200_gives(self):
        clusters = self.run_.clusters()
        attributes = self.run_.attributes("catalog/z0", "clusters.h5")
        expected = physical_p200(clusters["m200c"].values * 1e10 / attributes["h"], attributes["a"],
                                 attributes["omega_m"], attributes["omega_b"], attributes["h"])
        cubes = self.run_.cubes(PREDICTION)
        np.testing.assert_allclose(cubes.p200_kev_cm3(), expected[cubes.rows], rtol=1e-4)
        plain = self.plain(f"{PREDICTION}/prediction.h5", "pressure")
        i = len(cubes) - 1
        np.testing.assert_allclose(cubes.kev_cm3(i), plain[i] * expected[cubes.rows[i]], rtol=1e-4)

    def test_a_prediction_says_what_turns_it_into_a_physical_pressure(self):
        said, clusters = self.run_.attributes(PREDICTION, "prediction.h5"), self.run_.attributes("catalog/z0", "clusters.h5")
        for name in ("a", "redshift", "omega_m", "omega_l", "omega_b", "h"):
            self.assertEqual(said[name], clusters[name])
        rows = self.plain(f"{PREDICTION}/prediction.h5", "cluster")
        np.testing.assert_array_equal(self.plain(f"{PREDICTION}/prediction.h5", "p200"), self.run_.clusters()["p200"][rows])
        self.assertIn(f'"product":"{PREDICTION}"', said["provenance"])

    def test_voxels_and_radii_reproduce_the_integrated_y(self):
        """Y = sigma_T / (m_e c^2) sum of P V over voxels within 2 R200, from physical pressure alone."""
        cubes = self.run_.cubes(PREDICTION)
        for i in (0, len(cubes) - 1):
            side_cm = cubes.edge.physical()[i] / cubes.n_voxels * 3.0856775814913673e21
            inside = cubes.radii(i) < 2
            total = cubes.kev_cm3(i)[inside].sum(dtype=float) * side_cm**3
            y_kpc2 = 6.6524587321e-25 / 510.99895 * total / 3.0856775814913673e21**2
            self.assertAlmostEqual(y_kpc2 / cubes.values["y"].physical()[i], 1, 4)

    def test_cubes_of_gas_and_shifts(self):
        gas, predicted = self.run_.cubes("voxelize/z0"), self.run_.cubes(PREDICTION)
        np.testing.assert_array_equal(gas.ids, self.run_.clusters()["id"].values)
        np.testing.assert_array_equal(predicted.ids, gas.ids[predicted.rows])
        np.testing.assert_array_equal(predicted.shift, self.plain(f"{PREDICTION}/prediction.h5", "origin_shift"))
        self.assertIsNone(gas.shift)
        self.assertAlmostEqual(predicted.axis(0).sum(), 0, 6)

    def test_box_maps_history_and_tables(self):
        np.testing.assert_array_equal(self.run_.box("paint/z0/small")["pressure"], self.plain("paint/z0/small/box.h5", "pressure"))
        self.assertEqual(set(self.run_.maps("paint/z0/small")) & {"y_x", "y_y", "y_z"}, {"y_x", "y_y", "y_z"})
        self.assertEqual(len(self.run_.history("train/z0/small/fold0/seed1")["training_loss"]), 3)
        self.assertGreater(self.run_.json("evaluate/z0/small/seed1", "scores.json")["L_opt"], 0)

    def test_the_sky_is_as_its_header_says(self):
        sky, header = self.run_.sky("sky/small")
        self.assertEqual(len(sky), 12 * header["NSIDE"] ** 2)
        self.assertAlmostEqual(sky.mean(dtype=float) / header["YMEAN"], 1, 6)
        self.assertAlmostEqual(sky.max() / header["YMAX"], 1, 6)
        self.assertEqual(header["SIMNAME"], "setsz mock")

    @unittest.skipUnless(astropy, "needs astropy")
    def test_parts_of_the_sky_and_plate_carree_maps_are_read(self):
        with tempfile.TemporaryDirectory() as folder:
            run, product = setsz.open_run(folder), Path(folder) / "sky/part"
            product.mkdir(parents=True)
            (product / "manifest.json").write_text(json.dumps({"outputs": [{"file": "part.fits"}, {"file": "car.fits"}]}))
            fits = astropy.io.fits
            pixels, values = np.array([3, 4, 11], "i8"), np.array([1, 2, 3], "f4")
            columns = [fits.Column("PIXEL", "K", array=pixels), fits.Column("COMPTON_Y", "E", array=values)]
            table = fits.BinTableHDU.from_columns(columns)
            table.header["NSIDE"] = 1
            table.writeto(product / "part.fits")
            image = np.arange(12, dtype="f4").reshape(3, 4)
            fits.PrimaryHDU(image).writeto(product / "car.fits")
            sky, header = run.sky("sky/part", "part.fits")
            np.testing.assert_array_equal(sky[pixels], values)
            self.assertEqual((len(sky), int(np.isnan(sky).sum()), header["NSIDE"]), (12, 9, 1))
            np.testing.assert_array_equal(run.sky("sky/part", "car.fits")[0], image)

    def test_values_of_fits_cards(self):
        from setsz.fits import value_of

        for card, value in (("   1.5D-03 / of Fortran", 0.0015), ("  1E5", 1e5), ("  12 / n", 12), ("  T", True), (" 'a''b / c  ' / d", "a'b / c"), ("  / empty", None)):
            self.assertEqual(value_of(card), value, card)

    def test_both_files_of_the_light_cone_say_the_same(self):
        columns = self.run_.table("sky/small", "lightcone.fits").columns
        halos = self.run_.lightcone("sky/small")
        np.testing.assert_array_equal(columns["M200C"], halos["m200c"])
        np.testing.assert_array_equal(columns["REPLICA"], halos["replica"])

    @unittest.skipUnless(astropy, "needs astropy")
    def test_fits_is_read_as_astropy_reads_it(self):
        for file in ("compton_y.fits", "lightcone.fits"):
            table = self.run_.table("sky/small", file)
            with astropy.io.fits.open(UNIVERSE / "sky/small" / file) as opened:
                extension = opened[1]
                for name, column in table.columns.items():
                    np.testing.assert_array_equal(column, extension.data[name])
                for name, value in table.header.items():
                    if name not in ("HISTORY", "COMMENT", ""):
                        self.assertEqual(value, extension.header[name], name)

    def test_the_examples_of_the_page_run(self):
        blocks = re.findall(r"```python\n(.*?)```", (TREE / "docs/python.md").read_text(), re.DOTALL)
        self.assertGreater(len(blocks), 3)
        names = {}
        with contextlib.redirect_stdout(io.StringIO()) as output:
            for block in blocks:
                exec(block.replace('"demo"', repr(str(UNIVERSE))).replace("origin_local", "small"), names)
        self.assertIn(PREDICTION, output.getvalue())

    def test_pip_installs_it(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder, "source"), Path(folder, "target")
            source.mkdir()
            for part in ("pyproject.toml", "VERSION", "python", "docs", "LICENSE"):
                subprocess.run(["cp", "-r", TREE / part, source], check=True)
            try:
                subprocess.run([sys.executable, "-m", "pip", "--version"], check=True, capture_output=True)
            except subprocess.CalledProcessError:
                self.skipTest("needs pip")
            done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation",
                                   "--target", target, source], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            asked = "import setsz, importlib.metadata as m; print(setsz.__file__, m.version('setsz'))"
            said = subprocess.run([sys.executable, "-c", asked], env={"PYTHONPATH": str(target)}, capture_output=True, text=True)
            self.assertEqual(said.stdout.split(), [str(target / "setsz/__init__.py"), (TREE / "VERSION").read_text().strip()], said.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
