#include "w2s/media/session.hpp"

#include <algorithm>
#include <utility>

#include "media/pump/pump.hpp"

namespace w2s::media {

class Sessions::Impl {
 public:
  Impl(const Options& options, Log& log, std::function<void(Reply)> on_reply) : options_(options) {
    for (unsigned i = 0; i < std::max(1U, options_.threads); ++i)
      pumps_.push_back(std::make_unique<Pump>(i, options_, log, on_reply));
  }

  // A call stays on one pump for life.
  Pump& pump_of(leg::MediaId media) { return *pumps_[static_cast<std::uint64_t>(media) % pumps_.size()]; }

  Counters counters() const {
    Counters sum;
    for (const auto& pump : pumps_) {
      const auto& counters = pump->counters();
      sum.open_media += counters.open_media.load(std::memory_order_relaxed);
      sum.packets_from_browsers += counters.from_browsers.load(std::memory_order_relaxed);
      sum.packets_from_phones += counters.from_phones.load(std::memory_order_relaxed);
      sum.dropped += counters.dropped.load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  const Options options_;
  std::vector<std::unique_ptr<Pump>> pumps_;
};

Sessions::Sessions(const Options& options, Log& log, std::function<void(Reply)> on_reply)
    : impl_(std::make_unique<Impl>(options, log, std::move(on_reply))) {}

Sessions::~Sessions() = default;

void Sessions::open(const leg::OpenLeg& request) {
  impl_->pump_of(request.media).push(request);
}
void Sessions::open_video(const leg::OpenVideo& request) {
  impl_->pump_of(request.media).push(request);
}
void Sessions::apply(const leg::LegPlan& plan) {
  impl_->pump_of(plan.media).push(plan);
}
void Sessions::send_dtmf(const leg::SendDtmf& dtmf) {
  impl_->pump_of(dtmf.media).push(dtmf);
}
void Sessions::request_key_frame(const leg::RequestKeyFrame& request) {
  impl_->pump_of(request.media).push(request);
}
void Sessions::replace(const leg::ReplaceLeg& replace) {
  impl_->pump_of(replace.media).push(replace);
}
void Sessions::drop(const leg::DropLeg& drop) {
  impl_->pump_of(drop.media).push(drop);
}
void Sessions::close(const leg::CloseMedia& close) {
  impl_->pump_of(close.media).push(close);
}

Sessions::Counters Sessions::counters() const {
  return impl_->counters();
}

}  // namespace w2s::media
