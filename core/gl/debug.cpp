#include <epoxy/gl.h>

#include "gl/debug.h"

#include <cstdio>
#include <utility>

namespace gs::gl {

struct DebugLog::Impl {
  std::vector<std::string> messages;
};

namespace {

void listen(GLenum, GLenum type, GLuint, GLenum severity, GLsizei length, const GLchar* text, const void* user) {
  // Drivers report recompilations and slow paths as performance messages; those are no faults.
  if (severity == GL_DEBUG_SEVERITY_NOTIFICATION || type == GL_DEBUG_TYPE_PERFORMANCE) return;
  auto* messages = static_cast<std::vector<std::string>*>(const_cast<void*>(user));
  messages->emplace_back(text, std::size_t(length));
}

}  // namespace

DebugLog::DebugLog() : impl_(std::make_unique<Impl>()) {
  while (glGetError() != GL_NO_ERROR) {
  }
  glEnable(GL_DEBUG_OUTPUT);
  glEnable(GL_DEBUG_OUTPUT_SYNCHRONOUS);
  glDebugMessageControl(GL_DONT_CARE, GL_DONT_CARE, GL_DONT_CARE, 0, nullptr, GL_TRUE);
  glDebugMessageCallback(listen, &impl_->messages);
}

DebugLog::~DebugLog() { glDebugMessageCallback(nullptr, nullptr); }

std::vector<std::string> DebugLog::take() {
  for (GLenum e; (e = glGetError()) != GL_NO_ERROR;) {
    char code[16];
    std::snprintf(code, sizeof code, "0x%04x", unsigned(e));
    impl_->messages.push_back(std::string("glGetError: ") + code);
  }
  return std::exchange(impl_->messages, {});
}

}  // namespace gs::gl
