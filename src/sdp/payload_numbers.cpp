#include "payload_numbers.hpp"

#include <algorithm>

namespace w2s::sdp {
namespace {

// The static numbers of RFC 3551 6, and for the others what browsers and phones use most.
std::optional<std::uint8_t> usual_number(const leg::Codec& codec) {
  if (same_codec(codec, {"pcmu", 8000, 1, {}})) return 0;
  if (same_codec(codec, {"pcma", 8000, 1, {}})) return 8;
  if (same_codec(codec, {"g722", 8000, 1, {}})) return 9;
  if (same_codec(codec, {"opus", 48000, 2, {}})) return 111;
  if (same_codec(codec, {"telephone-event", 8000, 1, {}})) return 101;
  if (same_codec(codec, {"telephone-event", 48000, 1, {}})) return 110;
  return std::nullopt;
}

std::optional<std::uint8_t> free_number(const leg::Codec& codec,
                                        std::initializer_list<const Formats*> taken) {
  const auto is_free = [&](std::uint8_t number) {
    return std::all_of(taken.begin(), taken.end(), [&](const Formats* formats) {
      return find_number(*formats, number) == nullptr;
    });
  };
  if (const auto usual = usual_number(codec); usual && is_free(*usual)) return usual;
  // 96 to 127 are dynamic; 35 to 63 are what RFC 5761 4 leaves when those are used up.
  for (std::uint8_t number = 96; number <= max_payload_number; ++number)
    if (is_free(number)) return number;
  for (std::uint8_t number = 35; number <= 63; ++number)
    if (is_free(number)) return number;
  return std::nullopt;
}

}  // namespace

void PayloadNumbers::remember(const Formats& formats) {
  std::erase_if(bound_, [&](const Format& old) { return find_number(formats, old.number) != nullptr; });
  bound_.insert(bound_.begin(), formats.begin(), formats.end());
}

Formats PayloadNumbers::assign(const std::vector<leg::Codec>& codecs, const Formats& elsewhere) const {
  Formats chosen;
  for (const auto& codec : codecs) {
    if (!is_relayable(codec) || find_codec(chosen, codec) != nullptr) continue;
    const auto* known = find_codec(bound_, codec);
    const auto number = known != nullptr ? known->number : free_number(codec, {&bound_, &chosen, &elsewhere});
    if (number) chosen.push_back({codec, *number});
  }
  drop_stray_events(chosen);
  for (auto& [codec, number] : chosen)
    if (is_telephone_event(codec)) codec.fmtp = "0-16";
  return chosen;
}

}  // namespace w2s::sdp
