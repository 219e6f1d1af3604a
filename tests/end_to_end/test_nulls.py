# SPDX-License-Identifier: BSD-3-Clause
"""Null models find nothing where the mock universe has planted nothing for them, and something where it has."""

import json
import sys
import unittest

from harness import Case

MODELS = "spherical", "deformer", "density", "local"
# Pressure that follows the shape of the matter; pressure that follows clumps and patches of hot particles.
ELLIPSOIDS = {"triaxiality": 1, "substructure": 0, "local_strength": 1}
PATCHES = {"triaxiality": 0, "substructure": 0.15, "local_strength": 1}
SPHERES = {"triaxiality": 0, "substructure": 0, "local_strength": 0}


class Nulls(Case):
    def scores(self, name, knobs):
        """{model: (L_opt, low, high)} with 95% intervals over the testing clusters."""
        run = self.folder / name
        sets = [word for key, value in knobs.items() for word in ("--set", f"mock.{key}={value}")]
        result = self.succeeds("run", self.configuration("nulls.ini", run=run), *sets, ranks=2, timeout=1200)
        found = {}
        for model in MODELS:
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
        found = self.scores("spheres", SPHERES)
        for model in ("spherical", "deformer", "local"):
            with self.subTest(model):
                self.assert_null(found, model)

    def test_ellipsoids_are_found_by_the_deformer(self):
        found = self.scores("ellipsoids", ELLIPSOIDS)
        self.assert_null(found, "spherical")
        self.assertLess(found["deformer"][2], 0.9)

    def test_hot_patches_are_found_by_local_particles_and_not_by_the_density(self):
        found = self.scores("patches", PATCHES)
        for model in ("spherical", "deformer"):
            with self.subTest(model):
                self.assert_null(found, model)
        self.assertLess(found["local"][2], 0.9)
        self.assertGreater(found["density"][1], found["local"][2])


if __name__ == "__main__":
    unittest.main(verbosity=2)
