# SPDX-License-Identifier: BSD-3-Clause
"""The losses of all models over that of the fitted profile, cluster by cluster (Thiele et al. 2022, Fig. 2)."""

from dataclasses import dataclass

import numpy as np
import style
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        scores = run.scores(snapshot)
        if scores:
            yield by_model(snapshot, scores)
            yield against_benchmark(snapshot, {model: scores[model] for model in run.shown(snapshot)})


@dataclass
class Line:
    """A row of the figure: losses over those of the benchmark, their median and its intervals."""

    label: str
    ratios: np.ndarray  # by cluster
    median: float
    ends_68: list
    ends_95: list
    of_mean: bool = True  # of the prediction; no: of samples or reconstructions


def lines_of(model, score):
    yield Line(model, np.array([cluster["ratio"] for cluster in score["clusters"]]), score["L_opt"], score["L_opt_68"], score["L_opt_95"])
    samples = score.get("stochastic")
    if samples:
        benchmark = {cluster["cluster"]: cluster["loss_benchmark"] for cluster in score["clusters"]}
        for key, words in (("sampled", "samples"), ("reconstructed", "reconstructed")):
            its = samples["L_opt"][key]
            yield Line(f"{model}: {words}", np.array([row[f"loss_{key}"] / benchmark[row["cluster"]] for row in samples["clusters"]]), its["value"], its["interval_68"], its["interval_95"], False)


def by_model(snapshot, scores):
    """One row a model, and of samples and reconstructions: a violin of its clusters, the median with its intervals, the number."""
    lines = sorted((line for model, score in scores.items() for line in lines_of(model, score)), key=lambda line: line.median)
    figure, axes = style.subplots(height=1.4 + 0.34 * len(lines))
    rows = np.arange(len(lines))[::-1]
    edges = np.quantile(np.concatenate([np.log10(line.ratios) for line in lines]), [0.005, 0.995])
    for row, line in zip(rows, lines):
        ratio = np.log10(line.ratios)
        if np.ptp(ratio) > 0:
            body = axes.violinplot(ratio.clip(*edges), [row], vert=False, widths=0.85, showextrema=False)["bodies"][0]
            body.set(facecolor="#56b4e9" if line.of_mean else "#cc79a7", edgecolor="none", alpha=0.45)
        colour = "#0072b2" if line.of_mean else "#a04a7c"
        for ends, line_width in ((line.ends_95, 1.2), (line.ends_68, 4)):
            axes.plot(np.log10(ends), [row, row], color=colour, linewidth=line_width, solid_capstyle="butt")
        axes.plot(np.log10(line.median), row, "o", color="white", markeredgecolor=colour, markersize=4.5)
        low, high = line.ends_95
        axes.text(1.01, row, f"{line.median:.3f}  ({low:.3f} to {high:.3f})", transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    axes.axvline(0, color=style.BENCHMARK, linewidth=1.4)
    axes.text(0, 1.0, "GNFW benchmark", transform=axes.get_xaxis_transform(), color="#9a6a00", ha="right", va="bottom", fontsize=8)
    axes.text(1.01, 1.0, "median (95%)", transform=axes.transAxes, va="bottom", fontsize=8, color="#555555")
    log_ticks(axes.xaxis, edges)
    axes.set(yticks=rows, yticklabels=[style.cut(line.label, 32) for line in lines], ylim=(-0.7, len(lines) - 0.3))
    axes.set_xlabel("loss / loss of the benchmark, of each testing cluster")
    axes.grid(axis="y", visible=False)
    return Figure(f"losses_{snapshot}", "Losses against the benchmark",
                  f"{len(next(iter(scores.values()))['clusters'])} testing clusters of {snapshot}. Violins: clusters; dots: medians (L_opt, Eq. 8); thick and thin "
                  "lines: 68% and 95% intervals of the median. Left of the line a model is closer to the gas than the fitted profile."
                  + (" Samples: of each cluster the mean loss of single samples; reconstructed: with the code that the gas implies." if any(not line.of_mean for line in lines) else ""), figure)


def log_ticks(axis, edges):
    edges = min(edges[0], 0), max(edges[1], 0)  # the benchmark is always among them
    values = [v for v in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50, 100, 200) if edges[0] - 0.1 <= np.log10(v) <= edges[1] + 0.1]
    axis.set_ticks(np.log10(values), labels=[f"{v:g}" for v in values])


def running_median(x, y, bins=7):
    """Medians of x and y in bins of equal numbers, and the central 68% of y."""
    order = np.argsort(x)
    groups = [group for group in np.array_split(order, min(bins, max(1, len(x) // 5))) if len(group)]
    return (np.array([np.median(x[group]) for group in groups]),
            np.array([np.quantile(y[group], [0.16, 0.5, 0.84]) for group in groups]).T)


def against_benchmark(snapshot, scores):
    """Where does a model help: where the profile fits well, or badly?"""
    figure, panels = style.subplots(1, len(scores), height=3.6, width=style.panel_width(len(scores)), sharex=True, sharey=True, squeeze=False)
    for axes, (model, (colour, _)) in zip(panels[0], style.model_style(scores).items()):
        clusters = scores[model]["clusters"]
        x = np.array([cluster["loss_benchmark"] for cluster in clusters])
        y = np.array([cluster["ratio"] for cluster in clusters])
        samples = scores[model].get("stochastic", {}).get("clusters", [])
        if len(samples) == len(clusters):
            spans = np.array([sample["loss_percentiles"] for sample in samples])[:, [1, 3]] / x[:, None]
            axes.vlines(x, *spans.T, color=colour, alpha=0.15, linewidth=1.2)
        axes.scatter(x, y, s=9, color=colour, alpha=0.5, linewidths=0)
        centre, (low, middle, high) = running_median(x, y)
        axes.fill_between(centre, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(centre, middle, color=colour)
        axes.axhline(1, color=style.BENCHMARK, linewidth=1.4)
        axes.set(xscale="log", yscale="log", title=style.cut(model))
    style.plain_log(panels[0][0].yaxis)
    panels[0][0].set_ylabel("loss / loss of the benchmark")
    figure.supxlabel(r"loss of the benchmark, mean squared error of $P_e/P_{200}$", fontsize=9)
    return Figure(f"losses_benchmark_{snapshot}", "Where the benchmark fits badly",
                  "One point a testing cluster; line and band: median and central 68% in bins of equal numbers. "
                  "Faint bars, of stochastic models: central 68% of the losses of single samples.", figure)
