# SPDX-License-Identifier: BSD-3-Clause
"""How well the planted pressure centres of a mock universe can be known, and how well networks know them: a row of figures of a run.

    python3 tests/run_tables.py centres RUN...    # the table of docs/validation.md

The matter of a mock halo at distance r from the catalogue's centre is moved by d r^2/(r^2 + 0.25^2) (R200; docs/stages/mock.md). The
best unbiased estimate of d from n particles, for one who knows profile, shape and clumps, has the error of Cramer and Rao."""

import json

import h5py
import numpy

CORE2 = 0.25**2  # of offset_share, stages/mock/mock_halo.cpp
EXTENT = 2.5  # [R200], of mock.extent
COMPONENTS = 3


def nfw_mass(y):
    return numpy.log1p(y) - y / (1 + y)


def score(r, concentration):
    """d ln density / d displacement of a small displacement along the particle's direction; r in R200."""
    y = concentration * r
    share, slope = r**2 / (r**2 + CORE2), 2 * r * CORE2 / (r**2 + CORE2) ** 2
    # -div(density share d)/density, d along the particle's direction.
    return -(slope - share * (1 + 3 * y) / (1 + y) / r)


def information(concentration, extent=EXTENT):
    """Fisher's, of a particle about a component of the displacement [R200^-2]."""
    edges = numpy.linspace(0, extent, 4001)
    r = (edges[1:] + edges[:-1]) / 2
    mass = numpy.diff(nfw_mass(concentration * edges))
    return numpy.sum(mass * score(r, concentration) ** 2) / mass.sum() / COMPONENTS


def bounds(truth, ids):
    """The least rms error of each halo's displacement [R200], by the particles of its body (without clumps)."""
    clumps = numpy.zeros(len(truth["halos/id"]))
    rows = {int(number): row for row, number in enumerate(truth["halos/id"])}
    numpy.add.at(clumps, [rows[int(number)] for number in truth["clumps/halo"]], truth["clumps/mass"][:])
    own = [rows[int(number)] for number in ids]
    mass, concentration = truth["halos/m200c"][:][own], truth["halos/concentration"][:][own]
    body = (mass - clumps[own]) * nfw_mass(EXTENT * concentration) / nfw_mass(concentration)
    n = body / truth.attrs["particle_mass"]
    return numpy.sqrt([COMPONENTS / (a * information(c)) for a, c in zip(n, concentration)])


def rms(vectors):
    return float(numpy.sqrt((vectors**2).sum(axis=1).mean()))


def best_centre(voxels, pressure, profile):
    """About which a profile has the least squared error, in the neighbourhood of the catalogue's centre: Gauss-Newton steps, halved while they raise it."""
    def errors(centre):
        return profile(numpy.linalg.norm(voxels - centre, axis=1)) - pressure

    centre, step = numpy.zeros(3), 1e-3
    for _ in range(30):
        now = errors(centre)
        slopes = numpy.stack([(errors(centre + step * axis) - errors(centre - step * axis)) / (2 * step) for axis in numpy.eye(3)], axis=1)
        move = -numpy.linalg.lstsq(slopes, now, rcond=None)[0]
        while (errors(centre + move) ** 2).sum() > (now**2).sum() and numpy.linalg.norm(move) > 1e-5:
            move /= 2
        centre = centre + move
        if numpy.linalg.norm(move) < 1e-4:
            break
    return centre


class Run:
    """A run of tests/end_to_end/closure.ini, its testing clusters, and its network MODEL."""

    def __init__(self, folder, model="origin"):
        self.folder = folder
        with h5py.File(folder / "catalog/z0/clusters.h5") as file:
            self.rows = numpy.flatnonzero(file["clusters/split"][:, 0] == 2)
            self.ids, self.masses, h = file["clusters/id"][:][self.rows], file["clusters/m200c"][:][self.rows], file.attrs["h"]
            self.masses_1e14msun = self.masses / 1e4 / h
        with h5py.File(folder / "mock/z0/truth.h5") as truth:
            row = {int(number): i for i, number in enumerate(truth["halos/id"])}
            own = [row[int(number)] for number in self.ids]
            self.planted = truth["halos/offset"][:][own] / truth["halos/r200c"][:][own][:, None]
            self.particles = self.masses / truth.attrs["particle_mass"]
            self.bounds = bounds(truth, self.ids)
        with h5py.File(folder / f"predict/z0/{model}/fold0/seed1/prediction.h5") as file:
            shift = {int(number): shift for number, shift in zip(file["id"], file["origin_shift"])}
            self.network = numpy.array([shift[int(number)] for number in self.ids])
        self.filter = self.filtered(model)

    def filtered(self, model):
        """What the linear filter of the network says alone."""
        with h5py.File(self.folder / f"train/z0/{model}/fold0/seed1/model.h5") as file:
            coefficients = json.loads(file.attrs["standardisation"])["fitted"]["origin"]
        with h5py.File(self.folder / "extract/z0/particles.h5") as file:
            centre = numpy.einsum("b,nba->na", coefficients, file["clusters/shells"][:][self.rows])
        length = numpy.maximum(numpy.linalg.norm(centre, axis=1)[:, None], 1e-12)
        return centre / length * numpy.tanh(2 * length) / 2  # the bound of model/modules/origin.cpp

    def of_the_gas(self):
        """Where the benchmark fits the gas best."""
        fit = json.loads((self.folder / "fit/z0/fold0/gnfw.json").read_text())["benchmark"]
        with h5py.File(self.folder / "voxelize/z0/pressure.h5") as file:
            pressure = file["pressure"][:][self.rows]
        n = pressure.shape[1]
        axis = (numpy.arange(n) + 0.5 - n / 2) * 5 / n
        voxels = numpy.stack(numpy.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
        inside = (voxels**2).sum(axis=1) < 4

        def centre(mass, cube):
            p0, xc, beta = (fit[f"A_{name}"] * mass ** fit[f"a_{name}"] for name in ("P0", "xc", "beta"))

            def profile(r):
                y = (r + fit["core"]) / xc
                return p0 * y**-0.3 * (1 + y) ** -beta

            return best_centre(voxels[inside], cube.reshape(-1)[inside], profile)

        return numpy.array([centre(*both) for both in zip(self.masses_1e14msun, pressure)])


def rounded(numbers):
    """Their median, to two digits."""
    return f"{float(f'{numpy.median(numbers):.1e}'):,.0f}".replace(",", " ")
