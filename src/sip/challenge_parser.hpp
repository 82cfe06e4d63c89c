#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace w2s::sip {

// One challenge of a WWW-Authenticate or Proxy-Authenticate field, of any scheme (RFC 7235 2.1, 4.1).
struct RawChallenge {
  struct Param {
    std::string name;
    std::string value;  // without quotes; escapes are kept
  };
  std::string scheme;
  std::vector<Param> params;

  const std::string* find(std::string_view name) const;  // the first of that name, any case
};

// Several challenges may share a field: "Digest realm=…, nonce=…, Digest realm=…". What follows a syntax
// error is dropped together with the challenge it stands in.
std::vector<RawChallenge> split_challenges(std::string_view value);

}  // namespace w2s::sip
