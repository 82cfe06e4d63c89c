#pragma once
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "w2s/base/encoding.hpp"

#include "entry.hpp"

// The small formats that the entries are made of. A read_… that fails has told the entry why.
namespace w2s::config {

using Fields = std::vector<std::string_view>;

Fields split(std::string_view value,
             std::string_view separators = ";");  // trimmed fields, empty ones included
std::string in_quotes(std::string_view text);     // for messages; long text is cut

// Exactly as many fields as the entry's format has.
std::optional<Fields> read_fields(const Entry& entry, std::size_t count);
// At least one field; empty ones (a trailing `;`) are left out.
std::optional<Fields> read_list(const Entry& entry, std::string_view separators = ";");

std::optional<bool> read_yes_no(const Entry& entry, std::string_view text);
std::optional<IpAddress> read_address(const Entry& entry, std::string_view text);
std::optional<std::uint32_t> read_number(const Entry& entry, std::string_view text, std::uint32_t low,
                                         std::uint32_t high = std::numeric_limits<std::uint32_t>::max());
std::optional<std::uint16_t> read_port(const Entry& entry, std::string_view text);
bool is_domain_name(std::string_view text);

// Fields where `*` means "choose for me" and leaves `out` empty. False: malformed.
bool read_address_or_star(const Entry& entry, std::string_view text, std::optional<IpAddress>& out);
bool read_port_or_star(const Entry& entry, std::string_view text, std::optional<std::uint16_t>& out);
bool read_count_or_star(const Entry& entry, std::string_view text, std::uint32_t high,
                        std::optional<std::uint32_t>& out);

std::string list_of_names(const std::vector<std::string_view>& names);  // "a, b or c"

// A keyword of a fixed set, in either case.
template <class T>
std::optional<T> read_keyword(const Entry& entry, std::string_view text,
                              std::initializer_list<std::pair<std::string_view, T>> known) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : known) {
    if (iequals(name, text)) return value;
    names.push_back(name);
  }
  entry.error(in_quotes(text) + " is not known here; use " + list_of_names(names));
  return std::nullopt;
}

}  // namespace w2s::config
