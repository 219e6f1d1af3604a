# SPDX-License-Identifier: BSD-3-Clause
"""Reads the products of a run, which `setsz report` has listed in products.json. JSON and CSV need Python alone.

The package in python/ reads products for people, as arrays with units, and needs numpy and h5py from its import on. The report makes its tables without either, lies beside the program and not where
packages are installed, and shows stale and damaged products as such, so it has this reader of its own."""

import csv
import json
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path


class Unreadable(Exception):
    """A product is there and cannot be read: it is damaged, or of another version of setsz."""


class Record(dict):
    """A JSON object of a file. Files of other versions of setsz have other keys."""

    def __init__(self, path, members):
        super().__init__(members)
        self.path = path

    def __missing__(self, key):
        raise Unreadable(f"'{self.path}' has no '{key}' beside '{next(iter(self), '')}'; another version of setsz has made it: run again")


@lru_cache(maxsize=512)
def read_json(path):
    try:
        return json.loads(path.read_text(), object_hook=lambda members: Record(path, members))
    except (OSError, ValueError) as error:
        raise Unreadable(f"'{path}' cannot be read as JSON ({error}); `setsz verify` tells whether it is damaged") from None


class Product:
    """One product folder: RUN/<stage>/<snapshot>/<model>/<fold>/<seed>, as many of them as apply."""

    def __init__(self, run, entry):
        self.run, self.id, self.stage, self.state = run, entry["id"], entry["stage"], entry["state"]
        self.reasons, self.outputs = entry["reasons"], entry["outputs"]
        self.folder = run.folder / self.id
        self.parts = self.id.split("/")[1:]

    @property
    def usable(self):
        return self.state in ("complete", "stale") and all((self.folder / output).exists() for output in self.outputs)

    @property
    def snapshot(self):
        return self.parts[0] if self.parts else ""

    @property
    def model(self):
        return self.parts[1] if len(self.parts) > 1 else ""

    @cached_property
    def manifest(self):
        return read_json(self.folder / "manifest.json")

    def json(self, name):
        return read_json(self.folder / name)

    def rows(self, name):
        """A CSV file as a list of {column: text}."""
        with open(self.folder / name, newline="") as file:
            return list(csv.DictReader(file))

    @contextmanager
    def h5(self, name):
        import h5py  # tables do without it

        try:
            with h5py.File(self.folder / name, "r") as file:
                yield file
        except (OSError, KeyError) as error:
            raise Unreadable(f"'{self.folder / name}' cannot be read ({error}); `setsz verify` tells whether it is damaged") from None


class Run:
    """The products of a configuration."""

    def __init__(self, index):
        about = json.loads(Path(index).read_text())
        self.folder, self.configuration, self.code = Path(about["run"]), about["configuration"], about["code"]
        self.products = [Product(self, entry) for entry in about["products"]]
        self.damaged = []  # what cannot be read and was left out, in words

    def of(self, stage, snapshot=None, model=None):
        """The products of a stage that can be read."""
        return [product for product in self.products
                if product.stage == stage and product.usable and snapshot in (None, product.snapshot)
                and model in (None, product.model)]

    def leave_out(self, error):
        """Notes once that a product is damaged."""
        if str(error) not in self.damaged:
            self.damaged.append(str(error))

    def read(self, products, name):
        """Pairs of a product and its JSON file. A damaged one is left out and costs no other."""
        for product in products:
            try:
                yield product, product.json(name)
            except Unreadable as error:
                self.leave_out(error)

    def boxes(self, snapshot=None):
        """The painted boxes; products of paint are also the gas on their grids."""
        return [product for product in self.of("paint", snapshot) if "spectra.json" in product.outputs]

    def one(self, stage, snapshot):
        found = self.of(stage, snapshot)
        return found[0] if found else None

    @cached_property
    def snapshots(self):
        return list(dict.fromkeys(product.snapshot for product in self.products if product.stage == "catalog"))

    def evaluations(self, snapshot):
        """{model: product}: of the mean of all networks, or of the only one."""
        found = {}
        for product in self.of("evaluate", snapshot):
            if product.model not in found or product.parts[-1] == "ensemble":
                found[product.model] = product
        return found

    @lru_cache(maxsize=None)
    def scores(self, snapshot):
        """{model: scores.json} of these products."""
        return {product.model: scores for product, scores in self.read(self.evaluations(snapshot).values(), "scores.json")}

    def evaluation(self, snapshot, model):
        """The product that `scores` is of."""
        return self.evaluations(snapshot)[model]

    def results(self, snapshot):
        product = self.one("compare", snapshot)
        return product.json("results.json") if product else None

    @lru_cache(maxsize=None)
    def shown(self, snapshot):
        """The models of figures that have room for three: the reference, the best one, a stochastic one."""
        scores = self.scores(snapshot)
        if not scores:
            return []
        results = self.results(snapshot)
        samples = [model for model in scores if "stochastic" in scores[model]]
        wanted = [results["reference"] if results else next(iter(scores)), min(scores, key=lambda model: scores[model]["L_opt"]),
                  *samples, *scores]
        return list(dict.fromkeys(model for model in wanted if model in scores))[:3]
