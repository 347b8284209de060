#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "engine/gl_answers.h"
#include "shaders/shared.h"

namespace gs {
namespace {

constexpr int kMostCounted = 1 << 17;  // outside the view: a word, so that more would not tell more
constexpr int kGroupOfNear = 64;       // of near.comp: two words of marks

void bindRows(const Frame& frame, const RowsAt& rows, int particles) {
  for (const auto& [row, binding] : {std::pair(rows.row, GS_HERE), std::pair(rows.next, GS_THERE)}) {
    const DeviceRows::Place place = frame.device->place(row);
    glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GLuint(binding), place.buffer, GLintptr(place.offset),
                      GLsizeiptr(particles) * 8);
  }
}

}  // namespace

Outside deviceOutside(const std::shared_ptr<GlDevice>& device, const Frame& frame, const RowsAt& rows, Vec2 middle,
                      Vec2 reach) {
  shader::OutsideAt at{};
  at.outsideHere = float(rows.here);
  at.outsideThere = float(rows.there);
  at.outsideMiddleX = float(middle.x);
  at.outsideMiddleY = float(middle.y);
  at.outsideReachX = float(reach.x);
  at.outsideReachY = float(reach.y);
  at.outsideOf = std::min(frame.particles, kMostCounted);
  GLuint count = 0;
  if (at.outsideOf == 0) return {};
  Transfers transfers;
  Scratch scratch(*device);
  device->thread->run([&] {
    device->upload(scratch[scratch.take(sizeof at)], std::as_bytes(std::span(&at, 1)), transfers);
    device->upload(scratch[scratch.take(sizeof count)], std::as_bytes(std::span(&count, 1)), transfers);
    frame.device->beginUse();
    device->program(GlDevice::Small::Outside).use();
    glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[0].id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_COUNT, scratch[1].id());
    bindRows(frame, rows, at.outsideOf);
    device->dispatch((at.outsideOf + 63) / 64);
    device->check("while counting");
  });
  device->read(scratch[1].id(), 0, sizeof count, &count);
  return {int(count), at.outsideOf};
}

std::vector<int> deviceNear(const std::shared_ptr<GlDevice>& device, const Frame& frame, const RowsAt& rows,
                            std::span<const Vec2> outline, double reach, const std::stop_token& stop) {
  std::vector<int> found;
  if (outline.empty() || frame.particles == 0) return found;
  std::vector<float> corners;
  Vec2 low = outline[0], high = low;
  double size = 0;
  for (const Vec2 p : outline) {
    corners.insert(corners.end(), {float(p.x), float(p.y)});
    low = glm::min(low, p);
    high = glm::max(high, p);
    size = std::max(size, std::abs(p.x) + std::abs(p.y));
  }
  shader::NearAt at{};
  at.nearHere = float(rows.here);
  at.nearThere = float(rows.there);
  at.nearLowX = float(low.x);
  at.nearLowY = float(low.y);
  at.nearHighX = float(high.x);
  at.nearHighY = float(high.y);
  at.nearReach = float(reach + 2e-6 * size);  // near.comp: kSlack
  at.nearCorners = int(outline.size());
  at.nearOf = frame.particles;
  std::vector<std::uint32_t> marks(std::size_t((frame.particles + kGroupOfNear - 1) / kGroupOfNear) * 2);
  Transfers transfers;
  Scratch scratch(*device);
  enum { Corners, Marks, At };
  device->thread->run([&] {
    device->upload(scratch[scratch.take(corners.size() * sizeof(float))], bytesOf(corners), transfers);
    scratch.take(marks.size() * sizeof marks[0]);
    scratch.take(sizeof at);
    frame.device->beginUse();
  });
  const int most = device->chunk(double(outline.size()) + 4, frame.particles);
  const int chunk = (most + kGroupOfNear - 1) / kGroupOfNear * kGroupOfNear;
  for (; at.nearFirst < frame.particles; at.nearFirst += std::min(chunk, frame.particles - at.nearFirst)) {
    if (stop.stop_requested()) return found;
    device->thread->run([&] {
      device->upload(scratch[At], std::as_bytes(std::span(&at, 1)), transfers);
      device->program(GlDevice::Small::Near).use();
      glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[At].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_OUTLINE, scratch[Corners].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_MARKS, scratch[Marks].id());
      bindRows(frame, rows, frame.particles);
      device->dispatch((std::min(chunk, frame.particles - at.nearFirst) + kGroupOfNear - 1) / kGroupOfNear);
    });
  }
  device->read(scratch[Marks].id(), 0, marks.size() * sizeof marks[0], marks.data());
  device->thread->run([&] { device->check("while looking for particles"); });
  for (std::size_t w = 0; w < marks.size(); ++w)
    for (std::uint32_t bits = marks[w]; bits != 0; bits &= bits - 1)
      found.push_back(int(32 * w) + std::countr_zero(bits));
  return found;
}

}  // namespace gs
