#pragma once
#include <memory>

#include "media/dtls/certificate.hpp"

struct ssl_ctx_st;

namespace w2s::media::dtls {

// What all associations of one thread share: our certificate, the ciphers, groups and SRTP profiles.
class Context {
 public:
  Context();  // throws std::runtime_error
  ~Context();

  const Certificate& certificate() const { return certificate_; }
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  Certificate certificate_;
  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace w2s::media::dtls
