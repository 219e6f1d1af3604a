# SPDX-License-Identifier: BSD-3-Clause
"""Null models find nothing where the mock universe has planted nothing for them, and something where it has."""

import json
import sys
import unittest
from dataclasses import dataclass

import numpy
from harness import Case

# Pressure that follows the shape of the matter; pressure that follows clumps and patches of hot particles; neither.
ELLIPSOIDS = {"triaxiality": 1, "substructure": 0, "local_strength": 1}
PATCHES = {"triaxiality": 0, "substructure": 0.15, "local_strength": 1}
SPHERES = {"triaxiality": 0, "substructure": 0, "local_strength": 0}


def paired(found, one, other):
    """Median over clusters of loss(one) / loss(other), and 95% of its bootstrap over clusters."""
    ratios = numpy.array(found[one].losses) / numpy.array(found[other].losses)
    drawn = numpy.random.default_rng(1).integers(0, len(ratios), (2000, len(ratios)))
    low, high = numpy.percentile(numpy.median(ratios[drawn], axis=1), (2.5, 97.5))
    print(f"{one} / {other} {numpy.median(ratios):.3f} ({low:.3f} to {high:.3f})")
    return low, high


@dataclass
class Score:
    low: float  # L_opt, 95%
    high: float
    losses: list  # by cluster, the same clusters for all models


class Nulls(Case):
    def scores(self, name, knobs, models):
        """{model: Score} on the testing clusters."""
        run = self.folder / name
        words = [word for key, value in knobs.items() for word in ("--set", f"mock.{key}={value}")]
        for stage in ("mock", "catalog", "extract", "voxelize", "fit"):
            words += ["--only", stage]
        for model in models:
            for stage in ("train", "predict", "evaluate"):
                words += ["--only", f"{stage}/z0/{model}"]
        result = self.succeeds("run", self.configuration("nulls.ini", run=run), *words, ranks=2, timeout=1200)
        found = {}
        for model in models:
            scores = json.loads((run / f"evaluate/z0/{model}/seed1/scores.json").read_text())
            found[model] = Score(*scores["L_opt_95"], [cluster["loss"] for cluster in scores["clusters"]])
            print(f"{name:12s} {model:12s} {scores['L_opt']:.3f} ({found[model].low:.3f} to {found[model].high:.3f})")
        print(f"{name:12s} {scores['n_clusters']} testing clusters, {result.seconds:.0f} s")
        sys.stdout.flush()
        return found

    def assert_null(self, found, model, part=0.03):
        self.assertGreater(found[model].high, 1 - part, f"{model} finds what was not planted")
        self.assertLess(found[model].low, 1 + part, f"{model} is worse than the profile that it starts from")

    def test_spheres_have_nothing_for_anybody(self):
        found = self.scores("spheres", SPHERES, ("spherical", "deformer", "local"))
        for model in found:
            with self.subTest(model):
                self.assert_null(found, model)

    def test_ellipsoids_are_found_by_the_deformer(self):
        # The mean profile of an ellipsoid depends on its axes, which are among the scalars: a spherical model gains, too.
        found = self.scores("ellipsoids", ELLIPSOIDS, ("spherical", "deformer"))
        self.assertLess(paired(found, "deformer", "spherical")[1], 1)
        self.assertLess(found["deformer"].high, 0.8)

    def test_hot_patches_are_found_by_the_particles_and_not_by_the_density(self):
        # A deformer, which scales the profile by the cluster's scalars, gains nearly as much as local here: no null model.
        found = self.scores("patches", PATCHES, ("density", "local"))
        self.assertLess(found["local"].high, 0.8)
        self.assertLess(paired(found, "local", "density")[1], 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
