#pragma once
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>

#include "w2s/base/rng.hpp"
#include "w2s/transport/sip_transports.hpp"

namespace w2s::transport {

// What the transports tell their owner, and the refusal of broken requests on its behalf. Sockets' handlers
// share it, so that after stop() it can fall silent for all of them.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(boost::asio::any_io_executor executor, Handlers handlers);

  // From a socket's handler only. Returns the refusal that is to be sent back, if there is one.
  [[nodiscard]] std::string received(sip::ParseOutcome outcome, const sip::Target& source,
                                     std::string_view bytes = {});
  void sending(const sip::Target& target, std::string_view bytes);
  // From anywhere; the owner hears of it later.
  void flow_closed(sip::FlowId flow);
  void send_failed(const sip::Target& target);
  void stop() { stopped_ = true; }

 private:
  std::string refuse(sip::Message request, error_code error, const sip::Target& source) const;

  boost::asio::any_io_executor executor_;
  Handlers handlers_;
  std::string secret_;
  bool stopped_ = false;
};

}  // namespace w2s::transport
