// Changing a message: each edit touches single fields, all others stay as they came.
#include <algorithm>
#include <cassert>

#include "w2s/base/encoding.hpp"
#include "w2s/sip/message.hpp"

#include "header_names.hpp"
#include "scanner.hpp"
#include "value_splitter.hpp"

namespace w2s::sip {
namespace {

Field make_field(HeaderId id, std::string value) {
  assert(id != HeaderId::other);
  return {id, std::string(header_name(id)), std::move(value), ": "};
}

auto first_of(std::vector<Field>& fields, HeaderId id) {
  return std::find_if(fields.begin(), fields.end(), [id](const Field& f) { return f.id == id; });
}

bool has_value(std::string_view text) {
  ValueSplitter splitter(text);
  std::string_view value;
  return splitter.next(value);
}

}  // namespace

void Message::set_status(int status, std::string reason) {
  assert(status >= 100 && status <= 699);
  status_ = status;
  reason_ = std::move(reason);
}

void Message::set(HeaderId id, std::string value) {
  const auto it = first_of(fields_, id);
  if (it == fields_.end()) return append(id, std::move(value));
  it->value = std::move(value);
  fields_.erase(std::remove_if(it + 1, fields_.end(), [id](const Field& f) { return f.id == id; }),
                fields_.end());
}

void Message::append(HeaderId id, std::string value) {
  fields_.push_back(make_field(id, std::move(value)));
}

void Message::append(std::string name, std::string value) {
  const auto id = header_id(name);
  fields_.push_back({id, std::move(name), std::move(value), ": "});
}

void Message::prepend(HeaderId id, std::string value) {
  const auto it = first_of(fields_, id);
  fields_.insert(it == fields_.end() ? fields_.begin() : it, make_field(id, std::move(value)));
}

void Message::remove(HeaderId id) {
  std::erase_if(fields_, [id](const Field& f) { return f.id == id; });
}

void Message::remove(std::string_view name) {
  if (const auto id = header_id(name); id != HeaderId::other) return remove(id);
  std::erase_if(fields_, [name](const Field& f) { return f.id == HeaderId::other && iequals(f.name, name); });
}

void Message::pop_value(HeaderId id) {
  for (auto it = fields_.begin(); it != fields_.end(); ++it) {
    if (it->id != id || (is_list_header(id) && !has_value(it->value))) continue;
    ValueSplitter splitter(it->value);
    std::string_view first;
    splitter.next(first);
    if (is_list_header(id) && has_value(splitter.rest()))
      it->value = std::string(trim_blanks(splitter.rest()));
    else
      fields_.erase(it);
    return;
  }
}

void Message::replace_value(HeaderId id, std::size_t index, std::string value) {
  for (auto& field : fields_) {
    if (field.id != id) continue;
    if (!is_list_header(id)) {
      if (index-- > 0) continue;
      field.value = std::move(value);
      return;
    }
    ValueSplitter splitter(field.value);
    for (std::string_view old; splitter.next(old);) {
      if (index-- > 0) continue;
      field.value.replace(static_cast<std::size_t>(old.data() - field.value.data()), old.size(), value);
      return;
    }
  }
  assert(!"replace_value: no such value");
}

void Message::set_values(HeaderId id, const std::vector<std::string>& values) {
  const auto position = first_of(fields_, id) - fields_.begin();
  remove(id);
  std::vector<Field> added;
  added.reserve(values.size());
  for (const auto& value : values) added.push_back(make_field(id, value));
  fields_.insert(fields_.begin() + position, std::make_move_iterator(added.begin()),
                 std::make_move_iterator(added.end()));
}

void Message::set_body(std::string body, std::string_view content_type) {
  body_ = std::move(body);
  if (content_type.empty())
    remove(HeaderId::content_type);
  else
    set(HeaderId::content_type, std::string(content_type));
  if (count(HeaderId::content_length) > 0) set(HeaderId::content_length, std::to_string(body_.size()));
}

}  // namespace w2s::sip
