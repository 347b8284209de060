#include "learn/script.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "data/distributions.h"
#include "learn/module.h"

extern char** environ;

namespace gs {
namespace {

class OwnedFd {
 public:
  explicit OwnedFd(int fd) : fd_(fd) {}
  ~OwnedFd() {
    if (fd_ >= 0) close(fd_);
  }
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// What guidescope-model-check says of a model; throws LearnError where it could not say anything.
std::string verdictOn(const std::string& bytes, const ScriptLimits& limits, const std::stop_token& stop) {
  const std::string program = learnPart(kModelCheck), module = learnPart(kModuleFile),
                    seconds = std::to_string(limits.seconds), memory = std::to_string(limits.memory);
  // Checked and opened are the same bytes, whatever happens to the file meanwhile.
  const OwnedFd model(memfd_create("model", MFD_CLOEXEC));
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = write(model.get(), bytes.data() + at, bytes.size() - at);
    if (n <= 0) throw LearnError(std::string("cannot be copied: ") + std::strerror(errno));
    at += std::size_t(n);
  }
  lseek(model.get(), 0, SEEK_SET);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw LearnError(std::string("cannot be checked: ") + std::strerror(errno));
  const OwnedFd from(ends[0]);
  pid_t child = 0;
  {
    const OwnedFd to(ends[1]);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, model.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, to.get(), STDOUT_FILENO);
    std::string arguments[] = {program, module, seconds, memory};
    char* argv[] = {arguments[0].data(), arguments[1].data(), arguments[2].data(), arguments[3].data(), nullptr};
    const int error = posix_spawn(&child, program.c_str(), &files, nullptr, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    if (error != 0) throw LearnError(program + " cannot be started: " + std::strerror(error));
  }
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + std::chrono::milliseconds(1500 * limits.seconds);
  std::string said;
  bool late = false;
  constexpr long kLook = 50;  // ms from one look at the stop to the next
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    pollfd wait{from.get(), POLLIN, 0};
    const int ready = left > 0 ? poll(&wait, 1, int(std::min<long>(left, kLook))) : 0;
    if (ready < 0 && errno == EINTR) continue;
    late = left <= 0;
    if (late || stop.stop_requested()) break;
    if (ready <= 0) continue;
    char part[4096];
    const ssize_t n = read(from.get(), part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0 || said.size() > 65536) break;
    said.append(part, std::size_t(n));
  }
  int status = 0;
  // It may have closed its answer and stay.
  for (pid_t ended = 0; ended == 0 || (ended < 0 && errno == EINTR); ended = waitpid(child, &status, WNOHANG)) {
    late = late || Clock::now() >= end;
    if (late || stop.stop_requested()) kill(child, SIGKILL);
    poll(nullptr, 0, 1);
  }
  if (stop.stop_requested()) throw FitStopped();
  if (late || (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL)))
    throw LearnError("gives no answer within " + seconds + " s");
  if (WIFSIGNALED(status))
    throw LearnError(std::string("ends the process that runs it: ") + strsignal(WTERMSIG(status)));
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (said.size() < 4) throw LearnError("ends the process that runs it without an answer");
  return said;
}

}  // namespace

Network checkedScript(const std::string& bytes, const std::string& name, const ScriptLimits& limits,
                      std::stop_token stop) {
  try {
    const std::string said = verdictOn(bytes, limits, stop);
    if (!said.starts_with("ok ")) throw LearnError(said.substr(3));
    Network n;
    const char* const last = said.data() + said.size();
    const auto classes = std::from_chars(said.data() + 3, last, n.shape.classes);
    n.shape.unconditional = classes.ptr + 1 < last && classes.ptr[1] == '1';
    n.script = learnModule().openScript(bytes);
    return n;
  } catch (const LearnError& e) {
    throw InputError(name + ": " + e.what());
  }
}

void openScriptsWhere(std::function<bool(const std::string& name, const std::string& sha256)> allowed) {
  readScriptsBy([allowed = std::move(allowed)](const std::string& bytes, const std::string& name,
                                               const std::string& sha256, std::stop_token stop) {
    if (!allowed(name, sha256))
      throw InputError(name + ": is a model, and a model is code: File > Open model asks whether to run it");
    return checkedScript(bytes, name, {}, std::move(stop));
  });
}

}  // namespace gs
