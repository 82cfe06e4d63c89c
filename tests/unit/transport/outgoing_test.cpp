#include <fstream>
#include <unistd.h>

#include <openssl/pem.h>

#include "stream_client.hpp"
#include "transport/tls/certificate.hpp"
#include "transport_fixture.hpp"

namespace w2s::transport {
namespace {

namespace ssl = boost::asio::ssl;
using boost::asio::ip::tcp;

// Files of a key and a certificate for this test alone; gone with it.
class CertificateFiles {
 public:
  CertificateFiles() {
    char name[] = "/tmp/w2s-transport-XXXXXX";
    folder_ = mkdtemp(name);
    const auto identity = make_self_signed();
    write(key(), [&](FILE* f) {
      PEM_write_PrivateKey(f, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    write(certificate(), [&](FILE* f) { PEM_write_X509(f, identity.certificate.get()); });
  }
  ~CertificateFiles() { std::filesystem::remove_all(folder_); }

  std::string key() const { return folder_ + "/key.pem"; }
  std::string certificate() const { return folder_ + "/certificate.pem"; }

 private:
  template <class Write>
  static void write(const std::string& path, Write call) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(path.c_str(), "w"), &fclose);
    call(file.get());
  }
  std::string folder_;
};

// Two transports: the test's own fixture sends, `peer` listens.
class OutgoingTest : public TransportTest {
 protected:
  SipTransports& start_peer(sip::Transport transport, TlsOptions tls = {}) {
    Options options;
    options.listeners = {on(transport)};
    options.tls = std::move(tls);
    Handlers handlers;
    handlers.on_message = [this](sip::Message message, const sip::Target& source) {
      peer_received.emplace_back(std::move(message), source);
    };
    peer = std::make_unique<SipTransports>(io.get_executor(), std::move(options), log, std::move(handlers));
    return *peer;
  }
  sip::Target to_peer(sip::Transport transport, std::string host = {}) const {
    return {transport, peer->listeners().at(0).local, server(), sip::FlowId::none, std::move(host)};
  }
  static sip::Message request() {
    return std::move(*sip::parse(options_request(), sip::Framing::datagram).message);
  }

  std::unique_ptr<SipTransports> peer;
  std::vector<Received> peer_received;
};

TEST_F(OutgoingTest, AConnectionIsOpenedOnDemandAndReused) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  transports->send(request(), target);
  transports->send(request(), target);  // queued until it is connected
  ASSERT_TRUE(await([&] { return peer_received.size() == 2; }));
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 3; }));
  EXPECT_EQ(peer_received[0].second, peer_received[2].second);

  peer->send(sip::make_response(peer_received[0].first, 200, "t"), peer_received[0].second);
  ASSERT_TRUE(await([&] { return !received.empty(); }));
  const auto& source = received[0].second;
  EXPECT_EQ(source.remote, target.remote);
  EXPECT_EQ(source.local, peer_received[0].second.remote);
  EXPECT_TRUE(transports->is_open(source.flow));
  EXPECT_TRUE(failed.empty());
}

TEST_F(OutgoingTest, ARefusedConnectionFailsEachTargetOnce) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  peer.reset();
  transports->send(request(), target);
  transports->send(request(), target);
  EXPECT_TRUE(failed.empty());
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  settle();
  EXPECT_EQ(failed, std::vector{target});
  EXPECT_TRUE(closed_flows.empty());
}

TEST_F(OutgoingTest, AConnectionThatDiesFailsItsTargetsAndTheNextMessageOpensAnother) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  const auto target = to_peer(sip::Transport::tcp);
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  peer->close(peer_received[0].second.flow);
  ASSERT_TRUE(await([&] { return !failed.empty() && !closed_flows.empty(); }));
  EXPECT_EQ(failed, std::vector{target});
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return peer_received.size() == 2; }));
  EXPECT_NE(peer_received[0].second.flow, peer_received[1].second.flow);
}

TEST_F(OutgoingTest, AnIdleConnectionOfOursEndsInSilence) {
  start_peer(sip::Transport::tcp);
  Options options;
  options.idle_timeout = 50ms;
  listen(sip::Transport::tcp, options);
  transports->send(request(), to_peer(sip::Transport::tcp));
  ASSERT_TRUE(await([&] { return !closed_flows.empty(); }));
  settle();
  EXPECT_EQ(peer_received.size(), 1U);
  EXPECT_TRUE(failed.empty());
}

TEST_F(OutgoingTest, APeerThatNeverAnswersTheHandshakeFailsAtTheDeadline) {
  tcp::acceptor silent(io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  Options options;
  options.handshake_deadline = 50ms;
  listen(sip::Transport::tls, options);
  const sip::Target target{
      sip::Transport::tls, Endpoint::from_sockaddr(silent.local_endpoint().data()), {}, {}, "a"};
  transports->send(request(), target);
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed, std::vector{target});
}

TEST_F(OutgoingTest, NobodyIsReachedByWebSocketWithoutAFlow) {
  start_peer(sip::Transport::ws);
  listen(sip::Transport::ws);
  transports->send(request(), to_peer(sip::Transport::ws));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_TRUE(peer_received.empty());
}

TEST_F(OutgoingTest, WithoutVerificationAnyCertificateServes) {
  start_peer(sip::Transport::tls);
  listen(sip::Transport::tls);
  transports->send(request(), to_peer(sip::Transport::tls, "whoever.example"));
  EXPECT_TRUE(await([&] { return peer_received.size() == 1; }));
}

TEST_F(OutgoingTest, AVerifiedPeerMustBeTrustedAndCarryTheName) {
  const CertificateFiles files, others;
  start_peer(sip::Transport::tls, {files.key(), files.certificate(), {}, false});
  Options options;
  options.tls = {others.key(), others.certificate(), files.certificate(), true};
  listen(sip::Transport::tls, options);
  // The certificate of the tests names localhost, 127.0.0.1 and ::1.
  for (const auto* name : {"localhost", "127.0.0.1"})
    transports->send(request(), to_peer(sip::Transport::tls, name));
  ASSERT_TRUE(await([&] { return peer_received.size() == 2; }));
  EXPECT_NE(peer_received[0].second.flow, peer_received[1].second.flow);  // each name proves itself
  EXPECT_TRUE(failed.empty());

  transports->send(request(), to_peer(sip::Transport::tls, "other.example"));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(failed[0].host, "other.example");

  options.tls.ca_file = others.certificate();
  failed.clear();
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls, "localhost"));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(peer_received.size(), 2U);
}

TEST_F(OutgoingTest, AVerifyingListenerWantsACertificateOfItsAuthority) {
  const CertificateFiles server_files, known, unknown;
  start_peer(sip::Transport::tls,
             {server_files.key(), server_files.certificate(), known.certificate(), true});
  Options options;
  options.tls = {known.key(), known.certificate(), {}, false};
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));

  options.tls = {unknown.key(), unknown.certificate(), {}, false};
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(peer_received.size(), 1U);
}

class TlsTest : public OutgoingTest {
 protected:
  // The handshake of a client that is limited in some way: the suite agreed on, empty when it failed.
  std::string agreed(const std::function<void(SSL_CTX*)>& limit) {
    ssl::context context(ssl::context::tls_client);
    limit(context.native_handle());
    test::StreamClient client(io, server(), context);
    EXPECT_TRUE(await([&] { return client.is_ready() || client.closed; }));
    return client.is_ready() ? SSL_get_cipher_name(client.ssl()) : "";
  }
};

TEST_F(TlsTest, OnlyTls12AndNewerWithAeadSuites) {
  listen(sip::Transport::tls);
  EXPECT_NE(agreed([](SSL_CTX*) {}), "");
  EXPECT_NE(agreed([](SSL_CTX* c) { SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION); }), "");
  EXPECT_EQ(agreed([](SSL_CTX* c) {
              SSL_CTX_set_security_level(c, 0);
              SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
              SSL_CTX_set_max_proto_version(c, TLS1_1_VERSION);
            }),
            "");
  EXPECT_EQ(agreed([](SSL_CTX* c) {
              SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
              SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:AES128-SHA");
            }),
            "");
}

TEST_F(TlsTest, EachGeneratedCertificateHasItsOwnSerial) {
  const auto serial = [] {
    const auto identity = make_self_signed();
    return ASN1_INTEGER_dup(X509_get0_serialNumber(identity.certificate.get()));
  };
  const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> a(serial(), &ASN1_INTEGER_free);
  const std::unique_ptr<ASN1_INTEGER, decltype(&ASN1_INTEGER_free)> b(serial(), &ASN1_INTEGER_free);
  EXPECT_NE(ASN1_INTEGER_cmp(a.get(), b.get()), 0);
}

TEST_F(TlsTest, FilesThatCannotBeUsedStopTheStartByName) {
  const CertificateFiles files, others;
  const std::vector<std::pair<TlsOptions, std::string>> wrong = {
      {{files.key(), "/nowhere/certificate.pem", {}, false}, "/nowhere/certificate.pem"},
      {{"/nowhere/key.pem", files.certificate(), {}, false}, "/nowhere/key.pem"},
      {{others.key(), files.certificate(), {}, false}, others.key()},
      {{files.key(), files.certificate(), "/nowhere/ca.pem", false}, "/nowhere/ca.pem"},
  };
  for (const auto& [tls, name] : wrong) {
    Options options;
    options.listeners = {on(sip::Transport::tls)};
    options.tls = tls;
    try {
      make(options);
      FAIL() << "started without " << name;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(name));
    }
  }
}

}  // namespace
}  // namespace w2s::transport
