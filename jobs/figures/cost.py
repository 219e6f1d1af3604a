# SPDX-License-Identifier: BSD-3-Clause
"""What the networks cost beside what they gain, and where the time and the memory of the run went."""

import style
from style import Figure
from tables import cost_of_stages

NEEDS = "compare"


def draw(run):
    for snapshot in run.snapshots:
        results = run.results(snapshot)
        models = [row for row in results["models"] if row.get("core_seconds")] if results else []
        if models:
            yield gain(snapshot, models)
    yield stages(run)


def gain(snapshot, models):
    figure, axes = style.subplots(height=4.2)
    for row in models:
        x, y = row["core_seconds"]["per_network"], row["L_opt"]
        low, high = row["L_opt_68"]
        axes.errorbar(x, y, yerr=[[max(0, y - low)], [max(0, high - y)]], fmt="o", color=style.MODELS[0], markersize=4, linewidth=0.8, alpha=0.8)
    best = sorted(models, key=lambda row: row["core_seconds"]["per_network"])
    front = [row for i, row in enumerate(best) if all(row["L_opt"] < other["L_opt"] for other in best[:i])]
    axes.step([row["core_seconds"]["per_network"] for row in front], [row["L_opt"] for row in front], where="post", color=style.MODELS[1], linewidth=1.2)
    place_names(axes, models)
    axes.axhline(1, color=style.BENCHMARK, linewidth=1.4)
    axes.set(xscale="log", xlabel="training one network [core-seconds]", ylabel="loss / loss of the benchmark (L_opt)")
    axes.xaxis.set_major_formatter("{x:g}")
    return Figure(f"cost_{snapshot}", "Cost and gain", "Bars: 68% intervals. Stairs: no model below costs less.", figure)


def place_names(axes, models):
    """Names beside their points, from above downwards; one that would lie on another is left out."""
    axes.set_xscale("log")
    axes.figure.canvas.draw()
    taken = []
    for row in sorted(models, key=lambda row: row["L_opt"]):
        text = axes.annotate(style.cut(row["model"], 20), (row["core_seconds"]["per_network"], row["L_opt"]), xytext=(5, 0), textcoords="offset points", fontsize=7, va="center")
        box = text.get_window_extent()
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)


def stages(run):
    rows = cost_of_stages(run)
    figure, (time, memory) = style.subplots(1, 2, height=0.9 + 0.24 * len(rows), sharey=True)
    names = [row["stage"] for row in rows][::-1]
    for axes, key, scale, label in ((time, "core_seconds", 1, "core-seconds, all products"), (memory, "peak_memory_bytes", 1e6, "largest peak memory of a rank [MB]")):
        values = [row[key] / scale for row in rows][::-1]
        bars = axes.barh(names, values, color=style.MODELS[0], height=0.62)
        axes.bar_label(bars, labels=[f"{value:,.0f}" if value >= 10 else f"{value:.2g}" for value in values], padding=3, fontsize=7)
        axes.set(xlabel=label, xlim=(0, 1.2 * max([*values, 1e-9])))
        axes.grid(axis="y", visible=False)
    return Figure("cost_stages", "Time and memory of the stages", "Processor time of all ranks, since the last start of each product.", figure)
