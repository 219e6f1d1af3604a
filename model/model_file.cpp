// SPDX-License-Identifier: BSD-3-Clause
#include "model/model_file.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <numeric>

#include "io/h5.hpp"
#include "io/h5_commentary.hpp"
#include "io/json_file.hpp"
#include "pipeline/base/error.hpp"
#include "pipeline/base/hash.hpp"

namespace setsz {

namespace {

constexpr std::int64_t format_version = 3;
constexpr char const* version_key = "model_format";
constexpr char const* hash_key = "content_hash";
constexpr char const* training_group = "taught_by";  // no tensors
constexpr char const* training_dataset = "/taught_by/clusters";

std::string hash_of(ModelState const& state) {
  Hash hash;
  for (auto const& [key, value] : state.description.items()) hash.add(key).add(value.dump());
  for (auto const& [name, tensor] : state.tensors) {
    hash.add(name).add(std::ssize(tensor.shape));
    for (auto const n : tensor.shape) hash.add(n);
    hash.add_bytes(tensor.values.data(), tensor.values.size() * sizeof(float));
  }
  if (auto const& ids = state.training_clusters; !ids.empty())
    hash.add(training_dataset).add_bytes(ids.data(), ids.size() * sizeof(ids[0]));
  return hash.hex();
}

std::int64_t product(std::vector<std::int64_t> const& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

/// Shapes are refused before memory is asked for: a file stores its values uncompressed.
void require_stored(H5File const& file, std::string const& dataset, std::int64_t value_bytes) {
  auto most = static_cast<std::int64_t>(std::filesystem::file_size(file.path())) / value_bytes;
  for (auto const n : file.info(dataset).shape) {
    require(n >= 0 && n <= most, ExitCode::bad_data, "'", dataset,
            "' has more values than the file has room for");
    most /= std::max<std::int64_t>(n, 1);
  }
}

ModelState read_checked(std::string const& path) {
  auto const file = H5File::open(path);
  require(file.has_attribute("/", version_key), ExitCode::bad_data, "it has no attribute '",
          version_key, "'");
  auto const version = file.attribute<std::int64_t>("/", version_key);
  require(version == format_version, ExitCode::bad_data, "it has format version ", version,
          ", this program reads ", format_version);
  ModelState state;
  for (auto const& key : file.attribute_names("/"))
    if (key != version_key && key != hash_key && !h5::is_commentary(key))
      state.description[key] = parse_json(file.attribute<std::string>("/", key));
  if (file.exists(training_dataset)) {
    require_stored(file, training_dataset, sizeof(std::uint64_t));
    state.training_clusters = file.read_all<std::uint64_t>(training_dataset);
  }
  for (auto const& group : file.members("/"))
    for (auto const& name :
         group == training_group ? std::vector<std::string>{} : file.members("/" + group)) {
      auto const tensor = concat(group, "/", name), dataset = "/" + tensor;
      require_stored(file, dataset, sizeof(float));
      state.tensors[tensor] = {file.info(dataset).shape, file.read_all<float>(dataset)};
    }
  require(file.attribute<std::string>("/", hash_key) == hash_of(state), ExitCode::bad_data,
          "its content does not match its hash");
  return state;
}

}  // namespace

void write_model(std::string const& path, ModelState const& state) {
  auto file = H5File::create_serial(path);
  file.set_attribute("/", version_key, format_version);
  for (auto const& [key, value] : state.description.items())
    file.set_attribute("/", key, value.dump());
  for (auto const& [name, tensor] : state.tensors) {
    require(product(tensor.shape) == std::ssize(tensor.values), ExitCode::internal, "tensor '",
            name, "' has ", tensor.values.size(), " values, its shape ", product(tensor.shape));
    file.write_same("/" + name, {.unit = "1"}, tensor.values,
                    {tensor.shape.begin() + 1, tensor.shape.end()});
  }
  if (!state.training_clusters.empty())
    file.write_same(
        training_dataset,
        {.unit = "1", .description = "hashes of id, position and mass of the training clusters"},
        state.training_clusters);
  file.set_attribute("/", hash_key, hash_of(state));
  file.close();
}

ModelState read_model(std::string const& path) {
  auto const refuse = [&](std::string const& why) {
    fail(ExitCode::bad_data, "'", path, "' is not a complete model file (", why,
         "); delete it and run the stage train again, or copy the file again");
  };
  try {
    return read_checked(path);
  } catch (Error const& error) {
    if (error.code() != ExitCode::bad_data) throw;
    refuse(error.what());
  } catch (nlohmann::json::exception const& error) {
    refuse(error.what());
  }
  return {};
}

}  // namespace setsz
