#include "direction.hpp"

namespace w2s::sdp {
namespace {

constexpr leg::Direction all_directions[] = {leg::Direction::sendrecv, leg::Direction::sendonly,
                                             leg::Direction::recvonly, leg::Direction::inactive};

std::optional<leg::Direction> direction_in(const Attributes& attributes) {
  for (const auto direction : all_directions)
    if (find(attributes, leg::name(direction))) return direction;
  return std::nullopt;
}

}  // namespace

leg::Direction direction_of(const Session& session, const Media& media) {
  const auto at_media = direction_in(media.attributes);
  return at_media ? *at_media : direction_in(session.attributes).value_or(leg::Direction::sendrecv);
}

}  // namespace w2s::sdp
