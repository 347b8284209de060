#include "gl/objects.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

namespace gs::gl {
namespace {

template <class Create>
GLuint created(Create create) {
  GLuint id = 0;
  create(1, &id);
  return id;
}

thread_local Uploads sent;

struct Sending {
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  explicit Sending(std::size_t bytes) { sent.bytes += bytes; }
  ~Sending() { sent.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); }
};

std::size_t texelBytes(GLenum format, GLenum type) {
  const std::size_t channels = format == GL_RGBA ? 4 : format == GL_RGB ? 3 : format == GL_RG ? 2 : 1;
  return channels * (type == GL_FLOAT ? 4 : type == GL_HALF_FLOAT || type == GL_UNSIGNED_SHORT ? 2 : 1);
}

void packTightly() {
  glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  for (const GLenum p : {GL_UNPACK_ROW_LENGTH, GL_UNPACK_IMAGE_HEIGHT, GL_UNPACK_SKIP_ROWS, GL_UNPACK_SKIP_PIXELS,
                         GL_UNPACK_SKIP_IMAGES, GL_UNPACK_SWAP_BYTES, GL_UNPACK_LSB_FIRST})
    glPixelStorei(p, 0);
}

}  // namespace

Uploads uploads() { return sent; }

Buffer::Buffer() : handle_(created([](GLsizei n, GLuint* p) { glCreateBuffers(n, p); })) {}

void Buffer::reserve(std::size_t bytes) {
  // Half as much again, so that a slowly growing run does not reallocate at every answer; never empty, because an
  // empty storage buffer cannot be bound.
  if (bytes > capacity_ || capacity_ == 0) capacity_ = std::max<std::size_t>(bytes + bytes / 2, 256);
  glNamedBufferData(handle_.id(), GLsizeiptr(capacity_), nullptr, GL_DYNAMIC_DRAW);
}

void Buffer::write(std::size_t offset, std::span<const std::byte> bytes) {
  if (offset + bytes.size() > capacity_) throw std::out_of_range("gl::Buffer: write beyond its end");
  if (bytes.empty()) return;
  const Sending sending(bytes.size());
  glNamedBufferSubData(handle_.id(), GLintptr(offset), GLsizeiptr(bytes.size()), bytes.data());
}

void Buffer::bindStorage(GLuint binding) const { glBindBufferBase(GL_SHADER_STORAGE_BUFFER, binding, handle_.id()); }
void Buffer::bindUniform(GLuint binding) const { glBindBufferBase(GL_UNIFORM_BUFFER, binding, handle_.id()); }

Texture::Texture(GLenum format, int width, int height, Filter filter, int layers, int levels)
    : format_(format), width_(width), height_(height), layers_(layers), levels_(levels), filter_(filter) {
  const GLenum target = layers ? GL_TEXTURE_2D_ARRAY : GL_TEXTURE_2D;
  handle_ = Handle<detail::deleteTexture>(created([&](GLsizei n, GLuint* p) { glCreateTextures(target, n, p); }));
  if (layers)
    glTextureStorage3D(id(), levels, format, width, height, layers);
  else
    glTextureStorage2D(id(), levels, format, width, height);
  const GLint f = filter == Filter::Linear ? GL_LINEAR : GL_NEAREST;
  glTextureParameteri(id(), GL_TEXTURE_MIN_FILTER, f);
  glTextureParameteri(id(), GL_TEXTURE_MAG_FILTER, f);
  glTextureParameteri(id(), GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTextureParameteri(id(), GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

bool Texture::ensure(GLenum format, int width, int height, Filter filter, int layers, int levels) {
  if (handle_ && format == format_ && width == width_ && height == height_ && filter == filter_ && layers == layers_ &&
      levels == levels_)
    return false;
  *this = Texture(format, width, height, filter, layers, levels);
  return true;
}

void Texture::upload(GLenum format, GLenum type, const void* pixels, int layer) {
  const Sending sending(std::size_t(width_) * std::size_t(height_) * texelBytes(format, type));
  packTightly();
  if (layers_)
    glTextureSubImage3D(id(), 0, 0, 0, layer, width_, height_, 1, format, type, pixels);
  else
    glTextureSubImage2D(id(), 0, 0, 0, width_, height_, format, type, pixels);
}

Framebuffer::Framebuffer() : handle_(created([](GLsizei n, GLuint* p) { glCreateFramebuffers(n, p); })) {}

void Framebuffer::copy(int fromX, int fromY, int width, int height, GLuint to, int x, int y) const {
  glDisable(GL_SCISSOR_TEST);
  glBlitNamedFramebuffer(id(), to, fromX, fromY, fromX + width, fromY + height, x, y, x + width, y + height,
                         GL_COLOR_BUFFER_BIT, GL_NEAREST);
}

void Framebuffer::attach(const Texture& texture) {
  if (attached_ == texture.id()) return;
  attached_ = texture.id();
  glNamedFramebufferTexture(id(), GL_COLOR_ATTACHMENT0, texture.id(), 0);
  const GLenum status = glCheckNamedFramebufferStatus(id(), GL_FRAMEBUFFER);
  if (status != GL_FRAMEBUFFER_COMPLETE) {
    char code[16];
    std::snprintf(code, sizeof code, "0x%04x", unsigned(status));
    throw std::runtime_error(std::string("OpenGL framebuffer is not complete: ") + code);
  }
}

VertexArray::VertexArray() : handle_(created([](GLsizei n, GLuint* p) { glCreateVertexArrays(n, p); })) {}

TimerQuery::TimerQuery() : handle_(created([](GLsizei n, GLuint* p) { glCreateQueries(GL_TIME_ELAPSED, n, p); })) {}

bool TimerQuery::ready() const {
  GLint there = 0;
  glGetQueryObjectiv(handle_.id(), GL_QUERY_RESULT_AVAILABLE, &there);
  return there != 0;
}

std::uint64_t TimerQuery::nanoseconds() const {
  GLuint64 ns = 0;
  glGetQueryObjectui64v(handle_.id(), GL_QUERY_RESULT, &ns);
  return ns;
}

}  // namespace gs::gl
