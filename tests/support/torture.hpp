#pragma once
// The torture messages of RFC 4475 and RFC 5118 from tests/data, with the outcomes that are acceptable for
// each.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace w2s::test {

struct TortureMessage {
  std::string id, section, title, level, note;
  std::vector<std::string> udp, stream;  // "accept", "silent", "close", "any", "!2xx" or a status
  std::string bytes;

  bool udp_allows(std::string_view outcome) const { return allows(udp, outcome); }
  bool stream_allows(std::string_view outcome) const { return allows(stream, outcome); }

 private:
  static bool allows(const std::vector<std::string>& outcomes, std::string_view outcome) {
    return std::any_of(outcomes.begin(), outcomes.end(),
                       [&](const auto& o) { return o == outcome || o == "any"; });
  }
};

inline std::string from_base64(std::string_view text) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) throw std::runtime_error("bad base64 digit");
    buffer = (buffer << 6) | static_cast<unsigned>(digit);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(buffer >> bits);
    buffer &= (1U << bits) - 1;
  }
  return out;
}

// As much JSON as those files use: objects, arrays and strings.
struct Json {
  std::string text;
  std::vector<Json> items;
  std::map<std::string, Json> members;

  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const auto& item : items) out.push_back(item.text);
    return out;
  }
};

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  Json value() {
    Json out;
    if (take('{')) {
      while (!take('}')) {
        const auto name = string();
        expect(':');
        out.members.emplace(name, value());
        take(',');
      }
    } else if (take('[')) {
      while (!take(']')) {
        out.items.push_back(value());
        take(',');
      }
    } else {
      out.text = string();
    }
    return out;
  }

 private:
  std::string string() {
    expect('"');
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\') throw std::runtime_error("JSON escapes are not supported");
      out += text_[at_++];
    }
    expect('"');
    return out;
  }
  bool take(char c) {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c))
      throw std::runtime_error(std::string("JSON: expected ") + c + " at offset " + std::to_string(at_));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// `file`: "rfc4475.json" or "rfc5118.json"; `folder`: W2S_TEST_DATA.
inline std::vector<TortureMessage> load_torture(const std::string& folder, const std::string& file) {
  std::ifstream in(folder + '/' + file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto root = JsonReader(text).value();
  std::vector<TortureMessage> out;
  for (const auto& entry : root.members.at("messages").items) {
    const auto& m = entry.members;
    out.push_back({m.at("id").text, m.at("section").text, m.at("title").text, m.at("level").text,
                   m.at("note").text, m.at("udp").texts(), m.at("stream").texts(),
                   from_base64(m.at("b64").text)});
  }
  return out;
}

inline std::vector<TortureMessage> load_all_torture(const std::string& folder) {
  auto out = load_torture(folder, "rfc4475.json");
  for (auto& message : load_torture(folder, "rfc5118.json")) out.push_back(std::move(message));
  return out;
}

}  // namespace w2s::test
