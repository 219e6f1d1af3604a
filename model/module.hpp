// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/standardisation.hpp"
#include "model/target_batch.hpp"
#include "pipeline/base/option_list.hpp"

namespace setsz {

class NetworkOptions;

/// A network sees other numbers of particles while it learns than when it predicts.
enum class Phase { training, prediction };

/// Particles drawn without replacement, at most so many; 0: none.
struct SampleSize {
  std::int64_t training = 0;
  std::int64_t prediction = 0;
  std::int64_t in(Phase phase) const { return phase == Phase::training ? training : prediction; }
  bool operator==(SampleSize const&) const = default;
};

/// A radius that is the same for all clusters or scales with them.
struct SphereRadius {
  enum class Unit { ckpch, r200 };
  double value = 0;
  Unit unit = Unit::ckpch;
  double ckpch(double r200c_ckpch) const {
    return unit == Unit::ckpch ? value : value * r200c_ckpch;
  }
  bool operator==(SphereRadius const&) const = default;
};

/// What a module needs of a batch beside the cluster's columns and the targets' positions.
struct ModuleNeeds {
  SampleSize cluster_particles{};      ///< of the cluster within cluster_sample_radius_r200
  SampleSize local_particles{};        ///< of the sphere around each target
  SphereRadius local_radius{};         ///< of that sphere, whose exact count is known; 0: none
  bool sphere_velocity = false;        ///< the mean over all particles of that sphere
  std::vector<std::string> scalars{};  ///< columns that must be there
  /// Numbers that the stage moments knows of every target, in this order.
  std::vector<std::string> target_columns{};
  std::int64_t density_cells = 0;  ///< along a side of ClusterInput::density; 0: not needed
  bool best_centres = false;       ///< of the training clusters, in `fit`
  /// The model whose residuals it takes, in so many shells; empty: none. A prediction has them
  /// where there is gas.
  std::string residuals_of{};
  std::int64_t residual_shells = 0;
  std::int64_t normals = 0;  ///< numbers of TargetBatch::normals
};
/// What two modules need together: of particles of the whole cluster the larger sample. Throws
/// Error(config) if their local spheres differ.
ModuleNeeds operator+(ModuleNeeds const& a, ModuleNeeds const& b);

/// How the parameters of a module learn.
struct LearningGroup {
  double max_rate = 1e-3;
  double weight_decay = 0;
  bool frozen = false;     ///< they stay as they are
  bool parameters = true;  ///< has the module any?
};

/// What a state of a cluster is to others than its module.
enum class StateKind {
  plain,
  code,    ///< standard normal numbers a priori: predictions draw them
  of_code  ///< what is known of them; like codes not comparable between networks
};

/// Numbers that a module leaves for each cluster; a prediction keeps them as a dataset.
struct ClusterStateInfo {
  std::string name{};     ///< among the results that modules share: "shift"
  std::string dataset{};  ///< of prediction.h5: "origin_shift"
  std::int64_t size = 1;
  std::string unit{}, frame{}, description{};
  bool in_every_prediction = false;  ///< zero where a network lacks the module
  StateKind kind = StateKind::plain;
};

/// Floating-point operations of one forward pass, as many as the layer kernels do in its time.
struct ModuleCost {
  double per_cluster = 0;  ///< each time that targets of a cluster are evaluated
  double per_target = 0;
  double per_local_particle = 0;  ///< of the sphere around each target
  ModuleCost& operator+=(ModuleCost const& o) {
    per_cluster += o.per_cluster, per_target += o.per_target;
    return per_local_particle += o.per_local_particle, *this;
  }
  /// Of a cluster with this many targets, around which so many particles are drawn.
  double of(double targets, double local_particles) const {
    return per_cluster + targets * (per_target + local_particles * per_local_particle);
  }
};
/// Of an MLP with `layers` hidden layers, for one row. Its output layer is taken as wide as they.
double mlp_flops(std::int64_t inputs, std::int64_t layers, std::int64_t width);

/// How a module is joined to the others.
struct ModuleJoints {
  bool sees_position = false;   ///< of a target relative to the centre
  bool gives_profile = false;   ///< a pressure that corrections multiply
  bool scales_radius = false;   ///< at which the profile is evaluated
  bool gives_pressure = false;  ///< a network needs a module that does
  bool takes_features = false;  ///< all that the other modules give
  std::int64_t features = 0;  ///< numbers for each target that it gives to the one that takes them
};

/// A training cluster, before the first step.
struct LearningSample {
  ClusterInput cluster;
  Vec3 best_centre;  ///< where the benchmark fits the gas best [R200]; if a module asks for it
};

/// What a part of the network declares of itself: everything but how it is computed, which is in
/// the module's other half (ModuleNetwork). Nothing here needs libtorch.
///
/// A module is modules/<name>.hpp (this class), modules/<name>.cpp (its computation) and one line
/// in module_table.hpp; nothing else in the program names it.
class Module {
 public:
  virtual ~Module() = default;
  virtual std::unique_ptr<Module> clone() const = 0;

  /// As in [model.NAME] modules, in names of parameters, in rate_<name> and decay_<name>.
  virtual std::string_view name() const = 0;
  /// In sentences: "the profile".
  virtual std::string title() const { return std::string(name()); }
  /// Is it part of a network whose section does not list its modules?
  virtual bool is_default() const { return false; }

  /// Its keys in [model.NAME]: they are read, checked, documented, fingerprinted and kept in the
  /// model file from this one place.
  virtual void declare(OptionList&) {}
  /// Does it fit to the other modules? Throws Error(config). Ranges are checked already.
  virtual void validate(NetworkOptions const&) const {}
  virtual ModuleJoints joints() const = 0;
  virtual ModuleNeeds needs() const { return {}; }
  virtual LearningGroup learning() const = 0;

  /// Names of the quantities that are standardised for it, and their sums over a cluster's sample
  /// of training targets, cut into lanes that share the particles of the whole cluster.
  virtual std::vector<std::string> measured() const { return {}; }
  virtual void measure(std::span<TargetBatch const>, std::span<Moments>) const {}

  /// Numbers that the module takes from all training clusters before the first step; they stay as
  /// they are, in Standardisation::fitted under the module's name.
  virtual std::vector<double> fit(std::span<LearningSample const>) const { return {}; }

  virtual std::vector<ClusterStateInfo> state() const { return {}; }
  virtual ModuleCost cost(NetworkOptions const&, Phase) const { return {}; }
};

/// The part of Module that is the same for all: `class Origin : public ModuleOf<Origin>` with a
/// member `static constexpr std::string_view key`.
template <class Derived>
class ModuleOf : public Module {
 public:
  std::unique_ptr<Module> clone() const override {
    return std::make_unique<Derived>(static_cast<Derived const&>(*this));
  }
  std::string_view name() const override { return Derived::key; }
};

/// The key of a number of layers or neurons.
void add_size(OptionList& options, std::string key, std::int64_t& value, std::string_view help);
/// The keys <prefix>_train and <prefix>_test of a number of particles. The latter changes
/// predictions only, not what is learnt.
void add_sample_size(OptionList& options, std::string const& prefix, SampleSize& value,
                     std::string_view what);
/// The keys <key> and <key>_unit.
void add_sphere_radius(OptionList& options, std::string const& key, SphereRadius& radius,
                       std::string_view help);

}  // namespace setsz
