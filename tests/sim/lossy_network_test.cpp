// Whole calls over a network that loses, delays and reorders, on virtual time: whatever happens, no half call stays.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <queue>

#include "sip_party.hpp"
#include "sip_world.hpp"

namespace w2s::test {
namespace {

using sip::Message;

const std::string phone_sdp =
    "v=0\r\no=- 1 1 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

std::string browser_sdp() {
  std::ifstream in(std::string(W2S_TEST_DATA) + "/offers/chromium-audio.sdp");
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Conditions {
  unsigned loss_percent = 20;
  Duration longest_delay = 400ms;
};

// A browser on a WebSocket (reliable), the gateway, and a phone behind a bad UDP network.
class Stage {
 public:
  Stage(std::uint64_t seed, bool breaker, Conditions conditions)
      : random_(seed), conditions_(conditions), flow_(world.open_flow(55210)),
        browser("browser", browser_address(), seed * 2 + 1), phone("phone", phone_address(), seed * 2 + 2) {
    browser.contact = std::string("<sips:alice@x.invalid;transport=wss") + (breaker ? ";rtcweb-breaker=yes>" : ">");
    browser.gateway = flow_;
    browser.wire = [this](const Message& m) { at(world.now + 1ms, [this, m] { world.receive(m, flow_); }); };
    phone.contact = "<sip:bob@198.51.100.20:5070>";
    phone.sdp = phone_sdp;
    phone.gateway = phone_target_;
    phone.wire = [this](const Message& m) { lossy([this, m] { world.receive(m, phone_target_); }); };
    world.on_transmit = [this](Message m, const sip::Target& target) {
      if (target.flow != sip::FlowId::none) {
        at(world.now + 1ms, [this, m] { browser.receive(world.now, m); });
      } else {
        lossy([this, m] { phone.receive(world.now, m); });
      }
    };
  }

  Message invite() {
    auto m = Message::request("INVITE", "sip:bob@198.51.100.20:5070");
    m.append(sip::HeaderId::from, "<sip:alice@198.51.100.7>;tag=abc");
    m.append(sip::HeaderId::to, "<sip:bob@198.51.100.7>");
    m.append(sip::HeaderId::call_id, "call-1");
    m.append(sip::HeaderId::cseq, "1 INVITE");
    m.append(sip::HeaderId::max_forwards, "70");
    m.append(sip::HeaderId::contact, browser.contact);
    m.set_body(browser_sdp(), "application/sdp");
    return m;
  }

  void at(Time when, std::function<void()> what) { events_.push({when, ++order_, std::move(what)}); }
  void after(Duration delay, std::function<void()> what) { at(world.now + delay, std::move(what)); }

  void run(Duration duration) {
    const auto end = world.now + duration;
    for (;;) {
      auto next = earlier(world.core.next_time(), earlier(browser.next_time(), phone.next_time()));
      if (!events_.empty()) next = earlier(next, events_.top().when);
      if (!next || *next > end) break;
      world.now = std::max(world.now, *next);
      while (!events_.empty() && events_.top().when <= world.now) {
        auto event = events_.top().what;
        events_.pop();
        event();
      }
      world.act([this](auto& core) { core.on_time(world.now); });
      browser.on_time(world.now);
      phone.on_time(world.now);
    }
    world.now = end;
  }

 private:
  struct Event {
    Time when;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const Event& other) const { return std::tie(when, order) > std::tie(other.when, other.order); }
  };
  static sip::Target phone_address() {
    sip::Target t;
    t.local = {*IpAddress::parse("198.51.100.20"), 5070};
    return t;
  }
  static sip::Target browser_address() {
    sip::Target t;
    t.transport = sip::Transport::wss;
    t.local = {*IpAddress::parse("192.0.2.50"), 1};
    return t;
  }
  void lossy(std::function<void()> deliver) {
    if (random_.u32() % 100 < conditions_.loss_percent) return;
    const auto delay = 5ms + conditions_.longest_delay * (random_.u32() % 1000) / 1000;
    after(delay, std::move(deliver));
  }

  SeededRng random_;
  Conditions conditions_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;

 public:
  SipWorld world;

 private:
  sip::Target flow_;
  sip::Target phone_target_ = [] {
    sip::Target t;
    t.remote = {*IpAddress::parse("198.51.100.20"), 5070};
    t.local = {*IpAddress::parse(SipWorld::gateway_address), 5060};
    return t;
  }();

 public:
  SipParty browser, phone;
};

enum class Script { browser_hangs_up, phone_hangs_up, cancel_race, browser_socket_dies };

void play(std::uint64_t seed, bool breaker, Script script, Conditions conditions) {
  SCOPED_TRACE(testing::Message() << "seed " << seed << " breaker " << breaker << " script " << static_cast<int>(script));
  Stage stage(seed, breaker, conditions);
  SeededRng random(seed);
  const auto some = [&](Duration most) { return most * (random.u32() % 1000) / 1000; };
  stage.browser.call(stage.world.now, stage.invite());
  const auto ring_at = 1s + some(1s), answer_at = ring_at + some(2s);
  for (auto delay = ring_at; delay < 30s; delay += 1s) {
    stage.after(delay, [&] { if (stage.phone.rings()) stage.phone.ring(stage.world.now); });
  }
  for (auto delay = answer_at; delay < 30s; delay += 1s) {
    stage.after(delay, [&] { stage.phone.answer(stage.world.now); });
  }
  switch (script) {
    case Script::browser_hangs_up: stage.after(40s, [&] { stage.browser.hang_up(stage.world.now); }); break;
    case Script::phone_hangs_up: stage.after(40s, [&] { stage.phone.hang_up(stage.world.now); }); break;
    case Script::cancel_race: stage.after(answer_at + some(1s) - 500ms, [&] { stage.browser.cancel(stage.world.now); }); break;
    case Script::browser_socket_dies: stage.after(some(5s), [&] { stage.world.close_flow(stage.world.flows.begin()->second); }); break;
  }
  stage.run(script == Script::browser_socket_dies ? 10s : 300s);
  if (script == Script::browser_socket_dies) {
    stage.world.act([&](auto& core) { core.end_all_calls(stage.world.now, "end of the simulation"); });
    stage.run(300s);
  } else {
    // The caller got exactly one outcome, and nobody is left alone in a call.
    EXPECT_EQ((stage.browser.answers == 1) + (stage.browser.final_failure != 0), 1);
    if (stage.browser.answers == 1 && script == Script::cancel_race) {
      stage.browser.hang_up(stage.world.now);
      stage.run(100s);
    }
    EXPECT_FALSE(stage.phone.in_call());
    EXPECT_FALSE(stage.browser.in_call());
    if (stage.browser.answers == 1) {
      EXPECT_TRUE(stage.phone.answered);
    }
  }
  EXPECT_EQ(stage.world.core.call_records(), 0U);
  EXPECT_EQ(stage.world.core.transactions(), 0U);
  if (breaker) {
    EXPECT_LE(stage.world.closed.size(), 1U);
  }
}

class LossyNetwork : public testing::TestWithParam<std::tuple<bool, Script>> {};

TEST_P(LossyNetwork, NoHalfCallStays) {
  const auto [breaker, script] = GetParam();
  for (std::uint64_t seed = 1; seed <= 60; ++seed) play(seed, breaker, script, {20, 400ms});
}

TEST_P(LossyNetwork, NotEvenWhenResponsesComeVeryLate) {
  const auto [breaker, script] = GetParam();
  for (std::uint64_t seed = 100; seed <= 120; ++seed) play(seed, breaker, script, {5, 3s});
}

INSTANTIATE_TEST_SUITE_P(Calls, LossyNetwork,
                         testing::Combine(testing::Bool(), testing::Values(Script::browser_hangs_up, Script::phone_hangs_up,
                                                                           Script::cancel_race, Script::browser_socket_dies)));

}  // namespace
}  // namespace w2s::test
