#include "hosts_file.hpp"

#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include "w2s/base/encoding.hpp"

namespace w2s::net {
namespace {

// The next word of `line`, taken off it.
std::string_view take_word(std::string_view& line) {
  line = trim(line);
  const auto word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

HostNames parse_hosts(std::string_view text) {
  HostNames names;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    line = line.substr(0, line.find('#'));
    const auto address = IpAddress::parse(take_word(line));
    if (!address) continue;
    for (auto name = take_word(line); !name.empty(); name = take_word(line))
      names[to_lower(name)].push_back(*address);
  }
  return names;
}

const std::vector<IpAddress>* HostsFile::find(const std::string& name) {
  refresh();
  const auto found = names_.find(name);
  return found != names_.end() ? &found->second : nullptr;
}

void HostsFile::refresh() {
  struct stat status {};
  const bool exists = stat(path_.c_str(), &status) == 0;
  const std::int64_t modified = exists ? status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec : 0;
  if (modified == modified_) return;
  modified_ = modified;
  std::ifstream file(path_);
  names_ = parse_hosts(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace w2s::net
