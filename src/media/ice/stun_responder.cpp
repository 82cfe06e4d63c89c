#include "media/ice/stun_responder.hpp"

#include <sys/socket.h>

#include <stun/stunagent.h>
#include <stun/usages/ice.h>

namespace w2s::media::ice {
namespace {

// Longest USERNAME of RFC 8489 14.3; a longer one is not worth a look-up.
constexpr std::size_t max_username = 513;

std::string_view username_prefix(std::string_view username) {
  const auto colon = username.find(':');
  return colon == std::string_view::npos ? std::string_view{} : username.substr(0, colon);
}

// libnice asks for the password of a USERNAME; `user_data` are the credentials of the leg that was asked.
bool give_password(StunAgent*, StunMessage*, std::uint8_t* username, std::uint16_t username_len,
                   std::uint8_t** password, std::size_t* password_len, void* user_data) {
  auto& ours = *static_cast<const Credentials*>(user_data);
  if (username == nullptr || username_prefix(as_text({username, username_len})) != ours.ufrag) return false;
  // The library only reads the password; its signature predates const.
  auto* text = const_cast<char*>(ours.pwd.reveal().data());
  *password = reinterpret_cast<std::uint8_t*>(text);
  *password_len = ours.pwd.reveal().size();
  return true;
}

bool is_binding_request(const StunMessage& message) {
  return stun_message_get_class(&message) == STUN_REQUEST &&
         stun_message_get_method(&message) == STUN_BINDING;
}

}  // namespace

StunResponder::StunResponder() : agent_(std::make_unique<stun_agent_t>()) {
  stun_agent_init(agent_.get(), STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                  static_cast<StunAgentUsageFlags>(STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS |
                                                   STUN_AGENT_USAGE_USE_FINGERPRINT));
}

StunResponder::~StunResponder() = default;

std::optional<std::string_view> StunResponder::asked_ufrag(ByteView datagram) {
  const int length = stun_message_validate_buffer_length(datagram.data(), datagram.size(), true);
  if (length <= 0 || static_cast<std::size_t>(length) != datagram.size()) return std::nullopt;
  StunMessage message{};
  message.agent = agent_.get();
  message.buffer = const_cast<std::uint8_t*>(datagram.data());
  message.buffer_len = datagram.size();
  if (!is_binding_request(message)) return std::nullopt;
  std::uint16_t size = 0;
  const auto* username =
      static_cast<const std::uint8_t*>(stun_message_find(&message, STUN_ATTRIBUTE_USERNAME, &size));
  if (username == nullptr || size > max_username) return std::nullopt;
  const auto ufrag = username_prefix(as_text({username, size}));
  if (ufrag.empty()) return std::nullopt;
  return ufrag;
}

Check StunResponder::answer(ByteView datagram, const Endpoint& source, const Credentials& ours,
                            MutableByteView reply) {
  StunMessage request{};
  const auto status = stun_agent_validate(agent_.get(), &request, datagram.data(), datagram.size(),
                                          give_password, const_cast<Credentials*>(&ours));
  StunMessage response{};
  // Unknown attributes are looked for last, so the sender has proved that it knows our password.
  if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE && is_binding_request(request)) {
    const auto length = stun_agent_build_unknown_attributes_error(agent_.get(), &response, reply.data(),
                                                                  reply.size(), &request);
    return {Check::Verdict::refused, false, length};
  }
  // Everything unauthenticated is met with silence: RFC 8489's 400 and 401 would be octets to a stranger.
  if (status != STUN_VALIDATION_SUCCESS || !is_binding_request(request)) return {};
  if (!stun_message_has_attribute(&request, STUN_ATTRIBUTE_MESSAGE_INTEGRITY)) return {};

  sockaddr_storage address{};
  const auto address_length = source.to_sockaddr(address);
  std::size_t length = reply.size();
  // RFC 8445 6.1.1: a lite agent is always controlled. With the lowest tie-breaker every peer that claims to
  // be controlled too gets 487 and takes the other role.
  bool controlling = false;
  const auto result = stun_usage_ice_conncheck_create_reply(agent_.get(), &request, &response, reply.data(),
                                                            &length, &address, address_length, &controlling,
                                                            0, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
  if (result == STUN_USAGE_ICE_RETURN_SUCCESS)
    return {Check::Verdict::accepted, stun_usage_ice_conncheck_use_candidate(&request), length};
  // Only a peer with tie-breaker 0 turns us into the controlling side; it is left to try again.
  if (result == STUN_USAGE_ICE_RETURN_ROLE_CONFLICT && !controlling)
    return {Check::Verdict::refused, false, length};
  return {};
}

}  // namespace w2s::media::ice
