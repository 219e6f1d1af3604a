# SPDX-License-Identifier: BSD-3-Clause
"""One wrong byte in the metadata of an HDF5 file: a message and a documented code, never a crash."""

import os
import random
import shutil
import unittest
from pathlib import Path

import h5py
from harness import Case, setsz

N_MUTATIONS = int(os.environ.get("FAULT_MUTATIONS", "60"))
DOCUMENTED = (0, 64, 65, 66, 74, 78)


class DamagedFiles(Case):
    @classmethod
    def setUpClass(cls):
        cls.reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def mutate(self, path, places, look):
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
        print(f"{path.name}: {N_MUTATIONS} mutations, codes {codes}", flush=True)
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
        self.mutate(path, metadata, lambda file: setsz("inspect", file))

    def test_our_own_product(self):
        run = self.folder / "run"
        shutil.copytree(self.reference, run)
        path = run / "catalog/z0/clusters.h5"
        codes = self.mutate(path, lambda data: range(len(data)), lambda file: setsz("inspect", file))
        self.assertIn(65, codes)


def find_all(data, word):
    at = data.find(word)
    while at >= 0:
        yield at
        at = data.find(word, at + 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
