// Collects what the driver says about the current context: errors, undefined behaviour and whatever else is above a
// notification, as text. For tests ("drawing made no message") and for logs.
#pragma once
#include <memory>
#include <string>
#include <vector>

namespace gs::gl {

class DebugLog {
 public:
  DebugLog();   // listens to the current context (KHR_debug, synchronous)
  ~DebugLog();  // stops listening; the same context must be current
  DebugLog(const DebugLog&) = delete;
  DebugLog& operator=(const DebugLog&) = delete;
  std::vector<std::string> take();  // the messages since the last call, and glGetError's

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs::gl
