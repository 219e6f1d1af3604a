// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/run/options.hpp"

namespace setsz {

/// Which network of a model is meant: that of one training seed, the mean of all of them, or what
/// the files of [model.NAME] trained hold.
struct Member {
  std::optional<std::int64_t> seed{};  ///< none: the mean
  bool trained = false;                ///< comes from elsewhere: no seed, no fold of this run
  /// One drawn prediction of a model with a code, by its number from 1; 0: the mean of all.
  std::int64_t realisation = 0;
  std::string name() const;  ///< "seed1", "ensemble", "trained", "real3", "trained_real3"
};

/// A network: one for every model, fold and seed, and for every snapshot or those together that
/// teach it.
struct ModelInstance {
  std::string snapshot;  ///< that teaches it; several: "z0+z05"
  std::string model;
  std::int64_t fold = 0;
  std::int64_t seed = 1;  ///< of [train] seeds

  /// "z0/lo_gnfw/fold2/seed1"
  std::string path() const;
  /// Those that teach it.
  std::vector<std::string> snapshots() const;
  /// The seed of its random streams: each (run seed, seed) has its own.
  std::uint64_t stream_seed(std::int64_t run_seed) const;
};

/// "z0/lo_gnfw/fold2/seed1", "z0/lo_gnfw/fold2/ensemble", or "z0/lo_gnfw/trained" for all folds.
std::string model_path(std::string const& snapshot, std::string const& model, std::int64_t fold,
                       Member const& member);

/// A map of a family, [paint.NAME] or [sky.NAME].
struct MapInstance {
  std::string name;         ///< "origin", part of the product's address
  std::string model;        ///< whose cubes are painted; empty: no network
  std::string section;      ///< whose options hold: "sky.origin", also if there is no such section
  std::string catalogue{};  ///< NAME of the [catalogue.NAME] it shows; empty: snapshots
};

/// The axes along which stages have instances: snapshot x model x fold x seed x map. Every stage
/// takes its lists from here, so that they agree.
///
/// Each snapshot has networks of its own, unless [train] snapshots names those that teach: then
/// all snapshots have the same networks, and [catalog] split_like must keep clusters that are
/// tested at one redshift from teaching at another.
///
/// [train.NAME] belongs to [model.NAME]; without it the defaults of [train] hold. A model with the
/// key `trained` and without a section [train.NAME] comes from elsewhere: it has no networks here,
/// and one prediction for all folds. Maps are the
/// [paint.NAME] sections with their key `model = NAME | none`; without any there is one map for
/// each model, named after it, or the one that the plain section [paint] asks for by that key. A
/// [sky.NAME] with `catalogue = NAME` needs neither model nor snapshot.
class Axes {
 public:
  /// Throws Error(config) where names do not fit together.
  explicit Axes(Configuration const& configuration);

  std::vector<std::string> const& snapshots() const { return snapshots_; }
  std::vector<std::string> const& models() const { return models_; }
  /// [catalog] folds: 1 (one split) or the k of a k-fold cross-validation.
  std::int64_t n_folds() const { return n_folds_; }
  /// Is it applied as another run has trained it?
  bool comes_trained(std::string const& model) const { return seeds(model).empty(); }
  /// [train.NAME] seeds: each makes a network of its own. None of a model that comes trained.
  std::vector<std::int64_t> const& seeds(std::string const& model) const;
  /// Each seed's network; behind them, where there are several, their mean. Of a model that comes
  /// trained that one.
  std::vector<Member> members(std::string const& model) const;
  /// The one of which maps are painted: the mean, or the only network.
  Member painted(std::string const& model) const { return members(model).back(); }
  /// One drawn prediction. Throws Error(config) if [predict] realisations asks for fewer.
  Member realisation(std::string const& model, std::int64_t number) const;
  /// [predict] realisations.
  std::int64_t n_realisations() const { return n_realisations_; }
  /// Those that this run trains.
  std::vector<ModelInstance> networks() const;
  /// The one that predicts a snapshot.
  ModelInstance network(std::string const& snapshot, std::string const& model, std::int64_t fold,
                        std::int64_t seed) const;
  /// \param family  "paint" or "sky"
  std::vector<MapInstance> maps(std::string const& family) const;

 private:
  void read_teachers(std::string const& model);
  void require_catalogue(std::string const& section, std::string const& name) const;
  MapInstance map_of(std::string const& family, std::string const& name) const;

  Configuration const& configuration_;
  std::vector<std::string> snapshots_, models_;
  std::int64_t n_folds_, n_realisations_;
  std::map<std::string, std::vector<std::int64_t>> seeds_;
  std::map<std::string, std::vector<std::string>> teachers_;  ///< empty: each snapshot its own
};

/// The key `seeds` of [train], for the struct of that section to declare.
void declare_seeds(OptionList& options, std::vector<double>& seeds);
/// The key `snapshots` of [train], for the struct of that section to declare.
void declare_train_snapshots(OptionList& options, std::vector<std::string>& snapshots);
/// The key `split_like` of [catalog], for the struct of that section to declare.
void declare_split_like(OptionList& options, std::string& snapshot);
/// The key `realisations` of [predict], likewise.
void declare_realisations(OptionList& options, std::int64_t& n);
/// The key `trained` of [model.NAME], for the struct of that section to declare.
void declare_trained(OptionList& options, std::vector<std::string>& paths);
/// The key `model` of the sections of maps, for their structs to declare.
void declare_map_model(OptionList& options, std::string& model);
/// The key `catalogue` of [sky.NAME], likewise.
void declare_map_catalogue(OptionList& options, std::string& catalogue);

}  // namespace setsz
