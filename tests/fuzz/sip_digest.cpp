// A challenge field of any bytes: what is read from it can be answered, and the answer stays inside its one
// header field and its quotes.
#include <cstdlib>
#include <string>

#include "w2s/base/bytes.hpp"
#include "w2s/sip/digest.hpp"

#include "sip/challenge_parser.hpp"

namespace {

using namespace w2s;
using namespace w2s::sip;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_answer(const Challenge& challenge, const std::string& username) {
  const std::string ha1(challenge.algorithm == HashAlgorithm::md5 ? 32 : 64, 'a');
  DigestClient client({username, Redacted<std::string>(ha1), {}});
  if (!client.can_answer(challenge)) return;
  SeededRng rng(1);
  const auto answer = client.answer(challenge, "INVITE", "sip:bob@example.com", rng);
  const auto read = split_challenges(answer);
  require(read.size() == 1 && read.front().scheme == "Digest");
  require(*read.front().find("nonce") == challenge.nonce);
  require(*read.front().find("uri") == "sip:bob@example.com");
  require(read.front().find("response")->size() == ha1.size());
  require((read.front().find("qop") != nullptr) == challenge.qop_auth);
  require(read.front().find("username") == &read.front().params.front().value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 8192) return 0;
  const std::string value(as_text({data, size}));
  auto response = Message::response(401, "Unauthorized");
  response.append(HeaderId::www_authenticate, value);
  for (const auto& challenge : parse_challenges(response)) check_answer(challenge, value.substr(0, 20));
  return 0;
}
