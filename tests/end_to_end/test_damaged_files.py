# SPDX-License-Identifier: BSD-3-Clause
"""A wrong byte in an input file: a message and a documented code, never a crash. A wrong bit or a missing end of any
file of any product: noticed by `setsz verify`. FAULT_MUTATIONS=N tries N of each (the label `slow`)."""

import os
import random
import re
import shutil
import unittest
from pathlib import Path

import h5py
from harness import Case, note_figures, every_stage, manifests, setsz

SLOW = "FAULT_MUTATIONS" in os.environ
N_MUTATIONS = int(os.environ.get("FAULT_MUTATIONS", "60"))
DOCUMENTED = (0, 64, 65, 66, 74, 78)


class DamagedFiles(Case):
    @classmethod
    def setUpClass(cls):
        cls.reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def mutate(self, path, places, look, kind):
        good = path.read_bytes()
        codes = {}
        draw = random.Random(5)
        for _ in range(N_MUTATIONS):
            place, bit = draw.choice(places(good)), 1 << draw.randrange(8)
            path.write_bytes(good[:place] + bytes([good[place] ^ bit]) + good[place + 1:])
            result = look(path)
            where = f"{path.name}, byte {place}, bit {bit}\n{result.output}"
            self.assertIn(result.code, DOCUMENTED, where)
            if result.code != 0:
                self.assertEqual(len(result.errors), 1, where)
            codes[result.code] = codes.get(result.code, 0) + 1
        path.write_bytes(good)
        note_figures("damaged_files", fault="flipped bit", where=kind, ranks=1,
                     outcomes={"refused": N_MUTATIONS - codes.get(0, 0), "read": codes.get(0, 0)})
        return codes

    def test_a_snapshot_of_another_program(self):
        """In the old format of HDF5, whose metadata have no checksums."""
        path = self.folder / "snap.hdf5"
        with h5py.File(self.reference / "mock/z0/dmo/snap_000.0.hdf5") as ours, h5py.File(path, "w", libver="earliest") as other:
            for group in ("Header", "PartType1"):
                ours.copy(group, other, without_attrs=False)
        def metadata(data):  # not the particles: signatures of nodes, heaps and headers, and what follows them
            places = [at for name in (b"\x89HDF", b"TREE", b"SNOD", b"HEAP") for at in find_all(data, name)]
            return [at + i for at in places for i in range(min(120, len(data) - at))]
        self.mutate(path, metadata, lambda file: setsz("inspect", file), "metadata of a foreign HDF5 snapshot")

    def test_our_own_product(self):
        run = self.folder / "run"
        shutil.copytree(self.reference, run)
        path = run / "catalog/z0/clusters.h5"
        codes = self.mutate(path, lambda data: range(len(data)), lambda file: setsz("inspect", file),
                            "product that is inspected")
        self.assertIn(65, codes)


@unittest.skipUnless(SLOW, "with FAULT_MUTATIONS")
class EveryProduct(Case):
    """Many damaged copies of a product, each of them in one file."""

    @classmethod
    def setUpClass(cls):
        cls.run_directory = every_stage()

    def damaged(self, product, name, change, n):
        """How many of n damaged copies are noticed."""
        run = self.folder / "copies"
        shutil.rmtree(run, ignore_errors=True)
        for i in range(n):
            copy = run / str(i)
            shutil.copytree(self.run_directory / product, copy, copy_function=os.link)
            (copy / name).unlink()
            (copy / name).write_bytes(change((self.run_directory / product / name).read_bytes()))
        result = setsz("verify", run, timeout=600)
        found = re.search(r"(\d+) of \d+ files under", result.output)
        self.assertEqual(result.code, 65 if found else 0, result.output)
        return int(found[1]) if found else 0

    def test_damage_of_any_file_is_noticed(self):
        draw = random.Random(7)

        def flip(data):
            place = draw.randrange(len(data))
            return data[:place] + bytes([data[place] ^ 1 << draw.randrange(8)]) + data[place + 1:]

        for product, manifest in manifests(self.run_directory).items():
            for name in ["manifest.json"] + [output["file"] for output in manifest["outputs"]]:
                kind = "manifest" if name == "manifest.json" else f"{Path(name).suffix[1:]} files of products"
                for fault, change, n in (("flipped bit", flip, N_MUTATIONS),
                                         ("file cut short", lambda data: data[:draw.randrange(len(data))], max(1, N_MUTATIONS // 10))):
                    noticed = self.damaged(product, name, change, n)
                    note_figures("damaged_files", fault=fault, where=kind, file=f"{product}/{name}", ranks=1,
                                 outcomes={"refused": noticed, "wrong": n - noticed})
                    self.assertEqual(noticed, n, f"{fault}: {product}/{name}")


def find_all(data, word):
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
