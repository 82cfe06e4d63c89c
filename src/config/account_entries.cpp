// Credentials that the gateway answers challenges with, and what becomes of redirections.
#include <algorithm>

#include "fields.hpp"
#include "readers.hpp"

namespace w2s::config {

namespace {

bool is_ha1(std::string_view text) {
  return (text.size() == 32 || text.size() == 64) &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

// No message repeats the ha1: it is as good as the password.
void read_account(const Entry& entry) {
  const auto fields = split(entry.value);
  if (fields.size() != 3 && fields.size() != 4) {
    entry.error("write " + std::string{entry.kind.format} + "; found " + std::to_string(fields.size()) + " fields");
    return;
  }
  Account account{std::string{fields[0]}, std::string{fields[1]}, Redacted<std::string>{to_lower(fields[2])}, {}};
  if (fields.size() == 4) account.server = to_lower(fields[3]);
  if (account.user.empty() || account.realm.empty()) {
    entry.error("the user and the realm must be named");
    return;
  }
  if (!is_ha1(fields[2])) {
    entry.error("the third field is no ha1, which is 32 hex digits (MD5 of user:realm:password) or 64 (SHA-256)");
    return;
  }
  if (fields.size() == 4 && !is_domain_name(account.server) && !IpAddress::parse(account.server)) {
    entry.error(in_quotes(account.server) + " is neither a host name nor an address");
    return;
  }
  auto& accounts = entry.config().accounts;
  const bool twice = std::any_of(accounts.begin(), accounts.end(), [&](const Account& other) {
    return other.user == account.user && other.realm == account.realm && other.server == account.server &&
           other.ha1.reveal().size() == account.ha1.reveal().size();
  });
  if (twice) {
    entry.error("user " + in_quotes(account.user) + " has an account for realm " + in_quotes(account.realm) + " already");
    return;
  }
  accounts.push_back(std::move(account));
}

void read_redirects(const Entry& entry) {
  const auto follow = read_keyword<bool>(entry, entry.value, {{"pass", false}, {"follow", true}});
  if (follow) entry.config().follow_redirects = *follow;
}

}  // namespace w2s::config
