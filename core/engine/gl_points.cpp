#include <algorithm>
#include <cmath>

#include "engine/gl_answers.h"
#include "engine/gl_rows.h"
#include "engine/gl_tables.h"
#include "engine/program.h"

namespace gs {
namespace {

constexpr std::size_t kPushSamples =
    20000;  // for the colour scale: of a million particles every fiftieth tells as much

}  // namespace

std::optional<PointValues> devicePoints(const std::shared_ptr<GlDevice>& device, const Plan& plan, const Frame& frame,
                                        int step, const std::stop_token& stop) {
  const std::size_t n = std::size_t(frame.particles);
  if (n * sizeof(shader::DevicePoint) > device->largestBlock) return std::nullopt;
  const int row = frame.rowNear(step);
  const GridPoint& at = frame.grid[std::size_t(frame.stepOf(row))];
  const ClassRows classes = classRows(*plan.mixture, at.level);
  const Plan here = compileLevel(*plan.experiment, plan.mixture, at.t, at.ratio);
  DeviceTables tables(here);
  if (classes.rows.size() * sizeof(ComponentRow) + rowTableBytes(here) > device->largestBlock) return std::nullopt;

  const bool pureNoise = std::isinf(at.ratio);
  shader::PointsAt run{};
  run.pointsCount = frame.particles;
  run.pointsClasses = int(classes.ends.size());
  run.pointsEach = int(std::max<std::size_t>(1, n / kPushSamples));
  run.pointsConstant = pureNoise || at.ratio == 0;  // at the data every denoiser is the identity
  run.pointsPush = pureNoise ? float(infinitePush(here)) : 0;
  run.pointsScale = pureNoise ? 0 : float(1 / at.level.alpha);
  run.guidedFirst = tables.guided.firstPass;
  run.guidedPasses = tables.guided.passes;
  run.guidedGain = tables.guided.gain;
  run.guidedFirstShape = tables.guided.firstShape;
  run.guidedShapes = tables.guided.shapes;
  run.pointsGeneral = tables.guided.points | tables.main.points << 1;
  run.mainFirst = tables.main.firstPass;
  run.mainPasses = tables.main.passes;
  run.mainGain = tables.main.gain;
  // The rows of the classes come first in the table.
  for (shader::DevicePass& p : tables.passes) p.rows += int(classes.rows.size());

  Transfers transfers;
  Scratch scratch(*device);
  std::shared_ptr<GlRows> values;
  std::vector<float> pushes((n + std::size_t(run.pointsEach) - 1) / std::size_t(run.pointsEach));
  std::size_t head = 0;
  device->thread->run([&] {
    values = std::make_shared<GlRows>(device, 1, n * sizeof(shader::DevicePoint));
    std::vector<ComponentRow> rows = classes.rows;
    for (const TablePart& p : tables.parts) p.write(rows);
    const std::span<const std::byte> parts[] = {bytesOf(rows), bytesOf(tables.passes), bytesOf(tables.uses),
                                                bytesOf(classes.ends)};
    for (const auto& part : parts) device->upload(scratch[scratch.take(part.size())], part, transfers);
    scratch.take(pushes.size() * sizeof(float));
    head = scratch.take(sizeof run);
    frame.device->beginUse();
  });
  const int chunk =
      device->chunk(double(classes.rows.size()) + double(rowTableBytes(here) / sizeof(ComponentRow)) + 16, int(n));
  for (; run.pointsFirst < frame.particles; run.pointsFirst += chunk) {
    if (stop.stop_requested()) return PointValues{};
    device->thread->run([&] {
      device->upload(scratch[head], std::as_bytes(std::span(&run, 1)), transfers);
      device->pointsProgram(tables.shaped, tables.networks).use();
      glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[head].id());
      for (GLuint i = 0; i < 4; ++i) glBindBufferBase(GL_SHADER_STORAGE_BUFFER, i, scratch[i].id());
      const DeviceRows::Place place = frame.device->place(row);
      glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GS_HERE, place.buffer, GLintptr(place.offset), GLsizeiptr(n * 8));
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_POINTS, values->block(0).id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_PUSHES, scratch[4].id());
      device->dispatch((std::min(chunk, frame.particles - run.pointsFirst) + 63) / 64);
    });
  }
  device->read(scratch[4].id(), 0, pushes.size() * sizeof(float), pushes.data());
  device->thread->run([&] {
    if (device->options.checked) values->verify();
    values->computed();
    device->check("while colouring");
  });
  PointValues result;
  result.classes = run.pointsClasses;
  result.device = values;
  result.particles = frame.particles;
  result.pushScale = pushScaleOf(pushes);
  return result;
}

}  // namespace gs
