#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "command_line.hpp"
#include "gateway.hpp"
#include "options.hpp"
#include "service_manager.hpp"

namespace {

using namespace w2s;

void raise_descriptor_limit(std::uint32_t wanted, Log& log) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = wanted;
  if (limit.rlim_max < wanted) limit.rlim_max = wanted;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) log.warn("max_fds.failed", {{"wanted", wanted}});
}

// The customary sign of an ACME client that certificates are new.
void reload_at_each_hangup(boost::asio::signal_set& hangups, app::Gateway& gateway) {
  hangups.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    gateway.reload_certificates();
    reload_at_each_hangup(hangups, gateway);
  });
}

int run(const config::LoadResult& loaded) {
  StderrLog log(loaded.config.log_format);
  log.set_level(loaded.config.debug_level);
  for (const auto& warning : loaded.warnings) log.warn("config", {{"problem", loaded.describe(warning)}});
  if (loaded.config.max_fds) raise_descriptor_limit(*loaded.config.max_fds, log);

  std::signal(SIGPIPE, SIG_IGN);
  boost::asio::io_context io(1);
  app::Gateway gateway(io, loaded.config, log);
  boost::asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    app::notify_service_manager("STOPPING=1");
    gateway.stop();
  });
  boost::asio::signal_set hangups(io, SIGHUP);
  reload_at_each_hangup(hangups, gateway);
  // Not a log line: it appears whatever debug-level says, because people and scripts wait for it.
  std::fputs("webrtc2sip " W2S_VERSION " READY\n", stderr);
  app::notify_service_manager("READY=1");
  io.run();
  log.info("stopped", {});
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto command_line = app::parse_command_line(argc, argv);
  switch (command_line.action) {
    case app::CommandLine::Action::help: std::fputs(app::usage, stdout); return 0;
    case app::CommandLine::Action::version: std::puts("webrtc2sip " W2S_VERSION); return 0;
    case app::CommandLine::Action::error:
      std::fprintf(stderr, "webrtc2sip: %s\n\n%s", command_line.error.c_str(), app::usage);
      return 2;
    case app::CommandLine::Action::run:
    case app::CommandLine::Action::check: break;
  }
  const auto loaded = app::load_config(app::find_config(command_line));
  for (const auto& error : loaded.errors) std::fprintf(stderr, "%s\n", loaded.describe(error).c_str());
  if (!loaded.ok()) return 1;
  if (command_line.action == app::CommandLine::Action::check) {
    for (const auto& warning : loaded.warnings) std::fprintf(stderr, "warning: %s\n", loaded.describe(warning).c_str());
    std::printf("%s is correct\n", loaded.file.c_str());
    return 0;
  }
  try {
    return run(loaded);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "webrtc2sip: %s\n", error.what());
    return 1;
  }
}
