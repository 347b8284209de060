#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/gl_answers.h"
#include "engine/program.h"
#include "shaders/shared.h"

namespace gs {
namespace {

constexpr int kSumGroups = 256, kSumGroupsInSoftware = 4;

double valueOf(const shader::DeviceSum& s) { return std::ldexp(double(s.high) + double(s.low), s.exponent); }

}  // namespace

std::optional<SampleSums> deviceSums(const std::shared_ptr<GlDevice>& device, const Frame& frame,
                                     const std::stop_token& stop) {
  const Mixture& mixture = *frame.mixture;
  const int condition = frame.experiment->condition;
  const ClassRows table = classRows(mixture, {1, 0});
  if (table.rows.size() * sizeof(ComponentRow) > device->largestBlock || frame.particles == 0) return std::nullopt;
  SampleSums sums = emptySums(mixture, condition);
  shader::SumsAt at{};
  at.sumsGroups = device->software ? kSumGroupsInSoftware : kSumGroups;
  at.sumsClasses = int(table.ends.size());
  at.sumsCondition = condition;
  at.sumsLawFirst = condition > 0 ? table.ends[std::size_t(condition - 1)] : 0;
  at.sumsLawLast = condition >= 0 ? table.ends[std::size_t(condition)] : int(table.rows.size());
  at.sumsParts = int(sums.parts.size());
  // In the order of the table's rows: class by class.
  std::stable_sort(sums.parts.begin(), sums.parts.end(), [&](const auto& a, const auto& b) {
    const auto label = [&](int k) { return k < 0 ? 0 : mixture.components[std::size_t(k)].label; };
    return label(a.component) < label(b.component);
  });
  std::vector<shader::DevicePart> parts;
  for (const SampleSums::Part& p : sums.parts)
    parts.push_back({float(p.center.x), float(p.center.y), float(1 / p.scale)});
  const int count = at.sumsParts * GS_PART_SUMS + GS_OTHER_SUMS;
  std::vector<shader::DeviceSum> found(static_cast<std::size_t>(count));
  const std::size_t bytes = found.size() * sizeof found[0];

  Transfers transfers;
  Scratch scratch(*device);
  enum { Rows, Ends, Parts, Totals, At };
  device->thread->run([&] {
    for (const auto& part : {bytesOf(table.rows), bytesOf(table.ends), bytesOf(parts)})
      device->upload(scratch[scratch.take(part.size())], part, transfers);
    scratch.take(bytes * std::size_t(at.sumsGroups + 1));
    scratch.take(sizeof at);
    const GLuint none = 0;
    glClearNamedBufferSubData(scratch[Totals].id(), GL_R32UI, 0, GLsizeiptr(bytes) * (at.sumsGroups + 1),
                              GL_RED_INTEGER, GL_UNSIGNED_INT, &none);
    frame.device->beginUse();
  });
  const auto run = [&](int groups) {
    device->thread->run([&] {
      device->upload(scratch[At], std::as_bytes(std::span(&at, 1)), transfers);
      device->program(GlDevice::Small::Sums).use();
      glBindBufferBase(GL_UNIFORM_BUFFER, 1, scratch[At].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_TABLE, scratch[Rows].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_CLASS_ENDS, scratch[Ends].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_PARTS, scratch[Parts].id());
      glBindBufferBase(GL_SHADER_STORAGE_BUFFER, GS_TOTALS, scratch[Totals].id());
      const DeviceRows::Place place = frame.device->place(frame.rows() - 1);
      glBindBufferRange(GL_SHADER_STORAGE_BUFFER, GS_HERE, place.buffer, GLintptr(place.offset),
                        GLsizeiptr(frame.particles) * 8);
      device->dispatch(groups);
    });
  };
  const double cost = double(table.rows.size()) + at.sumsLawLast - at.sumsLawFirst + count + 16;
  const int chunk = (device->chunk(cost, frame.particles) + 63) / 64 * 64;
  for (; at.sumsFirst < frame.particles; at.sumsFirst += chunk) {
    if (stop.stop_requested()) return std::nullopt;
    at.sumsLast = at.sumsFirst + std::min(chunk, frame.particles - at.sumsFirst);
    run(at.sumsGroups);
  }
  at.sumsTotal = 1;
  run(1);
  device->read(scratch[Totals].id(), bytes * std::size_t(at.sumsGroups), bytes, found.data());
  device->thread->run([&] { device->check("while adding up samples"); });

  const shader::DeviceSum* s = found.data();
  for (SampleSums::Part& p : sums.parts) {
    p.count = valueOf(*s++);
    p.outliers = valueOf(*s++);
    for (double& power : p.powers) power = valueOf(*s++);
    sums.samples += p.count;
  }
  constexpr double ln2 = std::numbers::ln2;
  sums.log = -ln2 * valueOf(s[0]);
  sums.logSquares = ln2 * ln2 * valueOf(s[1]);
  sums.inverse = valueOf(s[2]);
  sums.inverseSquares = valueOf(s[3]);
  sums.correct = valueOf(s[4]);
  sums.lost = valueOf(s[5]);
  sums.overflowed = valueOf(s[6]);
  sums.smallestLog = -ln2 * double(s[7].high);
  return sums;
}

}  // namespace gs
