#pragma once
#include <optional>

#include <gtest/gtest.h>

#include "w2s/base/bytes.hpp"
#include "w2s/rtp/rtcp.hpp"

namespace w2s::media {

// A key frame asked for by RTCP.
struct Feedback {
  enum class Kind { pli, fir } kind;
  std::uint32_t sender = 0;
  std::uint32_t media = 0;
  std::uint8_t command = 0;
  bool operator==(const Feedback&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Feedback& f) {
  return out << (f.kind == Feedback::Kind::pli ? "PLI" : "FIR") << std::hex << " of " << f.sender << " about "
             << f.media << std::dec << " command " << int{f.command};
}

// What a compound asks for, if anything. It must begin with a report of the same sender.
inline std::optional<Feedback> feedback_in(ByteView datagram) {
  auto compound = rtp::CompoundView::parse(datagram);
  if (!compound) return std::nullopt;
  std::optional<std::uint32_t> reporter;
  while (const auto packet = compound->next()) {
    std::optional<Feedback> found;
    if (const auto* sr = std::get_if<rtp::SenderReport>(&*packet)) reporter = sr->sender.value;
    if (const auto* rr = std::get_if<rtp::ReceiverReport>(&*packet)) reporter = rr->sender.value;
    if (const auto* pli = std::get_if<rtp::PictureLossIndication>(&*packet))
      found = {Feedback::Kind::pli, pli->sender.value, pli->media.value};
    if (const auto* fir = std::get_if<rtp::FullIntraRequest>(&*packet); fir != nullptr && fir->size() == 1)
      found = {Feedback::Kind::fir, fir->sender.value, (*fir)[0].media.value, (*fir)[0].command};
    if (!found) continue;
    EXPECT_EQ(reporter, found->sender) << "RFC 4585 3.1: a compound begins with a report";
    return found;
  }
  return std::nullopt;
}

// A compound of a peer that asks for a key frame.
inline Bytes compound_with(const Feedback& feedback) {
  Bytes out(200);
  const MutableByteView room(out);
  auto length = rtp::write_report(room, {{feedback.sender}, std::nullopt, {}, "peer"});
  const auto rest = room.subspan(length);
  length += feedback.kind == Feedback::Kind::pli
                ? rtp::write_pli(rest, {{feedback.sender}, {feedback.media}})
                : rtp::write_fir(rest, {feedback.sender}, {{feedback.media}, feedback.command});
  out.resize(length);
  return out;
}

}  // namespace w2s::media
