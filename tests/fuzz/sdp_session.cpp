// What parses is written so that it parses to the same again, and every leg kind reads it without harm.
#include <cstdint>
#include <cstdlib>

#include "w2s/base/bytes.hpp"

#include "sdp/session.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace w2s;
  const auto body = as_text({data, size});
  const auto session = sdp::parse(body);
  if (!session) return 0;
  const auto written = sdp::to_string(*session);
  if (written.size() <= sdp::max_description_bytes) {
    const auto again = sdp::parse(written);
    if (!again || *again != *session) std::abort();
  }
  const auto kind = sdp::OfferAnswer::kind_of(body);
  if (!kind) return 0;
  sdp::OfferAnswer leg(*kind, 1);
  if (leg.on_offer(body) && leg.answer({}, {{"pcmu", 8000, 1, {}}}, leg::Direction::sendrecv).empty())
    std::abort();
  return 0;
}
