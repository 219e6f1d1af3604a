# SPDX-License-Identifier: BSD-3-Clause
"""docs/formats.md against real products: nothing unnamed (Named), nothing named that is not there (Complete)."""

import json
import os
import re
import subprocess
import tempfile
import unittest
from fnmatch import fnmatchcase
from pathlib import Path

import h5py

UNIVERSE = Path(os.environ["UNIVERSE"])
HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs/formats.md"
COMMON = {"unit", "a_power", "h_power", "astropy_unit", "cgs", "frame", "description", "columns", "column_units",
          "column_descriptions"}
# What small runs that train their own networks do not make.
NOT_HERE = {
    "prediction.h5": ("@trained_on", "/outside_training"),  # a model of another run
    "scores.json": ("one_network*", "seeds", "other_parts.not_scored", "clusters[].seeds", "stochastic.components_of_residuals.*",
                    "stochastic.components_of_samples"),  # several seeds, many clusters
    "sky.json": ("resolution_arcmin", "patch_deg[]", "cap_deg[]", "polygon_deg[]", "centre_deg[]", "size_deg[]", "fields.*.*"),  # other pixels, parts, fields
    "results.json": ("models[].one_network*", "notes[]", "settings_tried"),
}


def slug(title):
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def read_page():
    """Rows of the tables of each file (by its name) and of each group of keys (by its anchor)."""
    sections, rows = {}, []
    for line in PAGE.read_text().splitlines():
        if line.startswith("## `") or line.startswith("### "):
            name = line[4:-1].split("/")[-1] if line.startswith("## ") else slug(line[4:])
            rows = sections.setdefault(name, [])
        elif line.startswith("## "):
            rows = []
        elif line.startswith("|") and not line.startswith(("| name", "| key", "|--")):
            rows.append([cell.strip().strip("`") for cell in line.strip().strip("|").split("|")])
    return sections


def named_keys(sections, name, prefix=""):
    """{pattern of a key: kinds of its values} of a JSON file."""
    keys = {}
    for key, kind, *_ in sections[name]:
        path = ".".join(filter(None, (prefix, key)))
        group = re.search(r"\(#(.*)\)", kind)
        if group:
            keys.update(named_keys(sections, group[1], path))
            continue
        keys.setdefault(path, set()).update(re.split(" or |,", kind)[:2] if " or " in kind else [kind.split(",")[0]])
        for label in {"number, intervals": ("_68", "_95"), "number, interval": ("_68",)}.get(kind, ()):
            keys[path + label + "[]"] = {"number"}
        if kind == "value":
            keys.pop(path)
            keys.update({f"{path}.value": {"number"}, f"{path}.interval_68[]": {"number"}, f"{path}.interval_95[]": {"number"}})
    return keys


def flattened(value, path=""):
    """(key, kind) of every value of a JSON document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flattened(inner, ".".join(filter(None, (path, key))))
    elif isinstance(value, list):
        for inner in value:
            yield from flattened(inner, path + "[]")
        if not value:
            yield path + "[]", "nothing"
    else:
        yield path, {bool: "yes/no", str: "text", type(None): "null"}.get(type(value), "number")


def matches(key, pattern):
    return fnmatchcase(key, pattern.replace("[", "[[]")) or pattern.startswith(key) and key.endswith("[]")


def described(opened):
    """{name: (type, shape, unit)} of the datasets and attributes of an HDF5 file."""
    found = {}
    for name in opened.attrs:
        id_ = opened.attrs.get_id(name)
        found["@" + name] = ({"S": "text", "O": "text", "f": "float64", "i": "int64"}[id_.dtype.kind], id_.shape, "")
    found.pop("@provenance", None)

    def add(name, item):
        if isinstance(item, h5py.Dataset):
            assert set(item.attrs) <= COMMON, (name, set(item.attrs))
            unit = item.attrs["unit"]
            found["/" + name] = (str(item.dtype), item.shape, unit.decode() if isinstance(unit, bytes) else unit)

    opened.visititems(add)
    return found


def fits(shape, text):
    """(23, 3) is "(n, 3)"; an empty text fits all."""
    if not text:
        return True
    dimensions = [part.strip() for part in text.strip("()").split(",") if part.strip()]
    return len(dimensions) == len(shape) and all(int(word) == n for word, n in zip(dimensions, shape) if word.isdigit())


class Checks:
    """Compares the products of runs with the page; remembers what it met."""

    def __init__(self):
        self.sections = read_page()
        self.wrong, self.met = [], {}

    def run(self, folder):
        for manifest in sorted(Path(folder).rglob("manifest.json")):
            self.json(manifest)
            for output in json.loads(manifest.read_text())["outputs"]:
                path = manifest.parent / output["file"]
                if path.suffix == ".hdf5" or path.suffix == ".list":
                    continue  # snapshots and catalogue of the mock
                page_name = "compton_y.fits" if path.name.startswith("tsz_") else path.name
                text = PAGE.read_text()
                if f"/{page_name}`" not in text and f"`{page_name}`" not in text:
                    self.wrong.append(f"{path}: this file is not named")
                elif path.suffix == ".h5":
                    self.hdf5(path)
                elif path.suffix == ".json":
                    self.json(path)
        return self

    def hdf5(self, path):
        rows = {row[0]: row[1:] for row in self.sections[path.name]}
        with h5py.File(path) as opened:
            for name, (kind, shape, unit) in described(opened).items():
                row = next((pattern for pattern in rows if fnmatchcase(name, pattern)), None)
                if row is None:
                    self.wrong.append(f"{path.name} has {name}: {kind} {shape} [{unit}]; the page does not")
                    continue
                self.met.setdefault(path.name, set()).add(row)
                if rows[row][0] != kind or not fits(shape, rows[row][1]) or (name[0] == "/" and rows[row][2] != unit):
                    self.wrong.append(f"{path.name}: {name} is {kind} {shape} [{unit}], the page says {rows[row][:3]}")

    def json(self, path):
        keys = named_keys(self.sections, path.name)
        for key, kind in set(flattened(json.loads(path.read_text()))):
            found = [pattern for pattern in keys if matches(key, pattern) or (keys[pattern] == {"any"} and re.match(re.escape(pattern) + r"[.\[]", key))]
            self.met.setdefault(path.name, set()).update(found)
            if not found:
                self.wrong.append(f"{path.name} has {key} ({kind}); the page does not")
            elif kind != "nothing" and not any({kind, "any"} & keys[pattern] for pattern in found):
                self.wrong.append(f"{path.name}: {key} is {kind}, the page says {[keys[pattern] for pattern in found]}")

    def never_met(self):
        for name, rows in self.sections.items():
            if not name.endswith((".h5", ".json")):
                continue
            named = named_keys(self.sections, name) if name.endswith(".json") else {row[0] for row in rows}
            for key in sorted(set(named) - self.met.get(name, set())):
                if not any(fnmatchcase(key, pattern.replace("[", "[[]")) for pattern in NOT_HERE.get(name, ())):
                    yield f"{name}: the page names {key}, which no product has"


class Named(unittest.TestCase):
    def test_the_page_names_all_that_the_reference_run_holds(self):
        self.assertEqual(Checks().run(UNIVERSE).wrong, [])

    def test_a_dataset_a_key_or_a_unit_that_the_page_lacks_is_noticed(self):
        checks = Checks()
        checks.sections["clusters.h5"] = [row for row in checks.sections["clusters.h5"] if row[0] != "/clusters/xoff"]
        checks.sections["sky.json"] = [row for row in checks.sections["sky.json"] if row[0] != "mean_y"]
        next(row for row in checks.sections["lightcone.h5"] if row[0] == "/halos/v_los")[3] = "m/s"
        self.assertEqual(len(checks.run(UNIVERSE).wrong), 3, checks.wrong)


@unittest.skipUnless("SETSZ" in os.environ, "makes a run")
class Complete(unittest.TestCase):
    def test_small_runs_hold_all_that_the_page_names(self):
        with tempfile.TemporaryDirectory() as folder:
            configuration = Path(folder, "formats.ini")
            configuration.write_text((HERE / "formats.ini").read_text().replace("@run@", str(Path(folder, "run"))))
            done = subprocess.run([os.environ["MPIEXEC"], "-n", "2", os.environ["SETSZ"], "run", configuration],
                                  capture_output=True, text=True, timeout=600)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            checks = Checks().run(UNIVERSE).run(Path(folder, "run"))
        self.assertEqual(checks.wrong, [])
        self.assertEqual(list(checks.never_met()), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
