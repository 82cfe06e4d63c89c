#include "fields.hpp"

namespace w2s::config {

Fields split(std::string_view value, std::string_view separators) {
  Fields fields;
  for (;;) {
    const auto end = value.find_first_of(separators);
    fields.push_back(trim(value.substr(0, end)));
    if (end == std::string_view::npos) return fields;
    value.remove_prefix(end + 1);
  }
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 60;
  std::string out = "\"";
  for (const char c : text.substr(0, longest)) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (text.size() > longest) out += "...";
  return out + '"';
}

std::string list_of_names(const std::vector<std::string_view>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += names[i];
  }
  return out;
}

std::optional<Fields> read_fields(const Entry& entry, std::size_t count) {
  auto fields = split(entry.value);
  if (fields.size() == count) return fields;
  entry.error("write " + std::string{entry.kind.format} + ", which is " + std::to_string(count) +
              " fields separated by ';'; found " + std::to_string(fields.size()) + " in " +
              in_quotes(entry.value));
  return std::nullopt;
}

std::optional<Fields> read_list(const Entry& entry, std::string_view separators) {
  auto fields = split(entry.value, separators);
  std::erase(fields, std::string_view{});
  if (!fields.empty()) return fields;
  entry.error("the list is empty; write " + std::string{entry.kind.format});
  return std::nullopt;
}

std::optional<bool> read_yes_no(const Entry& entry, std::string_view text) {
  return read_keyword<bool>(entry, text, {{"yes", true}, {"no", false}});
}

std::optional<IpAddress> read_address(const Entry& entry, std::string_view text) {
  auto address = IpAddress::parse(text);
  if (!address) entry.error(in_quotes(text) + " is no IPv4 or IPv6 address");
  return address;
}

std::optional<std::uint32_t> read_number(const Entry& entry, std::string_view text, std::uint32_t low,
                                         std::uint32_t high) {
  const auto number = parse_number<std::uint32_t>(text);
  if (number && *number >= low && *number <= high) return number;
  entry.error(in_quotes(text) + " is no number from " + std::to_string(low) + " to " + std::to_string(high));
  return std::nullopt;
}

std::optional<std::uint16_t> read_port(const Entry& entry, std::string_view text) {
  const auto port = parse_number<std::uint16_t>(text);
  if (port && *port > 0) return port;
  entry.error(in_quotes(text) + " is no port; ports go from 1 to 65535");
  return std::nullopt;
}

// RFC 1123 2.1, and underscores, which some private networks have.
bool is_domain_name(std::string_view text) {
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253 || text.find_first_not_of(letters) != std::string_view::npos)
    return false;
  for (const auto label : split(text, "."))
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  // A name whose last label is a number is an address that went wrong ("10.0.0", "300.1.1.1").
  return text.substr(text.rfind('.') + 1).find_first_not_of(digits) != std::string_view::npos;
}

bool read_address_or_star(const Entry& entry, std::string_view text, std::optional<IpAddress>& out) {
  out.reset();
  if (text == "*") return true;
  out = IpAddress::parse(text);
  if (!out) entry.error(in_quotes(text) + " is no IPv4 or IPv6 address, and not * either");
  return out.has_value();
}

bool read_port_or_star(const Entry& entry, std::string_view text, std::optional<std::uint16_t>& out) {
  out.reset();
  if (text == "*") return true;
  const auto port = parse_number<std::uint16_t>(text);
  if (port && *port > 0)
    out = port;
  else
    entry.error(in_quotes(text) + " is no port (1 to 65535), and not * either");
  return out.has_value();
}

bool read_count_or_star(const Entry& entry, std::string_view text, std::uint32_t high,
                        std::optional<std::uint32_t>& out) {
  out.reset();
  if (text == "*") return true;
  out = read_number(entry, text, 1, high);
  return out.has_value();
}

}  // namespace w2s::config
