// SPDX-License-Identifier: BSD-3-Clause
#include "model/target_batch.hpp"

#include <cstring>
#include <type_traits>

#include "pipeline/base/error.hpp"

namespace setsz {

namespace {

struct Packer {
  std::vector<std::byte>& message;
  template <class T>
  void operator()(T const& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    append(&value, sizeof value);
  }
  template <class T>
  void operator()(std::vector<T> const& values) {
    (*this)(std::ssize(values));
    append(values.data(), values.size() * sizeof(T));
  }
  void append(void const* data, std::size_t bytes) {
    auto const* first = static_cast<std::byte const*>(data);
    message.insert(message.end(), first, first + bytes);
  }
};

struct Unpacker {
  std::vector<std::byte> const& message;
  std::size_t& cursor;
  template <class T>
  void operator()(T& value) {
    take(&value, sizeof value);
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    std::int64_t n = 0;
    (*this)(n);
    values.resize(n);
    take(values.data(), values.size() * sizeof(T));
  }
  void take(void* into, std::size_t bytes) {
    require(cursor + bytes <= message.size(), ExitCode::internal,
            "a batch of targets arrived incomplete");
    if (bytes > 0) std::memcpy(into, message.data() + cursor, bytes);
    cursor += bytes;
  }
};

template <class Cluster, class Visit>
void visit_cluster(Cluster& cluster, Visit& visit) {
  visit(cluster.m200c);
  visit(cluster.r200c);
  visit(cluster.v200);
  visit(cluster.p200);
  visit(cluster.redshift);
  visit(cluster.h);
  visit(cluster.particle_mass);
  visit(cluster.mean_density);
  visit(cluster.scalars);
  visit(cluster.vectors);
  visit(cluster.shells);
  visit(cluster.density);
  visit(cluster.residuals.value);
  visit(cluster.residuals.known);
}

template <class Batch, class Visit>
void visit_members(Batch& batch, Visit&& visit) {
  visit(batch.cluster_row);
  visit(batch.epoch);
  visit(batch.first_target);
  visit_cluster(batch.cluster, visit);
  visit(batch.scalars);
  visit(batch.weight);
  visit(batch.share);
  visit(batch.position);
  visit(batch.truth);
  visit(batch.target_weight);
  visit(batch.n_within);
  visit(batch.sphere_velocity);
  visit(batch.first_particle);
  visit(batch.local);
  visit(batch.cluster_particles);
  visit(batch.columns);
  visit(batch.progress);
  visit(batch.normals);
}

}  // namespace

void pack(TargetBatch const& batch, std::vector<std::byte>& message) {
  visit_members(batch, Packer{message});
}

void pack(Lane const& lane, std::vector<std::byte>& message) {
  Packer{message}(lane.number);
  pack(lane.batch, message);
}

TargetBatch unpack(std::vector<std::byte> const& message, std::size_t& cursor) {
  TargetBatch batch;
  visit_members(batch, Unpacker{message, cursor});
  return batch;
}

Lane unpack_lane(std::vector<std::byte> const& message, std::size_t& cursor) {
  Lane lane;
  Unpacker{message, cursor}(lane.number);
  lane.batch = unpack(message, cursor);
  return lane;
}

}  // namespace setsz
