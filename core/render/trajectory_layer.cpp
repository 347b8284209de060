#include <epoxy/gl.h>

#include <algorithm>
#include <cmath>

#include "render/layers.h"

namespace gs {

void TrajectoryDrawing::upload(const Drawing& d, int paths, int every) {
  const Frame& frame = *d.picture.frame;
  if (frame_ == d.picture.frame && paths_ == paths && every_ == every && coordinates_ == d.view.coordinates) return;
  frame_ = d.picture.frame;
  paths_ = paths;
  every_ = every;
  coordinates_ = d.view.coordinates;
  // The stored steps that lie at least `every` steps from the one before, and the last.
  std::vector<int> drawn;
  for (int r = 0; r + 1 < frame.rows(); ++r)
    if (drawn.empty() || frame.stepOf(r) - frame.stepOf(drawn.back()) >= every) drawn.push_back(r);
  drawn.push_back(frame.rows() - 1);
  rowCount_ = int(drawn.size());

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

void TrajectoryDrawing::draw(const Drawing& d) {
  const TrajectoryLayer& layer = d.view.trajectories;
  const int paths = layer.visible && d.picture.frame && d.picture.frame->rows() > 1
                        ? std::min({layer.count, d.quality.trajectories, d.picture.frame->particles})
                        : 0;
  if (paths <= 0) {
    frame_ = nullptr;  // what is not drawn is not kept alive
    return;
  }
  upload(d, paths, std::max(d.quality.everyNthStep, 1));

  const Linear noise = toLinear(d.palette.other), data = toLinear(d.palette.guided);
  program_.set("paths", paths);
  program_.set("lastRow", rowCount_ - 1);
  program_.set("width", float(d.stroke(layer.width)));
  program_.set("cursorStep", float(d.cursor.at()));
  program_.set("lastStep", float(d.picture.frame->steps()));
  program_.set("opacity", float(d.opacity(layer.opacity)));
  program_.set("beyond", 0.22f);
  program_.set("timeColor", layer.timeColor ? 1.0f : 0.0f);
  program_.set("noiseColor", noise.r, noise.g, noise.b);
  program_.set("dataColor", data.r, data.g, data.b);
  program_.use();
  positions_.bindStorage(GS_POSITIONS);
  rows_.bindStorage(GS_PATH_ROWS);
  glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 2 * rowCount_, paths);
}

}  // namespace gs
