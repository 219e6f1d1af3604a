# SPDX-License-Identifier: BSD-3-Clause
"""What a good run fulfils: one row a check, with the bounds and what they are for."""


from products import Unreadable


def check_rows(run):
    rows = []
    for snapshot in run.snapshots:
        for product in run.evaluations(snapshot).values():
            rows += judged(run, product, "scores.json", of_scores)
    for product in run.boxes():
        rows += judged(run, product, "spectra.json", of_box)
    for product in run.of("sky"):
        rows += judged(run, product, "sky.json", of_sky)
    rows.append(within("all products", "up to date", sum(product.state == "stale" for product in run.products), None, 0,
                       "products that were made with other options, inputs or stages: the table of products says which"))
    return sorted(rows, key=lambda each: each["verdict"] == "pass")


def judged(run, product, name, rows_of):
    """The rows of a product. One that is damaged has a row that says so, and costs no other its rows."""
    try:
        return rows_of(product.id, product.json(name))
    except Unreadable as error:
        run.leave_out(error)
        return [row(product.id, "can be read", False, None, None, None, str(error))]
    except (TypeError, LookupError, ValueError, AttributeError) as error:  # JSON, but not what the stage writes
        text = f"'{product.folder / name}' does not hold what the stage {product.stage} writes ({type(error).__name__}: {error}); `setsz verify` tells whether it is damaged"
        run.leave_out(text)
        return [row(product.id, "can be read", False, None, None, None, text)]


def row(product, check, passed, value, low, high, why):
    return {"verdict": "pass" if passed else "fail", "check": check, "product": product, "value": value, "low": low, "high": high, "why": why}


def within(product, check, value, low, high, why, ends=None):
    """`ends`: the interval of the value, of which a part must lie within the bounds."""
    lowest, highest = ends or (value, value)
    passed = (low is None or highest >= low) and (high is None or lowest <= high)
    return row(product, check, passed, value, low, high, why)


def of_scores(product, scores):
    y = scores["y"]
    rows = [row(product, "better than the benchmark", scores["L_opt_95"][1] < 1, scores["L_opt"], None, 1, "the 95% interval of L_opt lies below 1"),
            within(product, "Y of all clusters", y["sum_pred_over_gas"], 0.95, 1.05, "sum of predicted Y over that of the gas, with its 95% interval",
                   y["sum_pred_over_gas_95"]),
            row(product, "mass agrees", len(scores["mass_disagrees"]["scored"]) <= 0.05 * scores["n_clusters"], len(scores["mass_disagrees"]["scored"]), None,
                int(0.05 * scores["n_clusters"]), "scored clusters whose particles have another mass than the catalogue says: 5% at most")]
    if scores["trained_on_these"] is not None:
        rows.append(within(product, "scored on new clusters", scores["trained_on_these"], None, 0, "scored clusters that have taught the networks"))
    if "stochastic" in scores:
        coverage = scores["stochastic"]["coverage"]
        for key, wanted, of in (("profile_68", 0.68, "shells"), ("y_68", 0.68, "Y"), ("profile_95", 0.95, "shells"), ("y_95", 0.95, "Y")):
            rows.append(within(product, f"{wanted:.0%} bands of {of}", coverage[key]["value"], wanted - 0.03, wanted + 0.03,
                               "share of the clusters whose gas lies within the band of samples, with its 95% interval", coverage[key]["interval_95"]))
    return rows


def of_box(product, spectra):
    rows = []
    for mass in spectra.get("Y_painted_over_gas", []):
        rows.append(within(product, "Y painted in the box", mass["Y_painted_over_gas"], 0.95, 1.05, "sum over the painted clusters, over the gas"))
    y = spectra["mean_y"]
    if y.get("gas"):
        rows.append(within(product, "mean y of the box", y["painted"] / y["gas"], 0.8, 1.2, "painted over that of all gas; the gas outside of haloes is not painted"))
    return rows


def of_sky(product, sky):
    rows = []
    if "sum_rule_residual" in sky:
        rows.append(within(product, "sum rule of the sky", abs(sky["sum_rule_residual"]), None, 1e-6, "sum of y over the pixels against what the haloes hold (docs/stages/sky.md)"))
    if sky.get("n_outside_training") is not None and sky.get("n_clusters"):
        rows.append(within(product, "clusters like those of the training", sky["n_outside_training"] / sky["n_clusters"], None, 0.05, "share of painted clusters unlike those that taught the network"))
    return rows
