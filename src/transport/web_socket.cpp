// The only file with Boost.Beast in it: compiling it takes as long as the rest of the module.
#include "web_socket.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "w2s/base/encoding.hpp"

#include "utf8.hpp"

namespace w2s::transport {
namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
namespace {

using IoHandler = asio::any_completion_handler<void(error_code, std::size_t)>;
using UpgradeRequest = http::request<http::empty_body>;

constexpr std::size_t head_limit = 16 * 1024;
constexpr std::string_view end_of_head = "\r\n\r\n";

// A ByteStream as Beast wants it: one concrete type for ws and wss, so that websocket::stream is instantiated
// once. While an operation is on its way it owns `owner`, of which stream, buffers and this are parts. Nobody
// else does: Beast keeps handlers that wait for their turn inside the stream, where one that owned the
// connection would keep it for ever.
class BeastStream {
 public:
  using executor_type = tcp::socket::executor_type;
  BeastStream(Connection& owner, ByteStream& stream, std::function<void()> on_bytes)
      : owner_(owner), stream_(stream), on_bytes_(std::move(on_bytes)) {}

  executor_type get_executor() { return stream_.socket().get_executor(); }
  // Bytes that were read too far, to be read again.
  void put_back(std::string bytes) { put_back_ = std::move(bytes); }
  ByteStream& bytes() { return stream_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, asio::mutable_buffer into) { read(into, std::move(handler)); }, token,
        first_of<asio::mutable_buffer>(buffers));
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          gather(from);
          write(std::move(handler));
        },
        token, buffers);
  }

 private:
  static constexpr std::size_t record = 16 * 1024;  // of TLS

  template <class Buffer, class Buffers>
  static Buffer first_of(const Buffers& buffers) {
    for (auto i = asio::buffer_sequence_begin(buffers); i != asio::buffer_sequence_end(buffers); ++i)
      if (Buffer(*i).size() > 0) return Buffer(*i);
    return {};
  }

  // Frame head and payload together, so that they leave as one segment and one TLS record.
  template <class Buffers>
  void gather(const Buffers& buffers) {
    for (auto i = asio::buffer_sequence_begin(buffers); i != asio::buffer_sequence_end(buffers); ++i) {
      const asio::const_buffer part(*i);
      out_.append(static_cast<const char*>(part.data()), std::min(part.size(), record - out_.size()));
    }
  }

  void read(asio::mutable_buffer into, IoHandler handler) {
    if (!put_back_.empty()) {
      const auto count = std::min(into.size(), put_back_.size());
      std::memcpy(into.data(), put_back_.data(), count);
      put_back_.erase(0, count);
      return complete({}, count, std::move(handler));
    }
    const auto result = stream_.read({static_cast<std::uint8_t*>(into.data()), into.size()});
    if (!result.would_block()) {
      if (!result.error) on_bytes_();
      return complete(result.error, result.bytes, std::move(handler));
    }
    auto again = [this, self = owner_.shared_from_this(), into, h = std::move(handler)](
                     error_code error) mutable { error ? std::move(h)(error, 0) : read(into, std::move(h)); };
    stream_.wait(result.wait, std::move(again));
  }

  void write(IoHandler handler) {
    const auto result = stream_.write(as_bytes(out_));
    if (!result.would_block()) {
      out_ = {};
      return complete(result.error, result.bytes, std::move(handler));
    }
    auto again = [this, self = owner_.shared_from_this(), h = std::move(handler)](error_code error) mutable {
      if (!error) return write(std::move(h));
      out_ = {};
      std::move(h)(error, 0);
    };
    stream_.wait(result.wait, std::move(again));
  }

  void complete(error_code error, std::size_t count, IoHandler handler) {
    asio::post(get_executor(), [self = owner_.shared_from_this(), error, count,
                                h = std::move(handler)]() mutable { std::move(h)(error, count); });
  }

  Connection& owner_;
  ByteStream& stream_;
  std::function<void()> on_bytes_;
  std::string put_back_;
  std::string out_;  // while it is being written
};

// Found by Beast when it ends a connection. Ours are drained by Connection, under its deadline.
template <class Handler>
void async_teardown(boost::beast::role_type, BeastStream& stream, Handler&& handler) {
  stream.bytes().shut_down();
  asio::post(stream.get_executor(), [h = std::forward<Handler>(handler)]() mutable { h(error_code()); });
}
void beast_close_socket(BeastStream& stream) {
  stream.bytes().close();
}

bool parse_head(std::string_view head, UpgradeRequest& request) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(head_limit);
  error_code error;
  parser.put(asio::buffer(head), error);
  if (error || !parser.is_header_done()) return false;
  request = std::move(parser.get());
  return true;
}

bool has_token(std::string_view list, std::string_view token) {
  const http::token_list tokens({list.data(), list.size()});
  return std::any_of(tokens.begin(), tokens.end(), [&](auto t) {
    return iequals({t.data(), t.size()}, token);
  });
}

std::string_view field(const UpgradeRequest& request, http::field name) {
  const auto value = request[name];
  return {value.data(), value.size()};
}

// Over all fields of that name: Sec-WebSocket-Protocol may come more than once (RFC 6455 11.3.4).
bool offers_protocol(const UpgradeRequest& request, std::string_view protocol) {
  const auto range = request.equal_range(http::field::sec_websocket_protocol);
  return std::any_of(range.first, range.second, [&](const auto& f) {
    return has_token({f.value().data(), f.value().size()}, protocol);
  });
}

// RFC 6455 4.1: 16 bytes in base64.
bool is_key(std::string_view key) {
  if (key.size() != 24 || key.substr(22) != "==") return false;
  return std::all_of(key.begin(), key.begin() + 22, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  });
}

UpgradeAnswer judge(const UpgradeRequest& request, const std::vector<std::string>& allow_origins) {
  if (request.method() != http::verb::get || request.version() < 11)
    return {400, "A WebSocket opens with GET and HTTP/1.1 (RFC 6455 4.1)."};
  if (!has_token(field(request, http::field::upgrade), "websocket") ||
      !has_token(field(request, http::field::connection), "upgrade"))
    return {426,
            "This port speaks SIP over WebSocket (RFC 7118), so the request must ask for an upgrade to it."};
  if (field(request, http::field::sec_websocket_version) != "13")
    return {426, "Only version 13 of the WebSocket protocol is spoken here."};
  if (field(request, http::field::host).empty()) return {400, "The Host header is missing."};
  if (!is_key(field(request, http::field::sec_websocket_key)))
    return {400, "Sec-WebSocket-Key must be 16 bytes in base64."};
  if (!offers_protocol(request, "sip"))
    return {400, "Sec-WebSocket-Protocol must offer the subprotocol sip (RFC 7118)."};
  const auto origin = field(request, http::field::origin);
  const auto allowed = [&](const std::string& o) { return iequals(o, origin); };
  if (!allow_origins.empty() && std::none_of(allow_origins.begin(), allow_origins.end(), allowed))
    return {403, "Pages of this origin may not connect (allow-origin)."};
  return {};
}

class WebSocket final : public Connection {
 public:
  WebSocket(std::shared_ptr<ConnectionEvents> their_events, std::unique_ptr<ByteStream> byte_stream,
            sip::Target peer)
      : Connection(std::move(their_events), std::move(byte_stream), std::move(peer), true),
        ws_(*this, stream(), [this] { on_bytes(); }) {
    configure();
  }

 private:
  void on_secured() override { read_head(); }

  // A handler for Beast, which does not own us (see BeastStream): silent once we are closed or gone.
  template <class Call>
  auto while_open(Call call) {
    return [weak = weak_from_this(), call = std::move(call)](error_code error, auto...) {
      if (const auto self = weak.lock(); self && !self->is_closed()) call(error);
    };
  }

  void configure() {
    // Deadlines and pings are Connection's.
    ws_.set_option(websocket::stream_base::timeout{websocket::stream_base::none(),
                                                   websocket::stream_base::none(), false});
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, "sip");
      response.set(http::field::server, "webrtc2sip");
    }));
    ws_.auto_fragment(false);
    ws_.read_message_max(options().limits.message);
    ws_.control_callback([this](websocket::frame_type, boost::beast::string_view) { on_control_frame(); });
  }

  std::string answer_to_clear_http() const override {
    return refusal({400, "This port speaks WebSocket over TLS: use wss:// here, not ws://."});
  }

  // By hand, as http::read would bring in more templates than the rest of this file.
  void read_head() {
    while (state() == State::handshaking) {
      const auto into = events().scratch();
      const auto result = stream().read(into);
      if (result.would_block()) {
        auto again = [this, self = shared_from_this()](error_code) { read_head(); };
        return stream().wait(result.wait, std::move(again));
      }
      if (result.error) return fail(result.error);
      const auto from = head_.size() - std::min(head_.size(), end_of_head.size() - 1);
      head_ += as_text(into.first(result.bytes));
      if (begins_tls(head_))
        return refuse({400, "This port speaks WebSocket without TLS: use ws:// here, not wss://."});
      if (const auto end = head_.find(end_of_head, from); end != std::string::npos)
        return answer(end + end_of_head.size());
      if (head_.size() > head_limit) return refuse({431, "The request's header fields are too large."});
    }
  }

  void answer(std::size_t head_size) {
    UpgradeRequest request;
    if (!parse_head(std::string_view(head_).substr(0, head_size), request))
      return refuse({400, "This is not an HTTP request."});
    const auto verdict = judge(request, options().allow_origins);
    if (verdict.status != 101) return refuse(verdict);
    ws_.next_layer().put_back(head_.substr(head_size));
    head_ = {};
    auto accepted = while_open([this](error_code error) {
      if (error) return fail(error);
      next_ping_ = Clock::now() + options().ping_interval;
      opened();
      read_message();
    });
    ws_.async_accept(request, std::move(accepted));
  }

  void refuse(const UpgradeAnswer& verdict) {
    // It fits into an empty socket buffer, and the peer has no claim to more patience than that.
    const auto text = refusal(verdict);
    stream().write(as_bytes(text));
    enter_closing(EndedBy::us, verdict.why);
    say_goodbye();
    drain();
  }

  void read_message() {
    if (is_closed()) return;
    auto came = while_open([this](error_code error) {
      if (error) return on_read_failed(error);
      unanswered_pings_ = 0;
      deadlines().nothing_partial();
      take_message();
      read_message();
    });
    ws_.async_read(in_, std::move(came));
  }

  void take_message() {
    const auto data = in_.data();
    const std::string_view bytes(static_cast<const char*>(data.data()), data.size());
    const bool keep_alive = bytes.find_first_not_of("\r\n") == std::string_view::npos;
    // RFC 7118 6 leaves the keep-alive of RFC 5626 3.5.1 in use: SIP.js sends one and waits for its pong.
    if (bytes == "\r\n\r\n") enqueue("\r\n");
    if (state() == State::open && !keep_alive)
      message_came(sip::parse(bytes, sip::Framing::datagram, options().limits));
    if (in_.capacity() > idle_buffer) in_ = boost::beast::flat_buffer();
    in_.clear();
  }

  // The peer closed, broke a rule of RFC 6455 or is gone. In the first two cases Beast has sent a close
  // frame, and a socket closed with unread input would take it back.
  void on_read_failed(error_code error) {
    if (error.category() != make_error_code(websocket::error::closed).category()) return fail(error);
    enter_closing(EndedBy::peer, error.message());
    drain();
  }

  void flush() override {
    if (writing_ || send_queue().empty()) return;
    writing_ = true;
    const auto& message = send_queue().front();
    ws_.text(is_utf8(message));  // a browser would close on a text message that is not UTF-8
    auto left = while_open([this](error_code error) {
      writing_ = false;
      // The read knows why; it ends at the same time.
      if (error) return;
      send_queue().pop();
      if (state() == State::closing && send_queue().empty()) return close_web_socket();
      flush();
    });
    ws_.async_write(asio::buffer(message), std::move(left));
  }

  void start_closing() override {
    if (send_queue().empty()) close_web_socket();
  }

  void close_web_socket() {
    ws_.async_close(websocket::close_code::going_away, [](error_code) {});
  }

  std::optional<Time> next_ping() const override { return next_ping_; }

  void on_ping_time(Time now) override {
    next_ping_ = now + options().ping_interval;
    if (unanswered_pings_ == 2) return abort("two pings went unanswered");
    ++unanswered_pings_;
    if (pinging_) return;  // the last one has not even left
    pinging_ = true;
    ws_.async_ping({}, while_open([this](error_code) { pinging_ = false; }));
  }

  // They may be the first ones of a frame whose rest never comes.
  void on_bytes() {
    deadlines().partial(Clock::now());
    if (state() == State::open) next_time_changed();
  }

  void on_control_frame() {
    unanswered_pings_ = 0;
    // Between the fragments of a message it does not buy that message more time.
    if (in_.size() == 0) deadlines().nothing_partial();
  }

  static constexpr std::size_t idle_buffer = 2048;

  websocket::stream<BeastStream, false> ws_;
  std::string head_;
  boost::beast::flat_buffer in_;
  std::optional<Time> next_ping_;
  int unanswered_pings_ = 0;
  bool pinging_ = false;
  bool writing_ = false;
};

}  // namespace

UpgradeAnswer judge_upgrade(std::string_view head, const std::vector<std::string>& allow_origins) {
  UpgradeRequest request;
  if (!parse_head(head, request)) return {400, "This is not an HTTP request."};
  return judge(request, allow_origins);
}

std::shared_ptr<Connection> make_web_socket(std::shared_ptr<ConnectionEvents> events,
                                            std::unique_ptr<ByteStream> stream, sip::Target peer) {
  return std::make_shared<WebSocket>(std::move(events), std::move(stream), std::move(peer));
}

}  // namespace w2s::transport
