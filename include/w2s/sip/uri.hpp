#pragma once
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/result.hpp"

namespace w2s::sip {

// Ordered `;name=value` parameters as written (quotes and escapes are kept). Names compare case-insensitively.
class Params {
 public:
  struct Param {
    std::string name;
    std::optional<std::string> value;  // nullopt: a flag such as `lr`
    bool operator==(const Param&) const = default;
  };

  bool has(std::string_view name) const;
  // The raw value; empty for a flag; nullopt when absent.
  std::optional<std::string_view> get(std::string_view name) const;
  std::string unquoted(std::string_view name) const;  // without quotes and quoted-pair escapes; "" when absent
  void set(std::string_view name, std::optional<std::string> value);  // in place, else appended
  void erase(std::string_view name);
  const std::vector<Param>& all() const { return params_; }
  bool empty() const { return params_.empty(); }
  void append_to(std::string& out) const;  // ";name=value…"
  bool operator==(const Params&) const = default;

 private:
  friend class ParamsParser;
  std::vector<Param> params_;
};

// A sip: or sips: URI (RFC 3261 19.1). Other schemes are kept opaque in `other`.
struct Uri {
  std::string scheme = "sip";            // as written
  std::string user;                      // as written, still escaped, with any `;x=y` of the user part; may be empty
  std::optional<std::string> password;
  std::string host;                      // name, IPv4 or [IPv6] as written
  std::optional<std::uint16_t> port;
  Params params;
  std::string headers;                   // after '?', as written
  std::string other;                     // all after the colon when the scheme is neither sip nor sips

  bool is_sip() const;                   // sip or sips
  bool is_sips() const;
  std::string to_string() const;
  // user@host in comparable form: unescaped user, lower-case host; what a registrar calls the address-of-record.
  std::string address_of_record() const;
  bool operator==(const Uri&) const = default;  // as written; see equivalent()
};

Result<Uri> parse_uri(std::string_view text);
// RFC 3261 19.1.4.
bool equivalent(const Uri& a, const Uri& b);
std::ostream& operator<<(std::ostream& out, const Uri& uri);

// From, To, Contact, Route, Record-Route, Refer-To: [display-name] <URI> ;params, or a bare URI whose parameters then
// belong to the header (RFC 3261 20.10).
struct NameAddr {
  std::string display_name;  // as written, quotes kept
  Uri uri;
  Params params;
  bool star = false;         // Contact: *

  std::string to_string() const;  // always with angle brackets
  std::string tag() const { return std::string(params.get("tag").value_or("")); }
  bool operator==(const NameAddr&) const = default;
};
inline std::ostream& operator<<(std::ostream& out, const NameAddr& address) { return out << address.to_string(); }

Result<NameAddr> parse_name_addr(std::string_view text);

}  // namespace w2s::sip
