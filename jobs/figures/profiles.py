# SPDX-License-Identifier: BSD-3-Clause
"""Spherical pressure profiles with the band of samples (Thiele et al. 2022, Fig. 4), and their ratio to the gas."""

import numpy as np
import style
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        models = run.shown(snapshot)
        if models:
            scores = {model: run.scores(snapshot)[model] for model in models}
            yield single(run, snapshot, scores)
            yield ratios(snapshot, scores)


def shells(scores):
    """Middles of the shells [R200] and {id: profiles} of gas, predicted and benchmark [P200]."""
    edges = np.array(scores["profiles"]["shell_edges_r200"])
    id_of = {row["cluster"]: row["id"] for row in scores["clusters"]}
    return (edges[1:] + edges[:-1]) / 2, {id_of[row["cluster"]]: row for row in scores["profiles"]["clusters"]}


def four(run, snapshot, model):
    """Ids and masses of the clusters whose images evaluate keeps: at 25, 50, 75 and 100% of the ordering by mass."""
    with run.evaluation(snapshot, model).h5("figures.h5") as file:
        return sorted(zip(file["images/id"][:], file["images/m200c"][:]), key=lambda row: row[1])


def sample_bands(run, snapshot, model):
    """{id: (radii, low, high)}: the central 68% of the samples of each cluster."""
    bands = {}
    for product in run.of("predict", snapshot, model):
        if "samples.h5" in product.outputs:
            with product.h5("samples.h5") as file:
                edges = np.array(file.attrs["shell_edges"])
                low, high = np.quantile(file["profile"][:], [0.16, 0.84], axis=1)
                bands |= {number: ((edges[1:] + edges[:-1]) / 2, *band) for number, *band in zip(file["id"][:], low, high)}
    return bands


def single(run, snapshot, scores):
    clusters = four(run, snapshot, next(iter(scores)))
    figure, panels = style.subplots(1, len(clusters), height=3.1, squeeze=False, sharex=True)
    styles = style.model_style(scores)
    bands = {model: sample_bands(run, snapshot, model) for model in scores if "stochastic" in scores[model]}
    for axes, (number, mass) in zip(panels[0], clusters):
        for model in scores:
            radii, profiles = shells(scores[model])
            if number not in profiles:
                continue  # not scored by this model
            profile, (colour, line) = profiles[number], styles[model]
            if model == next(iter(scores)):
                axes.plot(*positive(radii, profile["gas"]), color=style.GAS, linewidth=2.2, label="gas")
                axes.plot(*positive(radii, profile["benchmark"]), color=style.BENCHMARK, label="GNFW fit")
            axes.plot(*positive(radii, profile["predicted"]), color=colour, linestyle=line, label=style.cut(model))
            if number in bands.get(model, {}):
                r, low, high = bands[model][number]
                axes.fill_between(r, low, high, color=colour, alpha=0.2, linewidth=0)
        axes.set(yscale="log", xlim=(0, 2), title=style.mass(mass), xlabel=style.RADIUS_LABEL)
        axes.title.set_fontsize(8)
    panels[0][0].set_ylabel(style.PRESSURE_LABEL)
    style.legend_below(figure, panels[0][0])
    return Figure(f"profiles_{snapshot}", "Profiles of four clusters",
                  "The four clusters of the images: mean pressure in shells, of gas, predictions and fitted profile. Bands: central 68% of the samples of stochastic models.", figure)


def positive(radii, profile):
    """Empty shells are left out."""
    profile = np.array(profile)
    return radii[profile > 0], profile[profile > 0]


def ratios(snapshot, scores):
    """Median over the clusters of predicted over gas, shell by shell, with the central 68%."""
    figure, panels = style.subplots(1, len(scores), height=3.0, width=style.panel_width(len(scores)), sharey=True, squeeze=False)
    for axes, (model, (colour, _)) in zip(panels[0], style.model_style(scores).items()):
        radii, profiles = shells(scores[model])
        table = {key: np.array([row[key] for row in profiles.values()]) for key in ("gas", "predicted", "benchmark")}
        with np.errstate(divide="ignore", invalid="ignore"):
            for key, shade, label in (("benchmark", style.BENCHMARK, "GNFW fit"), ("predicted", colour, style.cut(model))):
                ratio = np.where(table["gas"] > 0, table[key] / table["gas"], np.nan)
                known = np.isfinite(ratio).sum(axis=0) >= min(3, len(ratio))
                low, middle, high = np.nanquantile(ratio[:, known], [0.16, 0.5, 0.84], axis=0)
                axes.fill_between(radii[known], low, high, color=shade, alpha=0.2, linewidth=0)
                axes.plot(radii[known], middle, color=shade, label=label)
        axes.axhline(1, color=style.GAS, linewidth=1)
        axes.set(xlim=(0, 2), yscale="log", xlabel=style.RADIUS_LABEL)
        axes.legend(loc="lower left")
    style.plain_log(panels[0][0].yaxis)
    panels[0][0].set_ylabel("predicted / gas")
    return Figure(f"profile_ratios_{snapshot}", "Profiles over those of the gas", "Median of all testing clusters in each shell, and the central 68% of the clusters.", figure)
