#pragma once
#include <string>

namespace w2s::app {

struct CommandLine {
  enum class Action { run, check, help, version, error } action = Action::run;
  std::string config_path;  // empty: search the default places
  std::string error;        // what is wrong, for Action::error
};

CommandLine parse_command_line(int argc, const char* const* argv);
extern const char* const usage;
// --config, or the first that exists of ./config.xml, config.xml beside the program, /etc/webrtc2sip/config.xml.
std::string find_config(const CommandLine& command_line);

}  // namespace w2s::app
