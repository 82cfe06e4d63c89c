#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "w2s/config/loader.hpp"

namespace w2s::config {

// A Config in the making: what was read so far, from which line, and what is wrong with it.
struct Draft {
  LoadResult result;
  std::string folder;                                // where relative paths start
  CertificateCheck check_certificates;               // may be empty
  std::vector<unsigned> listener_lines;              // one per config.listeners
  std::map<std::string_view, unsigned> first_lines;  // entry name → line of its first appearance
  bool codecs_refused = false;
  bool default_codecs = true;  // lists replace their default at the first entry, then append
  bool default_allow_destination = true;
};

struct EntryKind;

// One element of the file while it is read.
struct Entry {
  const EntryKind& kind;
  std::string_view value;  // trimmed
  unsigned line;
  Draft& draft;

  Config& config() const { return draft.result.config; }
  void error(const std::string& message) const;
  void warn(const std::string& message) const;
};

// One row of the table of entries.
struct EntryKind {
  std::string_view name;
  std::string_view format;  // as docs/configuration.md prints it
  bool repeats;             // appends; the others replace an earlier entry of the same name
  void (*read)(const Entry&);
};

const EntryKind* find_entry_kind(std::string_view name);

}  // namespace w2s::config
