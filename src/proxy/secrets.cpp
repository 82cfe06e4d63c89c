#include "secrets.hpp"

namespace w2s::proxy {

namespace {

constexpr std::string_view secret_names[] = {"impi", "ha1"};

bool has_secrets(const sip::NameAddr& contact) {
  for (const auto name : secret_names) {
    if (contact.params.has(name) || contact.uri.params.has(name)) return true;
  }
  return false;
}

}  // namespace

void strip_secrets(sip::NameAddr& contact) {
  for (const auto name : secret_names) {
    contact.params.erase(name);
    contact.uri.params.erase(name);
  }
}

void strip_secrets(sip::Message& message) {
  auto contacts = message.contacts();
  if (!contacts) return;
  for (std::size_t i = 0; i < contacts->size(); ++i) {
    auto& contact = (*contacts)[i];
    if (contact.star || !has_secrets(contact)) continue;
    strip_secrets(contact);
    message.replace_value(sip::HeaderId::contact, i, contact.to_string());
  }
}

}  // namespace w2s::proxy
