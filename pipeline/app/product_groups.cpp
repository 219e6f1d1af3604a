// SPDX-License-Identifier: BSD-3-Clause
#include "pipeline/app/product_groups.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "pipeline/base/text.hpp"

namespace setsz {

namespace {

constexpr std::size_t largest_ungrouped = 3;
constexpr std::size_t longest_list = 16;  ///< columns

/// 12 of "fold12" behind "fold"; nothing of "fold012" or "folder".
std::optional<std::int64_t> number_behind(std::string const& prefix, std::string const& text) {
  std::int64_t number = 0;
  if (!text.starts_with(prefix)) return {};
  std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  return concat(prefix, number) == text ? std::optional(number) : std::nullopt;
}

/// "fold0-4" of fold0, fold1, ..., fold4; nothing if they are not of this form.
std::optional<std::string> numbered(std::set<std::string> const& values) {
  std::string const prefix = values.begin()->substr(0, values.begin()->find_first_of("0123456789"));
  std::vector<std::int64_t> numbers;
  for (auto const& value : values) {
    auto const number = number_behind(prefix, value);
    if (!number) return {};
    numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  auto ranges = human_ranges(numbers);
  std::erase(ranges, ' ');
  return prefix + ranges;
}

/// One part of a path for all values that it takes.
std::string common_part(std::set<std::string> const& values) {
  if (values.size() == 1) return *values.begin();
  if (auto const range = numbered(values); range && range->size() <= longest_list) return *range;
  auto const list = join({values.begin(), values.end()}, ",");
  return list.size() <= longest_list ? "{" + list + "}" : "*";
}

std::string common_name(std::vector<std::string> const& ids) {
  std::vector<std::set<std::string>> values(split(ids.front(), '/').size());
  for (auto const& id : ids) {
    auto const parts = split(id, '/');
    for (std::size_t i = 0; i < values.size(); ++i) values[i].insert(parts[i]);
  }
  std::vector<std::string> parts;
  parts.reserve(values.size());
  for (auto const& part : values) parts.push_back(common_part(part));
  return join(parts, "/");
}

}  // namespace

std::vector<ProductGroup> each_alone(std::vector<std::string> const& ids) {
  std::vector<ProductGroup> groups;
  for (std::size_t i = 0; i < ids.size(); ++i) groups.push_back({ids[i], {i}});
  return groups;
}

std::vector<ProductGroup> group_products(std::vector<std::string> const& ids,
                                         std::vector<std::string> const& kinds) {
  using Key = std::tuple<std::string, std::size_t, std::string>;  // stage, depth, kind
  std::map<Key, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto const parts = split(ids[i], '/');
    alike[{parts.front(), parts.size(), kinds[i]}].push_back(i);
  }
  std::vector<ProductGroup> groups;
  for (auto const& [key, members] : alike) {
    if (members.size() <= largest_ungrouped) {
      for (auto const i : members) groups.push_back({ids[i], {i}});
      continue;
    }
    std::vector<std::string> names;
    for (auto const i : members) names.push_back(ids[i]);
    groups.push_back({common_name(names), members});
  }
  std::ranges::sort(groups, {}, [](ProductGroup const& group) { return group.members.front(); });
  return groups;
}

}  // namespace setsz
