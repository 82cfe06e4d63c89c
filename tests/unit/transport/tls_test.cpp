#include <fstream>

#include <openssl/ssl.h>

#include "certificate_files.hpp"
#include "outgoing_fixture.hpp"
#include "stream_client.hpp"
#include "transport/tls/certificate_names.hpp"

namespace w2s::transport {
namespace {

namespace ssl = boost::asio::ssl;

class TlsTest : public OutgoingTest {
 protected:
  // We, who believe whoever `authority` names.
  SipTransports& verifying(const CertificateFiles& own, const CertificateFiles& authority) {
    Options options;
    options.tls = {{own.key(), own.certificate(), authority.certificate(), true}};
    return listen(sip::Transport::tls, options);
  }
  // Sends to `host` at the peer's address. True if it arrived, false if it failed.
  bool reaches(const std::string& host) {
    const auto arrived = peer_received.size();
    failed.clear();
    transports->send(request(), to_peer(sip::Transport::tls, host));
    EXPECT_TRUE(await([&] { return peer_received.size() > arrived || !failed.empty(); }));
    return peer_received.size() > arrived;
  }
  // The names of the certificate that a client is shown which asks for `name`.
  std::string shown_to(const std::string& name, std::size_t listener = 0) {
    ssl::context context(ssl::context::tls_client);
    test::StreamClient client(io, server(listener), context, name);
    EXPECT_TRUE(await([&] { return client.is_ready() || client.closed; }));
    const auto* certificate = client.is_ready() ? SSL_get0_peer_certificate(client.ssl()) : nullptr;
    return certificate != nullptr ? names_of(certificate).to_string() : "";
  }
  // The handshake of a client that is limited in some way: the suite agreed on, empty when it failed.
  std::string agreed(const std::function<void(SSL_CTX*)>& limit) {
    ssl::context context(ssl::context::tls_client);
    limit(context.native_handle());
    test::StreamClient client(io, server(), context);
    EXPECT_TRUE(await([&] { return client.is_ready() || client.closed; }));
    return client.is_ready() ? SSL_get_cipher_name(client.ssl()) : "";
  }
  std::string answer;
};

TEST(CertificateNames, AreReadAsRfc5922Says) {
  const auto identity = [](const std::string& alternative_names, std::string_view host) {
    const auto made = CertificateFiles::make(CertificateFiles::named(alternative_names));
    return is_identity(names_of(made.certificate.get()), host);
  };
  EXPECT_TRUE(identity("DNS:a.example", "a.example"));
  EXPECT_TRUE(identity("DNS:A.Example", "a.exAMPLE."));
  EXPECT_TRUE(identity("URI:sip:a.example", "a.example"));
  EXPECT_TRUE(identity("DNS:b.example,URI:sip:a.example:5061", "a.example"));
  EXPECT_TRUE(identity("IP:192.0.2.1", "192.0.2.1"));
  EXPECT_TRUE(identity("IP:2001:db8::1", "[2001:db8::1]") || identity("IP:2001:db8::1", "2001:db8::1"));
  EXPECT_FALSE(identity("DNS:a.example", "x.a.example"));
  EXPECT_FALSE(identity("DNS:x.a.example", "a.example"));
  EXPECT_FALSE(identity("DNS:*.a.example", "x.a.example"));  // 7.2: no wildcards
  EXPECT_FALSE(identity("DNS:x*.a.example", "xy.a.example"));
  EXPECT_FALSE(identity("DNS:*.a.example", "*.a.example"));
  EXPECT_FALSE(identity("URI:sip:alice@a.example", "a.example"));  // 7.1: that is Alice
  EXPECT_FALSE(identity("URI:sips:a.example", "a.example"));
  EXPECT_FALSE(identity("URI:https://a.example", "a.example"));
  EXPECT_FALSE(identity("DNS:192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(identity("DNS:a.example", "test"));  // the common name does not count beside other names
  EXPECT_FALSE(identity("DNS:a.example", ""));
  EXPECT_TRUE(identity("", "test"));
}

TEST(CertificateNames, FitWhatBrowsersAskForAsRfc6125Says) {
  CertificateNames names;
  names.dns = {"a.example", "*.b.example", "x*.c.example"};
  EXPECT_EQ(fit(names, "a.example"), Fit::exact);
  EXPECT_EQ(fit(names, "X.B.example"), Fit::wildcard);
  EXPECT_EQ(fit(names, "x.y.b.example"), Fit::none);
  EXPECT_EQ(fit(names, "b.example"), Fit::none);
  EXPECT_EQ(fit(names, ".b.example"), Fit::none);
  EXPECT_EQ(fit(names, "xy.c.example"), Fit::none);
}

TEST_F(TlsTest, WithoutVerificationAnyCertificateServes) {
  start_peer(sip::Transport::tls);
  listen(sip::Transport::tls);
  transports->send(request(), to_peer(sip::Transport::tls, "whoever.example"));
  EXPECT_TRUE(await([&] { return peer_received.size() == 1; }));
}

TEST_F(TlsTest, AVerifiedPeerMustBeTrustedAndCarryTheName) {
  const CertificateFiles files, others;
  start_peer(sip::Transport::tls, {files.key(), files.certificate(), {}, false});
  Options options;
  options.tls = {{others.key(), others.certificate(), files.certificate(), true}};
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

  options.tls[0].ca_file = others.certificate();
  failed.clear();
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls, "localhost"));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(peer_received.size(), 2U);
}

TEST_F(TlsTest, AVerifyingListenerWantsACertificateOfItsAuthority) {
  const CertificateFiles server_files, known, unknown;
  start_peer(sip::Transport::tls,
             {server_files.key(), server_files.certificate(), known.certificate(), true});
  Options options;
  options.tls = {{known.key(), known.certificate(), {}, false}};
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));

  options.tls = {{unknown.key(), unknown.certificate(), {}, false}};
  listen(sip::Transport::tls, options);
  transports->send(request(), to_peer(sip::Transport::tls));
  ASSERT_TRUE(await([&] { return !failed.empty(); }));
  EXPECT_EQ(peer_received.size(), 1U);
}

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
    options.tls = {tls};
    try {
      make(options);
      FAIL() << "started without " << name;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(name));
    }
  }
}

TEST_F(TlsTest, AConnectionVerifiedForOneNameIsNotUsedForAnother) {
  const CertificateFiles peer_files("DNS:a.example"), own;
  start_peer(sip::Transport::tls, {peer_files.key(), peer_files.certificate(), {}, false});
  verifying(own, peer_files);
  EXPECT_TRUE(reaches("a.example"));
  EXPECT_FALSE(reaches("b.example"));
  EXPECT_FALSE(reaches(""));  // given by its address, which the certificate does not name either
  EXPECT_TRUE(reaches("A.Example"));
  EXPECT_EQ(peer_received[0].second.flow, peer_received[1].second.flow);
}

TEST_F(TlsTest, ThePeerIsAskedForByName) {
  const CertificateFiles first("DNS:a.example"), second("DNS:b.example"), own;
  Options options;
  options.tls = {{first.key(), first.certificate(), {}, false},
                 {second.key(), second.certificate(), {}, false}};
  listen(sip::Transport::tls, options);
  peer = std::move(transports);
  verifying(own, second);
  transports->send(request(), to_peer(sip::Transport::tls, "b.example"));
  EXPECT_TRUE(await([&] { return received.size() == 1 || !failed.empty(); }));
  EXPECT_TRUE(failed.empty()) << log.text();
}

TEST_F(TlsTest, ListenersChooseTheirCertificateByName) {
  const CertificateFiles first("DNS:a.example"), wild("DNS:*.b.example"), exact("DNS:x.b.example");
  Options options;
  options.listeners = {on(sip::Transport::tls), on(sip::Transport::wss)};
  for (const auto* files : {&first, &wild, &exact})
    options.tls.push_back({files->key(), files->certificate(), {}, false});
  make(options);
  for (const std::size_t listener : {0U, 1U}) {
    EXPECT_EQ(shown_to("a.example", listener), "a.example");
    EXPECT_EQ(shown_to("y.b.example", listener), "*.b.example");
    EXPECT_EQ(shown_to("X.B.example", listener), "x.b.example");
    EXPECT_EQ(shown_to("other.example", listener), "a.example");
    EXPECT_EQ(shown_to("", listener), "a.example");
  }
}

TEST_F(TlsTest, EachCertificateBringsItsOwnAuthority) {
  const CertificateFiles open("DNS:open.example"), strict("DNS:strict.example");
  Options options;
  options.tls = {{open.key(), open.certificate(), {}, false},
                 {strict.key(), strict.certificate(), strict.certificate(), true}};
  listen(sip::Transport::tls, options);
  for (const auto& [name, is_heard] : {std::pair("open.example", true), std::pair("strict.example", false)}) {
    received.clear();
    ssl::context context(ssl::context::tls_client);
    test::StreamClient client(io, server(), context, name);
    client.write(options_request());
    ASSERT_TRUE(await([&] { return client.closed || !received.empty(); }));
    EXPECT_EQ(!received.empty(), is_heard) << name;
  }
  EXPECT_EQ(log.count({"connection refused", "showed no certificate"}), 1U) << log.text();
}

class ReloadTest : public TlsTest {
 protected:
  ReloadTest() {
    Options options;
    options.certificate_check_interval = 20ms;
    options.tls = {{files.key(), files.certificate(), {}, false}};
    listen(sip::Transport::tls, options);
  }
  CertificateFiles files{"DNS:old.example"};
  ssl::context context{ssl::context::tls_client};
};

TEST_F(ReloadTest, ChangedFilesServeNewConnectionsAndOldOnesGoOn) {
  test::StreamClient before(io, server(), context);
  before.write(options_request());
  ASSERT_TRUE(await([&] { return received.size() == 1; }));
  files.write(CertificateFiles::named("DNS:new.example"));
  ASSERT_TRUE(await([&] { return log.count({"certificate reloaded", "new.example"}) == 1; }));
  EXPECT_EQ(shown_to(""), "new.example");
  before.write(options_request());
  ASSERT_TRUE(await([&] { return received.size() == 2; }));
  EXPECT_EQ(received[0].second, received[1].second);
}

TEST_F(ReloadTest, FilesThatCannotBeUsedChangeNothingAndAreToldOnce) {
  std::ofstream(files.certificate()) << "no certificate";
  ASSERT_TRUE(await([&] { return log.count({"WARN certificate not reloaded", files.certificate()}) == 1; }));
  io.run_for(100ms);
  EXPECT_EQ(log.count({"certificate not reloaded"}), 1U);
  EXPECT_EQ(shown_to(""), "old.example");
  files.write(CertificateFiles::named("DNS:new.example"));
  ASSERT_TRUE(await([&] { return log.count({"certificate reloaded"}) == 1; }));
  files.write_other_key();
  ASSERT_TRUE(await([&] { return log.count({"WARN certificate not reloaded", "does not belong"}) == 1; }));
  EXPECT_EQ(shown_to(""), "new.example");
}

TEST_F(ReloadTest, AnExpiredCertificateIsUsedWithAWarning) {
  auto expired = CertificateFiles::named("DNS:new.example");
  expired.valid_until = -60;
  files.write(expired);
  ASSERT_TRUE(await([&] { return log.count({"certificate reloaded"}) == 1; }));
  EXPECT_EQ(log.count({"WARN certificate", files.certificate(), "expired on"}), 1U);
}

TEST_F(ReloadTest, OnDemandItIsDoneAtOnce) {
  files.write(CertificateFiles::named("DNS:new.example"));
  transports->reload_certificates();
  EXPECT_EQ(shown_to(""), "new.example");
}

TEST_F(TlsTest, AKeyThatNeedsAPassphraseStopsTheStart) {
  CertificateFiles files;
  files.write_other_key("secret");
  Options options;
  options.listeners = {on(sip::Transport::tls)};
  options.tls = {{files.key(), files.certificate(), {}, false}};
  try {
    make(options);
    FAIL() << "started";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("passphrase"));
  }
}

TEST_F(TlsTest, TheLogSaysWhyAPeerWasNotReached) {
  const CertificateFiles good("DNS:a.example"), wild("DNS:*.a.example"), own;
  auto past = CertificateFiles::named("DNS:a.example"), future = past;
  past.valid_until = -60;
  future.valid_from = 3600;
  const CertificateFiles expired(past), early(future);
  const auto reason = [&](const CertificateFiles& theirs, const CertificateFiles& authority,
                          std::string_view host, std::string_view why) {
    start_peer(sip::Transport::tls, {theirs.key(), theirs.certificate(), {}, false});
    verifying(own, authority);
    EXPECT_FALSE(reaches(std::string(host)));
    const auto remote = peer->listeners()[0].local.to_string();
    EXPECT_EQ(log.count({"WARN cannot reach", "remote=" + remote, "host=" + std::string(host), why}), 1U)
        << why << "\n"
        << log.text();
  };
  reason(good, good, "b.example", "its certificate is for a.example, not for b.example");
  reason(wild, wild, "x.a.example", "RFC 5922 7.2");
  reason(good, own, "a.example", "not among our authorities");
  reason(expired, expired, "a.example", "its certificate expired on 20");
  reason(early, early, "a.example", "its certificate is not valid before 20");

  start_peer(sip::Transport::tcp);
  Options options;
  listen(sip::Transport::tls, options);
  EXPECT_FALSE(reaches("clear.example"));
  EXPECT_EQ(log.count({"host=clear.example"}), 1U) << log.text();
}

TEST_F(TlsTest, TheLogSaysWhyAClientWasRefused) {
  const auto refused = [&](sip::Transport transport, std::string_view why, const auto& connect) {
    listen(transport);  // with a new budget of log lines
    const auto before = log.count({"connection refused", "remote=127.0.0.1:", why});
    connect();
    EXPECT_TRUE(await([&] {
      return log.count({"connection refused", "remote=127.0.0.1:", why}) > before;
    })) << log.text();
  };
  const auto write = [&](std::string bytes) {
    return [&, bytes] {
      test::StreamClient client(io, server());
      client.write(bytes);
      EXPECT_TRUE(await([&] { return client.closed; }));
      answer = client.received;
    };
  };
  const auto limited = [&](const std::function<void(SSL_CTX*)>& limit) {
    return [&, limit] { EXPECT_EQ(agreed(limit), ""); };
  };
  const std::string hello("\x16\x03\x01\x02\x00\x01", 6);
  refused(sip::Transport::wss, "HTTP without TLS", write("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(answer, testing::HasSubstr("use wss://"));
  refused(sip::Transport::ws, "without TLS: use ws://", write(hello));
  refused(sip::Transport::tcp, "TLS on a port without TLS", write(hello));
  refused(sip::Transport::tls, "what it sends is not TLS", write(options_request()));
  refused(sip::Transport::tls, "no shared cipher", limited([](SSL_CTX* c) {
            SSL_CTX_set_max_proto_version(c, TLS1_2_VERSION);
            SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
          }));
  refused(sip::Transport::tls, "versions of TLS before 1.2", limited([](SSL_CTX* c) {
            SSL_CTX_set_security_level(c, 0);
            SSL_CTX_set_min_proto_version(c, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(c, TLS1_1_VERSION);
          }));
  refused(sip::Transport::wss, "does not accept our certificate",
          limited([](SSL_CTX* c) { SSL_CTX_set_verify(c, SSL_VERIFY_PEER, nullptr); }));
}

// ---- RFC 5923 ----

class AliasTest : public TlsTest {
 protected:
  // We are gateway.example and connect to the peer; each checks the other.
  AliasTest() {
    start_peer(sip::Transport::tls, {theirs.key(), theirs.certificate(), own.certificate(), true});
    verifying(own, theirs);
  }
  sip::Message request_from(const std::string& sent_by) {
    auto message = request();
    message.replace_value(sip::HeaderId::via, 0, "SIP/2.0/TLS " + sent_by + ";branch=z9hG4bK1");
    return message;
  }
  // Our listener, as the peer would find it in DNS under `host`.
  sip::Target us(const std::string& host) const { return {sip::Transport::tls, server(), {}, {}, host}; }
  std::string our_port() const { return ":" + std::to_string(server().port); }

  CertificateFiles own{"DNS:gateway.example"}, theirs{"DNS:peer.example"};
};

TEST_F(AliasTest, APeerThatProvedItsNameIsReachedOverItsOwnConnection) {
  transports->send(request_from("gateway.example" + our_port()),
                   to_peer(sip::Transport::tls, "peer.example"));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  EXPECT_TRUE(peer_received[0].first.top_via()->params.has("alias"));

  peer->send(request_from("peer.example"), us("Gateway.Example"));
  ASSERT_TRUE(await([&] { return received.size() == 1; }));
  EXPECT_EQ(received[0].second.remote, peer->listeners()[0].local);  // no new connection

  // Gone with the connection.
  transports->close(received[0].second.flow);
  settle();
  peer->send(request_from("peer.example"), us("gateway.example"));
  ASSERT_TRUE(await([&] { return received.size() == 2; }));
  EXPECT_NE(received[1].second.remote, peer->listeners()[0].local);
}

TEST_F(AliasTest, ANameThatTheCertificateDoesNotCarryIsNoAlias) {
  auto forged = request_from("victim.example" + our_port());
  auto via = *forged.top_via();
  via.params.set("alias", std::nullopt);
  forged.replace_value(sip::HeaderId::via, 0, via.to_string());
  transports->send(forged, to_peer(sip::Transport::tls, "peer.example"));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  EXPECT_TRUE(peer_received[0].first.top_via()->params.has("alias"));
  peer->send(request(), us("victim.example"));
  EXPECT_TRUE(await([&] { return log.count({"WARN cannot reach", "host=victim.example"}) == 1; }));
  EXPECT_TRUE(received.empty());
}

TEST_F(AliasTest, WeClaimNoNameThatIsNotOurs) {
  transports->send(request_from("192.0.2.1"), to_peer(sip::Transport::tls, "peer.example"));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  EXPECT_FALSE(peer_received[0].first.top_via()->params.has("alias"));
}

// RFC 5923 4: nobody proves anything over TCP, where whoever connects could draw the requests for a host to
// himself.
TEST_F(OutgoingTest, OverTcpThereIsNoAlias) {
  start_peer(sip::Transport::tcp);
  listen(sip::Transport::tcp);
  auto message = request();
  message.replace_value(sip::HeaderId::via, 0,
                        "SIP/2.0/TCP " + server().to_string() + ";branch=z9hG4bK1;alias");
  transports->send(message, to_peer(sip::Transport::tcp));
  ASSERT_TRUE(await([&] { return peer_received.size() == 1; }));
  peer->send(request(), {sip::Transport::tcp, server(), {}, {}, {}});
  ASSERT_TRUE(await([&] { return received.size() == 1; }));
  EXPECT_NE(received[0].second.remote, peer->listeners()[0].local);
}

}  // namespace
}  // namespace w2s::transport
