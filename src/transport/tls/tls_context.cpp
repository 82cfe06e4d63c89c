#include "tls/tls_context.hpp"

#include <stdexcept>

#include "tls/tls_stream.hpp"

namespace w2s::transport {
namespace {

FileStamps stamps_of(const TlsOptions& options) {
  return {stamp_of(options.private_key_file), stamp_of(options.certificate_file), stamp_of(options.ca_file)};
}

}  // namespace

TlsContext::TlsContext(std::vector<TlsOptions> options, Log& log) : log_(log) {
  if (options.empty()) options.emplace_back();
  auto identities = std::make_shared<TlsIdentities>();
  for (auto& one : options) {
    entries_.push_back({std::move(one), {}, {}});
    auto loaded = load(entries_.back());
    if (!loaded.identity) throw std::runtime_error(loaded.problem);
    identities->push_back(std::move(loaded.identity));
  }
  identities_ = std::move(identities);
}

LoadedIdentity TlsContext::load(Entry& entry) {
  // Before the files are read: what changes meanwhile is a change.
  entry.loaded = entry.seen = stamps_of(entry.options);
  auto found = load_identity(entry.options);
  if (found.identity) SSL_CTX_set_tlsext_servername_callback(found.identity->context.get(), &TlsStream::on_server_name);
  return found;
}

void TlsContext::reload_changed() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    auto& entry = entries_[i];
    auto now = stamps_of(entry.options);
    // Key and certificate are written one after the other: they are read when nothing has moved for one
    // interval.
    const bool quiet = now == entry.seen;
    entry.seen = std::move(now);
    if (quiet && entry.seen != entry.loaded) reload(i);
  }
}

void TlsContext::reload() {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!entries_[i].options.certificate_file.empty()) reload(i);
}

void TlsContext::reload(std::size_t index) {
  auto& entry = entries_[index];
  auto loaded = load(entry);
  if (!loaded.identity)
    return log_.warn("certificate not reloaded", {{"why", loaded.problem}, {"effect", "the one in use stays"}});
  if (!loaded.warning.empty()) log_.warn("certificate", {{"why", loaded.warning}});
  log_.info("certificate reloaded",
            {{"file", entry.options.certificate_file}, {"names", loaded.identity->names.to_string()}});
  auto identities = std::make_shared<TlsIdentities>(*identities_);
  (*identities)[index] = std::move(loaded.identity);
  identities_ = std::move(identities);
}

std::unique_ptr<ByteStream> TlsContext::accept(tcp::socket socket) const {
  return std::make_unique<TlsStream>(std::move(socket), identities_);
}

std::unique_ptr<ByteStream> TlsContext::connect(tcp::socket socket, const std::string& host) const {
  return std::make_unique<TlsStream>(std::move(socket), *identities_->front(), host);
}

bool TlsContext::can_be_aliased_as(std::string_view host) const {
  const auto& own = *identities_->front();
  return own.verify_peer && is_identity(own.names, host);
}

}  // namespace w2s::transport
