# SPDX-License-Identifier: BSD-3-Clause
"""Null models find nothing where the mock universe has planted nothing for them, and something where it has."""

import json
import sys
import unittest

from harness import Case

# Pressure that follows the shape of the matter; pressure that follows clumps and patches of hot particles; neither.
ELLIPSOIDS = {"triaxiality": 1, "substructure": 0, "local_strength": 1}
PATCHES = {"triaxiality": 0, "substructure": 0.15, "local_strength": 1}
SPHERES = {"triaxiality": 0, "substructure": 0, "local_strength": 0}


class Nulls(Case):
    def scores(self, name, knobs, models):
        """{model: (L_opt, low, high)} with 95% intervals over the testing clusters."""
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
            found[model] = scores["L_opt"], *scores["L_opt_95"]
            print(f"{name:12s} {model:12s} {found[model][0]:.3f} ({found[model][1]:.3f} to {found[model][2]:.3f})")
        print(f"{name:12s} {scores['n_clusters']} testing clusters, {result.seconds:.0f} s")
        sys.stdout.flush()
        return found

    def assert_null(self, found, model, part=0.03):
        low, high = found[model][1:]
        self.assertGreater(high, 1 - part, f"{model} finds what was not planted")
        self.assertLess(low, 1 + part, f"{model} is worse than the profile that it starts from")

    def test_spheres_have_nothing_for_anybody(self):
        found = self.scores("spheres", SPHERES, ("spherical", "deformer", "local"))
        for model in found:
            with self.subTest(model):
                self.assert_null(found, model)

    def test_ellipsoids_are_found_by_the_deformer(self):
        # The mean profile of an ellipsoid depends on its axes, which are among the scalars: a spherical model gains, too.
        found = self.scores("ellipsoids", ELLIPSOIDS, ("spherical", "deformer"))
        self.assertLess(found["deformer"][2], found["spherical"][1])
        self.assertLess(found["deformer"][2], 0.8)

    def test_hot_patches_are_found_by_the_particles_and_not_by_the_density(self):
        found = self.scores("patches", PATCHES, ("deformer", "density", "local"))
        self.assertLess(found["local"][2], 0.8)
        for model in ("deformer", "density"):
            with self.subTest(model):
                self.assertGreater(found[model][1], found["local"][2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
