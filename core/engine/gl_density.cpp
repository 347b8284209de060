#include <algorithm>
#include <cmath>

#include "engine/gl_answers.h"
#include "engine/gl_rows.h"
#include "engine/program.h"
#include "shaders/shared.h"

namespace gs {

std::optional<DensityField> deviceDensity(const std::shared_ptr<GlDevice>& device, const Mixture& mixture,
                                          NoiseLevel level, const FieldGrid& grid, const std::stop_token& stop) {
  const ClassRows table = classRows(mixture, level);
  const int classes = int(table.ends.size()), cells = std::max(0, grid.width) * std::max(0, grid.height);
  const std::size_t bytes = std::size_t(cells) * std::size_t(classes) * sizeof(float);
  if (bytes == 0 || std::max(bytes, table.rows.size() * sizeof(ComponentRow)) > device->largestBlock)
    return std::nullopt;
  const Vec2 lo = grid.center(0, 0), step = (grid.hi - grid.lo) / Vec2(grid.width, grid.height);
  shader::FieldAt at{};
  at.fieldLoX = float(lo.x);
  at.fieldLoY = float(lo.y);
  at.fieldStepX = float(step.x);
  at.fieldStepY = float(step.y);
  at.fieldWidth = grid.width;
  at.fieldHeight = grid.height;
  at.fieldClasses = classes;
  at.fieldStride = std::max(1, int(std::sqrt(double(cells) * classes / 40000)));

  Transfers transfers;
  Scratch scratch(*device);
  std::shared_ptr<GlRows> field;
  std::vector<shader::DeviceExtent> extents(std::size_t(2 + 2 * classes));
  const auto extentBytes = extents.size() * sizeof extents[0];
  enum { Rows, Ends, Extents, At };
  device->thread->run([&] {
    field = std::make_shared<GlRows>(device, 1, bytes);
    for (const auto& part : {bytesOf(table.rows), bytesOf(table.ends)})
      device->upload(scratch[scratch.take(part.size())], part, transfers);
    scratch.take(extentBytes);
    scratch.take(sizeof at);
  });
  const auto bind = [&](GlDevice::Small program) {
    device->upload(scratch[At], std::as_bytes(std::span(&at, 1)), transfers);
    device->program(program).use();
    glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[At].id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_TABLE, scratch[Rows].id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_CLASS_ENDS, scratch[Ends].id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_FIELD, field->block(0).id());
    glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_EXTENTS, scratch[Extents].id());
  };
  const int chunk = device->chunk(double(table.rows.size()) + 4 * classes, cells);
  for (; at.fieldFirst < cells; at.fieldFirst += chunk) {
    if (stop.stop_requested()) return DensityField{};
    device->thread->run([&] {
      bind(GlDevice::Small::Field);
      device->dispatch((std::min(chunk, cells - at.fieldFirst) + 63) / 64);
    });
  }
  device->thread->run([&] {
    bind(GlDevice::Small::Extents);
    device->dispatch(int(extents.size()));
    if (device->options.checked) field->verify();
    field->computed();
    device->check("while evaluating a density");
  });
  device->read(scratch[Extents].id(), 0, extentBytes, extents.data());
  DensityField out;
  out.grid = grid;
  out.level = level;
  out.classes = classes;
  out.device = field;
  for (const shader::DeviceExtent& e : extents) out.extents.push_back({e.low, e.high, e.full});
  return out;
}

}  // namespace gs
