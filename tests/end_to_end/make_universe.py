# SPDX-License-Identifier: BSD-3-Clause
"""The reference run that the tests of this folder share (a fixture of ctest): all stages, two ranks."""

import os
import shutil
import sys
from pathlib import Path

from harness import HERE, setsz

folder = Path(os.environ["SETSZ_TEST_FOLDER"])
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
configuration = folder / "tiny.ini"
configuration.write_text((HERE / "tiny.ini").read_text().replace("@run@", str(folder / "universe")))
result = setsz("run", configuration, ranks=2, timeout=300)
print(result.output)
print(f"{result.seconds:.1f} s")
sys.exit(result.code)
