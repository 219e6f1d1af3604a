# SPDX-License-Identifier: BSD-3-Clause
"""What deterministic networks miss and samples add: principal components of shells, and how often bands hold the gas."""

import numpy as np
import style
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        for model, scores in run.scores(snapshot).items():
            if "stochastic" in scores:
                yield components(snapshot, model, scores["stochastic"])


def components(snapshot, model, samples):
    figure, (modes, correlations, coverage) = style.subplots(1, 3, height=3.3, width=9)
    for key, line, of in (("components_of_residuals", "-", "residuals"), ("components_of_samples", style.LINES[2], "samples")):
        table = samples[key] or {"modes": [], "explained": []}  # null: too few clusters
        for i, (mode, explained) in enumerate(zip(table["modes"], table["explained"])):
            mode = np.array(mode)
            radii = 2 * (np.arange(len(mode)) + 0.5) / len(mode)
            sign = np.sign(mode[np.argmax(np.abs(mode))])
            modes.plot(radii, sign * mode, color=style.MODELS[i], linestyle=line, linewidth=1.3, label=f"{of} {i + 1}: {100 * explained:.0f}%")
    modes.axhline(0, color="#888888", linewidth=0.8)
    modes.set(xlabel=style.RADIUS_LABEL, title="principal components (variance)", xlim=(0, 2))
    if modes.get_legend_handles_labels()[0]:
        modes.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.2), ncol=2)
    covariance = samples["covariance"]
    gas, sampled = (np.array(covariance[f"correlation_of_shells_{of}"], dtype=float) for of in ("gas", "samples"))
    both = np.where(np.tri(len(gas), k=-1, dtype=bool), sampled, gas)
    image = correlations.imshow(both, origin="lower", cmap="RdBu_r", vmin=-1, vmax=1, extent=(0, 2, 0, 2))
    correlations.grid(False)
    correlations.set(title="correlation of shells", xticks=[0, 0.5, 1, 1.5, 2], yticks=[0, 0.5, 1, 1.5, 2], xlabel=style.RADIUS_LABEL, ylabel=style.RADIUS_LABEL)
    correlations.text(0.1, 1.85, "samples", va="top", fontsize=8)
    correlations.text(1.9, 0.12, "gas", ha="right", fontsize=8)
    figure.colorbar(image, ax=correlations, shrink=0.75, aspect=18, pad=0.03)
    held = np.array(samples["coverage"]["profile_68_by_shell"], dtype=float)
    coverage.plot(2 * (np.arange(len(held)) + 0.5) / len(held), 100 * held, color=style.MODELS[0])
    coverage.axhline(68, color="#888888", linewidth=1, linestyle=style.LINES[1])
    coverage.set(title="gas within the 68% band", xlabel=style.RADIUS_LABEL, ylabel="% of the clusters", xlim=(0, 2), ylim=(0, 100))
    return Figure(f"components_{snapshot}_{model}", f"Residuals and samples of {model}",
                  f"Of the shells of all testing clusters, in units of their scatter: what the deterministic network misses, and what {samples['n_samples']} samples add. "
                  "In the middle, samples above the diagonal and the gas below it.", figure)
