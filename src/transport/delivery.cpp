#include "delivery.hpp"

#include <boost/asio/post.hpp>

#include "w2s/base/hash.hpp"

namespace w2s::transport {
namespace {

// RFC 3581 4: where the request came from, for whoever reads the response on its way back.
void note_source(sip::Message& request, const sip::Target& source) {
  auto via = request.top_via();
  if (!via || !via->params.has("rport")) return;
  via->params.set("rport", std::to_string(source.remote.port));
  via->params.set("received", source.remote.ip.to_string());
  request.replace_value(sip::HeaderId::via, 0, via->to_string());
}

}  // namespace

Delivery::Delivery(boost::asio::any_io_executor executor, Handlers handlers)
    : executor_(std::move(executor)), handlers_(std::move(handlers)), secret_(SystemRng().token()) {}

std::string Delivery::received(sip::ParseOutcome outcome, const sip::Target& source, std::string_view bytes) {
  if (stopped_) return {};
  if (outcome.message) {
    if (handlers_.on_wire)
      handlers_.on_wire(false, source, bytes.empty() ? outcome.message->to_string() : bytes);
    if (handlers_.on_message) handlers_.on_message(std::move(*outcome.message), source);
    return {};
  }
  auto& failure = *outcome.failure;
  if (handlers_.on_broken) handlers_.on_broken(failure.error, source);
  // Neither an ACK nor a response is ever answered.
  if (!failure.answerable || !failure.answerable->is_request() || failure.answerable->is("ACK")) return {};
  return refuse(std::move(*failure.answerable), failure.error, source);
}

std::string Delivery::refuse(sip::Message request, error_code error, const sip::Target& source) const {
  note_source(request, source);
  // RFC 3261 8.2.7: without state, so the To tag is a function of what a retransmission repeats.
  std::string seed = secret_;
  for (const auto id : {sip::HeaderId::call_id, sip::HeaderId::cseq, sip::HeaderId::from})
    seed.append(request.get(id).value_or("")).push_back('\n');
  const auto tag = hex_digest(HashAlgorithm::sha256, seed).substr(0, 16);
  return sip::make_response(request, sip::status_for(error), tag).to_string();
}

void Delivery::sending(const sip::Target& target, std::string_view bytes) {
  if (handlers_.on_wire && !stopped_) handlers_.on_wire(true, target, bytes);
}

void Delivery::flow_closed(sip::FlowId flow) {
  boost::asio::post(executor_, [self = shared_from_this(), flow] {
    if (!self->stopped_ && self->handlers_.on_flow_closed) self->handlers_.on_flow_closed(flow);
  });
}

void Delivery::send_failed(const sip::Target& target) {
  boost::asio::post(executor_, [self = shared_from_this(), target] {
    if (!self->stopped_ && self->handlers_.on_send_failed) self->handlers_.on_send_failed(target);
  });
}

}  // namespace w2s::transport
