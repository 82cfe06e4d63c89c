// What the RTCWeb Breaker says in the dialogs of its calls.
#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {

void read_enable_100rel(const Entry& entry) {
  if (const auto yes = read_yes_no(entry, entry.value)) entry.config().reliable_provisionals = *yes;
}

void read_session_expires(const Entry& entry) {
  constexpr std::uint32_t lowest = 90;  // RFC 4028 4
  constexpr std::uint32_t highest = 86'400;
  const auto fields = split(entry.value);
  if (fields.size() > 2) return entry.error("write " + std::string{entry.kind.format});
  const bool never = fields[0] == "0";
  const auto interval = never ? std::optional<std::uint32_t>{0} : read_number(entry, fields[0], lowest, highest);
  const auto min_se = fields.size() == 2 ? read_number(entry, fields[1], lowest, highest) : std::optional{lowest};
  if (!interval || !min_se) return;
  if (!never && *min_se > *interval) {
    return entry.error("the minimum is greater than the interval; write interval;minimum");
  }
  entry.config().session_expires = std::chrono::seconds{*interval};
  entry.config().min_se = std::chrono::seconds{*min_se};
}

}  // namespace w2s::config
