# SPDX-License-Identifier: BSD-3-Clause
"""A model leaves the run that trained it: it predicts and paints where there is dark matter alone."""

import json
import os
import shutil
import unittest
from pathlib import Path

import h5py
import numpy
from harness import Case, hashes, manifests

MODEL = "train/z0/small/fold0/seed1/model.h5"
# Bits of /outside_training.
LIGHTER, HEAVIER = 1, 2


def datasets(path):
    with h5py.File(path) as file:
        return {name: file[name][:] for name in file}


class Trained(Case):
    @classmethod
    def setUpClass(cls):
        """The run that has trained the model, and its files as if a simulation had made them."""
        cls.universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"
        cls.files = cls.universe / "mock/z0"

    def applied(self, trained, run="run", files=None):
        return self.configuration("applied.ini", run=self.folder / run, files=files or self.files, trained=trained)

    def predicted(self, run="run"):
        return datasets(self.folder / run / "predict/z0/applied/trained/prediction.h5")

    def assert_same_prediction(self, path, found):
        expected = datasets(path)
        self.assertEqual(set(found) - set(expected), {"outside_training"})
        for name, values in expected.items():
            numpy.testing.assert_array_equal(found[name], values, name)

    def test_the_same_universe_without_its_gas_has_the_same_prediction_on_any_number_of_ranks(self):
        files = self.folder / "files"
        shutil.copytree(self.files, files, ignore=shutil.ignore_patterns("hydro"))
        for ranks in (1, 3):
            configuration = self.applied(self.universe, f"np{ranks}", files=files)
            self.succeeds("run", configuration, ranks=ranks, timeout=300)
        runs = [self.folder / "np1", self.folder / "np3"]
        self.assertEqual(hashes(runs[0]), hashes(runs[1]))
        self.assertEqual({name.split("/")[0] for name in manifests(runs[0])},
                         {"catalog", "extract", "predict", "paint", "sky"})
        self.assert_same_prediction(self.universe / "predict/z0/small/fold0/seed1/prediction.h5", self.predicted("np3"))
        # The clusters are painted as in the run of the training, but for their skirts: without gas they have the
        # profile of the model file, as the fill.
        painted = self.folder / "painted"
        shutil.copytree(self.universe, painted)
        for configuration in (self.configuration("tiny.ini", run=painted), self.applied(self.universe, "np1", files=files)):
            self.succeeds("run", configuration, "--stage", "paint", "--set", "paint.skirt=no", ranks=2, timeout=300)
        with h5py.File(painted / "paint/z0/small/box.h5") as one, h5py.File(runs[0] / "paint/z0/applied/box.h5") as other:
            numpy.testing.assert_array_equal(one["pressure"][:], other["pressure"][:])
            self.assertEqual(other.attrs["profile"], b"fit of the model")
        self.assertGreater(json.loads((runs[0] / "sky/applied/sky.json").read_text())["mean_y"], 0)

    def test_clusters_unlike_those_of_the_training_are_flagged(self):
        result = self.succeeds("run", self.applied(self.universe / MODEL), "--until", "predict",
                               "--set", "catalog.mass_min=1.5e13", ranks=2, timeout=300)
        with h5py.File(self.universe / "catalog/z0/clusters.h5") as file:
            taught = file["clusters/m200c"][:][file["clusters/split"][:, 0] == 0]
        with h5py.File(self.folder / "run/catalog/z0/clusters.h5") as file:
            mass = file["clusters/m200c"][:]
        expected = LIGHTER * (mass < taught.min()) + HEAVIER * (mass > taught.max())
        self.assertTrue(expected.any() and not expected.all(), "no such cluster: this test is worth nothing")
        numpy.testing.assert_array_equal(self.predicted()["outside_training"], expected)
        self.assertIn("massive than all of the training", result.output)

    def test_of_several_files_the_mean_is_predicted(self):
        run = self.folder / "two"
        shutil.copytree(self.universe, run)
        self.succeeds("run", self.configuration("tiny.ini", run=run), "--until", "predict", "--set", "train.seeds=1, 2",
                      ranks=2, timeout=300)
        expected = run / "predict/z0/small/fold0/ensemble/prediction.h5"
        self.succeeds("run", self.applied(run), "--until", "predict", ranks=2, timeout=300)
        found, mean = self.predicted(), datasets(expected)
        for name in ("pressure", "origin_shift"):
            numpy.testing.assert_array_equal(found[name], mean[name], name)
        numpy.testing.assert_allclose(found["y"], mean["y"], rtol=1e-6)
        # One of them alone, chosen, is another prediction.
        self.succeeds("run", self.applied(run, "one"), "--until", "predict", "--set", "model.applied.trained_seeds=2",
                      ranks=2, timeout=300)
        self.assert_same_prediction(run / "predict/z0/small/fold0/seed2/prediction.h5", self.predicted("one"))

    def test_a_model_of_moments_needs_no_gas_either(self):
        run = self.folder / "moments"
        shutil.copytree(self.universe, run)
        self.succeeds("run", self.configuration("tiny.ini", run=run),
                      "--set", "run.stages=mock, catalog, extract, voxelize, moments, fit, train, predict",
                      "--set", "model.small.modules=gnfw, origin, moments, aggregator",
                      "--set", "model.small.scalars=published, profile", "--set", "model.small.origin_network=no",
                      ranks=2, timeout=300)
        self.succeeds("run", self.applied(run, "gasless"), "--set", "run.stages=catalog, extract, moments, predict, paint",
                      ranks=3, timeout=300)
        self.assert_same_prediction(run / "predict/z0/small/fold0/seed1/prediction.h5", self.predicted("gasless"))
        self.assertNotIn("voxelize", {name.split("/")[0] for name in manifests(self.folder / "gasless")})

    def goes_on(self, run, *overrides, trained=None, code=0, words=(), command="run", ranks=2):
        """The model of the reference run learns on, on the same universe."""
        if not run.exists():
            shutil.copytree(self.universe, run)
        sets = [f"model.small.trained={trained or self.universe}", "train.small.seeds=1", *overrides]
        arguments = [command, self.configuration("tiny.ini", run=run), "--until", "predict",
                     *(word for one in sets for word in ("--set", one))]
        if code:
            return self.fails(code, *arguments, ranks=ranks, words=words)
        return self.succeeds(*arguments, ranks=ranks, timeout=300)

    def moved(self, run):
        """Modules whose tensors are not those of the reference run, bit for bit."""
        with h5py.File(self.universe / MODEL) as before, h5py.File(run / MODEL) as after:
            return {name.split(".")[0] for name in after["parameters"]
                    if not numpy.array_equal(before["parameters"][name][:], after["parameters"][name][:])}

    def test_a_training_without_rates_is_the_trained_model(self):
        run = self.folder / "run"
        rates = [f"train.small.rate_{module}=0" for module in ("gnfw", "origin", "local", "aggregator")]
        self.goes_on(run, "train.small.epochs=1", *rates)
        self.assertEqual(self.moved(run), set())
        name = "predict/z0/small/fold0/seed1/prediction.h5"
        before, after = datasets(self.universe / name), datasets(run / name)
        for key, values in before.items():
            numpy.testing.assert_array_equal(after[key], values, key)

    def test_frozen_modules_stay_and_a_changed_file_is_noticed(self):
        run, model = self.folder / "run", self.folder / "model.h5"
        shutil.copy(self.universe / MODEL, model)
        frozen = ["train.small.epochs=1", "train.small.keep=last", "train.small.freeze=origin, gnfw"]
        result = self.goes_on(run, *frozen, trained=model)
        self.assertIn("learnt from 'setsz mock' already", result.output)
        self.assertEqual(self.moved(run), {"local", "aggregator"})
        with h5py.File(run / MODEL) as file:
            start = json.loads(file.attrs["starts_from"])
        self.assertIn("gnfw.profile", start["loaded"])
        self.assertEqual((start["missing"], start["other_shape"], start["unused"]), ([], [], []))
        first = hashes(run)
        self.assertIn("up to date", self.goes_on(run, *frozen, trained=model).output)
        shutil.copy(run / MODEL, model)
        self.goes_on(run, *frozen, trained=model)
        self.assertNotEqual(hashes(run)[MODEL], first[MODEL])

    def test_what_cannot_be_frozen_is_refused(self):
        for command, ranks in (("check", 1), ("run", 2)):
            for freeze, words in (("origins", ("origins", "nearest: origin")), ("moments", ("moments",)),
                                  ("gnfw, origin, local, aggregator", ("nothing to learn",))):
                with self.subTest(command=command, freeze=freeze):
                    self.goes_on(self.folder / "run", f"train.small.freeze={freeze}", code=78, words=words, command=command,
                                 ranks=ranks)
            self.goes_on(self.folder / "run", "model.small.drop=xoff", code=78, words=("scalars", "xoff"), command=command,
                         ranks=ranks)

    def test_what_does_not_fit_is_refused_before_anything_runs(self):
        spoilt = self.folder / "spoilt.h5"
        shutil.copy(self.universe / MODEL, spoilt)
        with h5py.File(spoilt, "r+") as file:
            file["parameters/gnfw.profile"][:] += 1
        model, history = self.universe / MODEL, self.universe / MODEL.replace("model.h5", "history.h5")
        cases = [
            ("no file", self.folder / "nowhere.h5", [], 66, ("nowhere.h5", "no such file")),
            ("no run", self.files, [], 66, ("'train'", "model file")),
            ("no model", history, [], 65, ("history.h5", "not a complete model file")),
            ("a damaged one", spoilt, [], 65, ("spoilt.h5",)),
            ("another model of the run", self.universe, ["model.applied.trained_model=tiny"], 66, ("'tiny'", "small")),
            ("another seed", self.universe, ["model.applied.trained_seeds=7"], 66, ("seed7",)),
            ("a choice among files", model, ["model.applied.trained_seeds=1"], 78, ("trained_seeds", "remove")),
            ("another network", model, ["model.applied.origin_width=64"], 78, ("origin_width = 64", "origin_width = 16")),
            ("another mass definition", model, ["catalog.mass_definition=500c"], 78, ("M200c", "M500c")),
        ]
        for name, trained, overrides, code, words in cases:
            configuration = self.applied(trained)
            sets = [word for override in overrides for word in ("--set", override)]
            for command, ranks in (("check", 1), ("run", 2)):
                with self.subTest(name, ranks=ranks, command=command):
                    self.fails(code, command, configuration, *sets, ranks=ranks, words=words)
        self.assertEqual(manifests(self.folder / "run"), {})


if __name__ == "__main__":
    unittest.main(verbosity=2)
