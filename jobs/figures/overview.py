# SPDX-License-Identifier: BSD-3-Clause
"""How a network sees a real cluster: its dark matter, a local sphere, the pressure (Thiele et al. 2022, Fig. 1)."""

import numpy as np
import style
from matplotlib.colors import AsinhNorm, LogNorm
from matplotlib.patches import Circle
from style import Figure

NEEDS = "extract"
POINT = np.array([0.45, 0.25, 0.0])  # of the local sphere [R200]


def draw(run):
    for snapshot in run.snapshots:
        models, catalog, extract = run.shown(snapshot), run.one("catalog", snapshot), run.one("extract", snapshot)
        if models and catalog and extract:
            yield overview(snapshot, models[0], read(run.evaluation(snapshot, models[0]), catalog, extract))


def read(evaluation, catalog, extract):
    """The most massive of the clusters whose images evaluate keeps; lengths in R200."""
    with evaluation.h5("figures.h5") as file:
        i = int(np.argmax(file["images/m200c"][:]))
        row, mass, maps = int(file["images/cluster"][i]), float(file["images/m200c"][i]), file["images/projections"][i, :, 2]
    with catalog.h5("clusters.h5") as file:
        radius, velocity = float(file["clusters/r200c"][row]), float(file["clusters/v200"][row])
    with extract.h5("particles.h5") as file:
        first, last = file["clusters/first_particle"][row : row + 2]
        return {"mass": mass, "gas": maps[0], "predicted": maps[1], "local": float(file["clusters/local_radius"][row]) / radius,
                "position": file["particles/position"][first:last] / radius, "velocity": file["particles/velocity"][first:last] / velocity}


def overview(snapshot, model, cluster):
    figure, (matter, sphere, predicted, gas) = style.subplots(1, 4, height=2.6, width=10)
    dark_matter(matter, cluster)
    local_sphere(sphere, cluster)
    top = max(float(cluster["gas"].max()), 1e-12)
    for axes, key, title in ((predicted, "predicted", f"{style.cut(model)}: pressure"), (gas, "gas", "gas of the simulation")):
        axes.imshow(cluster[key].T, origin="lower", extent=(-2, 2, -2, 2), cmap="inferno", norm=AsinhNorm(top / 30, 0, top))
        circle(axes, (0, 0), 1, "white")
        axes.set_title(title)
    for axes in (matter, sphere, predicted, gas):
        axes.set(xticks=[], yticks=[], aspect="equal")
        axes.grid(False)
        axes.spines[:].set_visible(False)
    return Figure(f"overview_{snapshot}", "From dark matter to pressure",
                  f"A cluster of {cluster['mass'] * 1e10:.2e} Msun/h. Circles: R200 and 2 R200; the small one is a local sphere, of the radius that was extracted: a network tells the pressure at its "
                  "centre from the particles in it and their velocities (some of them shown). Pressure is integrated along z within 2 R200.", figure)


def circle(axes, centre, radius, colour, **keywords):
    axes.add_patch(Circle(centre, radius, fill=False, edgecolor=colour, linewidth=1, **keywords))


def dark_matter(axes, cluster):
    x, y, _ = cluster["position"].T
    axes.hist2d(x, y, bins=120, range=((-2.5, 2.5), (-2.5, 2.5)), cmap="bone", norm=LogNorm(vmin=0.7))
    axes.set_facecolor("black")
    for radius in (1, 2):
        circle(axes, (0, 0), radius, "white", linestyle=style.LINES[1])
    circle(axes, POINT[:2], cluster["local"], style.BENCHMARK)
    axes.set_title("dark matter")


def local_sphere(axes, cluster):
    """At most 300 of its particles."""
    offset = cluster["position"] - POINT
    inside = np.flatnonzero((offset**2).sum(axis=1) < cluster["local"] ** 2)
    shown = inside[:: max(1, len(inside) // 300)]
    if len(inside):
        velocity = cluster["velocity"] - cluster["velocity"][inside].mean(axis=0)
        axes.quiver(*offset[shown, :2].T, *velocity[shown, :2].T, color=style.MODELS[0], width=0.005, angles="xy", scale=18)
    axes.plot(*offset[shown, :2].T, ".", color=style.GAS, markersize=2.5)
    circle(axes, (0, 0), cluster["local"], style.BENCHMARK)
    axes.plot(0, 0, "+", color=style.MODELS[1], markersize=9, markeredgewidth=1.6)
    reach = 1.1 * cluster["local"]
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), title=f"local sphere: {len(inside)} particles")
