# SPDX-License-Identifier: BSD-3-Clause
setsz_test(model_data SOURCES container_test.cpp features_test.cpp optimizer_test.cpp
                   scalar_noise_test.cpp
           LINKS setsz::model_data)
setsz_test(network SOURCES network_test.cpp LINKS setsz::model)
setsz_test(trainer SOURCES trainer_test.cpp LINKS setsz::model RANKS 1 2 3)
