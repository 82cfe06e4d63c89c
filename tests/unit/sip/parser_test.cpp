#include <gtest/gtest.h>

#include "cpu_time.hpp"
#include "w2s/sip/error.hpp"
#include "w2s/sip/message.hpp"

namespace w2s::sip {
namespace {

// A sound request with `extra` header lines and `body`.
std::string request_with(std::string_view extra, std::string_view body = "",
                         std::string_view start = "OPTIONS sip:bob@example.com SIP/2.0") {
  std::string out(start);
  out.append(
         "\r\nVia: SIP/2.0/UDP h.example;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: "
         "<sip:a@example.com>;tag=1\r\n")
      .append("To: <sip:bob@example.com>\r\nCall-ID: c1\r\nCSeq: 1 OPTIONS\r\n")
      .append(extra)
      .append("\r\n")
      .append(body);
  return out;
}

error_code error_of(std::string_view bytes, Framing framing = Framing::datagram) {
  const auto outcome = parse(bytes, framing);
  return outcome.failure ? outcome.failure->error : error_code{};
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(Parser, AcceptsTheSoundRequest) {
  EXPECT_FALSE(error_of(request_with("")));
  EXPECT_FALSE(error_of("\r\n\r\n" + request_with(""))) << "RFC 3261 7.5";
  EXPECT_EQ(parse(request_with("", "body"), Framing::datagram).message->body(), "body");
}

TEST(Parser, ContentLengthIsDigitsOnceOrEqual) {
  EXPECT_FALSE(error_of(request_with("Content-Length: 0004\r\nl:4\r\n", "body")));
  EXPECT_EQ(parse(request_with("l: 2\r\n", "body"), Framing::datagram).message->body(), "bo");
  for (const auto* bad :
       {"-1", "+4", "0x4", "", "4, 4", "4 4", "4;", "4294967300", "18446744073709551620", "5"}) {
    const auto error = error_of(request_with("Content-Length: " + std::string(bad) + "\r\n", "body"));
    EXPECT_TRUE(error == Errc::bad_content_length || error == Errc::too_large)
        << bad << ' ' << error.message();
  }
  EXPECT_EQ(error_of(request_with("Content-Length : 4\r\nl: 3\r\n", "body")), Errc::bad_content_length);
  EXPECT_EQ(error_of(request_with("l: 3\r\n", "body"), Framing::stream), Errc::bad_content_length);
}

TEST(Parser, NamesAreTrimmedBeforeTheyAreCompared) {
  const auto message = *parse(request_with("X-Secret \t: 1\r\n"), Framing::datagram).message;
  EXPECT_EQ(message.get("x-secret"), "1");
  EXPECT_EQ(error_of(request_with("CSeq : 2 OPTIONS\r\n")), Errc::duplicate_header);
}

TEST(Parser, LineEndsAndNulCannotHideInAHeader) {
  EXPECT_EQ(error_of(request_with("X: a\rb\r\n")), Errc::bad_header);
  EXPECT_EQ(error_of(request_with("X: a\nRoute: <sip:evil>\r\n")), Errc::bad_header);
  EXPECT_EQ(error_of(request_with(std::string_view("X: a\0b\r\n", 8))), Errc::bad_header);
  EXPECT_EQ(error_of(request_with(std::string_view("X: \"a\0b\"\r\n", 10))), Errc::bad_header);
  EXPECT_FALSE(error_of(request_with(std::string_view("X: \"a\\\0b\"\r\n", 11)))) << "quoted-pair";
  EXPECT_EQ(error_of(request_with(std::string_view("X: \"\r\n \"\\\0\"\r\n", 14))), Errc::bad_header)
      << "not after unfolding";
  EXPECT_EQ(error_of(replaced(request_with(""), "bob", "b\rb")), Errc::bad_start_line);
}

TEST(Parser, HeaderLinesHaveANameAndAColon) {
  for (const auto* bad :
       {"NoColon\r\n", ": value\r\n", "Two Words: x\r\n", "N\xc3\xa4me: x\r\n", "\"N\": x\r\n"})
    EXPECT_EQ(error_of(request_with(bad)), Errc::bad_header) << bad;
  EXPECT_EQ(error_of("OPTIONS sip:a SIP/2.0\r\n folded\r\n\r\n"), Errc::bad_header);
  const auto whole = request_with("");
  EXPECT_EQ(error_of(whole.substr(0, whole.size() - 2)), Errc::bad_header) << "no blank line";
}

TEST(Parser, FoldedHeadersAreUnfolded) {
  const auto message =
      *parse(request_with("Subject:\r\n one \r\n\t two\r\n \r\nK: a,\r\n b\r\n"), Framing::datagram).message;
  EXPECT_EQ(message.get(HeaderId::subject), "one two");
  EXPECT_EQ(message.values(HeaderId::supported).size(), 2U);
  EXPECT_NE(message.to_string().find("Subject: one two\r\n"), std::string::npos);
}

TEST(Parser, StartLinesAreStrict) {
  const auto start = [](std::string_view line) { return error_of(request_with("", "", line)); };
  for (const auto* bad : {"", "OPTIONS", "OPTIONS sip:a", "OPTIONS  sip:a SIP/2.0", "OPTIONS sip:a  SIP/2.0",
                          "OPTIONS sip:a SIP/2.0 ", " OPTIONS sip:a SIP/2.0", "OPT/ONS sip:a SIP/2.0",
                          "OPTIONS sip:a HTTP/1.1", "OPTIONS sip:a SIP/2", "OPTIONS sip:a SIP/2.0.0"}) {
    const auto error = start(bad);
    EXPECT_TRUE(error == Errc::bad_start_line || error == Errc::bad_uri) << bad << ' ' << error.message();
  }
  EXPECT_FALSE(start("OPTIONS sip:a sip/2.0")) << "RFC 3261 7.1: case-insensitive";
  EXPECT_EQ(status_for(start("OPTIONS sip:a SIP/3.0")), 505);
  EXPECT_EQ(status_for(start("OPTIONS tel:+1 SIP/2.0")), 416);
  EXPECT_EQ(status_for(start("OPTIONS sip:a?x=y SIP/2.0")), 400);
}

TEST(Parser, StatusLinesHaveThreeDigits) {
  const auto status = [](std::string_view line) {
    return parse(request_with("", "", line), Framing::datagram);
  };
  EXPECT_EQ(status("SIP/2.0 200 OK").message->status(), 200);
  EXPECT_EQ(status("SIP/2.0 200 ").message->reason(), "");
  EXPECT_EQ(status("SIP/2.0 200").message->status(), 200);
  for (const auto* bad :
       {"SIP/2.0 99 x", "SIP/2.0 700 x", "SIP/2.0 2000 x", "SIP/2.0 +20 x", "SIP/2.0", "SIP/1.0 200 OK"}) {
    const auto outcome = status(bad);
    ASSERT_TRUE(outcome.failure) << bad;
    EXPECT_FALSE(outcome.failure->answerable) << bad;
  }
}

TEST(Parser, RequiredHeadersStandOnce) {
  for (const auto* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    EXPECT_EQ(error_of(replaced(request_with(""), "\r\n" + std::string(name) + ":", "\r\nX:")),
              Errc::missing_header)
        << name;
  }
  EXPECT_EQ(error_of(request_with("t: <sip:eve@example.com>\r\n")), Errc::duplicate_header);
  EXPECT_EQ(error_of(request_with("Content-Type: a/b\r\nc: c/d\r\n")), Errc::duplicate_header);
  EXPECT_FALSE(error_of(replaced(request_with(""), "Max-Forwards: 70\r\n", ""))) << "RFC 2543 had none";
}

TEST(Parser, ValuesOfKnownHeadersAreChecked) {
  const auto with = [](std::string_view what, std::string_view value) {
    return error_of(replaced(request_with(""), what, value));
  };
  EXPECT_EQ(with("1 OPTIONS", "2147483648 OPTIONS"), Errc::bad_cseq);
  EXPECT_FALSE(with("1 OPTIONS", "2147483647 OPTIONS"));
  EXPECT_EQ(with("1 OPTIONS", "OPTIONS"), Errc::bad_cseq);
  EXPECT_EQ(with("1 OPTIONS", "1 INVITE"), Errc::method_mismatch);
  EXPECT_EQ(with("70", "256"), Errc::bad_header);
  EXPECT_EQ(with("70", "-1"), Errc::bad_header);
  EXPECT_EQ(with("c1", "c 1"), Errc::bad_header);
  EXPECT_EQ(with("<sip:bob@example.com>\r\n", "\"B <sip:bob@example.com>\r\n"), Errc::bad_address);
  EXPECT_EQ(with("<sip:bob@example.com>\r\n", "*\r\n"), Errc::bad_address);
  EXPECT_EQ(error_of(request_with("Contact: <sip:a@b>, \"x <sip:c@d>\r\n")), Errc::bad_address);
  EXPECT_EQ(error_of(request_with("Route: <sip:a@b;lr>;;\r\n")), Errc::bad_address);
  EXPECT_FALSE(error_of(request_with("Contact: *\r\n")));
}

TEST(Parser, ViaIsCheckedThroughout) {
  const auto via = [](std::string_view value) {
    return error_of(replaced(request_with(""), "SIP/2.0/UDP h.example;branch=z9hG4bK1", value));
  };
  EXPECT_FALSE(via("SIP / 2.0 / UDP  h.example : 5060 ; branch = z9hG4bK1;rport;received=2001:db8::1"));
  for (const auto* bad :
       {"", ",", "UDP h", "SIP/2.0 h", "SIP/2.0/UDPh", "SIP/2.0/UDP", "SIP/2.0/UDP h:", "SIP/2.0/UDP h:99999",
        "SIP/2.0/UDP h;;", "SIP/2.0/UDP h x", "SIP/2.0/UDP [::1", "SIP/2.0/UDP h, SIP/2.0/UDP"})
    EXPECT_EQ(via(bad), Errc::bad_via) << bad;
}

TEST(Parser, ABrokenRequestIsAnsweredIfItsWayBackIsKnown) {
  const auto outcome =
      parse(request_with("NoColon\r\nRoute: <sip:x>\r\nContent-Length: 9\r\n"), Framing::datagram);
  ASSERT_TRUE(outcome.failure->answerable);
  const auto& answerable = *outcome.failure->answerable;
  EXPECT_EQ(answerable.method(), "OPTIONS");
  EXPECT_EQ(answerable.top_via()->branch(), "z9hG4bK1");
  EXPECT_EQ(answerable.fields().size(), 5U);

  const auto salvaged = parse(replaced(request_with(""), "z9hG4bK1", "z9hG4bK1;;,;"), Framing::datagram);
  EXPECT_EQ(salvaged.failure->answerable->top_via()->branch(), "z9hG4bK1");

  auto ack = replaced(replaced(request_with("NoColon\r\n"), "OPTIONS", "ACK"), "1 OPTIONS", "1 ACK");
  EXPECT_FALSE(parse(ack, Framing::datagram).failure->answerable);
  EXPECT_FALSE(parse("junk\r\n\r\n", Framing::datagram).failure->answerable);
}

TEST(Parser, LimitsHold) {
  EXPECT_FALSE(error_of(request_with("X: " + std::string(8 * 1024 - 3, 'a') + "\r\n")));
  EXPECT_EQ(status_for(error_of(request_with("X: " + std::string(8 * 1024, 'a') + "\r\n"))), 513);
  std::string many;
  for (int i = 0; i < 251; ++i) many += "X: 1\r\n";
  EXPECT_EQ(error_of(request_with(many)), Errc::too_large);
  many.clear();
  for (int i = 0; i < 20; ++i) many += "X: " + std::string(4000, 'a') + "\r\n";
  EXPECT_EQ(error_of(request_with(many)), Errc::too_large);
  EXPECT_EQ(error_of(request_with("", std::string(256 * 1024, 'a'))), Errc::too_large);
  EXPECT_EQ(error_of(request_with("l: 999999\r\n")), Errc::too_large);
}

// threats.md T24. The bound is 5 ms; a quadratic parser needs seconds, so the sanitizer builds may be slower.
TEST(Parser, IsLinearInHostileInput) {
  constexpr std::size_t kSize = 60 * 1024;
  const ParseLimits wide{kSize * 2, kSize * 4, 100'000, kSize * 4};
  const auto repeated = [](std::string_view piece) {
    std::string out;
    while (out.size() < kSize) out += piece;
    return out;
  };
  for (const auto* name : {"Contact: ", "To: ", "Via: ", "Route: <sip:a", "X: ", "Supported: ", "CSeq: "})
    for (const auto* piece :
         {";", "(", "<", "\"", ",", ";a=b", "\r\n ", "\\", "<,", "\",", "@", "%", ";a", "[", "\r\n X"}) {
      const auto text = request_with(name + repeated(piece) + "\r\n");
      const auto start = test::cpu_time();
      const auto outcome = parse(text, Framing::datagram, wide);
      if (outcome.message) (void)outcome.message->contacts();
      const auto took = test::cpu_time() - start;
      EXPECT_LT(took, std::chrono::milliseconds(100)) << name << piece;
    }
}

}  // namespace
}  // namespace w2s::sip
