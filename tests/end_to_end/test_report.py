# SPDX-License-Identifier: BSD-3-Clause
"""`setsz report` on the reference run: its numbers against the products, its figures, its page; and map.py."""

import csv
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import unittest
from html.parser import HTMLParser
from pathlib import Path

from harness import Case, hashes, manifests, setsz

FIGURES = Path(__file__).resolve().parents[2] / "jobs/figures"
VOID = {"meta", "link", "img", "br"}


class Page(HTMLParser):
    """What a page refers to, and whether its elements are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.references, self.ids, self.images = [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.images += tag == "img" and "src" in attributes
        self.references += [value for key, value in attributes.items() if key in ("src", "href", "srcset", "action", "data")]

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()


def table(folder, name):
    """{column without its unit: text} of each row."""
    with open(folder / "tables" / f"{name}.csv", newline="") as file:
        return [{key.split(" [")[0]: value for key, value in row.items()} for row in csv.DictReader(file)]


class Report(Case):
    @classmethod
    def setUpClass(cls):
        """One report, which the tests below look at."""
        cls.shared = Path(os.environ["SETSZ_TEST_FOLDER"])
        cls.run_folder, cls.ini = cls.shared / "universe", cls.shared / "tiny.ini"
        cls.out = Path(tempfile.mkdtemp(prefix="setsz-report-"))
        cls.addClassCleanup(shutil.rmtree, cls.out, ignore_errors=True)
        command = [os.environ["SETSZ"], "report", cls.ini, "--out", cls.out, "--python", sys.executable]
        cls.made = subprocess.run(list(map(str, command)), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=250)

    def scores(self):
        return json.loads((self.run_folder / "evaluate/z0/small/seed1/scores.json").read_text())

    def test_it_is_made(self):
        self.assertEqual(self.made.returncode, 0, self.made.stdout)
        self.assertIn("report.html", self.made.stdout)
        self.assertNotIn("Traceback", self.made.stdout)
        self.assertFalse((self.run_folder / "report").exists())

    def test_losses_are_those_of_the_clusters(self):
        clusters = self.scores()["clusters"]
        ratios = {str(row["id"]): row["loss"] / row["loss_benchmark"] for row in clusters}
        (model,) = table(self.out, "models_z0")
        self.assertAlmostEqual(float(model["L_opt"]), statistics.median(ratios.values()), places=12)
        self.assertAlmostEqual(float(model["mean_ratio"]), statistics.fmean(ratios.values()), places=12)
        self.assertAlmostEqual(float(model["y_sum_pred_over_gas"]), sum(row["y_pred"] for row in clusters) / sum(row["y_gas"] for row in clusters), places=9)
        rows = table(self.out, "clusters_z0")
        self.assertEqual({row["id"]: float(row["ratio_small"]) for row in rows}, {key: float(repr(value)) for key, value in ratios.items()})

    def test_costs_are_those_of_the_manifests(self):
        stages = {row["stage"]: row for row in table(self.out, "stages")}
        self.assertEqual(set(stages), {product.split("/")[0] for product in manifests(self.run_folder)})
        for stage, row in stages.items():
            of_stage = {product: manifest for product, manifest in manifests(self.run_folder).items() if product.split("/")[0] == stage}
            sizes = sum((self.run_folder / product / output["file"]).stat().st_size for product, manifest in of_stage.items() for output in manifest["outputs"])
            self.assertEqual(int(row["bytes"]), sizes, stage)
            self.assertAlmostEqual(float(row["seconds"]), sum(manifest["about"]["seconds"] for manifest in of_stage.values()), places=9)
            peaks = [manifest["about"]["notes"]["peak_memory_bytes"]["max"] for manifest in of_stage.values()]
            self.assertEqual(float(row["peak_memory_bytes"]), max(peaks), stage)
        states = {row["product"]: row["state"] for row in table(self.out, "products")}
        self.assertEqual(states, {product: "complete" for product in manifests(self.run_folder)})

    def test_spectra_and_skies_are_those_of_the_files(self):
        import healpy
        import numpy

        for row in table(self.out, "spectra_z0_small"):
            self.assertAlmostEqual(float(row["T"]) ** 2, float(row["P_painted"]) / float(row["P_true"]), places=9)
        (sky,) = table(self.out, "skies")
        values = healpy.read_map(self.run_folder / "sky/small/compton_y.fits", dtype=numpy.float64)
        self.assertAlmostEqual(float(sky["mean_y"]) / values.mean(), 1, places=5)
        self.assertAlmostEqual(float(sky["max_y"]) / values.max(), 1, places=5)
        self.assertEqual(int(sky["l_box"]), json.loads((self.run_folder / "sky/small/sky.json").read_text())["cl"]["expected"]["l_box"])

    def test_json_tables_hold_the_same_as_csv(self):
        for path in (self.out / "tables").glob("*.json"):
            rows = json.loads(path.read_text())["rows"]
            for row, text in zip(rows, table(self.out, path.stem), strict=True):
                for key, value in text.items():
                    if isinstance(row.get(key), float):
                        self.assertEqual(float(value), row[key], f"{path.name}: {key}")

    def test_the_hdf5_table_holds_the_same_as_csv(self):
        import h5py

        with h5py.File(self.out / "tables/tables.h5") as file:
            self.assertEqual(set(file), {path.stem for path in (self.out / "tables").glob("*.csv")})
            self.assertEqual(file["stages/seconds"].attrs["unit"], "s")
            for name in file:
                rows = table(self.out, name)
                for key in rows[0]:
                    values = file[name][key]
                    texts = [row[key] for row in rows]
                    if values.dtype.kind == "f":
                        self.assertEqual([repr(float(value)) for value in values], [repr(float({"": "nan", "True": 1, "False": 0}.get(text, text))) for text in texts], f"{name}/{key}")
                    else:
                        self.assertEqual([value.decode() for value in values], texts, f"{name}/{key}")

    def test_every_figure_shows_something(self):
        from matplotlib.image import imread

        names = {path.stem for path in (self.out / "figures").glob("*.png")}
        kinds = ("overview", "losses", "losses_benchmark", "clusters", "profiles", "profile_ratios", "histogram", "y_mass", "origin_xoff", "origin_truth", "training", "spectra",
                 "cluster_spectra", "cost")
        self.assertEqual(names, {f"{kind}_z0" for kind in kinds} | {"box_z0_small", "sky_small", "sky_zoom_small", "sky_cl_small", "cost_stages"})
        for name in names:
            picture = imread(self.out / "figures" / f"{name}.png")[..., :3]
            self.assertGreater(min(picture.shape[:2]), 200, name)
            inked = (picture < 0.9).any(axis=2)
            self.assertGreater(inked.mean(), 0.01, name)
            self.assertTrue(inked.any(axis=0)[picture.shape[1] // 4 : -picture.shape[1] // 4].any(), name)

    def test_the_page_is_whole_and_refers_to_nothing_outside(self):
        text = (self.out / "report.html").read_text()
        page = Page(text)
        page.close()
        self.assertEqual(page.open, [])
        self.assertEqual(len(page.ids), len(set(page.ids)))
        self.assertEqual(page.images, len(list((self.out / "figures").glob("*.png"))))
        for reference in page.references:
            self.assertTrue(reference.startswith(("data:", "#")), reference[:80])
            self.assertTrue(not reference.startswith("#") or reference[1:] in page.ids, reference)
        for word in ("http:", "https:", "url(", "@import", "<!-- body -->"):
            self.assertFalse(word in text, word)  # assertNotIn would print megabytes

    def test_without_matplotlib_there_are_tables(self):
        absent = self.folder / "matplotlib"
        absent.mkdir()
        (absent / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')\n")
        (self.folder / "h5py.py").write_text("raise ModuleNotFoundError(\"No module named 'h5py'\", name='h5py')\n")
        os.environ["PYTHONPATH"] = str(self.folder)
        self.addCleanup(os.environ.pop, "PYTHONPATH")
        result = self.succeeds("report", self.ini, "--out", self.folder / "out", "--python", sys.executable)
        self.assertIn("python3-matplotlib", result.output)
        self.assertEqual(table(self.folder / "out", "models_z0"), table(self.out, "models_z0"))
        self.assertEqual(Page((self.folder / "out/report.html").read_text()).images, 0)

    def test_what_is_missing_is_said_with_its_stage(self):
        os.environ["PYTHONPATH"] = str(self.folder)
        self.addCleanup(os.environ.pop, "PYTHONPATH")
        (self.folder / "matplotlib.py").write_text("raise ModuleNotFoundError(\"No module named 'matplotlib'\", name='matplotlib')\n")
        run = self.folder / "run"
        for part in ("catalog", "extract", "fit", "voxelize"):
            shutil.copytree(self.run_folder / part, run / part)
        arguments = ("report", self.ini, "--set", f"run.directory={run}", "--python", sys.executable)
        result = self.succeeds(*arguments)
        self.assertIn("--stage train", result.output)
        self.assertTrue((run / "report/report.html").is_file())
        # A damaged product, with the size that it had.
        shutil.copytree(self.run_folder / "sky", run / "sky")
        path = run / "sky/small/sky.json"
        path.write_text(" " * path.stat().st_size)
        self.fails(65, *arguments, words=["sky.json", "setsz verify", "made without it"])
        self.assertIn("sky.json", (run / "report/report.html").read_text())
        self.assertEqual({row["product"] for row in table(run / "report", "products")}, set(manifests(self.run_folder)))
        self.assertFalse((run / "report/tables/skies.csv").exists())

    def test_a_damaged_product_costs_its_own_rows(self):
        run = self.folder / "run"
        shutil.copytree(self.run_folder, run)
        sky, spectra = run / "sky/small/sky.json", run / "paint/z0/small/spectra.json"
        sky.write_text(" " * sky.stat().st_size)
        spectra.write_text(json.dumps(json.loads(spectra.read_text()) | {"mean_y": 3}))
        (run / "sky/small/lightcone.fits").write_text("no table")
        out = self.folder / "out"
        out.mkdir()
        (out / "products.json").write_text(json.dumps(json.loads((self.out / "products.json").read_text()) | {"run": str(run)}))
        made = subprocess.run([sys.executable, str(FIGURES / "report.py"), str(out / "products.json")], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
        self.assertEqual(made.returncode, 65, made.stdout)
        for words in ("sky.json", "2 more", "made without it"):
            self.assertIn(words, made.stdout)
        damaged = {"sky/small": "sky.json", "paint/z0/small": "spectra.json"}
        rows = table(out, "checks")
        self.assertEqual([row for row in rows if row["product"] not in damaged], [row for row in table(self.out, "checks") if row["product"] not in damaged])
        for product, file in damaged.items():
            (row,) = (row for row in rows if row["product"] == product)
            self.assertEqual((row["verdict"], row["check"]), ("fail", "can be read"))
            self.assertIn(file, row["why"])
        self.assertTrue((out / "tables/spectra_z0_small.csv").exists())
        self.assertTrue((out / "figures/sky_zoom_small.png").exists())  # without circles
        self.assertEqual(table(out, "models_z0"), table(self.out, "models_z0"))

    def test_errors_say_what_to_do(self):
        self.fails(66, "report", self.ini, "--out", self.folder / "out", "--python", "/no/such/python", words=["/no/such/python", "--python"])
        self.fails(66, "report", self.ini, "--set", f"run.directory={self.folder}/nothing", words=["setsz run"])
        (self.folder / "file").write_text("")
        self.fails(73, "report", self.ini, "--out", self.folder / "file/out", words=["file"])


# Beside the network of the reference run: one of two seeds, and a stochastic one.
SEVERAL = """
[model.plain]
modules = gnfw, origin, aggregator
origin_network = no
aggregator_layers = 1
aggregator_width = 8
[train.plain]
seeds = 1, 2
[model.drawn]
modules = gnfw, origin, stochastic, aggregator
stochastic_residuals = plain
origin_network = no
aggregator_layers = 1
aggregator_width = 8
stochastic_layers = 1
stochastic_width = 8
[predict]
samples = 4
realisations = 1
[paint.mean]
model = drawn
[paint.one]
model = drawn
realisation = 1
[compare]
reference = plain
resamples = 50
[statement.sampled]
text = samples are as good
source = a paper, section 4
model = drawn
loss = sampled
than = plain
above = 0.01
below = 0.02
"""


class SeveralModels(Case):
    @classmethod
    def setUpClass(cls):
        """The products of the reference run, and those of two models more."""
        shared = Path(os.environ["SETSZ_TEST_FOLDER"])
        cls.base = Path(tempfile.mkdtemp(prefix="setsz-report-"))
        cls.addClassCleanup(shutil.rmtree, cls.base, ignore_errors=True)
        cls.run_folder, cls.out = cls.base / "run", cls.base / "out"
        shutil.copytree(shared / "universe", cls.run_folder)
        text = (shared / "tiny.ini").read_text().replace(str(shared / "universe"), str(cls.run_folder)).replace(" train, predict,", " train, residuals, predict,").replace(", paint, sky", ", paint")
        (cls.base / "several.ini").write_text(text + SEVERAL)
        cls.made = [setsz("run", cls.base / "several.ini", ranks=2, timeout=200), setsz("report", cls.base / "several.ini", "--out", cls.out, "--python", sys.executable, timeout=200)]

    def test_it_shows_samples_statements_and_differences(self):
        for made in self.made:
            self.assertEqual(made.code, 0, made.output)
        self.assertNotIn("not made", self.made[1].output)
        self.assertEqual({row["model"] for row in table(self.out, "models_z0")}, {"small", "plain", "drawn"})
        (statement,) = table(self.out, "statements_z0")
        self.assertEqual((statement["verdict"], statement["loss"], statement["networks"]), ("fails", "sampled", "single samples"))
        differences = {row["model"]: row for row in table(self.out, "differences_z0")}
        self.assertEqual({name: row["networks"] for name, row in differences.items()}, {"small": "of seed 1 alone", "drawn": "of seed 1 alone"})
        # Of the seeds' losses in scores.json, cluster by cluster.
        ensemble, single = (json.loads((self.run_folder / f"evaluate/z0/{part}/scores.json").read_text()) for part in ("plain/ensemble", "small/seed1"))
        first = {row["id"]: row["seeds"]["loss"][0] for row in ensemble["clusters"]}
        self.assertAlmostEqual(float(differences["small"]["median_ln_loss_ratio"]), statistics.median(math.log(row["loss"] / first[row["id"]]) for row in single["clusters"]), places=9)
        results = (self.run_folder / "compare/z0/results.md").read_text()
        for words in ("## Samples", "of seed 1 alone", "a paper, section 4", "drawn, sampled"):
            self.assertIn(words, results)
        names = {path.stem for path in (self.out / "figures").glob("*.png")}
        self.assertLessEqual({"components_z0_drawn", "losses_z0", "profiles_z0", "training_z0", "y_mass_z0"}, names)

    def test_a_painted_realisation_is_not_the_mean_and_the_same_on_1_and_2_ranks(self):
        import h5py
        import numpy

        mean, one = (h5py.File(self.run_folder / f"paint/z0/{name}/maps.h5")["y_x"][:] for name in ("mean", "one"))
        self.assertGreater(numpy.abs(one - mean).max(), 1e-3 * mean.max())
        run = self.folder / "run"
        shutil.copytree(self.run_folder, run)
        before = hashes(run)
        shutil.rmtree(run / "paint/z0/one")
        self.succeeds("run", self.base / "several.ini", "--set", f"run.directory={run}", "--only", "paint/z0/one", ranks=1)
        self.assertEqual(hashes(run), before)

    def test_status_plan_and_options_fit_a_terminal(self):
        for arguments in (("status", self.base / "several.ini"), ("plan", self.base / "several.ini"), ("options", "compare"), ("options", "statement")):
            for line in self.succeeds(*arguments).output.splitlines():
                if str(self.base) not in line:  # paths are as long as they are
                    self.assertLessEqual(len(line), 80, f"{arguments[0]}: {line}")

    def test_few_clusters_make_a_report_and_a_figure_that_fails_is_a_note(self):
        run, out = self.folder / "run", self.folder / "out"
        shutil.copytree(self.run_folder, run)
        path = run / "evaluate/z0/drawn/seed1/scores.json"
        scores = json.loads(path.read_text())
        kept = [row["cluster"] for row in scores["clusters"][:2]]
        for part in (scores, scores["profiles"], scores["stochastic"]):
            part["clusters"] = [row for row in part["clusters"] if row["cluster"] in kept]
        scores["y_mass"] = scores["stochastic"]["components_of_residuals"] = scores["stochastic"]["components_of_samples"] = None
        scores["histogram"]["predicted"] = "nothing"
        path.write_text(json.dumps(scores))
        out.mkdir()
        (out / "products.json").write_text(json.dumps(json.loads((self.out / "products.json").read_text()) | {"run": str(run)}))
        made = subprocess.run([sys.executable, str(FIGURES / "report.py"), str(out / "products.json")], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=200)
        self.assertEqual(made.returncode, 0, made.stdout)
        self.assertNotIn("Traceback", made.stdout)
        self.assertIn("histogram: not made", (out / "report.html").read_text())
        self.assertEqual(made.stdout.count("not made"), 1, made.stdout)
        figures = {path.stem for path in (out / "figures").glob("*.png")}
        self.assertEqual(figures, {path.stem for path in (self.out / "figures").glob("*.png")} - {"histogram_z0"})


class Map(Case):
    def test_skies_of_the_same_haloes_are_compared(self):
        sys.path.insert(0, str(FIGURES))
        self.addCleanup(sys.path.remove, str(FIGURES))
        import coordinates
        import numpy
        import sky

        headers = {"one": {"ROTSEED": 1}, "two": {"ROTSEED": 1}, "turned": {"ROTSEED": 2}}
        self.assertEqual(sky.same_places(headers), [["one", "two"]])
        image = numpy.arange(100.0).reshape(10, 10)
        drawn = sky.fields({"one": image, "two": 2 * image}, headers, (10, 20, 5))
        haloes = coordinates.Haloes(numpy.array([10.0, 10.2, 200]), numpy.array([20.1, 20, -20]), numpy.array([0.3, 0.7, 9]))
        self.assertEqual(sky.around_cluster((10, 20, 30), haloes), (10, 20, 5.6))
        self.assertEqual(sky.around_cluster((10, 23, 30), haloes), (10, 23, 30))
        one, two, difference = (axes.images[0].get_array() for axes in drawn.canvas.axes[:3])
        self.assertGreater(one.max(), 0)
        numpy.testing.assert_allclose(difference, two - one)
        small = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe/sky/small"
        maps = [shutil.copytree(small, self.folder / name) / "compton_y.fits" for name in ("one", "two")]
        for files, code, words in (maps, 0, str(self.folder / "one/compton_y.png")), ([maps[0], maps[0]], 1, "named after their folders"):
            result = subprocess.run([sys.executable, str(FIGURES / "map.py"), *map(str, files)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(result.returncode, code, result.stdout)
            self.assertIn(words, result.stdout)

    def test_the_spectrum_of_independent_haloes_is_that_of_a_map_of_them(self):
        sys.path.insert(0, str(FIGURES))
        self.addCleanup(sys.path.remove, str(FIGURES))
        import healpy
        import numpy
        import sky

        random, nside = numpy.random.default_rng(1), 64
        y = random.exponential(1e-7, 20000)  # sr, of points
        values = numpy.bincount(random.integers(0, healpy.nside2npix(4 * nside), y.size), y, healpy.nside2npix(4 * nside)) / healpy.nside2pixarea(4 * nside)
        table = {"nside": nside, "C_l": healpy.anafast(healpy.ud_grade(values, nside), lmax=2 * nside), "expected": {"l": [2, 10, 50, 100, 6 * nside], "C_l": 5 * [(y**2).sum() / (4 * numpy.pi)]}}
        drawn = sky.spectrum("points", table).canvas
        (ratio,) = drawn.axes[1].containers
        ratios, bars = ratio[0].get_ydata(), [part[1, 1] - part[0, 1] for part in ratio[2][0].get_segments()]
        self.assertLess(numpy.abs((ratios - 1) / (numpy.array(bars) / 2)).max(), 3.5)
        self.assertGreater(len(ratios), 8)
        numpy.testing.assert_allclose(sky.expected(table, numpy.arange(nside)), table["expected"]["C_l"][0], rtol=0.03)  # points have no scale
        self.assertNotIn("Grey", sky.spectrum("points", table).caption)
        table["expected"]["l_box"] = 20  # of replicas of a box
        boxes = sky.spectrum("points", table)
        self.assertIn("Grey, up to l = 20", boxes.caption)
        for axes in boxes.canvas.axes:
            self.assertEqual([patch.get_extents().transformed(axes.transData.inverted()).intervalx.round(6).tolist() for patch in axes.patches], [[2, 20]])
        table["expected"]["C_l"][2:] = [0, 0, 0]
        self.assertTrue(numpy.isfinite(sky.expected(table, numpy.arange(nside))).all())
        del table["expected"]
        self.assertFalse(sky.spectrum("points", table).canvas.axes[1].get_visible())

    def test_east_is_to_the_left_and_north_above(self):
        sys.path.insert(0, str(FIGURES))
        self.addCleanup(sys.path.remove, str(FIGURES))
        import healpy
        import numpy
        import sky

        values = numpy.zeros(healpy.nside2npix(64))
        values[healpy.ang2pix(64, 34.0, 12.0, lonlat=True)] = 1
        projector = healpy.projector.GnomonicProj(rot=(30, 10), xsize=100, reso=12)
        row, column = (index.mean() for index in numpy.nonzero(sky.project(sky.HealpixSky(values, {}), projector)))
        self.assertAlmostEqual(50 - column, 4.0 * 5 * numpy.cos(numpy.radians(12)), delta=3)  # 5 points a degree
        self.assertAlmostEqual(row - 50, 2.0 * 5, delta=3)

    def test_coordinates_and_radii_are_drawn_where_they_are(self):
        sys.path.insert(0, str(FIGURES))
        self.addCleanup(sys.path.remove, str(FIGURES))
        import coordinates
        import healpy
        import numpy
        import sky

        haloes = coordinates.Haloes(numpy.array([29.0, 31.0, 32.0, 29.0]), numpy.array([61.0, 60.5, 58.0, -60.0]), numpy.array([0.4, 1.5, 0.001, 2.0]))
        drawn = sky.zoom(sky.HealpixSky(numpy.ones(healpy.nside2npix(64)), {"NSIDE": 64}), 30, 60, 8, haloes=haloes)
        axes = drawn.axes[0]
        circles = [line for line in axes.lines if line.get_linestyle() == "--"]
        self.assertEqual(len(circles), 2)  # one is too small to see, one elsewhere
        projector = healpy.projector.GnomonicProj(rot=(30, 60), xsize=700, reso=60 * 8 / 700)
        for circle, (longitude, latitude, angle) in zip(circles, ((31, 60.5, 1.5), (29, 61, 0.4))):
            x, y = numpy.radians(circle.get_data())
            around = numpy.array(projector.xy2vec(-x, y))  # of healpy, to the right
            apart = numpy.degrees(numpy.arccos(healpy.ang2vec(longitude, latitude, lonlat=True) @ around))
            numpy.testing.assert_allclose(apart, angle, atol=1e-6)
        # The names of the ticks, back on the sky.
        for axis, named in ((axes.xaxis, 0), (axes.yaxis, 1)):
            ticks = list(zip(axis.get_ticklocs(), [float(label.get_text().rstrip("°")) for label in axis.get_ticklabels()]))
            self.assertGreater(len(ticks), 2)
            for place, value in ticks:
                x, y = (place, -4) if named == 0 else (4, place)
                found = healpy.vec2ang(numpy.array(projector.xy2vec(-numpy.radians(x), numpy.radians(y))), lonlat=True)[named]
                self.assertAlmostEqual(float(found[0]), value, delta=0.01)

    def test_a_part_of_the_sky_is_shown_whole(self):
        sys.path.insert(0, str(FIGURES))
        self.addCleanup(sys.path.remove, str(FIGURES))
        import healpy
        import numpy
        import sky

        values = numpy.full(healpy.nside2npix(64), healpy.UNSEEN, dtype=numpy.float32)
        longitude, latitude = healpy.pix2ang(64, numpy.arange(values.size), lonlat=True)
        values[(numpy.abs(longitude - 180) > 165) & (latitude > 40)] = 1  # on both sides of longitude 0, around the pole
        shown = sky.HealpixSky(values, {"INDXSCHM": "EXPLICIT"})
        longitude, latitude, size = sky.region(shown.seen)
        projector = healpy.projector.GnomonicProj(rot=(longitude, latitude), xsize=400, reso=60 * size / 400)
        inside = numpy.isfinite(sky.project(shown, projector))
        self.assertGreater(max(inside.any(axis=0).mean(), inside.any(axis=1).mean()), 0.5)
        for border in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
            self.assertFalse(border.any())

    def test_a_wrong_file_is_named(self):
        other = self.folder / "notes.txt"
        other.write_text("no map")
        universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"
        for file, words in ((other, "neither FITS nor HDF5"), (universe / "catalog/z0/clusters.h5", "has no y_x"), (universe / "sky/small/lightcone.fits", "HEALPix"),
                            (self.folder / "absent", "there is no file")):
            result = subprocess.run([sys.executable, str(FIGURES / "map.py"), str(file)], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn(words, result.stdout)
            self.assertIn(str(file), result.stdout)


if __name__ == "__main__":
    unittest.main()
