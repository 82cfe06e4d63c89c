// Asio's TLS is used by the test's clients only; the gateway drives OpenSSL itself.
#include <boost/asio/ssl/impl/src.hpp>
