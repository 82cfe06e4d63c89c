#include "command_line.hpp"

#include <filesystem>
#include <string_view>

namespace w2s::app {

const char* const usage =
    "usage: webrtc2sip [--config=PATH] [--check] [--help] [--version]\n"
    "\n"
    "  --config=PATH  the configuration; else ./config.xml, config.xml beside the program,\n"
    "                 /etc/webrtc2sip/config.xml, whichever is found first\n"
    "  --check        read the configuration, report every mistake in it, and stop\n"
    "  --help         this text\n"
    "  --version      the version\n"
    "\n"
    "Logs go to stderr. SIGTERM and SIGINT end all calls and stop the gateway.\n";

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine result;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help") return {CommandLine::Action::help, {}, {}};
    if (argument == "--version") return {CommandLine::Action::version, {}, {}};
    if (argument == "--check") {
      result.action = CommandLine::Action::check;
    } else if (argument.starts_with("--config=") && argument.size() > 9) {
      result.config_path = argument.substr(9);
    } else if (argument == "--config" && i + 1 < argc) {
      result.config_path = argv[++i];
    } else if (argument == "--config" || argument == "--config=") {
      return {CommandLine::Action::error, {}, "--config needs a path"};
    } else {
      return {CommandLine::Action::error, {}, "unknown argument " + std::string(argument)};
    }
  }
  return result;
}

std::string find_config(const CommandLine& command_line) {
  if (!command_line.config_path.empty()) return command_line.config_path;
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  for (const auto& path : {std::filesystem::path("config.xml"), program.parent_path() / "config.xml",
                           std::filesystem::path("/etc/webrtc2sip/config.xml")}) {
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  return "config.xml";
}

}  // namespace w2s::app
