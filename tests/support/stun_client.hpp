#pragma once
// The browser's half of an ICE connectivity check, over the same STUN library as the gateway's but with its
// client calls.
#include <array>
#include <optional>
#include <string>
#include <sys/socket.h>

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "w2s/base/address.hpp"
#include "w2s/base/bytes.hpp"

namespace w2s::test {

struct StunCheck {
  std::string our_ufrag;    // of the one who asks
  std::string their_ufrag;  // of the one who is asked
  std::string their_pwd;
  bool use_candidate = false;
  bool controlling = true;
  bool with_integrity = true;
  bool with_fingerprint = true;
};

inline Bytes stun_check(const StunCheck& check) {
  StunAgent agent{};
  const int flags = STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                    (check.with_fingerprint ? STUN_AGENT_USAGE_USE_FINGERPRINT : 0);
  stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(flags));
  std::array<std::uint8_t, 512> buffer{};
  StunMessage message{};
  stun_agent_init_request(&agent, &message, buffer.data(), buffer.size(), STUN_BINDING);
  if (check.use_candidate) stun_message_append_flag(&message, STUN_ATTRIBUTE_USE_CANDIDATE);
  stun_message_append32(&message, STUN_ATTRIBUTE_PRIORITY, 0x6e7f00ff);
  stun_message_append64(&message,
                        check.controlling ? STUN_ATTRIBUTE_ICE_CONTROLLING : STUN_ATTRIBUTE_ICE_CONTROLLED,
                        0x1122334455667788);
  const auto username = check.their_ufrag + ":" + check.our_ufrag;
  stun_message_append_string(&message, STUN_ATTRIBUTE_USERNAME, username.c_str());
  const auto* key = reinterpret_cast<const std::uint8_t*>(check.their_pwd.data());
  const auto length = stun_agent_finish_message(&agent, &message, check.with_integrity ? key : nullptr,
                                                check.with_integrity ? check.their_pwd.size() : 0);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(length)};
}

namespace detail {
struct ParsedStun {
  StunAgent agent{};
  StunMessage message{};
  explicit ParsedStun(ByteView datagram) {
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
    message.agent = &agent;
    message.buffer = const_cast<std::uint8_t*>(datagram.data());
    message.buffer_len = datagram.size();
  }
};
}  // namespace detail

// The code of an error response; 0: it is none.
inline int stun_error(ByteView datagram) {
  if (stun_message_validate_buffer_length(datagram.data(), datagram.size(), true) <= 0) return 0;
  const detail::ParsedStun parsed(datagram);
  int code = 0;
  return stun_message_find_error(&parsed.message, &code) == STUN_MESSAGE_RETURN_SUCCESS ? code : 0;
}

// XOR-MAPPED-ADDRESS of a success response; nullopt: it is none.
inline std::optional<Endpoint> stun_mapped_address(ByteView datagram) {
  if (stun_message_validate_buffer_length(datagram.data(), datagram.size(), true) <= 0) return std::nullopt;
  const detail::ParsedStun parsed(datagram);
  if (stun_message_get_class(&parsed.message) != STUN_RESPONSE) return std::nullopt;
  if (!stun_message_has_attribute(&parsed.message, STUN_ATTRIBUTE_MESSAGE_INTEGRITY) ||
      !stun_message_has_attribute(&parsed.message, STUN_ATTRIBUTE_FINGERPRINT))
    return std::nullopt;
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (stun_message_find_xor_addr(&parsed.message, STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS, &address, &length) !=
      STUN_MESSAGE_RETURN_SUCCESS)
    return std::nullopt;
  return Endpoint::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace w2s::test
