// A script of one leg's negotiation. The first byte chooses the kind ('p': phone, else web). Then every line
// that starts with '@' is a step, and the lines after "@offer" and "@answer" are what the peer sends.
#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstdlib>

#include "w2s/base/bytes.hpp"

#include "sdp/session.hpp"

namespace {

using namespace w2s;

const std::vector<leg::Codec> all_codecs{{"opus", 48000, 2, "useinbandfec=1"},
                                         {"g722", 8000, 1, {}},
                                         {"pcmu", 8000, 1, {}},
                                         {"pcma", 8000, 1, {}},
                                         {"telephone-event", 48000, 1, {}},
                                         {"telephone-event", 8000, 1, {}},
                                         {"vp8", 90000, 1, {}, 0, 0, leg::MediaType::video, {}},
                                         {"h264", 90000, 1, "packetization-mode=1", 0, 0, leg::MediaType::video, "bp/1"}};

leg::LegOpened opened() {
  leg::LegOpened local;
  const auto ip = IpAddress::v4(0xc0000201);
  local.audio = {{ip, 20000}, {ip, 20001}, 1};
  local.video = {{ip, 20002}, {ip, 20003}, 2};
  local.ice_ufrag = "ufrag";
  local.ice_pwd = "passwordpasswordpassword";
  local.fingerprint = "sha-256 AA";
  local.candidates = {{local.audio.rtp, 1}};
  local.cname = "cname";
  return local;
}

void require(bool holds) {
  if (!holds) std::abort();
}

// Every number that we receive with means one thing, and all payloads are codecs that can be relayed.
void check_stream(const leg::StreamPlan& stream, leg::MediaType type) {
  std::bitset<256> received;
  for (const auto* payloads : {&stream.payloads, &stream.tolerated}) {
    for (const auto& payload : *payloads) {
      require(!received[payload.receive]);
      received.set(payload.receive);
      require(payload.receive <= 127 && payload.send <= 127);
      require(payload.codec.type == type);
      require(sdp::relayable({payload.codec}).size() == 1);
    }
  }
}

void check_plan(const leg::LegPlan& plan) {
  check_stream(plan.audio, leg::MediaType::audio);
  if (!plan.video) return;
  require(!plan.video->payloads.empty());
  check_stream(*plan.video, leg::MediaType::video);
}

class Script {
 public:
  explicit Script(leg::Kind kind) : leg_(kind, 7) {}

  void step(std::string_view line, std::string_view body) {
    if (line == "@offer") on_offer(body);
    if (line == "@answer") on_answer(body);
    if (line == "@our-offer") ours(leg_.offer(opened(), all_codecs, leg::Direction::sendrecv));
    if (line == "@our-hold") ours(leg_.offer(opened(), {all_codecs[2]}, leg::Direction::sendonly));
    if (line == "@our-answer") ours(leg_.answer(opened(), codecs_, leg::Direction::sendrecv));
    if (line == "@withdraw") leg_.withdraw_offer();
    if (line == "@reject") leg_.reject_offer();
    const auto copy = leg_;
    check_plan(copy.plan({}, leg::Side::a));
  }

 private:
  void on_offer(std::string_view body) {
    if (const auto media = leg_.on_offer(body)) {
      require(leg_.offer_pending());
      codecs_ = sdp::common(sdp::relayable(media->codecs), all_codecs);
    }
  }
  void on_answer(std::string_view body) {
    if (leg_.on_answer(body)) require(leg_.agreed() && !leg_.offer_pending());
  }
  void ours(const std::string& text) {
    require(text == leg_.local_description());
    require(text.empty() || text.size() > sdp::max_description_bytes || sdp::parse(text).has_value());
  }

  sdp::OfferAnswer leg_;
  std::vector<leg::Codec> codecs_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = w2s::as_text({data, size});
  Script script(!text.empty() && text.front() == 'p' ? leg::Kind::phone : leg::Kind::web);
  auto at = text.find('@');
  while (at != std::string_view::npos) {
    text.remove_prefix(at);
    const auto line_end = std::min(text.find('\n'), text.size());
    const auto next = text.find("\n@", line_end);
    script.step(text.substr(0, line_end), text.substr(line_end, next - line_end));
    at = next == std::string_view::npos ? next : next + 1;
  }
  return 0;
}
