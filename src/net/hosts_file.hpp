#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/base/address.hpp"

namespace w2s::net {

using HostNames = std::map<std::string, std::vector<IpAddress>>;

// hosts(5): an address and its names a line, # begins a comment. Names become lower case; lines that are
// neither are skipped.
HostNames parse_hosts(std::string_view text);

// The names of a hosts file, read again when the file has changed.
class HostsFile {
 public:
  explicit HostsFile(std::string path) : path_(std::move(path)) {}
  // nullptr: the file does not know the name. Valid until the next call.
  const std::vector<IpAddress>* find(const std::string& name);

 private:
  void refresh();

  std::string path_;
  std::int64_t modified_ = 0;  // ns since the epoch; 0: there was no file
  HostNames names_;
};

}  // namespace w2s::net
