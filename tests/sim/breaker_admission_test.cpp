// Which calls the breaker takes by itself: config entries breaker and transport (breaker=).
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "sip_world.hpp"

namespace w2s::test {
namespace {

using breaker::Mode;
using sip::HeaderId;
using testing::HasSubstr;

std::string web_sdp() {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/offers/chromium-audio.sdp");
  return {std::istreambuf_iterator<char>(in), {}};
}
const std::string plain_sdp = "v=0\r\no=- 1 1 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

// What became of an INVITE: carried on as it was, or a call of two legs with an offer of the other kind.
enum class Fate { proxied, broken, refused };

class BreakerAdmission {
 public:
  explicit BreakerAdmission(breaker::Admission admission, std::uint16_t port = 10062) : world_({}, options(std::move(admission))) {
    flow_ = world_.open_flow(55210);
    flow_.local.port = port;
    world_.flows[flow_.flow] = flow_;
  }

  Fate call_from_browser(const std::string& sdp, const std::string& contact_params = {}) {
    world_.receive(message("INVITE sip:bob@198.51.100.7", "SIP/2.0/WSS x.invalid", "<sip:alice@x.invalid;transport=ws" + contact_params + ">", sdp), flow_);
    return fate("web-1");
  }
  Fate call_to_browser(const std::string& sdp) {
    world_.receive(message("REGISTER sip:198.51.100.7", "SIP/2.0/WSS x.invalid", "<sip:alice@x.invalid;transport=ws>", ""), flow_);
    const auto forwarded = world_.take_request("REGISTER");
    const std::string stored(*forwarded.message.first_value(HeaderId::contact));
    world_.receive(reply(forwarded.message, 200, "srv", stored), world_.server());
    world_.take_response(200, "REGISTER");
    world_.receive(message("INVITE " + sip::parse_name_addr(stored)->uri.to_string(), "SIP/2.0/UDP 198.51.100.7", "<sip:bob@198.51.100.20>", sdp),
                   world_.server());
    return fate("web-1");
  }

 private:
  static breaker::Options options(breaker::Admission admission) {
    breaker::Options options;
    options.admission = std::move(admission);
    return options;
  }
  std::string message(const std::string& start, const std::string& via, const std::string& contact, const std::string& sdp) {
    const auto method = start.substr(0, start.find(' '));
    return start + " SIP/2.0\r\nVia: " + via + ";branch=z9hG4bK" + method + "\r\nFrom: <sip:alice@198.51.100.7>;tag=f\r\n"
           "To: <sip:alice@198.51.100.7>\r\nContact: " + contact + "\r\nCall-ID: web-1\r\nCSeq: 1 " + method + "\r\n" +
           (sdp.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
  }
  Fate fate(const std::string& call_id) {
    for (const auto& sent : world_.sent) {
      if (sent.message.is_response() && sent.message.status() >= 300) return Fate::refused;
    }
    return world_.take_request("INVITE").message.call_id() == call_id ? Fate::proxied : Fate::broken;
  }

  SipWorld world_;
  sip::Target flow_;
};

breaker::Admission all(Mode mode) {
  breaker::Admission admission;
  admission.mode = mode;
  return admission;
}

TEST(BreakerAdmission, ClientMeansThatTheBrowserAsks) {
  EXPECT_EQ(BreakerAdmission(all(Mode::client)).call_from_browser(web_sdp()), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::client)).call_from_browser(web_sdp(), ";rtcweb-breaker=no"), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::client)).call_from_browser(web_sdp(), ";rtcweb-breaker=yes"), Fate::broken);
  EXPECT_EQ(BreakerAdmission(all(Mode::client)).call_to_browser(plain_sdp), Fate::proxied);
}

TEST(BreakerAdmission, AutoTakesWebRtcFromBrowsersUnlessTheySayNo) {
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_from_browser(web_sdp()), Fate::broken);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_from_browser(web_sdp(), ";rtcweb-breaker=no"), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_from_browser(plain_sdp), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_from_browser(""), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_from_browser("no SDP at all"), Fate::proxied);
}

TEST(BreakerAdmission, AutoTakesToBrowsersWhatIsNotWebRtc) {
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_to_browser(plain_sdp), Fate::broken);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_to_browser(web_sdp()), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(all(Mode::automatic)).call_to_browser(""), Fate::proxied);
}

TEST(BreakerAdmission, AlwaysTakesEveryCall) {
  EXPECT_EQ(BreakerAdmission(all(Mode::always)).call_from_browser(plain_sdp, ";rtcweb-breaker=no"), Fate::broken);
  EXPECT_EQ(BreakerAdmission(all(Mode::always)).call_from_browser("no SDP at all"), Fate::refused);
  EXPECT_EQ(BreakerAdmission(all(Mode::always)).call_to_browser(web_sdp()), Fate::broken);
  EXPECT_NE(BreakerAdmission(all(Mode::always)).call_to_browser(""), Fate::proxied);
}

TEST(BreakerAdmission, AListenerMayHaveAModeOfItsOwn) {
  auto admission = all(Mode::client);
  admission.listeners.push_back({sip::Transport::wss, IpAddress::parse("192.0.2.1"), 443, Mode::client});  // another address
  admission.listeners.push_back({sip::Transport::ws, {}, 443, Mode::client});                              // another transport
  admission.listeners.push_back({sip::Transport::wss, {}, 443, Mode::automatic});
  EXPECT_EQ(BreakerAdmission(admission, 443).call_from_browser(web_sdp()), Fate::broken);
  EXPECT_EQ(BreakerAdmission(admission, 443).call_to_browser(plain_sdp), Fate::broken);
  EXPECT_EQ(BreakerAdmission(admission, 10062).call_from_browser(web_sdp()), Fate::proxied);
  EXPECT_EQ(BreakerAdmission(admission, 10062).call_to_browser(plain_sdp), Fate::proxied);
}

}  // namespace
}  // namespace w2s::test
