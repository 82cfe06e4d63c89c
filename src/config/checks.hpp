#pragma once

#include "entry.hpp"

namespace w2s::config {

// What no entry can see alone: listeners that collide, a proxy that cannot be reached, nothing to listen on.
void check_together(Draft& draft);

}  // namespace w2s::config
