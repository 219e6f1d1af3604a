# SPDX-License-Identifier: BSD-3-Clause
"""Gas, predictions, fitted profile and their residuals of four clusters (Thiele et al. 2022, Figs. 3 and 6)."""

import numpy as np
import style
from matplotlib.colors import AsinhNorm
from style import Figure

NEEDS = "evaluate"


def draw(run):
    for snapshot in run.snapshots:
        shown = run.shown(snapshot)
        models = list(dict.fromkeys([*shown[:1], "cnn"])) if "cnn" in run.scores(snapshot) else shown[:2]
        images = {model: read(run.evaluation(snapshot, model)) for model in models}
        if images:
            yield gallery(snapshot, images)


def read(product):
    """Integrals along z of gas, prediction and benchmark [P200 R200], and the masses, of the four clusters, by mass."""
    with product.h5("figures.h5") as file:
        images = file["images"]
        order = np.argsort(images["m200c"][:])
        return {"mass": images["m200c"][:][order], "maps": images["projections"][:][order, :, 2]}


def gallery(snapshot, images):
    first = next(iter(images.values()))
    names = ["gas", *images, "GNFW fit"]
    columns, rows = len(names) + len(images) + 1, len(first["mass"])
    widths = [*[1] * len(names), 0.08, 0.42, *[1] * (columns - len(names)), 0.08]  # with colour bars, and room for their numbers
    side = style.WIDTH / sum(widths)
    figure, panels = style.subplots(rows, len(widths), height=side * rows + 0.3, squeeze=False, layout="none",
                                    gridspec_kw={"wspace": 0.06, "hspace": 0.06, "width_ratios": widths, "left": 0.03, "right": 0.95, "bottom": 0.01, "top": 0.94})
    for row, axes in enumerate(panels):
        draw_row(figure, axes, [each["maps"][row] for each in images.values()])
        axes[0].set_ylabel(style.mass(first["mass"][row]), fontsize=6.5)
        axes[len(names) + 1].set_visible(False)
    titles = [*names, None, None, *(f"{name} − gas" for name in names[1:])]
    for panel, title in zip(panels[0], titles):
        panel.set_title(style.cut(title, 18) if title else "", fontsize=7)
    return Figure(f"clusters_{snapshot}", "Four clusters: gas, predictions, fitted profile",
                  "The clusters at 25, 50, 75 and 100% of the testing clusters by mass; each image is 4 R200 wide. Electron pressure integrated along z within "
                  "2 R200 [P200 R200], asinh scale, and the differences to the gas.", figure)


def draw_row(figure, axes, models):
    """`models`: of each one the images of gas, prediction and benchmark."""
    gas, benchmark = models[0][0], models[0][2]
    maps = [gas, *(model[1] for model in models), benchmark]
    residuals = [image - gas for image in maps[1:]]
    largest = max(float(np.quantile(np.abs(residuals), 0.995)), 1e-12)
    top = max(float(gas.max()), 1e-12)
    for panel, image in zip(axes, maps):
        pressure = panel.imshow(image.T, origin="lower", cmap="inferno", norm=AsinhNorm(top / 30, 0, top))
    for panel, image in zip(axes[len(maps) + 2:], residuals):
        difference = panel.imshow(image.T, origin="lower", cmap="RdBu_r", vmin=-largest, vmax=largest)
    for bar, image, ticks in ((axes[len(maps)], pressure, [top / 10, top / 3, 0.9 * top]), (axes[-1], difference, [-0.85 * largest, 0, 0.85 * largest])):
        figure.colorbar(image, cax=bar).set_ticks(ticks, labels=[f"{tick:.2g}" for tick in ticks])
        bar.minorticks_off()
        bar.tick_params(labelsize=6, length=2, pad=1)
    for panel in (*axes[: len(maps)], *axes[len(maps) + 2: -1]):
        panel.set(xticks=[], yticks=[])
        panel.grid(False)
        for spine in panel.spines.values():
            spine.set_visible(False)
