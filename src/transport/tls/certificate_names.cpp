#include "tls/certificate_names.hpp"

#include <algorithm>
#include <memory>

#include <openssl/x509v3.h>

#include "w2s/base/encoding.hpp"
#include "w2s/sip/uri.hpp"

namespace w2s::transport {
namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// A name with a NUL in it is how certificates lie to those who read C strings.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127; });
}

// RFC 5922 7.1: a URI with a user part identifies that user, not the domain; sips is not looked at.
void add_sip_uri(std::string_view text, CertificateNames& names) {
  const auto uri = sip::parse_uri(text);
  if (uri && iequals(uri->scheme, "sip") && uri->user.empty())
    names.sip_domains.push_back(comparable_name(uri->host));
}

void add_address(const ASN1_STRING* octets, CertificateNames& names) {
  const auto bytes = as_bytes(text_of(octets));
  if (bytes.size() == 4) names.addresses.push_back(IpAddress::v4(load_be32(bytes.data())));
  if (bytes.size() == 16) {
    std::array<std::uint8_t, 16> v6;
    std::copy(bytes.begin(), bytes.end(), v6.begin());
    names.addresses.push_back(IpAddress::v6(v6));
  }
}

void add(const GENERAL_NAME* name, CertificateNames& names) {
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(name, &type));
  if (type == GEN_IPADD) return add_address(value, names);
  if (type != GEN_DNS && type != GEN_URI) return;
  const auto text = text_of(value);
  if (!is_plain(text)) return;
  type == GEN_DNS ? names.dns.push_back(comparable_name(text)) : add_sip_uri(text, names);
}

std::string common_name_of(const X509* certificate) {
  const auto* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  const auto text = text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return is_plain(text) ? comparable_name(text) : std::string();
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string comparable_name(std::string_view host) {
  auto name = to_lower(host);
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

CertificateNames names_of(const X509* certificate) {
  CertificateNames names;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  // RFC 5922 7.1: the common name counts only where there are no alternative names.
  if (!alternatives) names.common_name = common_name_of(certificate);
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i)
    add(sk_GENERAL_NAME_value(alternatives.get(), i), names);
  return names;
}

std::string CertificateNames::to_string() const {
  std::string text = common_name;
  const auto append = [&](const std::string& name) { text.append(text.empty() ? "" : ", ").append(name); };
  for (const auto& domain : sip_domains) append("sip:" + domain);
  for (const auto& name : dns) append(name);
  for (const auto& address : addresses) append(address.to_string());
  return text.empty() ? "nobody" : text;
}

bool is_identity(const CertificateNames& names, std::string_view host) {
  if (const auto ip = IpAddress::parse(host))
    return std::find(names.addresses.begin(), names.addresses.end(), *ip) != names.addresses.end();
  const auto name = comparable_name(host);
  if (name.empty() || name.find('*') != std::string::npos) return false;
  return contains(names.sip_domains, name) || contains(names.dns, name) || names.common_name == name;
}

Fit fit(const CertificateNames& names, std::string_view host) {
  if (is_identity(names, host)) return Fit::exact;
  const auto name = comparable_name(host);
  const auto dot = name.find('.');
  if (dot == std::string::npos || dot == 0) return Fit::none;
  return contains(names.dns, "*" + name.substr(dot)) ? Fit::wildcard : Fit::none;
}

}  // namespace w2s::transport
