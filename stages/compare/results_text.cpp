// SPDX-License-Identifier: BSD-3-Clause
#include "stages/compare/results_text.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "pipeline/base/text.hpp"
#include "stages/compare/formatted.hpp"

namespace setsz {
namespace {

using nlohmann::json;
using Row = std::vector<std::string>;

/// More models than this would fill pages with the pairs that differ.
constexpr std::size_t most_in_words = 6;

std::string number(json const& value, char const* format = "%.3f") {
  return value.is_number() ? formatted(format, value.get<double>()) : "-";
}
std::string interval(json const& pair, char const* format = "%.3f") {
  return concat("[", number(pair[0], format), ", ", number(pair[1], format), "]");
}
std::string with_interval(json const& report, std::string const& key, char const* format = "%.3f") {
  return concat(number(report[key], format), " ", interval(report[key + "_68"], format));
}

/// As a cell of a table: a bar would end it.
std::string cell(std::string const& text) {
  std::string escaped;
  for (char const c : text) {
    if (c == '|') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

/// Letters, not bytes of UTF-8.
std::size_t width_of(std::string const& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

/// The first row is the head. First column to the left, the others to the right.
std::string table(std::vector<Row> const& rows) {
  std::vector<std::size_t> width(rows.front().size(), 3);
  for (auto const& row : rows) {
    width.resize(std::max(width.size(), row.size()), 3);
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], width_of(row[c]));
  }
  std::string text;
  auto const add = [&](Row const& row) {
    text += "|";
    for (std::size_t c = 0; c < row.size(); ++c) {
      std::string const gap(width[c] - width_of(row[c]), ' ');
      text += c == 0 ? concat(" ", row[c], gap, " |") : concat(" ", gap, row[c], " |");
    }
    text += "\n";
  };
  add(rows.front());
  text += "|";
  for (std::size_t c = 0; c < width.size(); ++c)
    text += c == 0 ? concat(" ", std::string(width[c], '-'), " |")
                   : concat(" ", std::string(width[c] - 1, '-'), ": |");
  text += "\n";
  for (std::size_t r = 1; r < rows.size(); ++r) add(rows[r]);
  return text;
}

/// "1.2e13" of a mass in 1e10 Msun/h.
std::string mass(json const& mass_1e10msunh) {
  double const value = 1e10 * mass_1e10msunh.get<double>();
  auto const exponent = static_cast<int>(std::floor(std::log10(value) + 1e-9));
  return concat(formatted("%.2f", value / std::pow(10, exponent)), "e", exponent);
}

std::string networks(json const& model) {
  auto const n = model["n_seeds"].get<int>();
  return n > 1 ? concat("mean of ", n) : "1";
}

std::string high_k_power(json const& model) {
  if (!model.contains("high_k_power_ratio")) return "-";
  return number(model["high_k_power_ratio"]["median"]);
}

std::string losses(json const& models) {
  std::vector<Row> rows{{"model", "networks", "L_opt", "68%", "95%", "one network", "mean ratio",
                         "ratio of sums", "high-k power", "core-s/network"}};
  for (auto const& model : models) {
    bool const several = model.contains("one_network");
    rows.push_back({model["model"], networks(model), number(model["L_opt"]),
                    interval(model["L_opt_68"]), interval(model["L_opt_95"]),
                    several ? with_interval(model["one_network"], "L_opt") : "-",
                    with_interval(model, "mean_ratio"), with_interval(model, "ratio_of_sums"),
                    high_k_power(model), number(model["core_seconds"]["per_network"], "%.1f")});
  }
  return table(rows);
}

/// A figure with its 68% interval.
std::string value(json const& figure, char const* format = "%.3f") {
  return concat(number(figure["value"], format), " ", interval(figure["interval_68"], format));
}

/// Empty: no model has samples.
std::string samples(json const& models) {
  std::vector<Row> rows{{"model", "samples", "mean of samples", "single samples", "reconstructed",
                         "68% band: shells", "Y", "95% band: shells", "Y", "nats"}};
  for (auto const& model : models) {
    if (!model.contains("samples")) continue;
    auto const& its = model["samples"];
    auto const &loss = its["L_opt"], &held = its["coverage"];
    rows.push_back({model["model"], std::to_string(its["n_samples"].get<int>()),
                    value(loss["mean_of_samples"]), value(loss["sampled"]),
                    value(loss["reconstructed"]), value(held["profile_68"], "%.2f"),
                    value(held["y_68"], "%.2f"), value(held["profile_95"], "%.2f"),
                    value(held["y_95"], "%.2f"), value(its["nats"], "%.2f")});
  }
  if (rows.size() == 1) return "";
  return concat(
      "\n## Samples\n\n", table(rows),
      "\nMedian over the clusters of loss / loss of the benchmark: of the mean of the samples (the "
      "row above),\nof single samples (mean over those of a cluster), and with the code that the "
      "gas "
      "implies. Bands: how\noften the gas lies within the central 68% and 95% of the samples. "
      "Nats: "
      "what the code says of a\ncluster; near 0 the network ignores it.\n");
}

Row flux_row(std::string const& name, json const& report) {
  Row row{name, with_interval(report["y"], "sum_pred_over_gas"),
          with_interval(report["y"], "mean_pred_over_gas")};
  for (auto const& bin : report["mass_bins"])
    row.push_back(with_interval(bin["y"], "sum_pred_over_gas"));
  return row;
}

std::string fluxes(json const& models) {
  auto const& bins = models[0]["mass_bins"];
  Row head{"model", "sum", "mean of clusters"};
  Row benchmark{"(GNFW benchmark)", number(models[0]["y"]["sum_benchmark_over_gas"]), "-"};
  for (auto const& bin : bins) {
    head.push_back(concat(mass(bin["m200c_low"]), " to ", mass(bin["m200c_high"]), " (",
                          bin["clusters"].get<int>(), ")"));
    benchmark.push_back(number(bin["y"]["sum_benchmark_over_gas"]));
  }
  std::vector<Row> rows{head};
  for (auto const& model : models) {
    auto const name = model["model"].get<std::string>();
    rows.push_back(flux_row(name, model));
    if (model.contains("without_flux_correction"))
      rows.push_back(flux_row(name + ", uncorrected", model["without_flux_correction"]));
  }
  rows.push_back(benchmark);
  return table(rows);
}

std::string by_mass(json const& models) {
  Row head{"model"};
  for (auto const& bin : models[0]["mass_bins"])
    head.push_back(concat(mass(bin["m200c_low"]), " to ", mass(bin["m200c_high"])));
  std::vector<Row> rows{head};
  for (auto const& model : models) {
    Row row{model["model"]};
    for (auto const& bin : model["mass_bins"]) row.push_back(with_interval(bin, "median_ratio"));
    rows.push_back(row);
  }
  return table(rows);
}

std::string by_loss(json const& models) {
  Row head{"model"};
  for (auto const& bin : models[0]["loss_bins"])
    head.push_back(concat(number(bin["benchmark_low"], "%.2g"), " to ",
                          number(bin["benchmark_high"], "%.2g")));
  std::vector<Row> rows{head};
  for (auto const& model : models) {
    Row row{model["model"]};
    for (auto const& bin : model["loss_bins"]) row.push_back(with_interval(bin, "median_ratio"));
    rows.push_back(row);
  }
  return table(rows);
}

std::string differences(json const& results) {
  auto const reference = results["reference"].get<std::string>();
  if (results["against_reference"].empty())
    return concat("There is one model, ", reference, ": nothing to compare it with.\n");
  std::vector<Row> rows{{"model", "ln(loss / loss of " + reference + ")", "68%", "95%", "clusters",
                         "networks", "in words"}};
  for (auto const& entry : results["against_reference"])
    rows.push_back({entry["model"], number(entry["median_ln_loss_ratio"], "%+.3f"),
                    interval(entry["median_ln_loss_ratio_68"], "%+.3f"),
                    interval(entry["median_ln_loss_ratio_95"], "%+.3f"),
                    std::to_string(entry["clusters"].get<int>()), entry["networks"],
                    entry["verdict"]});
  return table(rows);
}

/// Behind a difference: the seeds of which single networks were compared.
std::string of_seeds(json const& seeds) {
  if (seeds.is_null()) return "";
  std::string text;
  for (auto const& seed : seeds) text += concat(text.empty() ? "" : ", ", seed.get<int>());
  return concat(" (single networks of seed", seeds.size() > 1 ? "s " : " ", text, ")");
}

std::string significant_pairs(json const& results) {
  auto const& pairs = results["pairs"];
  auto const& names = pairs["models"];
  std::string text;
  for (std::size_t a = 0; a < names.size(); ++a)
    for (std::size_t b = 0; b < names.size(); ++b) {
      bool const better = pairs["significant"][a][b].get<bool>() &&
                          pairs["median_ln_loss_ratio"][a][b].get<double>() < 0;
      if (!better) continue;
      text += concat(
          "- ", names[a].get<std::string>(), " is significantly better than ",
          names[b].get<std::string>(), ": ", number(pairs["median_ln_loss_ratio"][a][b], "%+.3f"),
          " [", number(pairs["low_95"][a][b], "%+.3f"), ", ",
          number(pairs["high_95"][a][b], "%+.3f"), "]", of_seeds(pairs["of_seeds"][a][b]), "\n");
    }
  return text.empty() ? "No two models differ significantly.\n" : text;
}

std::string bounds(json const& statement) {
  auto const above = statement["above"].get<double>(), below = statement["below"].get<double>();
  if (above <= 0) return concat("< ", formatted("%.3g", below));
  return concat(formatted("%.3g", above), " to ", formatted("%.3g", below));
}

std::string statements(json const& results) {
  std::vector<Row> rows{
      {"statement", "source", "model", "than", "networks", "says", "loss ratio", "95%", "verdict"}};
  for (auto const& its : results["statements"]) {
    auto text = its["text"].get<std::string>();
    if (text.empty()) text = its["name"];
    text = cell(text);
    bool const judged = its.contains("loss_ratio");
    auto const loss = its["loss"].get<std::string>();
    rows.push_back({text, cell(its["source"]),
                    concat(its["model"].get<std::string>(), loss == "mean" ? "" : ", " + loss),
                    its["than"], judged ? its["networks"].get<std::string>() : "-", bounds(its),
                    judged ? number(its["loss_ratio"]) : "-",
                    judged ? interval(its["loss_ratio_95"]) : "-", its["verdict"]});
  }
  return concat(
      "\n## Statements\n\n", table(rows),
      "\nLoss ratio: median over the clusters of loss(model) / loss(than). A statement "
      "holds if the 95%\ninterval lies within what it says, and fails if it lies outside.\n");
}

std::string notes(json const& results) {
  std::string text;
  for (auto const& model : results["models"])
    if (model["n_seeds"] == 1)
      text += concat("- ", model["model"].get<std::string>(),
                     " has one training seed: its intervals hold the noise of clusters only.\n");
  for (auto const& note : results["notes"]) text += concat("- ", note.get<std::string>(), "\n");
  auto const n = results["against_reference"].size();
  if (n > 1)
    text += concat("- ", n, " models were compared with ", results["reference"].get<std::string>(),
                   ": of 20 that are equal to it, one looks significant by chance.\n");
  return text;
}

std::string introduction(json const& results) {
  auto const& models = results["models"];
  auto const& bins = models[0]["mass_bins"];
  auto const tried = results["settings_tried"];
  return concat(
      models[0]["n_clusters"].get<int>(), " testing clusters of ", mass(bins.front()["m200c_low"]),
      " to ", mass(bins.back()["m200c_high"]),
      " Msun/h; no network has learned from a cluster that it is scored on.\n"
      "The loss of a cluster is the mean squared error of P_e/P200 over all voxels within 2 R200,\n"
      "divided by that of the GNFW profile fitted on the training clusters: below 1 is better "
      "than\n"
      "the profile. L_opt is its median over the clusters. Intervals come from ",
      results["resamples"].get<int>(),
      " bootstrap samples of clusters\nand training seeds; those in brackets behind a number are "
      "68%.\n\n**Settings tried:** ",
      tried.is_string() ? tried.get<std::string>() : "not stated ([compare] settings_tried)", "\n");
}

}  // namespace

std::string results_text(json const& results) {
  auto const& models = results["models"];
  auto const remarks = notes(results);
  return concat(
      "# Models compared: ", results["snapshot"].get<std::string>(), "\n\n", introduction(results),
      "\n## Loss relative to the benchmark\n\n", losses(models),
      "\nMean ratio: mean of the clusters' ratios. Ratio of sums: sum of the losses over that of "
      "the\nbenchmark; the brightest clusters decide it. One network: any single one, not the "
      "mean.\nHigh-k power: of the prediction over that of the gas, from half the Nyquist "
      "frequency of the cubes\nup to it, median over the clusters; below 1, predictions are too "
      "smooth.\n\nL_opt by mass [Msun/h]:\n\n",
      by_mass(models),
      "\nL_opt by loss of the benchmark, where the profile fits well (left) and badly:\n\n",
      by_loss(models), samples(models), "\n## Y within 2 R200: predicted / gas\n\n", fluxes(models),
      "\nBy mass [Msun/h, number of clusters]: ratio of the sums.\n\n## Paired differences\n\n",
      differences(results),
      "\nMedian over the clusters that both have; below 0: better. Significant: the 95% interval "
      "does\nnot contain 0. Networks: a mean of networks has a smaller loss than each of them; "
      "where "
      "two models\ndiffer in their number, single networks of the seeds that both have are "
      "compared. "
      "All pairs, as\nmatrices, are in results.json.\n",
      models.size() > 2 && models.size() <= most_in_words ? concat("\n", significant_pairs(results))
                                                          : "",
      results["statements"].empty() ? "" : statements(results),
      remarks.empty() ? "" : concat("\n## Notes\n\n", remarks));
}

}  // namespace setsz
