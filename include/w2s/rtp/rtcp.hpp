#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "w2s/base/bytes.hpp"
#include "w2s/rtp/types.hpp"

namespace w2s::rtp {

// ---- what a compound packet carries; views live no longer than its bytes ----

// RFC 3550 6.4.1
struct ReportBlock {
  Ssrc source;
  std::uint8_t fraction_lost = 0;                    // in 1/256
  std::int32_t cumulative_lost = 0;                  // 24 bits, signed: duplicates can make it negative
  std::uint32_t extended_highest = 0;                // cycles << 16 | highest sequence number
  std::uint32_t jitter = 0;                          // in timestamp units
  std::uint32_t last_sender_report = 0;              // middle 32 bits of its NTP time
  std::uint32_t delay_since_last_sender_report = 0;  // in 1/65536 s
  bool operator==(const ReportBlock&) const = default;
};

struct SenderInfo {
  std::uint64_t ntp_time = 0;  // 32.32 seconds since 1900
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t octets = 0;  // of payload
  bool operator==(const SenderInfo&) const = default;
};

class ReportBlocks {
 public:
  explicit ReportBlocks(ByteView bytes) : bytes_(bytes) {}
  std::size_t size() const { return bytes_.size() / 24; }
  ReportBlock operator[](std::size_t i) const;

 private:
  ByteView bytes_;
};

struct SenderReport {
  Ssrc sender;
  SenderInfo info;
  ReportBlocks blocks;
};

struct ReceiverReport {
  Ssrc sender;
  ReportBlocks blocks;
};

struct SourceDescription {
  ByteView chunks;
  std::optional<std::string_view> cname(Ssrc source) const;
};

struct Goodbye {
  ByteView sources;
  std::size_t size() const { return sources.size() / 4; }
  Ssrc operator[](std::size_t i) const { return {load_be32(&sources[4 * i])}; }
};

// RTPFB generic NACK, RFC 4585 6.2.1
struct Nack {
  struct Entry {
    SeqNo lost;
    std::uint16_t following;  // bit n: lost + 1 + n is missing too
  };
  Ssrc sender;
  Ssrc media;
  ByteView entries;
  std::size_t size() const { return entries.size() / 4; }
  Entry operator[](std::size_t i) const;
};

// PSFB PLI, RFC 4585 6.3.1
struct PictureLossIndication {
  Ssrc sender;
  Ssrc media;
};

// PSFB FIR, RFC 5104 4.3.1
struct FullIntraRequest {
  struct Entry {
    Ssrc media;
    std::uint8_t command;  // same number: a repetition of the same request
  };
  Ssrc sender;
  ByteView entries;
  std::size_t size() const { return entries.size() / 8; }
  Entry operator[](std::size_t i) const;
};

using RtcpPacket = std::variant<SenderReport, ReceiverReport, SourceDescription, Goodbye, Nack,
                                PictureLossIndication, FullIntraRequest>;

// A compound packet (RFC 3550 6.1) or a reduced-size one (RFC 5506), read in place.
class CompoundView {
 public:
  // nullopt when a version, length or padding is wrong: then none of it is to be believed.
  static std::optional<CompoundView> parse(ByteView datagram);
  // The next packet of a kind we know and whose own counts fit its length; APP and all others are skipped.
  std::optional<RtcpPacket> next();

 private:
  explicit CompoundView(ByteView packets) : rest_(packets) {}
  ByteView rest_;
};

// ---- what we send ----

// SR when `sent` is given, else RR; then SDES with CNAME (RFC 3550 6.1: every compound has both).
struct Report {
  Ssrc sender;
  std::optional<SenderInfo> sent;
  std::span<const ReportBlock> blocks;  // at most 31
  std::string_view cname;               // at most 255 bytes
};
// Returns the length, or 0 when it does not fit.
std::size_t write_report(MutableByteView out, const Report& report);

// Feedback, which follows a report in the same compound (RFC 4585 3.1). They return the length, or 0 when it does
// not fit.
std::size_t write_pli(MutableByteView out, const PictureLossIndication& indication);
std::size_t write_fir(MutableByteView out, Ssrc sender, const FullIntraRequest::Entry& entry);

// NTP time of a sender report from a wall clock (RFC 3550 4), which the caller reads.
std::uint64_t ntp_time(std::uint64_t unix_nanoseconds);

}  // namespace w2s::rtp
