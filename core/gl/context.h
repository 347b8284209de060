// An OpenGL 4.5 core context: made without any surface (tests, command line, workers), sharing objects with another
// such context, or the one that the window's toolkit has already made current.
#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace gs::gl {

// Whether a renderer of this name (GL_RENDERER) is the processor: llvmpipe, softpipe, SwiftShader and their like, also
// behind another driver ("virgl (LLVMPIPE ...)").
bool onProcessor(std::string_view renderer);

class Context {
 public:
  // Mesa's surfaceless EGL platform; needs no display server. The new context is current on the calling thread.
  // Throws std::runtime_error saying which step failed and what to install. `debug`: the driver says all it has to say
  // (gl/debug.h), at whatever cost.
  static Context surfaceless(bool debug = false);
  // A surfaceless context that shares buffers, textures, shaders and syncs with `other` (made by surfaceless or
  // shared). Vertex arrays, framebuffers and queries belong to one context. Becomes current on the calling thread.
  static Context shared(const Context& other);
  // The context that is current on this thread, owned by somebody else. Throws when it is older than 4.5 core.
  static Context adoptCurrent();

  Context(Context&&) noexcept;
  Context& operator=(Context&&) noexcept;
  ~Context();

  void makeCurrent();  // does nothing for an adopted one
  void release();      // leaves the thread without a context, so that another thread may take this one

  std::string version() const;   // GL_VERSION
  std::string renderer() const;  // GL_RENDERER
  bool software() const;         // onProcessor

 private:
  struct Impl;
  explicit Context(std::unique_ptr<Impl>);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gs::gl
