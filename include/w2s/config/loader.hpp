#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/config/config.hpp"

namespace w2s::config {

// Something about the file that its author should know.
struct Problem {
  unsigned line = 0;  // 0: the file as a whole
  std::string message;
  bool operator==(const Problem&) const = default;
};

struct LoadResult {
  std::string file;
  Config config;                  // to be used only without errors
  std::vector<Problem> errors;    // all of them, by line; any of them stops the start
  std::vector<Problem> warnings;  // what has no effect yet, or is probably not meant so

  bool ok() const { return errors.empty(); }
  std::string describe(const Problem& problem) const;  // "config.xml:12: transport: ..."
};

// What whoever knows TLS says of the files of an ssl-certificates entry; empty: nothing.
struct CertificateVerdict {
  std::string error, warning;
};
using CertificateCheck = std::function<CertificateVerdict(const Certificates&)>;

// Reads the file at `path`; a file that cannot be read is an error of the result.
LoadResult load(const std::string& path, CertificateCheck check = {});

// `text` is the content of `file`, whose folder is where relative certificate paths start.
LoadResult parse(std::string_view text, const std::string& file, CertificateCheck check = {});

// Every entry name that the loader knows, in the order of docs/configuration.md.
std::vector<std::string_view> entry_names();

}  // namespace w2s::config
