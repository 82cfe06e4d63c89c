// Any bytes: the parser survives, what it accepts is written so that it is accepted again and means the same,
// and what it refuses can be answered or is dropped.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "w2s/sip/message.hpp"

using namespace w2s::sip;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// Room for the Content-Length that writing adds.
ParseLimits wide_limits() {
  return {16 * 1024, 128 * 1024, 512, 512 * 1024};
}

void read_everything(const Message& message) {
  require(message.top_via().has_value() && message.from().has_value() && message.to().has_value());
  require(message.cseq().has_value() && !message.call_id().empty());
  require(message.contacts().has_value() && message.name_addrs(HeaderId::route).has_value());
  for (const auto& field : message.fields()) {
    require(message.get(field.name).has_value());
    (void)message.values(field.id);
    (void)message.has_option(field.id, "timer");
  }
}

void edit_everything(Message message) {
  message.replace_value(HeaderId::via, 0, "SIP/2.0/UDP a.example;branch=z9hG4bK1");
  require(message.top_via()->host == "a.example");
  const auto vias = message.values(HeaderId::via).size();
  message.prepend(HeaderId::via, "SIP/2.0/WSS b.invalid");
  require(message.values(HeaderId::via).size() == vias + 1);
  for (std::size_t left = vias + 1; left > 0; --left) {
    require(message.values(HeaderId::via).size() == left);
    message.pop_value(HeaderId::via);
  }
  require(!message.first_value(HeaderId::via));
  message.set_body("x", "text/plain");
  require(message.to_string().ends_with("\r\n\r\nx"));
}

void answer(const Message& request) {
  const auto response = make_response(request, 486, "tag");
  require(parse(response.to_string(), Framing::stream, wide_limits()).message.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto outcome = parse(bytes, Framing::datagram);
  (void)parse(bytes, Framing::stream);
  require(outcome.message.has_value() != outcome.failure.has_value());
  if (outcome.failure) {
    if (outcome.failure->answerable)
      (void)make_response(*outcome.failure->answerable, status_for(outcome.failure->error), "tag")
          .to_string();
    return 0;
  }
  const auto text = outcome.message->to_string();
  const auto again = parse(text, Framing::stream, wide_limits());
  require(again.message.has_value());
  require(again.message->to_string() == text && again.message->body() == outcome.message->body());
  require(parse(text, Framing::datagram, wide_limits()).message == again.message);
  read_everything(*outcome.message);
  edit_everything(*outcome.message);
  if (outcome.message->is_request()) answer(*outcome.message);
  return 0;
}
