#pragma once
#include <memory>

#include <boost/asio/io_context.hpp>

#include "w2s/base/log.hpp"
#include "w2s/config/config.hpp"

namespace w2s::app {

// The whole program: builds every module from the configuration and joins them on one io_context.
class Gateway {
 public:
  // Binds everything; throws std::runtime_error or std::system_error with a message for the operator.
  Gateway(boost::asio::io_context& io, const config::Config& config, Log& log);
  ~Gateway();

  // Ends all calls, waits for the BYEs at most two seconds, then closes everything; io runs dry afterwards.
  void stop();
  // The files of ssl-certificates are read again, for new connections.
  void reload_certificates();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace w2s::app
