# SPDX-License-Identifier: BSD-3-Clause
"""A list of haloes becomes a Compton-y map: against a plain numpy reading of Battaglia et al. (2012)."""

import json
import unittest

import numpy
from harness import Case

try:
    import healpy
except ImportError:
    healpy = None

# SI, CODATA 2018 and IAU 2015; nothing here comes from setsz.
G, C = 6.6743e-11, 2.99792458e8
MPC, MSUN = 3.0856775814913673e22, 1.98841e30
SIGMA_T, ELECTRON = 6.6524587321e-29, 9.1093837015e-31 * C * C
OMEGA_M, OMEGA_B, H = 0.31, 0.049, 0.68
CUT, NSIDE = 4, 256

CONFIGURATION = """
[run]
directory = {run}
stages = sky
[cosmology]
omega_m = 0.31
omega_l = 0.69
omega_b = 0.049
h = 0.68
[catalogue.mine]
files = {files}
[sky.mine]
catalogue = mine
profile = battaglia2012
nside = 256
"""


def trapezoid(values, x):
    return numpy.sum((values[..., 1:] + values[..., :-1]) / 2 * numpy.diff(x), axis=-1)


def expansion(z):
    return numpy.sqrt(OMEGA_M * (1 + z) ** 3 + 1 - OMEGA_M)


def angular_distance(z):
    """[m], flat."""
    at = numpy.linspace(0, z, 4001)
    return trapezoid(C / (H * 1e5 / MPC * expansion(at)), at) / (1 + z)


class Halo:
    """Table 1 of Battaglia et al. (2012), AGN feedback, Delta = 200; equations 10 to 12."""

    def __init__(self, mass, z):
        """mass: M200c in Msun."""
        critical = 3 * (H * 1e5 / MPC * expansion(z)) ** 2 / (8 * numpy.pi * G)
        self.radius = (3 * mass * MSUN / (4 * numpy.pi * 200 * critical)) ** (1 / 3)
        self.p200 = G * mass * MSUN * 200 * critical * OMEGA_B / OMEGA_M / (2 * self.radius)
        scaled = mass / 1e14
        self.p0 = 18.1 * scaled**0.154 * (1 + z) ** -0.758
        self.xc = 0.497 * scaled**-0.00865 * (1 + z) ** 0.731
        self.beta = 4.35 * scaled**0.0393 * (1 + z) ** 0.415
        self.distance = angular_distance(z)
        self.angle = self.radius / self.distance  # of R200

    def pressure(self, x):
        """Of electrons [Pa]: half of the thermal one, (2 + 2 X)/(3 + 5 X), X = 0.76."""
        y = x / self.xc
        return 3.52 / 6.8 * self.p200 * self.p0 * y**-0.3 * (1 + y) ** -self.beta

    def integral(self):
        """Of y over the sky [sr]."""
        x = numpy.concatenate([[0], numpy.geomspace(1e-5, CUT, 4000)])
        values = numpy.zeros_like(x)
        values[1:] = 4 * numpy.pi * x[1:] ** 2 * self.pressure(x[1:])
        return SIGMA_T / ELECTRON * trapezoid(values, x) * self.radius**3 / self.distance**2

    def y(self, angle):
        """Along lines of sight."""
        b = numpy.geomspace(1e-4, CUT * (1 - 1e-9), 1000)
        t = numpy.linspace(0, 1, 2000)[None, :] ** 3  # crowded where the profile peaks
        line = numpy.sqrt(CUT**2 - b[:, None] ** 2) * t
        values = 2 * trapezoid(self.pressure(numpy.sqrt(b[:, None] ** 2 + line**2)), line)
        return SIGMA_T / ELECTRON * self.radius * numpy.interp(angle / self.angle, b, values, right=0)

    def __repr__(self):
        return f"halo of R200 = {self.angle / healpy.nside2resol(NSIDE):.3g} pixels"


class Catalogue(Case):
    def configure(self, text):
        (self.folder / "halos.csv").write_text(text)
        path = self.folder / "sky.ini"
        path.write_text(CONFIGURATION.format(run=self.folder / "run", files=self.folder / "halos.csv"))
        return path

    def paint(self, text):
        self.succeeds("run", self.configure(text), ranks=2)
        folder = self.folder / "run/sky/mine"
        return folder / "compton_y.fits", json.loads((folder / "sky.json").read_text())

    def test_plan_check_and_a_second_run_need_nothing_else(self):
        configuration = self.configure("ra,dec,redshift,M200c [Msun]\n10,20,0.3,5e14\n")
        self.succeeds("check", configuration)
        self.assertIn("sky/mine", self.succeeds("plan", configuration).output)
        self.succeeds("run", configuration)
        self.assertIn("up to date", self.succeeds("run", configuration).output)

    @unittest.skipUnless(healpy, "needs healpy")
    def test_its_map_is_that_of_a_plain_reading_of_the_paper(self):
        random = numpy.random.default_rng(1)
        n = 40
        ra, sine = 360 * random.random(n), 2 * random.random(n) - 1
        dec = numpy.degrees(numpy.arcsin(sine))
        z, mass = 0.03 + 0.5 * random.random(n) ** 2, 10 ** (14 + random.random(n))
        lines = [f"{a:.12g},{d:.12g},{r:.12g},{m:.12g}" for a, d, r, m in zip(ra, dec, z, mass)]
        path, report = self.paint("\n".join(["ra,dec,redshift,M200c [Msun]", *lines]) + "\n")
        y = healpy.read_map(path)
        halos = [Halo(m, r) for m, r in zip(mass, z)]
        total = sum(halo.integral() for halo in halos)
        self.assertAlmostEqual(report["y_painted_sr"] / total, 1, delta=1e-3)
        self.assertAlmostEqual(numpy.mean(y, dtype=float) * 4 * numpy.pi / total, 1, delta=1e-3)
        # Pixel by pixel: means over pixels of a finer map.
        factor = 16
        plain = numpy.zeros(healpy.nside2npix(NSIDE))
        for a, d, halo in zip(ra, dec, halos):
            centre = healpy.ang2vec(a, d, lonlat=True)
            fine = healpy.query_disc(NSIDE * factor, centre, CUT * halo.angle * 1.01, nest=True)
            directions = numpy.array(healpy.pix2vec(NSIDE * factor, fine, nest=True))
            chord = numpy.linalg.norm(directions - centre[:, None], axis=0)
            values = halo.y(numpy.sin(2 * numpy.arcsin(chord / 2)))
            numpy.add.at(plain, healpy.nest2ring(NSIDE, fine // factor**2), values / factor**2)
        bright = plain > 0.05 * numpy.array([halo.y(numpy.array([0.3 * halo.angle]))[0] for halo in halos]).max()
        self.assertGreater(bright.sum(), 100)
        difference = numpy.abs(y[bright] / plain[bright] - 1)
        print(f"{bright.sum()} pixels, {numpy.mean(difference < 0.01):.3f} within 1%, largest {difference.max():.2g}; "
              f"integral {report['y_painted_sr'] / total - 1:.2g}")
        self.assertGreater(numpy.mean(difference < 0.01), 0.95)
        self.assertLess(difference.max(), 0.02)

    def test_a_bad_row_is_one_message(self):
        configuration = self.configure("ra,dec,redshift,M200c [Msun]\n10,20,0.3,5e14\n10,20,0.3,x\n")
        self.fails(65, "run", configuration, ranks=3, words=["halos.csv:3: column M200c is 'x', not a number"])


if __name__ == "__main__":
    unittest.main()
