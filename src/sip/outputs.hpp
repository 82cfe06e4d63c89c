#pragma once
#include <utility>

#include "w2s/sip/transaction_table.hpp"

namespace w2s::sip {

// A list of outputs whose messages are moved in; an initializer list would copy them.
template <class... Each>
TransactionOutputs outputs(Each&&... each) {
  TransactionOutputs out;
  out.reserve(sizeof...(each));
  (out.emplace_back(std::forward<Each>(each)), ...);
  return out;
}

inline void append(TransactionOutputs& out, TransactionOutputs more) {
  for (auto& output : more) out.push_back(std::move(output));
}

}  // namespace w2s::sip
