// OpenGL objects with owners: move-only, made with direct state access (no binding points are touched by creating or
// filling them), deleted with the owner. Each needs its context (or a sharing one; see Context::shared) to be current.
#pragma once
#include <epoxy/gl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace gs::gl {

// A name and its deleter.
template <void (*Delete)(GLuint)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(GLuint id) : id_(id) {}
  Handle(Handle&& o) noexcept : id_(std::exchange(o.id_, 0)) {}
  Handle& operator=(Handle&& o) noexcept {
    if (this != &o) {
      if (id_) Delete(id_);
      id_ = std::exchange(o.id_, 0);
    }
    return *this;
  }
  ~Handle() {
    if (id_) Delete(id_);
  }
  GLuint id() const { return id_; }
  explicit operator bool() const { return id_ != 0; }

 private:
  GLuint id_ = 0;
};

namespace detail {
inline void deleteBuffer(GLuint id) { glDeleteBuffers(1, &id); }
inline void deleteTexture(GLuint id) { glDeleteTextures(1, &id); }
inline void deleteFramebuffer(GLuint id) { glDeleteFramebuffers(1, &id); }
inline void deleteVertexArray(GLuint id) { glDeleteVertexArrays(1, &id); }
inline void deleteQuery(GLuint id) { glDeleteQueries(1, &id); }
}  // namespace detail

// What this thread has sent to the device since it began, and how long the calls took it.
struct Uploads {
  std::uint64_t bytes = 0;
  double seconds = 0;
};
Uploads uploads();

// Bytes on the device. It grows when needed and keeps its storage otherwise; filling orphans the old contents, so that
// drawing that still reads them is not waited for.
class Buffer {
 public:
  Buffer();
  GLuint id() const { return handle_.id(); }
  std::size_t capacity() const { return capacity_; }

  // New, undefined contents of at least `bytes`.
  void reserve(std::size_t bytes);
  template <class T>
  void upload(std::span<const T> data) {
    reserve(data.size_bytes());
    write(0, std::as_bytes(data));
  }
  void write(std::size_t offset, std::span<const std::byte> bytes);  // offset + size <= capacity
  void bindStorage(GLuint binding) const;                            // GL_SHADER_STORAGE_BUFFER
  void bindUniform(GLuint binding) const;                            // GL_UNIFORM_BUFFER

 private:
  Handle<detail::deleteBuffer> handle_;
  std::size_t capacity_ = 0;
};

enum class Filter { Nearest, Linear };

// A two-dimensional texture or array of them, clamped at its edges, immutable size until resized.
class Texture {
 public:
  Texture() = default;
  // format: a sized internal format. layers = 0: GL_TEXTURE_2D; otherwise GL_TEXTURE_2D_ARRAY.
  Texture(GLenum format, int width, int height, Filter, int layers = 0, int levels = 1);
  // Makes it this size and format unless it is already. True when it was made anew (contents undefined).
  bool ensure(GLenum format, int width, int height, Filter, int layers = 0, int levels = 1);
  // Sets pixel unpacking to tightly packed rows first, whatever it was.
  void upload(GLenum format, GLenum type, const void* pixels, int layer = 0);

  GLuint id() const { return handle_.id(); }
  explicit operator bool() const { return bool(handle_); }
  int width() const { return width_; }
  int height() const { return height_; }
  int levels() const { return levels_; }
  void bind(GLuint unit) const { glBindTextureUnit(unit, handle_.id()); }

 private:
  Handle<detail::deleteTexture> handle_;
  GLenum format_ = 0;
  int width_ = 0, height_ = 0, layers_ = 0, levels_ = 1;
  Filter filter_ = Filter::Nearest;
};

// One colour attachment.
class Framebuffer {
 public:
  Framebuffer();
  void attach(const Texture&);  // throws std::runtime_error with the status when it is not complete
  void bind() const { glBindFramebuffer(GL_FRAMEBUFFER, handle_.id()); }
  GLuint id() const { return handle_.id(); }
  // The rectangle with this corner to (x, y) of another framebuffer, pixel by pixel. Leaves the scissor test off.
  void copy(int fromX, int fromY, int width, int height, GLuint to, int x, int y) const;

 private:
  Handle<detail::deleteFramebuffer> handle_;
  GLuint attached_ = 0;
};

// Without attributes: the shaders pull their vertices from storage buffers. Core profiles want one bound all the same.
class VertexArray {
 public:
  VertexArray();
  void bind() const { glBindVertexArray(handle_.id()); }

 private:
  Handle<detail::deleteVertexArray> handle_;
};

// Elapsed device time in nanoseconds between begin and end.
class TimerQuery {
 public:
  TimerQuery();
  void begin() { glBeginQuery(GL_TIME_ELAPSED, handle_.id()); }
  void end() { glEndQuery(GL_TIME_ELAPSED); }
  bool ready() const;                 // there is a result, and nothing to wait for
  std::uint64_t nanoseconds() const;  // waits for the result

 private:
  Handle<detail::deleteQuery> handle_;
};

}  // namespace gs::gl
