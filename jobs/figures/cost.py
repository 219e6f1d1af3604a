# SPDX-License-Identifier: BSD-3-Clause
"""What the networks cost beside what they gain, and where the time and the memory of the run went."""

import style
from matplotlib.transforms import Bbox
from style import Figure
from report_tables import cost_of_stages

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
    axes.axhline(1, color=style.BENCHMARK, linewidth=1.4)
    axes.margins(x=0.15)
    axes.set(xscale="log", xlabel="training one network [core-seconds]", ylabel="loss / loss of the benchmark (L_opt)")
    place_names(axes, models)
    return Figure(f"cost_{snapshot}", "Cost and gain", "Bars: 68% intervals. Stairs: the best loss that can be had for this time. Names without room are left out; the table has all.", figure)


def place_names(axes, models):
    """Names beside their points; one that finds no room between the others is left out."""
    style.plain_log(axes.xaxis)
    axes.figure.canvas.draw()
    points = axes.transData.transform([(row["core_seconds"]["per_network"], row["L_opt"]) for row in models])
    taken = [Bbox.from_bounds(x - 5, y - 5, 10, 10) for x, y in points]
    for row in sorted(models, key=lambda row: row["L_opt"]):
        for offset, alignment in (((6, 0), ("left", "center")), ((-6, 0), ("right", "center")), ((0, 7), ("center", "bottom")), ((0, -7), ("center", "top"))):
            text = axes.annotate(style.cut(row["model"], 20), (row["core_seconds"]["per_network"], row["L_opt"]), xytext=offset, textcoords="offset points",
                                 ha=alignment[0], va=alignment[1], fontsize=7)
            box = text.get_window_extent().expanded(1.02, 1.1)
            if not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


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
