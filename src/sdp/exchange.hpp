#pragma once
#include "local_description.hpp"
#include "payload_numbers.hpp"
#include "remote_description.hpp"

namespace w2s::sdp {

// One offer and its answer. Immutable once kept, so that copies of an OfferAnswer may share it.
struct Exchange {
  struct Stream {
    PayloadNumbers numbers;              // of this exchange and all before it
    std::vector<leg::Payload> payloads;  // set once both descriptions are there, like `tolerated`
    std::vector<leg::Payload> tolerated;
  };

  bool we_offered = false;
  LocalDescription local;                   // empty while the peer's offer waits for our answer
  std::string text;                         // `local` as it was sent
  std::optional<RemoteDescription> remote;  // nullopt while our offer waits for the peer's answer
  leg::DtlsRole role = leg::DtlsRole::passive;
  Stream audio;
  Stream video;

  // Both sides want video, as far as their descriptions are known.
  bool has_video() const { return local.video && remote && remote->video; }
};

// Fills in what follows from both descriptions together.
void settle(Exchange& exchange);

// Our part in the DTLS handshake when the peer's offer or answer says `remote`, after the exchange `before`.
leg::DtlsRole role_towards(const RemoteDescription& remote, const Exchange* before);

}  // namespace w2s::sdp
