#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "w2s/sip/uri.hpp"

namespace w2s::sip {

// RFC 3891: the dialog that a new call takes the place of, as the user agent knows it that receives the INVITE: to_tag is
// its own tag there, from_tag its peer's.
struct Replaces {
  std::string call_id, to_tag, from_tag;
  Params others;                     // early-only and extensions
  std::string to_string() const;
  bool operator==(const Replaces&) const = default;
};

// The value of a Replaces header; both tags are required.
Result<Replaces> parse_replaces(std::string_view value);
// The Replaces among the headers of a URI, as a Refer-To carries it; nullopt: none, or one that cannot be read.
std::optional<Replaces> replaces_of(const Uri& uri);
// There is a Replaces among them, whether it can be read or not.
bool names_replaces(const Uri& uri);
// Puts it in the place of the one that is there; the other headers stay as they are.
void set_replaces(Uri& uri, const Replaces& replaces);

}  // namespace w2s::sip
