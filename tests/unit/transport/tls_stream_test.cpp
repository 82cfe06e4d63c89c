// TLS straight on a socket pair: what one call into OpenSSL may take.
#include "transport/tls/tls_stream.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace w2s::transport {
namespace {

// A client of OpenSSL between two memory BIOs, so that the test decides what is written when.
class TlsStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    stream = std::make_unique<TlsStream>(
        tcp::socket(io, tcp::v4(), ends[0]),
        std::make_shared<TlsIdentities>(TlsIdentities{load_identity({}).identity}));
    SSL_set_bio(client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(client);
    for (int i = 0; i < 20; ++i) {
      const bool here = SSL_do_handshake(client) == 1;
      send_what_client_wrote();
      const auto there = stream->handshake();
      ASSERT_TRUE(!there.error || there.would_block()) << there.error.message();
      if (here && !there.error) return;
      receive_for_client();
    }
    FAIL() << "no handshake";
  }
  ~TlsStreamTest() override {
    SSL_free(client);
    SSL_CTX_free(context);
    ::close(ends[1]);
  }
  void send_what_client_wrote() {
    char bytes[4096];
    for (int size; (size = BIO_read(SSL_get_wbio(client), bytes, sizeof bytes)) > 0;)
      ASSERT_EQ(::send(ends[1], bytes, static_cast<std::size_t>(size), MSG_DONTWAIT), size);
  }
  void receive_for_client() {
    char bytes[16384];
    const auto size = ::recv(ends[1], bytes, sizeof bytes, MSG_DONTWAIT);
    if (size > 0) BIO_write(SSL_get_rbio(client), bytes, static_cast<int>(size));
  }
  int unread() {
    int size = 0;
    ::ioctl(ends[0], FIONREAD, &size);
    return size;
  }

  boost::asio::io_context io;
  int ends[2] = {-1, -1};
  std::unique_ptr<TlsStream> stream;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* client = SSL_new(context);
};

TEST_F(TlsStreamTest, AFloodOfKeyUpdatesDoesNotHoldTheThread) {
  for (int i = 0; i < 3'000; ++i) {
    ASSERT_EQ(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client), 1);
  }
  ASSERT_EQ(SSL_write(client, "after it", 8), 8);
  send_what_client_wrote();
  ASSERT_GT(unread(), 75'000);
  Bytes room(4096);
  auto result = stream->read(room);
  EXPECT_TRUE(result.would_block());
  EXPECT_EQ(result.wait, tcp::socket::wait_read);
  EXPECT_GT(unread(), 0);
  for (int i = 0; i < 100 && result.would_block() && unread() > 0; ++i) result = stream->read(room);
  EXPECT_EQ(as_text(ByteView(room).first(result.bytes)), "after it");
}

}  // namespace
}  // namespace w2s::transport
