#pragma once
#include <memory>
#include <string>
#include <vector>

#include "byte_stream.hpp"
#include "tls/file_stamp.hpp"
#include "tls/tls_identity.hpp"

namespace w2s::transport {

// The certificates of all listeners, chosen by SNI, and of the connections that we open, which use the first
// one. Files that change on disk are taken up for new connections; those that go on keep what they began
// with.
class TlsContext {
 public:
  // Throws std::runtime_error naming the file at fault. `options` empty: a certificate is generated. What peers will
  // not like about a certificate is told when it is reloaded; who made the options knows it by check_files().
  TlsContext(std::vector<TlsOptions> options, Log& log);

  std::unique_ptr<ByteStream> accept(tcp::socket socket) const;
  // `host` goes into SNI unless it is an address, and must be in the certificate when peers are verified.
  std::unique_ptr<ByteStream> connect(tcp::socket socket, const std::string& host) const;
  // RFC 5923 4: may a peer send us requests over a connection that we opened? It must be able to check that
  // we are `host`, and we check peers as well.
  bool can_be_aliased_as(std::string_view host) const;

  // Looks at the files; what has changed and has been quiet since the last look is loaded. A file that cannot
  // be used changes nothing and is told once.
  void reload_changed();
  void reload();  // everything, now

 private:
  struct Entry {
    TlsOptions options;
    FileStamps loaded, seen;
  };
  static LoadedIdentity load(Entry& entry);
  void reload(std::size_t index);

  Log& log_;
  std::vector<Entry> entries_;
  std::shared_ptr<const TlsIdentities> identities_;  // one per entry; handshakes under way share it
};

}  // namespace w2s::transport
