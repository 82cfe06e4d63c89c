#pragma once
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <unistd.h>
#include <vector>

#include "w2s/config/loader.hpp"

namespace w2s::config {

inline std::ostream& operator<<(std::ostream& out, const Problem& problem) {
  return out << problem.line << ": " << problem.message;
}

// Entries in a file that starts without them: line 1 listens, the entries start on line 2.
inline LoadResult parse_entries(const std::string& entries) {
  return parse("<config><transport>ws;*;10060</transport><transport>udp;*;10060</transport>\n" + entries +
                   "\n</config>",
               "config.xml");
}

inline LoadResult parse_entry(const std::string& name, const std::string& value) {
  return parse_entries("<" + name + ">" + value + "</" + name + ">");
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::filesystem::path repository() {
  return std::filesystem::path{W2S_TEST_DATA}.parent_path().parent_path();
}

// A folder that lives as long as the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "w2s-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return (path_ / name).string();
  }
  std::string path_of(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace w2s::config
