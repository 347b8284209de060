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
  steps_.clear();
  for (int s = 0; s < frame.steps(); s += every) steps_.push_back(s);
  steps_.push_back(frame.steps());

  const std::size_t row = std::size_t(paths) * 2;
  std::vector<float> rows, copy;
  positions_.reserve(row * steps_.size() * sizeof(float));
  for (std::size_t r = 0; r < steps_.size(); ++r) {
    const int step = steps_[r];
    std::span<const float> x = frame.at(step).first(row);
    if (frame.blownUp > 0) {
      // A path that leaves the numbers ends where it was last seen: its later points stay there.
      std::vector<float> held(x.begin(), x.end());
      for (std::size_t i = 0; i < row; i += 2)
        if (blownUp(held[i], held[i + 1])) {
          held[i] = copy.empty() ? 0 : copy[i];
          held[i + 1] = copy.empty() ? 0 : copy[i + 1];
        }
      copy = std::move(held);
      x = copy;
    }
    positions_.write(r * row * sizeof(float), std::as_bytes(x));
    const double norm = shownNorm(frame.grid[std::size_t(step)].level, coordinates_);
    rows.insert(rows.end(), {float(step), float(1 / norm)});
  }
  rows_.upload(std::span<const float>(rows));
}

void TrajectoryDrawing::draw(const Drawing& d) {
  const TrajectoryLayer& layer = d.view.trajectories;
  const int paths = layer.visible && d.picture.frame && d.picture.frame->steps() > 0
                        ? std::min({layer.count, d.quality.trajectories, d.picture.frame->particles})
                        : 0;
  if (paths <= 0) {
    frame_ = nullptr;  // what is not drawn is not kept alive
    return;
  }
  upload(d, paths, std::max(d.quality.everyNthStep, 1));

  const Linear noise = toLinear(d.palette.other), data = toLinear(d.palette.guided);
  program_.set("paths", paths);
  program_.set("lastRow", int(steps_.size()) - 1);
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
  glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, GLsizei(2 * steps_.size()), paths);
}

}  // namespace gs
