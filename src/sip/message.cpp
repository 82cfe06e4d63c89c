// Reading a message: by header, by value, as typed views. Editing is in message_edit.cpp.
#include "w2s/sip/message.hpp"

#include <algorithm>
#include <charconv>

#include "w2s/base/encoding.hpp"

#include "header_names.hpp"
#include "value_splitter.hpp"

namespace w2s::sip {

Message Message::request(std::string method, std::string request_uri) {
  Message out;
  out.method_ = std::move(method);
  out.request_uri_ = std::move(request_uri);
  return out;
}

Message Message::response(int status, std::string reason) {
  Message out;
  out.set_status(status, std::move(reason));
  return out;
}

std::size_t Message::count(HeaderId id) const {
  return static_cast<std::size_t>(
      std::count_if(fields_.begin(), fields_.end(), [id](const Field& f) { return f.id == id; }));
}

std::optional<std::string_view> Message::get(HeaderId id) const {
  for (const auto& field : fields_)
    if (field.id == id) return field.value;
  return std::nullopt;
}

std::optional<std::string_view> Message::get(std::string_view name) const {
  if (const auto id = header_id(name); id != HeaderId::other) return get(id);
  for (const auto& field : fields_)
    if (field.id == HeaderId::other && iequals(field.name, name)) return field.value;
  return std::nullopt;
}

std::vector<std::string_view> Message::values(HeaderId id) const {
  std::vector<std::string_view> out;
  for (const auto& field : fields_) {
    if (field.id != id) continue;
    if (!is_list_header(id)) {
      out.push_back(field.value);
      continue;
    }
    ValueSplitter splitter(field.value);
    for (std::string_view value; splitter.next(value);) out.push_back(value);
  }
  return out;
}

std::optional<std::string_view> Message::first_value(HeaderId id) const {
  if (!is_list_header(id)) return get(id);
  for (const auto& field : fields_) {
    if (field.id != id) continue;
    ValueSplitter splitter(field.value);
    if (std::string_view value; splitter.next(value)) return value;
  }
  return std::nullopt;
}

Result<Via> Message::top_via() const {
  const auto value = first_value(HeaderId::via);
  if (!value) return Errc::missing_header;
  return parse_via(*value);
}

namespace {

Result<NameAddr> name_addr_of(const Message& message, HeaderId id) {
  const auto value = message.get(id);
  if (!value) return Errc::missing_header;
  return parse_name_addr(*value);
}

}  // namespace

Result<NameAddr> Message::from() const {
  return name_addr_of(*this, HeaderId::from);
}
Result<NameAddr> Message::to() const {
  return name_addr_of(*this, HeaderId::to);
}

Result<CSeq> Message::cseq() const {
  const auto value = get(HeaderId::cseq);
  if (!value) return Errc::missing_header;
  return parse_cseq(*value);
}

std::string Message::call_id() const {
  return std::string(get(HeaderId::call_id).value_or(""));
}

Result<std::vector<NameAddr>> Message::contacts() const {
  return name_addrs(HeaderId::contact);
}

Result<std::vector<NameAddr>> Message::name_addrs(HeaderId id) const {
  std::vector<NameAddr> out;
  for (const auto value : values(id)) {
    auto parsed = parse_name_addr(value);
    if (!parsed) return parsed.error();
    out.push_back(std::move(*parsed));
  }
  return out;
}

bool Message::has_option(HeaderId id, std::string_view tag) const {
  for (const auto& field : fields_) {
    if (field.id != id) continue;
    ValueSplitter splitter(field.value);
    for (std::string_view value; splitter.next(value);)
      if (iequals(value, tag)) return true;
  }
  return false;
}

namespace {

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

}  // namespace

std::size_t Message::wire_size() const {
  constexpr std::size_t first_line_and_length = 48;
  std::size_t size = method_.size() + request_uri_.size() + reason_.size() + body_.size() + first_line_and_length;
  for (const auto& f : fields_) size += f.name.size() + f.gap.size() + f.value.size() + 2;
  return size;
}

std::string Message::to_string() const {
  std::string out;
  out.reserve(wire_size());
  if (is_request()) {
    out.append(method_).append(" ").append(request_uri_).append(" SIP/2.0\r\n");
  } else {
    out += "SIP/2.0 ";
    append_number(out, static_cast<std::size_t>(status_));
    out.append(" ").append(reason_).append("\r\n");
  }
  bool length_written = false;
  for (const auto& f : fields_) {
    const bool is_length = f.id == HeaderId::content_length;
    if (is_length && length_written) continue;
    out.append(f.name).append(f.gap);
    if (is_length)
      append_number(out, body_.size());
    else
      out += f.value;
    out += "\r\n";
    length_written |= is_length;
  }
  if (!length_written) {
    out += "Content-Length: ";
    append_number(out, body_.size());
    out += "\r\n";
  }
  out += "\r\n";
  out += body_;
  return out;
}

std::ostream& operator<<(std::ostream& out, const Message& message) {
  return out << message.to_string();
}

}  // namespace w2s::sip
