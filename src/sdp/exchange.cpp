#include "exchange.hpp"

#include <algorithm>

namespace w2s::sdp {
namespace {

bool receives_number(const std::vector<leg::Payload>& payloads, std::uint8_t number) {
  return std::any_of(payloads.begin(), payloads.end(), [&](const auto& p) { return p.receive == number; });
}

// Preference is the offerer's as narrowed by the answerer, so the answer's order counts (RFC 3264 6.1).
std::vector<leg::Payload> negotiated(const Formats& local, const Formats& remote, bool we_offered) {
  std::vector<leg::Payload> payloads;
  for (const auto& chosen : we_offered ? remote : local) {
    const auto* ours = find_codec(local, chosen.codec);
    const auto* theirs = find_codec(remote, chosen.codec);
    if (ours != nullptr && theirs != nullptr && !receives_number(payloads, ours->number))
      payloads.push_back({theirs->codec, ours->number, theirs->number});
  }
  return payloads;
}

void settle(Exchange::Stream& stream, const Formats& local, const Formats& remote, bool we_offered) {
  stream.payloads = negotiated(local, remote, we_offered);
  stream.tolerated.clear();
  // Ours first: a number in our description means what we say, whatever the peer uses it for.
  for (const auto* formats : {&local, &remote})
    for (const auto& [codec, number] : *formats)
      if (is_relayable(codec) && !receives_number(stream.payloads, number) &&
          !receives_number(stream.tolerated, number))
        stream.tolerated.push_back({codec, number, number});
}

}  // namespace

void settle(Exchange& exchange) {
  const auto& remote = *exchange.remote;
  settle(exchange.audio, exchange.local.audio.formats, remote.audio.formats, exchange.we_offered);
  if (exchange.has_video())
    settle(exchange.video, exchange.local.video->formats, remote.video->formats, exchange.we_offered);
  else
    exchange.video.payloads = exchange.video.tolerated = {};
}

leg::DtlsRole role_towards(const RemoteDescription& remote, const Exchange* before) {
  // RFC 5763 5: passive while there is a choice, so that DTLS cannot start before our answer is sent.
  if (remote.transport.setup == Setup::active) return leg::DtlsRole::passive;
  if (remote.transport.setup == Setup::passive) return leg::DtlsRole::active;
  // RFC 8842 5.3: the roles of an existing association stay; another certificate means a new association.
  const bool same_association =
      before != nullptr && before->remote->transport.fingerprint == remote.transport.fingerprint;
  return same_association ? before->role : leg::DtlsRole::passive;
}

}  // namespace w2s::sdp
