#include "gruu.hpp"

namespace w2s::proxy {
namespace {

std::string_view without_brackets(std::string_view instance) {  // "<urn:uuid:…>" in +sip.instance, bare in gr
  if (instance.size() >= 2 && instance.front() == '<' && instance.back() == '>')
    return instance.substr(1, instance.size() - 2);
  return instance;
}

std::optional<sip::Uri> quoted_uri(const sip::NameAddr& stored, std::string_view name) {
  const auto uri = sip::parse_uri(stored.params.unquoted(name));
  return uri && uri->params.has("gr") ? std::optional(*uri) : std::nullopt;
}

}  // namespace

bool is_gruu_for(const Binding& binding, const sip::Uri& uri) {
  const auto gr = uri.params.get("gr");
  if (!gr || gr->empty()) return true;
  if (!binding.instance.empty() && *gr == without_brackets(binding.instance)) return true;
  return binding.gruus && binding.gruus->pub && binding.gruus->pub->params.get("gr") == gr;
}

bool is_own_gruu(const Binding& binding, const sip::Uri& uri) {
  if (!uri.params.has("gr")) return false;
  const auto is = [&](const auto& gruu) { return gruu && sip::equivalent(*gruu, uri); };
  return binding.gruus && (is(binding.gruus->pub) || is(binding.gruus->temp));
}

Gruus gruus_in(const sip::NameAddr& stored) {
  return {quoted_uri(stored, "pub-gruu"), quoted_uri(stored, "temp-gruu")};
}

}  // namespace w2s::proxy
