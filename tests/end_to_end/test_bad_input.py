# SPDX-License-Identifier: BSD-3-Clause
"""Bad input on one and on three ranks: one clear message, the right code, soon, and no product."""

import os
import re
import shutil
import unittest
from pathlib import Path

from faults import FAULTS, Files
from harness import Case, manifests, setsz

LONGEST = 20  # seconds; most take less than one


class BadInput(Case):
    @classmethod
    def setUpClass(cls):
        """The good files: made once by the mock, then read as if a simulation had made them."""
        cls.universe = Path(os.environ["SETSZ_TEST_FOLDER"]) / "universe"

    def files(self):
        """A private copy of the good files, to be spoilt."""
        copy = self.folder / "files"
        shutil.copytree(self.universe / "mock/z0", copy)
        return Files(dark_matter=sorted((copy / "dmo").glob("*.hdf5")), gas=sorted((copy / "hydro").glob("*.hdf5")),
                     catalog=next(copy.rglob("*.list")), overrides=[])

    def run_with(self, fault, ranks):
        files = self.files()
        fault.make(files)
        run = self.folder / "run"
        configuration = self.configuration("files.ini", run=run, files=self.folder / "files",
                                           catalog=files.catalog.relative_to(self.folder / "files"))
        sets = [word for override in files.overrides for word in ("--set", override)]
        result = self.fails(fault.code, "run", configuration, "--until", fault.until, *sets, ranks=ranks, words=fault.words)
        self.assertLess(result.seconds, LONGEST)
        return run, result

    def test_the_good_files_are_accepted(self):
        self.files()
        configuration = self.configuration("files.ini", run=self.folder / "run", files=self.folder / "files",
                                           catalog=next((self.folder / "files").rglob("*.list")).relative_to(self.folder / "files"))
        self.succeeds("run", configuration, "--until", "voxelize", ranks=2)


def add_case(number, fault, ranks):
    def test(self):
        run, result = self.run_with(fault, ranks)
        done = set(manifests(run)) if run.exists() else set()
        # Products that need nothing of the faulty file may be complete; those that do may not.
        for instance in re.findall(r"error 65: (\w+/\w+):", result.output) or ["voxelize/z0"]:
            self.assertNotIn(instance, done)
        for path in run.rglob("*.h5") if run.exists() else []:
            self.assertIn(str(path.parent.relative_to(run)), done, f"{path} has a final name and no manifest")

    test.__doc__ = f"{fault.name}, {ranks} ranks"
    setattr(BadInput, f"test_{number:02d}_{fault.name.replace(' ', '_')}_np{ranks}", test)


for number, fault in enumerate(FAULTS):
    for ranks in (1, 3):
        add_case(number, fault, ranks)

if __name__ == "__main__":
    unittest.main(verbosity=2)
