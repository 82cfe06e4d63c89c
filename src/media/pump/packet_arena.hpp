#pragma once
#include <array>
#include <memory>
#include <span>

#include "media/packet.hpp"

namespace w2s::media {

// Buffers for the packets of one pass of the pump: what comes in from phones stays here until the batch to
// the browsers has left, so nothing is copied and nothing allocated.
class PacketArena {
 public:
  using Buffer = std::array<std::uint8_t, Packet::capacity>;
  static constexpr std::size_t packets = 256;

  bool has_room_for(std::size_t count) const { return packets - used_ >= count; }
  // The next `count` buffers; only while there is room.
  std::span<Buffer> peek(std::size_t count) { return std::span(*buffers_).subspan(used_, count); }
  void use(std::size_t count) { used_ += count; }
  // All are free again: the batches that referred to them have left.
  void reset() { used_ = 0; }

 private:
  std::unique_ptr<std::array<Buffer, packets>> buffers_ = std::make_unique<std::array<Buffer, packets>>();
  std::size_t used_ = 0;
};

}  // namespace w2s::media
