#include <algorithm>
#include <filesystem>
#include <fstream>

#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {
namespace {

// "*" or a PEM file that can be read now, not at the first call.
bool read_file(const Entry& entry, std::string_view text, std::string& out) {
  out.clear();
  if (text == "*") return true;
  if (text.empty()) {
    entry.error("a file name is empty; write " + std::string{entry.kind.format});
    return false;
  }
  const auto path = (std::filesystem::path{entry.draft.folder} / std::string{text}).lexically_normal();
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    entry.error("there is no file " + in_quotes(path.string()));
    return false;
  }
  if (!std::ifstream{path}) {
    entry.error("the file " + in_quotes(path.string()) + " cannot be read; check its permissions");
    return false;
  }
  out = path.string();
  return true;
}

void add_certificates(const Entry& entry, const Certificates& found) {
  auto& known = entry.config().certificates;
  const auto is_same = [&](const Certificates& other) {
    return other.certificate_file == found.certificate_file;
  };
  if (std::none_of(known.begin(), known.end(), is_same)) return known.push_back(found);
  entry.error(found.certificate_file.empty()
                  ? "only one entry can be without files"
                  : "the certificate " + in_quotes(found.certificate_file) + " is given twice");
}

// A pair that does not fit is told here, with its line, not by the first handshake.
bool usable(const Entry& entry, const Certificates& found) {
  if (!entry.draft.check_certificates) return true;
  const auto verdict = entry.draft.check_certificates(found);
  if (!verdict.warning.empty()) entry.warn(verdict.warning);
  if (!verdict.error.empty()) entry.error(verdict.error);
  return verdict.error.empty();
}

// An address that others can send to.
bool can_be_advertised(const Entry& entry, const IpAddress& address) {
  if (!address.is_unspecified() && !address.is_multicast()) return true;
  entry.error(in_quotes(address.to_string()) + " is no address that others can send to");
  return false;
}

bool is_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return false;
  if (slash == std::string_view::npos) return true;
  const auto length = parse_number<unsigned>(text.substr(slash + 1));
  return length && *length <= (address->is_v4() ? 32U : 128U);
}

// RFC 6454 6.2: scheme://host[:port], or "null".
bool is_origin(std::string_view text) {
  if (text == "null") return true;
  const auto host_at = text.find("://");
  if (host_at == std::string_view::npos || host_at == 0) return false;
  auto host = text.substr(host_at + 3);
  const auto colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    const auto port = parse_number<std::uint16_t>(host.substr(colon + 1));
    if (!port || *port == 0) return false;
    host = host.substr(0, colon);
  }
  return is_domain_name(host) || IpAddress::parse(host);
}

}  // namespace

void read_transport(const Entry& entry) {
  const auto fields = split(entry.value);
  if (fields.size() != 3 && fields.size() != 4) {
    entry.error("write " + std::string{entry.kind.format} + "; found " + std::to_string(fields.size()) + " fields");
    return;
  }
  const auto proto = fields[0];
  if (iequals(proto, "c2c") || iequals(proto, "c2cs")) {
    entry.error("click-to-call (" + to_lower(proto) + ") is not built yet; remove this entry");
    return;
  }
  const auto transport = read_keyword<Transport>(entry, proto,
                                                 {{"udp", Transport::udp},
                                                  {"tcp", Transport::tcp},
                                                  {"tls", Transport::tls},
                                                  {"ws", Transport::ws},
                                                  {"wss", Transport::wss}});
  Listener listener;
  const bool address_ok = read_address_or_star(entry, fields[1], listener.address);
  const bool port_ok = read_port_or_star(entry, fields[2], listener.port);
  if (!transport || !address_ok || !port_ok) return;
  listener.transport = *transport;
  if (fields.size() == 4 && !read_breaker_field(entry, fields[3], listener)) return;
  entry.config().listeners.push_back(listener);
  entry.draft.listener_lines.push_back(entry.line);
}

void read_ssl_certificates(const Entry& entry) {
  const auto fields = split(entry.value);
  if (fields.size() != 3 && fields.size() != 4) {
    entry.error("write " + std::string{entry.kind.format} +
                ", which is 3 or 4 fields separated by ';'; found " + std::to_string(fields.size()));
    return;
  }
  Certificates found;
  const bool key_ok = read_file(entry, fields[0], found.private_key_file);
  const bool certificate_ok = read_file(entry, fields[1], found.certificate_file);
  const bool ca_ok = read_file(entry, fields[2], found.ca_file);
  const auto verify = fields.size() == 4 ? read_yes_no(entry, fields[3]) : false;
  if ((fields[0] == "*") != (fields[1] == "*"))
    entry.error("the private key and the certificate belong together; give both files, or * for both");
  else if (key_ok && certificate_ok && ca_ok && verify) {
    found.verify_peer = *verify;
    if (usable(entry, found)) add_certificates(entry, found);
  }
}

void read_public_address(const Entry& entry) {
  const auto fields = split(entry.value);
  if (fields.size() > 2) {
    entry.error("write one address, or local;public; found " + std::to_string(fields.size()) + " fields");
    return;
  }
  const auto advertised = read_address(entry, fields.back());
  if (!advertised || !can_be_advertised(entry, *advertised)) return;
  PublicAddress found{{}, *advertised};
  if (fields.size() == 2) {
    found.local = read_address(entry, fields.front());
    if (!found.local) return;
    if (found.local->is_v4() != advertised->is_v4()) {
      entry.error("the local and the public address must be of one family, IPv4 or IPv6");
      return;
    }
  }
  auto& known = entry.config().public_addresses;
  const bool twice = std::any_of(known.begin(), known.end(), [&](const PublicAddress& other) {
    return other.local == found.local && other.advertised.is_v4() == found.advertised.is_v4();
  });
  if (twice)
    entry.error(
        found.local
            ? in_quotes(found.local->to_string()) + " has a public address already"
            : "there is a public address without a local one for this family already; write local;public");
  else
    known.push_back(found);
}

void read_outbound_proxy(const Entry& entry) {
  const auto fields = read_fields(entry, 3);
  if (!fields) return;
  const auto transport = read_keyword<Transport>(
      entry, (*fields)[0], {{"udp", Transport::udp}, {"tcp", Transport::tcp}, {"tls", Transport::tls}});
  const auto address = IpAddress::parse((*fields)[1]);
  if (!address && !is_domain_name((*fields)[1]))
    return entry.error(in_quotes((*fields)[1]) + " is neither an address nor a host name");
  OutboundProxy proxy;
  if (!read_port_or_star(entry, (*fields)[2], proxy.port) || !transport) return;
  proxy.transport = *transport;
  proxy.host = address ? address->to_string() : to_lower((*fields)[1]);
  entry.config().outbound_proxy = proxy;
}

void read_allow_destination(const Entry& entry) {
  const auto fields = read_list(entry);
  if (!fields) return;
  auto& allowed = entry.config().allow_destination;
  if (std::exchange(entry.draft.default_allow_destination, false)) allowed.clear();
  for (const auto field : *fields) {
    if (is_network(field) || is_domain_name(field))  // "public" has the form of a domain
      allowed.push_back(to_lower(field));
    else
      entry.error(in_quotes(field) + " is no address, network (10.0.0.0/8), domain or the word public");
  }
}

void read_allow_insecure_ha1(const Entry& entry) {
  const auto yes = read_yes_no(entry, entry.value);
  if (yes) entry.config().allow_insecure_ha1 = *yes;
}

void read_allow_origin(const Entry& entry) {
  const auto fields = read_list(entry);
  if (!fields) return;
  if (fields->size() == 1 && fields->front() == "*") {
    entry.config().allow_origins.clear();
    return;
  }
  for (const auto field : *fields) {
    if (is_origin(field))
      entry.config().allow_origins.push_back(to_lower(field));
    else
      entry.error(in_quotes(field) +
                  " is no origin; write scheme://host[:port], as in https://phone.example.org");
  }
}

void read_nameserver(const Entry& entry) {
  const auto address = read_address(entry, entry.value);
  if (address) entry.config().nameservers.push_back(*address);
}

void read_server_quarantine(const Entry& entry) {
  const auto seconds = read_number(entry, entry.value, 0, 86400);
  if (seconds) entry.config().server_quarantine = std::chrono::seconds{*seconds};
}

}  // namespace w2s::config
