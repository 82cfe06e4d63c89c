#include "w2s/config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <pugixml.hpp>

#include "checks.hpp"
#include "fields.hpp"

namespace w2s::config {
namespace {

constexpr std::size_t largest_file = 1 << 20;

// Byte offset → line number.
class Lines {
 public:
  explicit Lines(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') newlines_.push_back(i);
  }
  unsigned at(std::ptrdiff_t offset) const {
    const auto before = std::lower_bound(newlines_.begin(), newlines_.end(),
                                         static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
    return static_cast<unsigned>(before - newlines_.begin()) + 1;
  }

 private:
  std::vector<std::size_t> newlines_;
};

// All text of an element; comments may stand between its pieces.
std::string text_of(const pugi::xml_node& element) {
  std::string text;
  for (const auto& child : element.children()) text += child.value();
  return text;
}

// Elements and attributes inside of an entry mean nothing to us: the author believes something that is not
// so.
bool is_plain(const pugi::xml_node& element, unsigned line, const Lines& lines, Draft& draft) {
  const std::string name = element.name();
  if (element.first_attribute())
    draft.result.warnings.push_back(
        {line, name + ": attributes are not read; the value stands between the tags"});
  bool plain = true;
  for (const auto& child : element.children()) {
    if (child.type() != pugi::node_element) continue;
    draft.result.errors.push_back(
        {lines.at(child.offset_debug()),
         "<" + std::string{child.name()} + "> inside of <" + name + ">: entries are not nested"});
    plain = false;
  }
  return plain;
}

void read_element(const pugi::xml_node& element, const Lines& lines, Draft& draft) {
  const unsigned line = lines.at(element.offset_debug());
  const auto* kind = find_entry_kind(element.name());
  if (kind == nullptr) {
    draft.result.errors.push_back(
        {line, in_quotes(element.name()) + " is no entry known here; docs/configuration.md lists them"});
    return;
  }
  if (!is_plain(element, line, lines, draft)) return;
  const std::string text = text_of(element);
  const Entry entry{*kind, trim(text), line, draft};
  const auto [first, is_first] = draft.first_lines.try_emplace(kind->name, line);
  if (!is_first && !kind->repeats) {
    entry.warn("replaces the same entry on line " + std::to_string(first->second));
    first->second = line;
  }
  if (entry.value.empty())
    entry.error("is empty; write " + std::string{kind->format});
  else
    kind->read(entry);
}

void read_root(const pugi::xml_node& root, const Lines& lines, Draft& draft) {
  for (const auto& child : root.children()) {
    if (child.type() == pugi::node_element)
      read_element(child, lines, draft);
    else if (!trim(child.value()).empty())
      draft.result.errors.push_back(
          {lines.at(child.offset_debug()), in_quotes(trim(child.value())) + " stands outside of any entry"});
  }
}

void sort_by_line(std::vector<Problem>& problems) {
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.line < b.line; });
}

LoadResult failed(const std::string& file, unsigned line, std::string message) {
  LoadResult result;
  result.file = file;
  result.errors.push_back({line, std::move(message)});
  return result;
}

}  // namespace

void Entry::error(const std::string& message) const {
  draft.result.errors.push_back({line, std::string{kind.name} + ": " + message});
}

void Entry::warn(const std::string& message) const {
  draft.result.warnings.push_back({line, std::string{kind.name} + ": " + message});
}

std::string LoadResult::describe(const Problem& problem) const {
  return file + (problem.line == 0 ? "" : ":" + std::to_string(problem.line)) + ": " + problem.message;
}

LoadResult parse(std::string_view text, const std::string& file, CertificateCheck check) {
  if (text.size() > largest_file)
    return failed(file, 0, "the file is larger than 1 MiB; this cannot be meant");
  const Lines lines{text};
  pugi::xml_document document;
  const auto parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed)
    return failed(file, lines.at(parsed.offset),
                  std::string{"this is not well-formed XML: "} + parsed.description());

  Draft draft;
  draft.result.file = file;
  draft.check_certificates = std::move(check);
  draft.folder = std::filesystem::path{file}.parent_path().string();
  const auto root = document.document_element();
  read_root(root, lines, draft);
  for (auto extra = root.next_sibling(); extra; extra = extra.next_sibling())
    draft.result.errors.push_back(
        {lines.at(extra.offset_debug()), "there is something after the end of the configuration"});
  check_together(draft);
  sort_by_line(draft.result.errors);
  sort_by_line(draft.result.warnings);
  return std::move(draft.result);
}

LoadResult load(const std::string& path, CertificateCheck check) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return failed(path, 0, "this is a folder, not a file");
  std::ifstream in{path, std::ios::binary};
  if (!in) return failed(path, 0, std::string{"cannot be read: "} + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  return parse(text, path, std::move(check));
}

}  // namespace w2s::config
