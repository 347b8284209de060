// A virtual display, the real program on it, and a mouse and a keyboard (X test events by xdotool).
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "session/text.h"

namespace gs::gui {

class Process {
 public:
  Process() = default;
  // Output goes to `log`. The environment is the caller's plus `environment` ("NAME=value").
  Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const std::string& log);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();  // ends it, politely first
  bool running();
  int wait(double seconds);  // exit status, 128 + signal, or -1 when it goes on
  void kill(int signal);
  double cpuSeconds() const;  // user + system time so far
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int status_ = -1;
};

class Display {
 public:
  Display(int width, int height);  // Xvfb on a free number
  std::string name() const { return name_; }
  bool ok() const { return !name_.empty(); }
  // xdotool with these arguments; blocks until it is done.
  bool input(const std::vector<std::string>& arguments) const;
  Process inputInBackground(const std::vector<std::string>& arguments) const;

 private:
  Process server_;
  std::string name_;
};

struct Rect {
  double x, y, w, h;
};

// The program with settings of its own in a fresh folder, and what it reports about its frames.
class Window {
 public:
  Window(const Display&, const std::filesystem::path& folder, std::vector<std::string> arguments);
  Node state();                // the last reported frame; null before the first
  std::vector<Node> frames();  // all of them
  bool waitFor(double seconds, const std::function<bool(const Node&)>&);
  Rect control(const std::string& path);  // width 0 when it is not on the screen
  Process& process() { return process_; }
  std::string log() const;

 private:
  std::filesystem::path report_, log_;
  Process process_;
};

void pause(double seconds);
std::string pixel(double);  // a coordinate as xdotool takes it
std::filesystem::path freshFolder(const std::string& name);
Node treeIn(const std::filesystem::path& file);  // of its JSON; Null while that is not whole

}  // namespace gs::gui
