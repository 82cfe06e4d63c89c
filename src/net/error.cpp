#include "w2s/net/error.hpp"

namespace w2s::net {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "net"; }
  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::host_not_found: return "the host name has no address";
      case Errc::no_answer: return "no nameserver answered in time";
      case Errc::server_failure: return "the nameserver could not answer";
      case Errc::too_many_lookups: return "too many name look-ups are pending";
      case Errc::malformed_answer: return "the nameserver's answer is broken";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

}  // namespace w2s::net
