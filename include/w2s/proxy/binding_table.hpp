#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "w2s/base/keyed_hash.hpp"
#include "w2s/base/log.hpp"
#include "w2s/base/rng.hpp"
#include "w2s/base/time.hpp"
#include "w2s/sip/message.hpp"
#include "w2s/sip/target.hpp"

namespace w2s::proxy {

// What a registrar gave a browser (RFC 5627), the newest.
struct Gruus {
  std::optional<sip::Uri> pub, temp;
};

// One browser as the network knows it (design section 3, "Listeners and flows"). Its token stands in the
// Contact that the network's registrar stores (`ws-flow`) and in Record-Route; it names the binding, not the
// connection.
struct Binding {
  std::string key;          // AoR + instance and reg-id (RFC 5626 6), else AoR + Contact URI
  std::string token;        // 22 base64url characters, 128 random bits
  std::string aor;          // address-of-record, comparable form
  std::string instance;     // +sip.instance, may be empty
  sip::NameAddr contact;    // as this browser last registered it
  std::string contact_uri;  // its URI byte for byte: the Request-URI that this browser is called with
  sip::FlowId flow = sip::FlowId::none;
  sip::FlowId next_flow =
      sip::FlowId::none;  // a REGISTER on its way would move it there; none: there is none
  Endpoint flow_remote;   // the browser's address, for ws-src-*
  Endpoint flow_local;    // of ours: tells the listener
  sip::Transport flow_transport = sip::Transport::ws;
  bool flow_closed = false;
  bool registered = false;                      // a REGISTER of it got a 2xx
  std::optional<Time> expires;                  // of that registration
  std::optional<Time> wake;                     // when the table will look at `expires`; it may be later by then
  std::set<IpAddress> registrars;               // addresses that answered its REGISTER with 2xx
  std::string realm;                            // of the challenge that its REGISTER met
  std::unique_ptr<const Gruus> gruus;           // few registrars give any, and two URIs are half a kilobyte
  bool breaker = false;                         // rtcweb-breaker=yes in its Contact
  std::vector<std::string> service_route;       // Route values for what it sends (RFC 3608), from its registrar
};

// All bindings, found by token, by the browser's source address, by AoR and by flow.
class BindingTable {
 public:
  static constexpr std::size_t max_per_flow = 1000;  // beyond it the oldest that is not registered goes

  explicit BindingTable(Rng& rng);

  // The binding that a request from `source` with this Contact belongs to, made when there is none. A
  // REGISTER may return a binding that still stands on another flow: it moves with confirm(). nullptr:
  // max_per_flow are registered.
  Binding* for_contact(const std::string& aor, const sip::NameAddr& contact, const sip::Target& source,
                       const std::function<bool(sip::FlowId)>& is_open);

  // A REGISTER of `token` with `contact` got a 2xx from `registrar` over `source`'s flow. Returns the flow it
  // left.
  sip::FlowId confirm(const std::string& token, const sip::NameAddr& contact, const sip::Target& source,
                      const IpAddress& registrar, Time expires);
  void set_gruus(Binding& binding, Gruus gruus);
  void unregister(const std::string& token);  // its dialogs go on while the flow is open
  void remove(const std::string& token);
  void set_next_flow(Binding& binding, sip::FlowId flow);
  // A registered binding outlives its flow until it expires (calls to it get 480), a binding that never
  // registered or has expired lives as long as its flow: dialogs may still use it. Returns the tokens that
  // were to move to `flow`.
  std::vector<std::string> on_flow_closed(sip::FlowId flow);
  std::vector<sip::FlowId> on_time(Time now);  // flows of the registrations that expired
  std::optional<Time> next_time() const;

  Binding* by_token(std::string_view token);
  // The registered one behind ws-src-ip and ws-src-port; of several accounts there the one whose Contact has
  // `user`.
  Binding* by_source(const Endpoint& browser, std::string_view user);
  // The registered ones of an AoR, or of a temporary GRUU.
  std::vector<Binding*> by_aor(std::string_view aor) const;
  std::vector<Binding*> by_contact_user(std::string_view user) const;  // the registered ones
  std::vector<std::string> tokens_of(std::string_view aor) const;
  const Binding* only_registered_of(sip::FlowId flow) const;  // nullptr: none is, or more than one
  bool flow_has_registration(sip::FlowId flow) const;
  // Of this AoR on this flow; of several a registered one, best with this Contact URI.
  Binding* by_flow_and_aor(sip::FlowId flow, std::string_view aor, std::string_view contact_uri);
  std::size_t size() const { return bindings_.size(); }

 private:
  // The bindings of each key, the oldest first. A look-up costs the same among twenty thousand as among ten.
  template <class Key, class Hash = std::hash<Key>>
  class Index {
   public:
    explicit Index(const Hash& hash = {}) : entries_(0, hash) {}
    void add(const Key& key, Binding* binding) { entries_[key].push_back(binding); }
    void remove(const Key& key, const Binding* binding) {
      const auto entry = entries_.find(key);
      if (entry == entries_.end()) return;
      std::erase(entry->second, binding);
      if (entry->second.empty()) entries_.erase(entry);
    }
    std::span<Binding* const> of(const auto& key) const {
      const auto entry = entries_.find(key);
      if (entry == entries_.end()) return {};
      return entry->second;
    }

   private:
    std::unordered_map<Key, std::vector<Binding*>, Hash, std::equal_to<>> entries_;
  };

  Rng& rng_;
  std::unordered_map<std::string, std::unique_ptr<Binding>, KeyedHash, std::equal_to<>> bindings_;  // by token
  Index<std::string, KeyedHash> by_key_;  // AoR + instance or Contact
  Index<std::string, KeyedHash> by_aor_;  // also temporary GRUUs and "user@" of Contacts
  Index<sip::FlowId> by_flow_;
  Index<sip::FlowId> by_next_flow_;
  std::unordered_map<Endpoint, sip::FlowId, KeyedHash> flow_by_source_;
  std::set<std::pair<Time, Binding*>> wakes_;

  bool make_room(sip::FlowId flow);
  void wake_at(Binding& binding, Time time);
  void forget_wake(Binding& binding);
  void index_flow(Binding& binding, const sip::Target& source);
  void unindex_flow(Binding& binding);
};

}  // namespace w2s::proxy
