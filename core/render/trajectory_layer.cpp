#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>

#include "render/layers.h"

namespace gs {
namespace {

// A zoom by less than an eighth changes nothing that could be seen.
double scaleOfDetail(const Drawing& d) { return std::exp2(std::ceil(std::log2(d.pixelsPerUnit()) * 6) / 6); }

}  // namespace

int TrajectoryDrawing::levelOfDetail(const Frame& frame, std::span<const double> norms, double pixelsPerUnit) {
  constexpr int kSample = 48;
  constexpr double kUnseen = 0.5;  // pixels
  if (frame.device || frame.particles == 0) return 1;
  const int rows = frame.rows(), apart = std::max(1, frame.particles / kSample);
  for (const int span : {8, 4, 2}) {
    const auto unseen = [&](int particle) {
      const auto at = [&](int row) {
        const float* p = frame.x.data() + (std::size_t(row) * std::size_t(frame.particles) + std::size_t(particle)) * 2;
        return Vec2(p[0], p[1]) * (norms[std::size_t(row)] * pixelsPerUnit);
      };
      for (int a = 0; a + 1 < rows; a += span) {
        const int b = std::min(a + span, rows - 1);
        const Vec2 from = at(a), chord = at(b) - from;
        for (int r = a + 1; r < b; ++r) {
          const double along = double(frame.stepOf(r) - frame.stepOf(a)) / (frame.stepOf(b) - frame.stepOf(a));
          if (!(glm::distance(at(r), from + along * chord) <= kUnseen)) return false;  // also where it is not finite
        }
      }
      return true;
    };
    bool all = true;
    for (int i = 0; all && i < frame.particles; i += apart) all = unseen(i);
    if (all) return span;
  }
  return 1;
}

int TrajectoryDrawing::levelFor(const Drawing& d) {
  const Frame& frame = *d.picture.frame;
  const double scale = scaleOfDetail(d);
  if (levelOf_ != d.picture.frame || levelScale_ != scale || coordinates_ != d.view.coordinates) {
    std::vector<double> norms;
    for (int r = 0; r < frame.rows(); ++r)
      norms.push_back(1 / shownNorm(frame.grid[std::size_t(frame.stepOf(r))].level, d.view.coordinates));
    level_ = levelOfDetail(frame, norms, scale);
    levelOf_ = d.picture.frame;
    levelScale_ = scale;
  }
  return level_;
}

void TrajectoryDrawing::upload(const Drawing& d, int paths, int every) {
  const Frame& frame = *d.picture.frame;
  if (frame_ == d.picture.frame && paths_ == paths && every_ == every && coordinates_ == d.view.coordinates) return;
  frame_ = d.picture.frame;
  if (spans_) spans_->scale = 0;
  paths_ = paths;
  every_ = every;
  coordinates_ = d.view.coordinates;
  // The stored steps that lie at least `every` steps from the one before, and the last.
  std::vector<int> drawn;
  for (int r = 0; r + 1 < frame.rows(); ++r)
    if (drawn.empty() || frame.stepOf(r) - frame.stepOf(drawn.back()) >= every) drawn.push_back(r);
  drawn.push_back(frame.rows() - 1);
  stepOf_.clear();
  for (const int r : drawn) stepOf_.push_back(frame.stepOf(r));
  lastStep_ = frame.steps();

  const std::size_t bytes = std::size_t(paths) * 2 * sizeof(float);
  std::vector<float> rows;
  positions_.reserve(bytes * drawn.size());
  if (frame.device) frame.device->beginUse();
  for (std::size_t r = 0; r < drawn.size(); ++r) {
    if (frame.device) {
      const DeviceRows::Place from = frame.device->place(drawn[r]);
      glCopyNamedBufferSubData(from.buffer, positions_.id(), GLintptr(from.offset), GLintptr(r * bytes),
                               GLsizeiptr(bytes));
    } else {
      positions_.write(r * bytes, std::as_bytes(std::span<const float>(frame.read(drawn[r], paths))));
    }
    const int step = frame.stepOf(drawn[r]);
    rows.insert(rows.end(), {float(step), float(1 / shownNorm(frame.grid[std::size_t(step)].level, coordinates_))});
  }
  if (frame.device) frame.device->endUse();
  rows_.upload(std::span<const float>(rows));
}

void TrajectoryDrawing::update(const Drawing& d) {
  const TrajectoryLayer& layer = d.view.trajectories;
  const int paths = layer.visible && d.picture.frame && d.picture.frame->rows() > 1
                        ? std::min({layer.count, d.quality.trajectories, d.picture.frame->particles})
                        : 0;
  if (paths > 0) return upload(d, paths, std::max(d.quality.everyNthStep, levelFor(d)));
  frame_ = levelOf_ = nullptr;  // what is not drawn is not kept alive
}

int TrajectoryDrawing::segments(const Drawing& d) const {
  int n = 0;
  while (n + 1 < int(stepOf_.size()) && stepOf_[std::size_t(n) + 1] <= d.cursor.at()) ++n;
  return n;
}

void TrajectoryDrawing::set(const Drawing& d, const gl::Program& program, bool above, int fromRow, double part) {
  const TrajectoryLayer& layer = d.view.trajectories;
  constexpr float kFaint = 0.22f;
  const Linear noise = toLinear(d.palette.other), data = toLinear(d.palette.guided);
  program.set("paths", paths_);
  program.set("lastRow", int(stepOf_.size()) - 1);
  program.set("fromRow", fromRow);
  program.set("part", float(part));
  program.set("width", float(d.stroke(layer.width)));
  program.set("lastStep", float(lastStep_));
  program.set("opacity", float(d.opacity(layer.opacity)));
  program.set("faint", ended(d) ? 1.0f : kFaint);
  program.set("above", above ? 1 : 0);
  program.set("timeColor", layer.timeColor ? 1.0f : 0.0f);
  program.set("noiseColor", noise.r, noise.g, noise.b);
  program.set("dataColor", data.r, data.g, data.b);
  program.use();
  positions_.bindStorage(GS_POSITIONS);
  rows_.bindStorage(GS_PATH_ROWS);
}

void TrajectoryDrawing::drawWhole(const Drawing& d) {
  if (!frame_->device) {
    set(d, program_, false, -1, 1);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 2 * GLsizei(stepOf_.size()), paths_);
    return;
  }
  if (!spans_) spans_.emplace();
  if (const double scale = scaleOfDetail(d); spans_->scale != scale) {
    spans_->scale = scale;
    spans_->level.reserve(sizeof(shader::PathLevel));
    positions_.bindStorage(GS_POSITIONS);
    rows_.bindStorage(GS_PATH_ROWS);
    spans_->level.bindStorage(GS_PATH_LEVEL);
    spans_->find.set("paths", paths_);
    spans_->find.set("lastRow", int(stepOf_.size()) - 1);
    spans_->find.set("pixelsPerUnit", float(scale));
    spans_->find.use();
    glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT);  // the last picture may still be drawn by what is found anew
    glDispatchCompute(1, 1, 1);
    glMemoryBarrier(GL_SHADER_STORAGE_BARRIER_BIT | GL_COMMAND_BARRIER_BIT);
  }
  set(d, spans_->draw, false, -1, 1);
  glBindBuffer(GL_DRAW_INDIRECT_BUFFER, spans_->level.id());
  glDrawArraysIndirect(GL_TRIANGLE_STRIP, nullptr);
  glBindBuffer(GL_DRAW_INDIRECT_BUFFER, 0);
}

void TrajectoryDrawing::drawSegment(const Drawing& d, int segment) {
  set(d, program_, true, segment, 1);
  glDrawArrays(GL_TRIANGLES, 0, 6 * paths_);
}

void TrajectoryDrawing::drawToCursor(const Drawing& d) {
  if (!shown() || ended(d)) return;
  const int row = segments(d);
  const double from = stepOf_[std::size_t(row)], part = (d.cursor.at() - from) / (stepOf_[std::size_t(row) + 1] - from);
  if (part <= 0) return;
  set(d, program_, true, row, part);
  glDrawArrays(GL_TRIANGLES, 0, 6 * paths_);
}

}  // namespace gs
