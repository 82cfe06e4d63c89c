#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "w2s/base/result.hpp"
#include "w2s/sip/uri.hpp"

// The pieces of values as views into the text: enough to check a message without building anything. The typed
// views (Uri, NameAddr, Via) are made from them, so that checking and reading cannot disagree.
namespace w2s::sip {

struct UriView {
  std::string_view scheme, user, host, params, headers, other;
  std::optional<std::string_view> password;
  std::optional<std::uint16_t> port;
};
Result<UriView> split_uri(std::string_view text);

struct NameAddrView {
  std::string_view display_name, uri, params;
  bool star = false;
};
Result<NameAddrView> split_name_addr(std::string_view text);
// Everything parse_name_addr() checks, without its copies.
error_code check_name_addr(std::string_view text);

struct ViaView {
  std::string_view transport, host, params;
  std::optional<std::uint16_t> port;
};
Result<ViaView> split_via(std::string_view text);
// A Via whose parameters are broken: what is in front of them, so that an answer still finds its way.
Result<ViaView> split_via_without_params(std::string_view text);

struct CSeqView {
  std::uint32_t number = 0;
  std::string_view method;
};
Result<CSeqView> split_cseq(std::string_view text);

// Reads `;name=value;…`; the text is empty or starts (after blanks) with a semicolon.
class ParamsParser {
 public:
  static bool check_header_params(std::string_view text);
  static bool check_uri_params(std::string_view text);
  // The text has passed the check.
  static Params header_params(std::string_view text);
  static Params uri_params(std::string_view text);

 private:
  struct View {
    std::string_view name;
    std::optional<std::string_view> value;
  };
  template <class Next>
  static Params collect(std::string_view text, Next next);
  static bool next_header_param(std::string_view& text, View& param);
  static bool next_uri_param(std::string_view& text, View& param);
};

}  // namespace w2s::sip
