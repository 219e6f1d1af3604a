# SPDX-License-Identifier: BSD-3-Clause
"""Does a latent code find the transfer of pressure that the mock has planted where no particle traces it?

Arguments go to `setsz run` as --set, to see what the assertions are worth: with mock.transfer_rms=0 they are to fail.
"""

import json
import sys
import unittest

import h5py
import numpy
from harness import Case

OVERRIDES = sys.argv[1:]
TRANSFER_RMS = 0.3  # of stochastic.ini


def planted_transfer(run, ids):
    with h5py.File(run / "mock/z0/truth.h5") as file:
        transfer = dict(zip(file["halos/id"][:], file["halos/transfer"][:]))
    return numpy.array([transfer[number] for number in ids])


def planted_spread(gas, mean, transfer):
    """rms of ln pressure by shell that the transfer makes in all clusters: its slope in the gas of these, which holds
    what voxels and offsets do to it, times the rms of the mock, which is not quite that of these clusters."""
    departures, centred = numpy.log(gas / mean), transfer - transfer.mean()
    slope = (departures * centred[:, None]).mean(axis=0) / (centred**2).mean()
    return abs(slope) * TRANSFER_RMS


class Stochastic(Case):
    def test_the_code_is_the_planted_transfer_and_samples_scatter_like_it(self):
        run = self.folder / "run"
        sets = [word for override in OVERRIDES for word in ("--set", override)]
        result = self.succeeds("run", self.configuration("stochastic.ini", run=run), *sets, ranks=2, timeout=1700)
        scores = json.loads((run / "evaluate/z0/stochastic/seed1/scores.json").read_text())
        rows = [cluster["cluster"] for cluster in scores["clusters"]]
        with h5py.File(run / "predict/z0/stochastic/fold0/seed1/prediction.h5") as file:
            testing = numpy.isin(file["cluster"][:], rows)
            codes, ids = file["latent_mean"][:][testing, 0], file["id"][:][testing]
        with h5py.File(run / "predict/z0/stochastic/fold0/seed1/samples.h5") as file:
            profiles = file["profile"][:][testing]
        transfer = planted_transfer(run, ids)
        correlation = abs(numpy.corrcoef(codes, transfer)[0, 1])
        gas = numpy.array([cluster["profile_gas"] for cluster in scores["stochastic"]["clusters"]])
        mean = profiles.mean(axis=1)
        spread = numpy.log(profiles / mean[:, None]).std(axis=(0, 1))
        planted = planted_spread(gas, mean, transfer)
        radius = (numpy.arange(32) + 0.5) / 16
        inner, outer = radius < 0.35, (radius > 0.9) & (radius < 1.4)  # between them it changes its sign
        sampled = scores["stochastic"]
        print(f"\n{len(ids)} testing clusters, {result.seconds:.0f} s; |r| of code and transfer {correlation:.3f}")
        for name, part in (("core", inner), ("outside", outer)):
            print(f"rms of the samples over the planted one, {name}: {(spread[part] / planted[part]).mean():.2f}")
        print("losses over the benchmark:", {key: round(value["value"], 3) for key, value in sampled["L_opt"].items()})
        print("coverage:", {key: round(sampled["coverage"][key]["value"], 3) for key in ("profile_68", "profile_95")})
        print("nats:", round(sampled["latent"]["nats"]["value"], 2))
        sys.stdout.flush()

        self.assertGreaterEqual(len(ids), 80, "testing clusters")
        with self.subTest("the code"):
            self.assertGreater(correlation, 0.9)
        with self.subTest("the spread of the samples"):
            for part in (inner, outer):
                self.assertAlmostEqual((spread[part] / planted[part]).mean(), 1, delta=0.3)
        with self.subTest("the reconstruction"):
            self.assertLess(sampled["L_opt"]["reconstructed"]["interval_95"][1],
                            sampled["L_opt"]["mean_of_samples"]["interval_95"][0])
        with self.subTest("inner and outer pressure depart together"):
            self.assertLess(sampled["covariance"]["samples"], -0.5)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv[:1])
