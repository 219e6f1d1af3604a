# SPDX-License-Identifier: BSD-3-Clause
"""Where the scripts of jobs/ find setsz, if nothing else is said: built in this clone, or installed with them."""

import os


def default():
    here = os.path.dirname(os.path.abspath(__file__))
    installed = os.path.normpath(os.path.join(here, "../../../bin/setsz"))  # PREFIX/share/setsz/jobs
    built = os.path.normpath(os.path.join(here, "../build/release/setsz"))
    return os.environ.get("SETSZ") or (installed if os.path.exists(installed) else built)
