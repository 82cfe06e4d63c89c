#include "w2s/sip/session_timer.hpp"

#include <algorithm>

#include "w2s/base/encoding.hpp"

#include "grammar.hpp"
#include "scanner.hpp"

namespace w2s::sip {

using std::chrono::seconds;

namespace {

constexpr seconds lowest_min_se{90};  // RFC 4028 4: "MUST NOT be less than 90 seconds"
constexpr seconds lowest_honoured{30};  // of a peer that breaks that rule
constexpr seconds longest{7 * 24 * 3600};
constexpr Duration retry_after_failure = 10s;

std::optional<SessionExpires> session_expires_of(const Message& message) {
  const auto value = message.get(HeaderId::session_expires);
  if (!value) return std::nullopt;
  const auto parsed = parse_session_expires(*value);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

seconds min_se_of(const Message& message) {
  const auto parsed = parse_session_expires(message.get(HeaderId::min_se).value_or(""));
  return parsed ? std::min(parsed->interval, longest) : seconds{0};
}

bool supports_timer(const Message& message) {
  return message.has_option(HeaderId::supported, "timer") || message.has_option(HeaderId::require, "timer");
}

void add_supported(Message& message) {
  if (!message.has_option(HeaderId::supported, "timer")) message.append(HeaderId::supported, "timer");
}

}  // namespace

std::string SessionExpires::to_string() const {
  auto text = std::to_string(interval.count());
  if (refresher == Refresher::uac) text += ";refresher=uac";
  if (refresher == Refresher::uas) text += ";refresher=uas";
  return text;
}

Result<SessionExpires> parse_session_expires(std::string_view value) {
  Scanner in(trim_blanks(value));
  const auto number = parse_number<std::uint32_t>(in.take_while(chars::digit));
  if (!number) return Errc::bad_parameter;
  SessionExpires parsed{seconds{*number}, Refresher::unset};
  auto rest = trim_blanks(in.rest());
  if (!rest.empty() && rest.front() != ';') return Errc::bad_parameter;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find(';'), rest.size());
    const auto param = rest.substr(0, end);
    const auto equals = std::min(param.find('='), param.size());
    if (iequals(trim_blanks(param.substr(0, equals)), "refresher") && equals < param.size()) {
      const auto who = trim_blanks(param.substr(equals + 1));
      if (iequals(who, "uac")) parsed.refresher = Refresher::uac;
      else if (iequals(who, "uas")) parsed.refresher = Refresher::uas;
      else return Errc::bad_parameter;
    }
    rest.remove_prefix(end);
  }
  return parsed;
}

void SessionTimer::ask(Message& request) const {
  add_supported(request);
  if (!agreed_ && options_.interval == seconds{0} && !too_small_once_) return;
  const auto wish = agreed_ ? agreed_->interval : options_.interval;
  const auto floor = std::max({asked_min_, options_.min_se, lowest_min_se});
  SessionExpires header{std::max(wish, floor), Refresher::unset};
  // 7.4: a refresh keeps the roles; whoever sends this request is its UAC.
  if (agreed_) header.refresher = agreed_->we_refresh ? Refresher::uac : Refresher::uas;
  request.set(HeaderId::session_expires, header.to_string());
  request.set(HeaderId::min_se, std::to_string(floor.count()));
}

bool SessionTimer::on_too_small(const Message& response) {
  const auto wanted = min_se_of(response);
  if (too_small_once_ || wanted <= asked_min_) return false;
  too_small_once_ = true;
  asked_min_ = wanted;
  return true;
}

void SessionTimer::on_success(Time now, const Message& response) {
  too_small_once_ = false;
  const auto said = session_expires_of(response);
  // 7.2: no Session-Expires, no expiration. We could refresh alone, but a peer without timers is a peer that may not
  // like it, and media-timeout watches it already.
  if (!said) return stop();
  start(now, {said->interval, said->refresher != Refresher::uas});
}

std::optional<seconds> SessionTimer::refuses(const Message& request) const {
  const auto said = session_expires_of(request);
  const auto floor = std::max(options_.min_se, lowest_min_se);
  // 9: 422 only means something to a peer that knows it; another one gets the minimum (accept()).
  if (!said || said->interval >= floor || !supports_timer(request)) return std::nullopt;
  return floor;
}

void SessionTimer::accept(Time now, const Message& request, Message& response) {
  const bool supported = supports_timer(request);
  const auto said = session_expires_of(request);
  asked_min_ = std::max(asked_min_, min_se_of(request));
  if (!said && (!supported || options_.interval == seconds{0})) return stop();

  // 9: the interval may be lowered, though not below the Min-SE of the request.
  auto interval = said ? said->interval : options_.interval;
  if (options_.interval != seconds{0}) interval = std::min(interval, options_.interval);
  interval = std::max({interval, asked_min_, options_.min_se, lowest_min_se});
  // Table 2: who sent the request refreshes, unless it cannot or wants us to.
  const bool we_refresh = !supported || (said && said->refresher == Refresher::uas);
  add_supported(response);
  if (!we_refresh) response.append(HeaderId::require, "timer");
  response.set(HeaderId::session_expires,
               SessionExpires{interval, we_refresh ? Refresher::uas : Refresher::uac}.to_string());
  start(now, {interval, we_refresh});
}

void SessionTimer::refresh_failed(Time now) {
  if (agreed_ && agreed_->we_refresh && !refresh_at_) refresh_at_ = now + retry_after_failure;
}

void SessionTimer::start(Time now, Agreed agreed) {
  agreed.interval = std::clamp(agreed.interval, lowest_honoured, longest);
  agreed_ = agreed;
  refresh_at_.reset();
  if (agreed.we_refresh) refresh_at_ = now + agreed.interval / 2;
  // 10: the BYE goes out a little before the end: 32 s or a third of the interval, whichever is less.
  expires_at_ = now + agreed.interval - std::min(seconds{32}, agreed.interval / 3);
}

void SessionTimer::stop() {
  agreed_.reset();
  refresh_at_.reset();
  expires_at_.reset();
}

}  // namespace w2s::sip
