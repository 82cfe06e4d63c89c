// Datagrams that claim to be connectivity checks, of a leg whose password the input may even know.
#include <array>
#include <cstdlib>

#include "media/ice/stun_responder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace w2s;
  static media::ice::StunResponder responder;
  static const media::ice::Credentials ours{"evtj", Redacted<std::string>("VOkJxbRl1RmTxUk/WvJxBt")};
  static const Endpoint source{*IpAddress::parse("192.0.2.1"), 32853};
  const ByteView datagram(data, size);
  responder.asked_ufrag(datagram);
  std::array<std::uint8_t, media::ice::StunResponder::max_reply> reply;
  const auto check = responder.answer(datagram, source, ours, reply);
  if (check.reply_length > reply.size()) std::abort();
  if (check.verdict == media::ice::Check::Verdict::dropped && check.reply_length != 0) std::abort();
  return 0;
}
