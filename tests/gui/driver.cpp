#include "driver.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>

#include "session/json.h"

namespace gs::gui {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

std::string text(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

std::string pixel(double v) { return std::to_string(int(std::lround(v))); }

std::filesystem::path freshFolder(const std::string& name) {
  const auto folder = std::filesystem::temp_directory_path() / ("guidescope-" + name + "-" + std::to_string(getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

void pause(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>(seconds)); }

// ---- processes -----------------------------------------------------------------------------------------------------

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                 const std::string& log) {
  std::vector<std::string> args = arguments, env;
  for (char** e = environ; *e; ++e) {
    const std::string entry = *e, name = entry.substr(0, entry.find('=') + 1);
    bool replaced = false;
    for (const std::string& n : environment) replaced |= n.starts_with(name);
    if (!replaced) env.push_back(entry);
  }
  env.insert(env.end(), environment.begin(), environment.end());
  std::vector<char*> argv = pointers(args), envp = pointers(env);
  pid_ = fork();
  if (pid_ == 0) {
    const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (out >= 0) dup2(out, 1), dup2(out, 2);
    execvpe(argv[0], argv.data(), envp.data());
    _exit(127);
  }
}

Process::Process(Process&& other) noexcept : pid_(other.pid_), status_(other.status_) { other.pid_ = -1; }

Process& Process::operator=(Process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(status_, other.status_);
  return *this;
}

Process::~Process() {
  if (pid_ <= 0 || !running()) return;
  kill(SIGTERM);
  if (wait(2) < 0) {
    kill(SIGKILL);
    wait(5);
  }
}

bool Process::running() {
  if (pid_ <= 0 || status_ >= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

int Process::wait(double seconds) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (running() && Clock::now() < end) pause(.01);
  return running() ? -1 : status_;
}

void Process::kill(int signal) {
  if (running()) ::kill(pid_, signal);
}

double Process::cpuSeconds() const {
  const std::string stat = text("/proc/" + std::to_string(pid_) + "/stat");
  std::istringstream in(stat.substr(stat.rfind(')') + 2));
  std::string word;
  double ticks = 0;
  for (int field = 3; in >> word; ++field) {  // proc(5): 14 utime, 15 stime
    if (field != 14 && field != 15) continue;
    long value = 0;
    std::from_chars(word.data(), word.data() + word.size(), value);
    ticks += double(value);
  }
  return ticks / double(sysconf(_SC_CLK_TCK));
}

// ---- the display ---------------------------------------------------------------------------------------------------

Display::Display(int width, int height) {
  // Xvfb itself finds a free number and writes it to this pipe when it is ready.
  int fds[2];
  if (pipe(fds) != 0) return;
  const std::string screen = std::to_string(width) + "x" + std::to_string(height) + "x24";
  server_ =
      Process({"Xvfb", "-displayfd", std::to_string(fds[1]), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"},
              {}, "/dev/null");
  close(fds[1]);
  std::string number;
  for (char c; read(fds[0], &c, 1) == 1 && c != '\n';) number += c;
  close(fds[0]);
  if (!number.empty()) name_ = ":" + number;
}

bool Display::input(const std::vector<std::string>& arguments) const {
  return inputInBackground(arguments).wait(30) == 0;
}

Process Display::inputInBackground(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all{"xdotool"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return Process(all, {"DISPLAY=" + name_}, "/dev/null");
}

// ---- the program ---------------------------------------------------------------------------------------------------

Window::Window(const Display& display, const std::filesystem::path& folder, std::vector<std::string> arguments)
    : report_(folder / "report.jsonl"), log_(folder / "log.txt") {
  std::filesystem::create_directories(folder / "run");
  std::filesystem::permissions(folder / "run", std::filesystem::perms::owner_all);
  std::filesystem::remove(report_);
  std::vector<std::string> all{GS_BINARY_DIR "/guidescope", "--report", report_.string()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  process_ = Process(all,
                     {"DISPLAY=" + display.name(), "WAYLAND_DISPLAY=", "QT_QPA_PLATFORM=xcb", "HOME=" + folder.string(),
                      "XDG_CONFIG_HOME=" + (folder / "config").string(), "XDG_DATA_HOME=" + (folder / "data").string(),
                      "XDG_RUNTIME_DIR=" + (folder / "run").string(), "LIBGL_ALWAYS_SOFTWARE=1", "QT_SCALE_FACTOR=1"},
                     log_.string());
}

namespace {

Node treeOf(std::string_view json) {
  constexpr int kControls = 10'000;
  try {
    return parseText(json, kControls);
  } catch (const SessionError&) {
    return {};  // still being written
  }
}

}  // namespace

Node treeIn(const std::filesystem::path& file) { return treeOf(text(file)); }

std::vector<Node> Window::frames() {
  std::vector<Node> out;
  std::istringstream in(text(report_));
  for (std::string line; std::getline(in, line);) {
    Node frame = treeOf(line);
    if (frame.is(Node::Kind::Object)) out.push_back(std::move(frame));
  }
  return out;
}

Node Window::state() {
  std::string all = text(report_);
  while (!all.empty()) {
    const std::size_t end = all.rfind('\n');
    if (end == std::string::npos) break;
    const std::size_t begin = end == 0 ? 0 : all.rfind('\n', end - 1) + 1;
    Node frame = treeOf(std::string_view(all).substr(begin, end - begin));
    if (frame.is(Node::Kind::Object)) return frame;
    all.resize(begin);
  }
  return {};
}

bool Window::waitFor(double seconds, const std::function<bool(const Node&)>& condition) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  do {
    const Node now = state();
    if (now.is(Node::Kind::Object) && condition(now)) return true;
    if (!process_.running()) return false;
    pause(.02);
  } while (Clock::now() < end);
  return false;
}

Rect Window::control(const std::string& path) {
  const Node now = state();
  if (!now.is(Node::Kind::Object) || !now["controls"].contains(path)) return {0, 0, 0, 0};
  const Node& r = now["controls"][path];
  return {r[0].number, r[1].number, r[2].number, r[3].number};
}

std::string Window::log() const { return text(log_); }

}  // namespace gs::gui
