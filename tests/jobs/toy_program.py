# SPDX-License-Identifier: BSD-3-Clause
"""A setsz whose networks have a known validation, for test_search.py: loss = 1 + ln(width / 32)^2 + 0.01 seed.

A width above 100 diverges; TOY_SECONDS is what a training takes; nats of the code = ln(1 + width). TOY_FIT=fails:
what all networks read cannot be made; TOY_FIT=unlisted: no stage of the configuration makes it. TOY_HELD=FILE: another
job holds what is asked for as long as there is this file."""

import configparser
import json
import math
import os
import signal
import sys
import time
from pathlib import Path

words = sys.argv[1:]
if words[:2] == ["options", "--ini"]:
    print("[model]\nwidth = 16\nname = x\n[train]\nrate = 1e-3")
    sys.exit()
config = configparser.ConfigParser()
config.read(words[1])
run, models = Path(config["run"]["directory"]), [name[6:] for name in config.sections() if name.startswith("model.")]
networks = [f"train/z0/{model}/fold0/seed{seed}" for model in models for seed in (1, 2)]
if words[0] == "stages":
    print(json.dumps({"run": str(run), "stages": []}))
elif words[0] == "plan":
    fit = (run / "fit/z0/manifest.json").exists()
    products = [] if os.environ.get("TOY_FIT") == "unlisted" else [{"id": "fit/z0", "waits_for": []}]
    products += [{"id": name, "waits_for": [] if fit else ["fit/z0"]} for name in networks]
    print(json.dumps({"products": products}))
else:
    if os.path.exists(os.environ.get("TOY_HELD", "")):
        os.remove(os.environ["TOY_HELD"])
        Path(os.environ["SETSZ_ERROR_FILE"]).write_text(json.dumps({"message": "held by another job"}))
        sys.exit(73)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
    for product in [words[i + 1] for i, word in enumerate(words) if word == "--exactly"]:
        folder, notes = run / product, {"cpu_seconds": {"mean": 2.0}}
        if product == "fit/z0" and os.environ.get("TOY_FIT") == "fails":
            Path(os.environ["SETSZ_ERROR_FILE"]).write_text(json.dumps({"message": "no gas"}))
            sys.exit(66)
        if product.startswith(("train/", "predict/")):
            assert (run / "fit/z0/manifest.json").exists()
            _, _, model, _, seed = product.split("/")
            width = config.getint(f"model.{model}", "width")
            if width > 100:
                Path(os.environ["SETSZ_ERROR_FILE"]).write_text(json.dumps({"message": "the training diverged"}))
                sys.exit(79)
            if product.startswith("train/"):
                time.sleep(float(os.environ.get("TOY_SECONDS", 0)))
                notes["last_validation_ratio"] = 1 + math.log(width / 32) ** 2 + 0.01 * int(seed[4:])
        folder.mkdir(parents=True, exist_ok=True)
        outputs = []
        if product.startswith("predict/"):
            import h5py
            import numpy

            outputs = [{"file": "prediction.h5"}]
            kl = math.log(1 + width)  # two validation clusters of these nats; a third one, tested, would spoil their mean
            with h5py.File(folder / "prediction.h5", "w") as file:
                file["cluster"] = numpy.arange(3)
                file["latent_mean"] = numpy.array([[math.sqrt(2 * kl)], [math.sqrt(2 * kl)], [100.0]])
                file["latent_log_variance"] = numpy.zeros((3, 1))
            (run / "catalog/z0").mkdir(parents=True, exist_ok=True)
            with h5py.File(run / "catalog/z0/clusters.h5", "w") as file:
                file["clusters/split"] = numpy.array([[1], [1], [2]])
            (run / "catalog/z0/manifest.json").write_text(json.dumps({"outputs": [{"file": "clusters.h5"}]}))
        (folder / "manifest.json").write_text(json.dumps({"outputs": outputs, "about": {"ranks": 3, "notes": notes}}))
