# SPDX-License-Identifier: BSD-3-Clause
"""Memory does not grow over a thousand steps of training, nor over a thousand blocks of prediction, by more
than the results that are kept."""

import os
import shutil
import struct
import unittest
from pathlib import Path

from harness import Case, manifests

NOTES = 1 << 20
# What may remain [bytes]: of a step its row in the history, of a block its pressure and the states of networks.
OF_A_STEP, OF_A_BLOCK = 256, 1024


class Heap(Case):
    reference = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def allocated(self, *arguments):
        """What is allocated at each of the program's calls of MPI_Allreduce [bytes]."""
        notes = self.folder / "notes"
        notes.write_bytes(bytes(8 * NOTES))
        environment = {"LD_PRELOAD": os.environ["HEAP_SHIM"], "HEAP_FILE": str(notes)}
        os.environ.update(environment)
        try:
            self.succeeds(*arguments, timeout=1500)
        finally:
            for key in environment:
                del os.environ[key]
        data = notes.read_bytes()
        n = struct.unpack_from("q", data)[0]
        self.assertLess(n + 1, NOTES, "the notes did not suffice")
        return struct.unpack_from(f"{n}q", data, 8)

    def run_again(self, stage, *overrides, **options):
        """The notes of a stage of the reference run with other options of its section, and other overrides."""
        run = self.folder / "run"
        shutil.copytree(self.reference, run, copy_function=shutil.copy2)
        changed = [*overrides, *(f"{stage}.{key}={value}" for key, value in options.items())]
        changed = [word for one in changed for word in ("--set", one)]
        return self.allocated("run", self.configuration(run=run), "--stage", stage, *changed)

    def assert_grows_less(self, notes, limit):
        """From the second quarter of the work to the last one, of the least: what remains between two units.

        Without the end, where the work is freed and its product written."""
        n = len(notes)
        growth = min(notes[3 * n // 4:19 * n // 20]) - min(notes[n // 4:n // 2])
        print(f"{n} notes, growth {growth} bytes, {limit} allowed")
        self.assertLess(growth, limit)

    def about(self, stage):
        return manifests(self.reference)[f"{stage}/z0/small/fold0/seed1"]["about"]["notes"]

    def test_a_thousand_steps_of_training(self):
        steps = -(-self.about("train")["flux"]["training"]["n"] // 4)  # of an epoch
        epochs = -(-1000 // steps)
        notes = self.run_again("train", epochs=epochs, validation_every=epochs, targets=4)
        self.assertGreater(len(notes), 1000)
        self.assert_grows_less(notes, 500 * OF_A_STEP)

    def test_a_thousand_blocks_of_prediction(self):
        n_voxels, of_a_block = self.about("predict")["voxels"], 32
        n_blocks = n_voxels // of_a_block
        # Ranks meet after each block where a checkpoint is always due.
        notes = self.run_again("predict", "run.checkpoint_minutes=0", block_voxels=of_a_block)
        self.assertGreater(n_blocks, 1000)
        self.assertGreater(len(notes), n_blocks)
        self.assert_grows_less(notes, n_blocks // 2 * OF_A_BLOCK)


if __name__ == "__main__":
    unittest.main(verbosity=2)
