#include <epoxy/gl.h>
#include <epoxy/egl.h>

#include "gl/context.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace gs::gl {
namespace {

[[noreturn]] void fail(const char* step) {
  char code[16];
  std::snprintf(code, sizeof code, "0x%04x", unsigned(eglGetError()));
  throw std::runtime_error(std::string("OpenGL without a display: ") + step + " failed (EGL error " + code +
                           "); Mesa's software driver is in the Debian packages libegl1 and libgl1-mesa-dri");
}

// One display for the process, never terminated: eglTerminate would take it from every other context as well.
EGLDisplay surfacelessDisplay() {
  static const EGLDisplay display = [] {
    // libepoxy aborts the program where a library or an entry point is missing, so both are looked for first.
    void* library = dlopen("libEGL.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (!library)
      throw std::runtime_error("OpenGL without a display: libEGL.so.1 is missing; it is in the Debian package libegl1");
    dlclose(library);
    const char* extensions = eglQueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);
    if (!extensions || !std::strstr(extensions, "EGL_EXT_platform_base") ||
        !std::strstr(extensions, "EGL_MESA_platform_surfaceless"))
      fail("finding a driver");
    // The EXT entry point on purpose: libepoxy 1.5.10 aborts on eglGetPlatformDisplay before a display is initialised.
    const EGLDisplay d = eglGetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
    if (d == EGL_NO_DISPLAY) fail("eglGetPlatformDisplayEXT");
    if (!eglInitialize(d, nullptr, nullptr)) fail("eglInitialize");
    return d;
  }();
  return display;
}

std::string glString(GLenum name) {
  const auto* s = reinterpret_cast<const char*>(glGetString(name));
  return s ? s : "";
}

void requireVersion() {
  if (epoxy_gl_version() < 45 || !epoxy_is_desktop_gl())
    throw std::runtime_error("OpenGL 4.5 is needed; this driver offers " + glString(GL_VERSION) + " (" +
                             glString(GL_RENDERER) + ")");
}

}  // namespace

bool onProcessor(std::string_view renderer) {
  std::string name(renderer);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  for (const char* known : {"llvmpipe", "lavapipe", "softpipe", "swiftshader", "software rasterizer", "swr (llvm",
                            "basic render", "gdi generic", "software renderer"})
    if (name.find(known) != std::string::npos) return true;
  return false;
}

struct Context::Impl {
  EGLDisplay display = EGL_NO_DISPLAY;  // none: adopted
  EGLContext context = EGL_NO_CONTEXT;
  bool debug = false;
  std::string version, renderer;

  void describe() {
    version = glString(GL_VERSION);
    renderer = glString(GL_RENDERER);
  }
  ~Impl() {
    if (context == EGL_NO_CONTEXT) return;
    if (eglGetCurrentContext() == context) eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglDestroyContext(display, context);
  }

  static std::unique_ptr<Impl> make(EGLContext share, bool debug) {
    auto impl = std::make_unique<Impl>();
    impl->debug = debug;
    impl->display = surfacelessDisplay();
    if (!eglBindAPI(EGL_OPENGL_API)) fail("eglBindAPI");
    std::vector<EGLint> attributes{EGL_CONTEXT_MAJOR_VERSION,       4,
                                   EGL_CONTEXT_MINOR_VERSION,       5,
                                   EGL_CONTEXT_OPENGL_PROFILE_MASK, EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                   EGL_CONTEXT_OPENGL_DEBUG,        debug ? EGL_TRUE : EGL_FALSE};
    // Asked for so that a reset of the driver can be told; not every driver can.
    if (epoxy_has_egl_extension(impl->display, "EGL_EXT_create_context_robustness"))
      attributes.insert(attributes.end(), {EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY, EGL_LOSE_CONTEXT_ON_RESET});
    attributes.push_back(EGL_NONE);
    impl->context = eglCreateContext(impl->display, EGL_NO_CONFIG_KHR, share, attributes.data());
    if (impl->context == EGL_NO_CONTEXT) fail("eglCreateContext for OpenGL 4.5 core");
    if (!eglMakeCurrent(impl->display, EGL_NO_SURFACE, EGL_NO_SURFACE, impl->context)) fail("eglMakeCurrent");
    requireVersion();
    impl->describe();
    return impl;
  }
};

Context::Context(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Context::Context(Context&&) noexcept = default;
Context& Context::operator=(Context&&) noexcept = default;
Context::~Context() = default;

Context Context::surfaceless(bool debug) { return Context(Impl::make(EGL_NO_CONTEXT, debug)); }

Context Context::shared(const Context& other) {
  if (other.impl_->context == EGL_NO_CONTEXT)
    throw std::runtime_error("an adopted OpenGL context cannot be shared from here; its owner must do it");
  return Context(Impl::make(other.impl_->context, other.impl_->debug));
}

Context Context::adoptCurrent() {
  requireVersion();
  auto impl = std::make_unique<Impl>();
  impl->describe();
  return Context(std::move(impl));
}

void Context::makeCurrent() {
  if (impl_->context == EGL_NO_CONTEXT) return;
  eglBindAPI(EGL_OPENGL_API);
  if (!eglMakeCurrent(impl_->display, EGL_NO_SURFACE, EGL_NO_SURFACE, impl_->context)) fail("eglMakeCurrent");
}

void Context::release() {
  if (impl_->context == EGL_NO_CONTEXT) return;
  if (eglGetCurrentContext() == impl_->context)
    eglMakeCurrent(impl_->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
}

std::string Context::version() const { return impl_->version; }
std::string Context::renderer() const { return impl_->renderer; }
bool Context::software() const { return onProcessor(impl_->renderer); }

}  // namespace gs::gl
