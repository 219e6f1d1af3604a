# SPDX-License-Identifier: BSD-3-Clause
"""Two redshifts of one universe teach one network, and no cluster teaches where it is tested."""

import json
import shutil
import unittest

import h5py
import numpy
from harness import Case, hashes, manifests

STAGES = "mock, catalog, extract, voxelize, fit, train, predict, evaluate, compare, paint"
TESTING = 2
FOLDS = 2


def clusters(run, snapshot):
    with h5py.File(run / f"catalog/{snapshot}/clusters.h5") as file:
        return {name: file["clusters"][name][:] for name in ("position", "r200c", "split")}


class Joint(Case):
    def arguments(self, command, run, *overrides):
        sets = [f"run.stages={STAGES}", "snapshot.z05.mock=yes", "snapshot.z05.mock_redshift=0.5", f"catalog.folds={FOLDS}",
                "catalog.split_like=z0", "train.snapshots=z0, z05", "train.epochs=2", "model.small.scalars=published, ln_a",
                *overrides]
        return [command, self.configuration("tiny.ini", run=run), *(word for one in sets for word in ("--set", one))]

    def test_one_network_on_any_number_of_ranks(self):
        runs = [self.folder / "np1", self.folder / "np2"]
        for ranks, run in enumerate(runs, 1):
            self.succeeds(*self.arguments("run", run), ranks=ranks, timeout=300)
        self.assertEqual(hashes(runs[0]), hashes(runs[1]))
        made = manifests(runs[0])
        self.assertEqual({name for name in made if name.startswith("train/")},
                         {f"train/z0+z05/small/fold{fold}/seed1" for fold in range(FOLDS)})
        for snapshot in ("z0", "z05"):
            for fold in range(FOLDS):
                self.assertIn(f"predict/{snapshot}/small/fold{fold}/seed1", made)
            self.assertIn(f"evaluate/{snapshot}/small/seed1", made)
        self.assert_no_leak(runs[0])
        with h5py.File(runs[0] / "train/z0+z05/small/fold0/seed1/model.h5") as file:
            on = json.loads(file.attrs["trained_on"])
        numpy.testing.assert_allclose(on["redshift"], [0, 0.5], atol=1e-6)
        self.assertEqual(on["n_clusters"], sum(int((clusters(runs[0], snapshot)["split"][:, 0] == 0).sum())
                                               for snapshot in ("z0", "z05")))
        self.assert_plans(runs[0])

    def assert_no_leak(self, run):
        """A cluster, and what becomes of it, is tested in the same fold."""
        with h5py.File(run / "catalog/z0/clusters.h5") as file:
            box = file.attrs["box_ckpch"]
        now, before = clusters(run, "z0"), clusters(run, "z05")
        n_twins = 0
        for position, split in zip(before["position"], before["split"]):
            offset = now["position"] - position
            offset -= box * numpy.round(offset / box)
            distance = numpy.sqrt((offset**2).sum(axis=1)) / now["r200c"]
            twin = distance.argmin()
            if distance[twin] < 5:
                n_twins += 1
                numpy.testing.assert_array_equal(split, now["split"][twin])
        self.assertGreater(n_twins, 3, "no cluster exists at both redshifts: this test is worth nothing")
        # Own splits, which the configuration refuses, would leak.
        self.assertTrue(any((split != now["split"][0]).any() for split in now["split"]))

    def assert_plans(self, run):
        """What reads the list of stages knows the shared network."""
        self.assertIn("up to date", self.succeeds(*self.arguments("run", run), ranks=2).output)
        for command in ("status", "plan", "stages", "check"):
            with self.subTest(command):
                result = self.succeeds(*self.arguments(command, run))
                if command in ("status", "plan"):
                    self.assertIn("train/z0+z05/small/fold1/seed1", result.output)
        self.assertNotIn("stale", self.succeeds(*self.arguments("status", run)).output)
        # Another redshift of the one makes the network of both stale, not the catalogue of the other.
        status = self.succeeds(*self.arguments("status", run, "snapshot.z05.mock_redshift=0.4")).output
        lines = {line.split()[0]: line for line in status.splitlines() if line.startswith("  ") and line[2] != " "}
        self.assertIn("stale", lines["mock/z05"])
        self.assertNotIn("stale", lines["catalog/z0"])

    def test_plans_before_anything_exists(self):
        for command in ("plan", "check", "stages"):
            with self.subTest(command):
                self.succeeds(*self.arguments(command, self.folder / "run"))
        shutil.rmtree(self.folder / "run", ignore_errors=True)
        published = self.succeeds(*self.arguments("check", self.folder / "run", "model.small.scalars=published"))
        self.assertIn("add ln_a", published.output)

    def test_what_would_leak_is_refused(self):
        cases = [
            ("no split", ["catalog.split_like="], ("[catalog] split_like = z0",)),
            ("a split of nothing", ["catalog.split_like=z1", "train.snapshots="], ("[snapshot.z1]", "nearest one is z0")),
            ("an unknown snapshot", ["train.snapshots=z0, z5"], ("z5", "nearest one is z0")),
        ]
        for name, overrides, words in cases:
            for command in ("check", "run"):
                with self.subTest(name, command=command):
                    self.fails(78, *self.arguments(command, self.folder / "run", *overrides), words=words, ranks=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
