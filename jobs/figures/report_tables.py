# SPDX-License-Identifier: BSD-3-Clause
"""The tables of the report, from products alone; they need nothing but Python."""

import csv
import io
import json
import math
from dataclasses import dataclass, field

from checks import check_rows


@dataclass
class Column:
    key: str
    label: str
    unit: str = ""
    form: str = ".4g"  # of numbers, on the page; files have all digits
    on_page: bool = True


@dataclass
class Table:
    name: str  # of its files
    title: str
    columns: list
    rows: list
    note: str = ""
    folded: bool = False  # on the page

    def csv(self):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([f"{column.key} [{column.unit}]" if column.unit else column.key for column in self.columns])
        writer.writerows([plain(row.get(column.key)) for column in self.columns] for row in self.rows)
        return text.getvalue()

    def json(self):
        return json.dumps({"title": self.title, "note": self.note, "units": {column.key: column.unit for column in self.columns if column.unit},
                           "rows": self.rows}, indent=1) + "\n"


def write_hdf5(tables, path):
    """One file with a group for each table and a dataset for each column; what is missing is NaN or an empty text, yes is 1. Needs h5py."""
    import h5py

    with h5py.File(path, "w") as file:
        for table in tables:
            group = file.create_group(table.name)
            group.attrs["title"], group.attrs["note"] = table.title, table.note
            for column in table.columns:
                values = [plain(row.get(column.key)) for row in table.rows]
                numbers = any(value != "" for value in values) and all(isinstance(value, (int, float)) or value == "" for value in values)
                texts = h5py.string_dtype()
                group.create_dataset(column.key, data=[math.nan if value == "" else float(value) for value in values] if numbers else list(map(str, values)),
                                     dtype="f8" if numbers else texts)
                group[column.key].attrs["unit"] = column.unit


def plain(value):
    if value is None:
        return ""
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def interval(row, key):
    """The 68% and 95% intervals of a figure, as four numbers."""
    names = ("low_68", "high_68"), ("low_95", "high_95")
    pairs = row.get(f"{key}_68"), row.get(f"{key}_95")
    return {f"{key}_{name}": end for pair, ends in zip(names, pairs) if ends for name, end in zip(pair, ends)}


def interval_columns(key):
    return [Column(f"{key}_{end}", end.replace("_", " ") + "%", form=".3f", on_page=end.endswith("95")) for end in ("low_68", "high_68", "low_95", "high_95")]


def models(run):
    """One row a model, by its loss."""
    for snapshot in run.snapshots:
        results = run.results(snapshot)
        rows = []
        for score in (results["models"] if results else run.scores(snapshot).values()):
            y = score["y"]
            rows.append({"model": score["model"], "networks": score["n_seeds"], "clusters": score["n_clusters"], "L_opt": score["L_opt"]}
                        | interval(score, "L_opt") | {key: score[key] for key in ("mean_ratio", "ratio_of_sums")}
                        | {"y_sum_pred_over_gas": y["sum_pred_over_gas"], "y_scatter_ln": y["scatter_ln_pred"],
                           "core_seconds": (score.get("core_seconds") or {}).get("per_network")})
        rows.sort(key=lambda row: row["L_opt"])
        yield Table(f"models_{snapshot}", f"Models at {snapshot}",
                    [Column("model", "model"), Column("networks", "seeds"), Column("clusters", "clusters"), Column("L_opt", "L_opt", form=".3f"), *interval_columns("L_opt"),
                     Column("mean_ratio", "mean ratio", form=".3f"), Column("ratio_of_sums", "ratio of sums", form=".3f"), Column("y_sum_pred_over_gas", "Y predicted / gas", form=".3f"),
                     Column("y_scatter_ln", "scatter of ln Y", form=".3f"), Column("core_seconds", "training", "core-s")], rows,
                    "L_opt: median over the testing clusters of loss / loss of the fitted GNFW profile (Eq. 8); below 1 is better. Intervals from a bootstrap over "
                    "clusters, and seeds where there are several.")


def statements(run):
    for snapshot in run.snapshots:
        results = run.results(snapshot)
        rows = [{"statement": row["text"], "source": row["source"], "model": row["model"], "loss": row.get("loss"), "than": row["than"], "networks": row.get("networks"), "above": row["above"], "below": row["below"],
                 "loss_ratio": row.get("loss_ratio"), "low_95": (row.get("loss_ratio_95") or [None])[0], "high_95": (row.get("loss_ratio_95") or [None])[-1],
                 "verdict": row["verdict"]} for row in (results or {}).get("statements", [])]
        yield Table(f"statements_{snapshot}", f"Statements, judged at {snapshot}",
                    [Column("statement", "statement"), Column("source", "source"), Column("model", "model"), Column("loss", "loss"), Column("than", "than"), Column("networks", "networks"), Column("above", "says above"),
                     Column("below", "says below"), Column("loss_ratio", "loss ratio", form=".3f"), Column("low_95", "low 95%", form=".3f"), Column("high_95", "high 95%", form=".3f"), Column("verdict", "verdict")],
                    rows, "Loss ratio: median over the clusters of loss(model) / loss(than). A statement holds if the 95% interval lies within what it says, and fails if it lies outside.")


def differences(run):
    for snapshot in run.snapshots:
        results = run.results(snapshot)
        if not results:
            continue
        rows = [{"model": row["model"], "median_ln_loss_ratio": row["median_ln_loss_ratio"]} | interval(row, "median_ln_loss_ratio")
                | {"clusters": row["clusters"], "networks": row.get("networks"), "verdict": row["verdict"]} for row in results["against_reference"]]
        yield Table(f"differences_{snapshot}", f"Paired differences to {results['reference']} at {snapshot}",
                    [Column("model", "model"), Column("median_ln_loss_ratio", "ln(loss / loss)", form=".3f"), *interval_columns("median_ln_loss_ratio"), Column("clusters", "clusters"),
                     Column("networks", "networks"), Column("verdict", "in words")], rows,
                    f"Cluster by cluster on the same voxels; below 0 is better than {results['reference']}. Settings tried: {results['settings_tried'] or 'not stated'}.")


def checks(run):
    yield Table("checks", "Checks", [Column("verdict", "verdict"), Column("check", "check"), Column("product", "product"), Column("value", "found"), Column("low", "from"),
                                     Column("high", "to"), Column("why", "what it means")], check_rows(run),
                "A check passes if the interval of the figure, or the figure itself, touches what is wanted. These are the bounds of a good run, not of a working program: "
                "small boxes fail some of them.")


def boxes(run):
    for product, spectra in run.read(run.boxes(), "spectra.json"):
        rows = [{"k": k} | {key: spectra[key][i] for key in ("P_painted", "P_true", "T", "r", "modes") if key in spectra} for i, k in enumerate(spectra["k"])]
        yield Table(f"spectra_{'_'.join(product.parts)}", f"Power spectra of the box {product.id}",
                    [Column("k", "k", spectra["units"]["k"]), Column("P_painted", "P painted", spectra["units"]["P"]), Column("P_true", "P gas", spectra["units"]["P"]),
                     Column("T", "T(k)"), Column("r", "r(k)"), Column("modes", "modes")], rows, folded=True)


def skies(run):
    rows = []
    for product, sky in run.read(run.of("sky"), "sky.json"):
        rows.append({"sky": product.parts[0]} | {key: sky.get(key) for key in ("nside", "redshift_min", "redshift_max", "n_clusters", "n_fill", "mean_y", "std_y", "max_y")}
                    | {"l_box": sky.get("cl", {}).get("expected", {}).get("l_box")})
    yield Table("skies", "Skies", [Column("sky", "sky"), Column("nside", "nside"), Column("redshift_min", "z from"), Column("redshift_max", "z to"),
                                   Column("n_clusters", "clusters"), Column("n_fill", "fill haloes"), Column("mean_y", "mean y"), Column("std_y", "std y"), Column("max_y", "max y"), Column("l_box", "C_l lacks power below l")], rows)


def largest(value):
    """A figure of a manifest, which is of all ranks or {mean, max} over them."""
    return value.get("max") if isinstance(value, dict) else value


def core_seconds(about):
    seconds = about["notes"].get("cpu_seconds")
    mean = seconds.get("mean") if isinstance(seconds, dict) else seconds
    return (mean if mean is not None else about["seconds"]) * about["ranks"]


def cost_of_stages(run):
    """One row a stage: its products, time, memory and bytes."""
    rows = {}
    for product in run.products:
        if not product.usable:
            continue
        about, outputs = product.manifest["about"], product.manifest["outputs"]
        row = rows.setdefault(product.stage, {"stage": product.stage, "products": 0, "seconds": 0.0, "core_seconds": 0.0, "peak_memory_bytes": 0, "bytes": 0})
        row["products"] += 1
        row["seconds"] += about["seconds"]
        row["core_seconds"] += core_seconds(about)
        row["peak_memory_bytes"] = max(row["peak_memory_bytes"], largest(about["notes"].get("peak_memory_bytes", 0)))
        row["bytes"] += sum(output["bytes"] for output in outputs)
    return list(rows.values())


def stages(run):
    yield Table("stages", "Time, memory and disk of the stages",
                [Column("stage", "stage"), Column("products", "products"), Column("seconds", "wall time", "s"), Column("core_seconds", "processor time", "core-s"),
                 Column("peak_memory_bytes", "peak memory of a rank", "B", "bytes"), Column("bytes", "files", "B", "bytes")], cost_of_stages(run))


def products(run):
    rows = []
    for product in run.products:
        row = {"product": product.id, "state": product.state, "reasons": product.reasons}
        if product.usable:
            about = product.manifest["about"]
            row |= {"seconds": about["seconds"], "ranks": about["ranks"], "peak_memory_bytes": largest(about["notes"].get("peak_memory_bytes")),
                    "bytes": sum(output["bytes"] for output in product.manifest["outputs"]), "finished": about["finished"], "code": about["code"],
                    "fingerprint": product.manifest["fingerprint"]}
        rows.append(row)
    yield Table("products", "Products", [Column("product", "product"), Column("state", "state"), Column("seconds", "time", "s"), Column("ranks", "ranks"),
                                         Column("peak_memory_bytes", "peak memory", "B", "bytes"), Column("bytes", "files", "B", "bytes"), Column("finished", "finished"),
                                         Column("code", "made by"), Column("fingerprint", "fingerprint"), Column("reasons", "why it is not complete")], rows, folded=True)


def clusters(run):
    """One row a testing cluster: mass, loss of the benchmark, and loss and Y of each model over it."""
    for snapshot in run.snapshots:
        scores = run.scores(snapshot)
        rows = {}
        for model, score in scores.items():
            for cluster in score["clusters"]:
                row = rows.setdefault(cluster["id"], {"id": cluster["id"], "fold": cluster["fold"], "m200c": cluster["m200c"], "y_gas": cluster["y_gas"],
                                                      "loss_benchmark": cluster["loss_benchmark"], "mass_disagrees": cluster["mass_disagrees"]})
                row[f"ratio_{model}"] = cluster["ratio"]
        yield Table(f"clusters_{snapshot}", f"Clusters of {snapshot}",
                    [Column("id", "id", form="d"), Column("fold", "fold"), Column("m200c", "M200c", "1e10 Msun/h"), Column("y_gas", "Y gas", "(kpc/h)^2"), Column("loss_benchmark", "loss of benchmark"),
                     Column("mass_disagrees", "mass disagrees"), *(Column(f"ratio_{model}", model) for model in scores)],
                    sorted(rows.values(), key=lambda row: -row["m200c"]), "Columns of models: loss / loss of the benchmark.", folded=True)


TABLES = (models, statements, differences, checks, boxes, skies, stages, products, clusters)
