# SPDX-License-Identifier: BSD-3-Clause
"""tests/centre_limit.py: the least error of a centre is reached by an estimate that knows the profile, and none falls below it."""

import sys
import unittest
from pathlib import Path

import h5py
import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import centre_limit  # noqa: E402

CONCENTRATION = 5


def displaced_halo(random, n, displacement):
    """Particles of a spherical mock halo (stages/mock/dark_matter.cpp, smooth_particle) [R200]."""
    radii = numpy.linspace(0, centre_limit.EXTENT, 20001)
    mass = centre_limit.nfw_mass(CONCENTRATION * radii)
    r = numpy.interp(random.uniform(size=n) * mass[-1], mass, radii)
    directions = random.normal(size=(n, 3))
    directions /= numpy.linalg.norm(directions, axis=1)[:, None]
    return r[:, None] * directions + (r**2 / (r**2 + 0.25**2))[:, None] * displacement


def optimal_estimate(particles):
    """The score over the information: the best of all filters sum_i w(|q_i|) q_i/|q_i| where the displacement is small."""
    r = numpy.linalg.norm(particles, axis=1)
    total = (centre_limit.score(r, CONCENTRATION) / r) @ particles
    return total / (len(particles) * centre_limit.information(CONCENTRATION))


class Bound(unittest.TestCase):
    def test_it_is_reached_and_not_passed(self):
        random = numpy.random.default_rng(1)
        for n in (500, 4000):
            with self.subTest(particles=n):
                small = numpy.array([0.02, 0, 0])
                found = numpy.array([optimal_estimate(displaced_halo(random, n, small)) for _ in range(400)])
                self.assertAlmostEqual(found[:, 0].mean() / 0.02, 1, delta=0.2)  # it answers to the displacement
                least = numpy.sqrt(3 / (n * centre_limit.information(CONCENTRATION)))
                self.assertAlmostEqual(centre_limit.rms(found - found.mean(axis=0)) / least, 1, delta=0.08)
                # The mean position is one of those filters, and worse.
                middles = numpy.array([displaced_halo(random, n, small).mean(axis=0) for _ in range(400)])
                response = middles[:, 0].mean() / 0.02
                self.assertGreater(centre_limit.rms(middles / response - small), 1.1 * least)

    def test_it_counts_the_particles_of_the_body(self):
        with h5py.File("memory", "w", driver="core", backing_store=False) as truth:
            truth.attrs["particle_mass"] = 3.0
            for name, values in (("halos/id", [7, 3]), ("halos/m200c", [1e4, 4e4]), ("halos/concentration", [5.0, 5.0]),
                                 ("clumps/halo", [3, 3]), ("clumps/mass", [1e4, 1e4])):
                truth[name] = numpy.array(values)
            light, heavy = centre_limit.bounds(truth, [7, 3])
        # Four times the mass, half of it in clumps.
        self.assertAlmostEqual(light / heavy, 2**0.5)
        beyond = centre_limit.nfw_mass(12.5) / centre_limit.nfw_mass(5)
        self.assertAlmostEqual(light, (3 / (1e4 / 3 * beyond * centre_limit.information(5))) ** 0.5)


class BestCentre(unittest.TestCase):
    def test_it_finds_a_displaced_profile(self):
        axis = numpy.linspace(-1.9, 1.9, 20)
        voxels = numpy.stack(numpy.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        centre = numpy.array([0.2, -0.1, 0.15])

        def profile(r):
            return (r + 0.1) ** -0.3 * (1 + r) ** -5

        pressure = profile(numpy.linalg.norm(voxels - centre, axis=1))
        numpy.testing.assert_allclose(centre_limit.best_centre(voxels, pressure, profile), centre, atol=1e-3)


if __name__ == "__main__":
    unittest.main()
