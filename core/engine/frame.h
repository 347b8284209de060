// The immutable answer to an experiment. The only header that render and engine share.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "diffusion/mixture.h"
#include "diffusion/schedule.h"
#include "session/experiment.h"
#include "session/view.h"

namespace gs {

// Allocation without initialisation: trajectories are written once by the engine.
template <class T>
struct UninitAllocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = UninitAllocator<U>;
  };
  template <class U, class... A>
  void construct(U* p, A&&... a) {
    if constexpr (sizeof...(A) == 0)
      ::new (static_cast<void*>(p)) U;
    else
      ::new (static_cast<void*>(p)) U(static_cast<A&&>(a)...);
  }
};
using FloatBuffer = std::vector<float, UninitAllocator<float>>;

// Rows of numbers in buffers of OpenGL, for a renderer whose context shares objects with the engine's.
class DeviceRows {
 public:
  struct Place {
    unsigned buffer = 0;
    std::size_t offset = 0;  // bytes; storage blocks may begin there on every driver
  };
  virtual ~DeviceRows() = default;
  virtual Place place(int row) const = 0;
  // Around what a context does with the rows: its commands wait, on the device, until the rows are computed; and the
  // buffers are not computed into again before they are done.
  virtual void beginUse() const = 0;
  virtual void endUse() const = 0;
  // The first bytes of a row. Waits for them without holding up other work of the device; for workers and exports,
  // never for the window's thread. Throws std::runtime_error when the device is gone.
  virtual void read(int row, std::size_t bytes, void* out) const = 0;
  // The same bytes of every row, row after row, and nothing else of them. Waits and throws likewise.
  virtual void readAcross(std::size_t offset, std::size_t bytes, void* out) const = 0;
  // Pairs of floats by their columns, [row][column][2], brought together on the device. Waits and throws likewise.
  virtual void gather(std::span<const int> rows, std::span<const int> columns, float* out) const = 0;
};

// A row of positions [particle][2] on the host: a part of the frame, or a copy of what the device has.
class HostRow {
 public:
  explicit HostRow(std::span<const float> view) : view_(view) {}
  explicit HostRow(std::vector<float> own) : own_(std::move(own)), view_(own_) {}
  HostRow(const HostRow&) = delete;
  HostRow& operator=(const HostRow&) = delete;
  operator std::span<const float>() const { return view_; }  // as long as this lives
  const float* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  float operator[](std::size_t i) const { return view_[i]; }
  auto begin() const { return view_.begin(); }
  auto end() const { return view_.end(); }

 private:
  std::vector<float> own_;
  std::span<const float> view_;
};

// Bytes that crossed between the host and the device for one answer.
struct Transfers {
  std::uint64_t uploaded = 0, readBack = 0;
  bool operator==(const Transfers&) const = default;
};

// A particle that blew up: the first step at which it had, and where it was before (0, 0: at the start already).
struct LostParticle {
  int particle = 0, step = 0;
  float x = 0, y = 0;
  bool operator==(const LostParticle&) const = default;
};

// Trajectories of `particles` particles, step 0 = noise .. steps = data, in the schedule's own coordinates. Particle i
// is the same one (same noise) whatever the count. Positions that blew up (vec.h: not finite, or beyond any data) are
// data: particles that end so are counted in blownUp and drawn in the warning colour.
// Where memory does not hold all steps some are left out (`stored`); the last one is always there.
struct Frame {
  std::shared_ptr<const Experiment> experiment;  // what was asked
  std::shared_ptr<const Mixture> mixture;        // the resolved data law
  std::vector<GridPoint> grid;                   // [steps + 1]
  int particles = 0;                             // of the experiment's count; fewer on a coarse level
  std::vector<int> stored;                       // the steps of the rows, ascending; empty: all
  FloatBuffer x;                                 // [row][particle][2]; empty where the rows are on a device
  std::shared_ptr<const DeviceRows> device;
  int blownUp = 0;
  std::vector<LostParticle> lost;  // of frames on a device: at most kMostLost of those that blew up, by particle
  int modelCalls = 0;              // NFE of one trajectory, each branch counted once per evaluation
  double seconds = 0;              // spent in sample()
  Transfers transfers;             // of sample()
  std::string engine;              // "CPU AVX2, 2 threads"
  std::uint64_t stamp = 0;         // grows with every answer

  static constexpr int kMostLost = 1500;

  int steps() const { return int(grid.size()) - 1; }
  int rows() const { return stored.empty() ? int(grid.size()) : int(stored.size()); }
  int stepOf(int row) const { return stored.empty() ? row : stored[std::size_t(row)]; }
  // The last row at or before a step; the first one where there is none.
  int rowBefore(int step) const {
    if (stored.empty()) return step;
    int row = int(stored.size()) - 1;
    while (row > 0 && stored[std::size_t(row)] > step) --row;
    return row;
  }
  // The row whose step is nearest.
  int rowNear(int step) const {
    const int row = rowBefore(step), next = row + 1;
    return next < rows() && std::abs(stepOf(next) - step) < std::abs(stepOf(row) - step) ? next : row;
  }
  // The first `count` positions of a row (-1: all) wherever they lie. Reads from a device only what is asked for, and
  // waits for it: see DeviceRows::read.
  HostRow read(int row, int count = -1) const {
    if (count < 0 || count > particles) count = particles;
    if (!device)
      return HostRow(std::span(x.data() + std::size_t(row) * std::size_t(particles) * 2, std::size_t(count) * 2));
    std::vector<float> own(std::size_t(count) * 2);
    if (count > 0) device->read(row, own.size() * sizeof(float), own.data());
    return HostRow(std::move(own));
  }
  // The way of one particle: [row][2]. Of a device nothing else is read.
  std::vector<float> path(int particle) const {
    std::vector<float> out(2 * std::size_t(rows()));
    const std::size_t at = 2 * std::size_t(particle), stride = 2 * std::size_t(particles);
    if (device)
      device->readAcross(at * sizeof(float), 2 * sizeof(float), out.data());
    else
      for (std::size_t row = 0; row < std::size_t(rows()); ++row)
        std::copy_n(x.data() + row * stride + at, 2, out.data() + 2 * row);
    return out;
  }
  // Some particles (0 <= i < particles) in some rows: [row][particle][2]. Of a device nothing else is read.
  std::vector<float> gather(std::span<const int> of, std::span<const int> which) const {
    std::vector<float> out(2 * of.size() * which.size());
    if (device) {
      device->gather(of, which, out.data());
      return out;
    }
    float* to = out.data();
    for (const int row : of)
      for (const int i : which)
        to = std::copy_n(x.data() + 2 * (std::size_t(row) * std::size_t(particles) + std::size_t(i)), 2, to);
    return out;
  }
  // A stored step of a frame on the host.
  std::span<const float> at(int step) const {
    if (device) throw std::logic_error("Frame::at: the rows are on a device");
    return {x.data() + std::size_t(rowBefore(step)) * std::size_t(particles) * 2, std::size_t(particles) * 2};
  }
};

// Which of the steps 0..steps are stored when only `most` rows of them are held: all; the start, every k-th and the
// last; or the last alone. Ascending; empty stands for all. most >= 1.
inline std::vector<int> storedSteps(int steps, long most) {
  if (most > steps) return {};
  std::vector<int> stored;
  if (most >= 2) {
    const int every = int((steps + most - 2) / (most - 1));
    for (int s = 0; s < steps; s += every) stored.push_back(s);
  }
  stored.push_back(steps);
  return stored;
}

// "every 4th step is kept", "only the last step is kept"; empty where all are.
inline std::string storedWords(const Frame& frame) {
  if (frame.stored.empty()) return {};
  if (frame.rows() == 1) return "only the last step is kept";
  const int every = frame.stepOf(1) - frame.stepOf(0);
  return every == frame.steps() ? "only the first and the last step are kept"
                                : "every " + std::to_string(every) +
                                      (every % 10 == 2 && every != 12   ? "nd"
                                       : every % 10 == 3 && every != 13 ? "rd"
                                       : every % 10 == 1 && every != 11 ? "st"
                                                                        : "th") +
                                      " step is kept";
}

// The grid point whose t is nearest to the time cursor.
inline int nearestStep(std::span<const GridPoint> grid, double t) {
  int best = 0;
  for (int i = 1; i < int(grid.size()); ++i)
    if (std::abs(grid[std::size_t(i)].t - t) < std::abs(grid[std::size_t(best)].t - t)) best = i;
  return best;
}

// Positions at a time between steps are those of two rows, weighted; `normalised`: each over sqrt(alpha^2 + sigma^2).
struct RowsAt {
  int row = 0, next = 0;
  double here = 1, there = 0;
};
inline RowsAt rowsAt(const Frame& frame, double time, bool normalised) {
  int step = 0;
  while (step < frame.steps() && frame.grid[std::size_t(step) + 1].t >= time) ++step;
  RowsAt at;
  at.row = frame.rowBefore(step);
  at.next = std::min(at.row + 1, frame.rows() - 1);
  const GridPoint &a = frame.grid[std::size_t(frame.stepOf(at.row))],
                  &b = frame.grid[std::size_t(frame.stepOf(at.next))];
  const double mix = at.next > at.row ? std::clamp((a.t - time) / (a.t - b.t), 0., 1.) : 0;
  const auto norm = [&](const GridPoint& g) { return normalised ? std::hypot(g.level.alpha, g.level.sigma) : 1; };
  at.here = (1 - mix) / norm(a);
  at.there = mix / norm(b);
  return at;
}

// A rectangle of the plane sampled at pixel centres, row 0 at the bottom.
struct FieldGrid {
  Vec2 lo{0.0}, hi{1.0};
  int width = 0, height = 0;
  bool operator==(const FieldGrid&) const = default;
  Vec2 center(int i, int j) const {
    return {lo.x + (i + .5) * (hi.x - lo.x) / width, lo.y + (j + .5) * (hi.y - lo.y) / height};
  }
};

// Log-densities of the data law's noised joint p_t(x, c) on a grid, in the schedule's own coordinates at `level`.
struct DensityField {
  FieldGrid grid;
  NoiseLevel level;
  int classes = 0;
  std::vector<float> logJoint;  // [class][row][column], natural log; -inf never occurs (floored at -1e30)
  // Of a field that stays on a device: one row of those numbers, and logJoint is empty. What drawing must know of them
  // besides was found there: of the whole law, of its classes each by itself, then of every class it and the others.
  std::shared_ptr<const DeviceRows> device;
  struct Extent {
    float low = 0, high = 0;  // the smallest and the largest number, on a lattice
    float full = 0;           // of full strength: see core/render/density_layer.cpp
  };
  std::vector<Extent> extents;  // [2 + 2 classes]
  bool empty() const { return logJoint.empty() && !device; }
};

// Particles outside the view at the time cursor, of a frame on a device: positions are not read back for a word. Those
// that blew up are counted elsewhere.
struct Outside {
  int count = 0, of = 0;  // `of`: the first particles
  bool operator==(const Outside&) const = default;
};

// The reward of the first reward term that is on, for its level lines.
struct RewardField {
  FieldGrid grid;
  std::vector<float> height;  // [row][column]: log r (of a cost log 1 / l), floored far below the lines; of a
                              // half-plane the signed distance to its edge
  std::vector<float> lines;   // levels, ascending
  double apart = 0;           // of log r from one line to the next; 0: the edge of a half-plane
};

// The tilted law at t = 0, normalised on the grid: p(x|c)^(1+omega) p(x)^(-omega) or, for a reward, r^omega p of the
// law that is sampled (of a cost 1 / r). Present only where the stack is one enabled term of these kinds with a
// constant curve (or nothing: then it is p(x|c)); otherwise `absent` says why.
struct TargetField {
  FieldGrid grid;
  std::vector<float> logDensity;  // [row][column]
  std::vector<float>
      contourLevels;   // log-densities that enclose 39.3 %, 86.5 % (1 and 2 sigma of a Gaussian) of the mass
  std::string absent;  // e.g. "no closed target: several terms are on"
  std::shared_ptr<const RewardField> reward;  // null without a reward term, present whatever `absent` says
};

// ---- truths and fields at the time cursor, in the schedule's own coordinates at `level` ---------------------------
// Vectors at the centres of a lattice that stays where it is while the camera moves.
struct VectorField {
  FieldGrid grid;
  NoiseLevel level;
  ArrowWhat what = ArrowWhat::Push;
  Space space = Space::Denoiser;
  std::vector<float> first;   // [row][column][2], in the unit of the space; NaN: not known there
  std::vector<float> second;  // the part across; empty where `what` is one vector
  double reference = 0;  // 1, 2 or 5 times a power of ten, near the longest ones: is drawn as 1.2 cells; 0: all are 0
  std::string absent;    // why there is none: "no closed target: several terms are on"
};
// Numbers on a grid. `weight` fades out where nothing is known.
struct ScalarField {
  FieldGrid grid;
  NoiseLevel level;
  HeatWhat what = HeatWhat::Ratio;
  std::vector<float> value, weight;  // [row][column]; natural log of the ratio, 1 / data unit, 1
  double scale = 0;                  // the value of full colour: 1, 2 or 5 times a power of ten
  double kernel = 0;                 // of DataRatio: the standard deviation of the blur, in the units that are shown
  std::string absent;
};
struct Streamlines {
  NoiseLevel level;
  Space space = Space::Score;
  std::vector<float> points;  // [point][2], along the field
  std::vector<int> ends;      // where each line ends among them
};
// One of the three laws.
struct LawField {
  FieldGrid grid;
  NoiseLevel level;
  std::vector<float> logDensity;     // [row][column], natural log, normalised; empty where samples are asked for
  std::vector<float> contourLevels;  // around 39.3 % and 86.5 % of the mass
  std::vector<float> samples;        // [sample][2]
  std::string absent;
};
// Particles of a frame and the exact samples of the law without guidance, p_t(x | c), that the assignment of least mean
// squared distance pairs them with.
struct MatchedPairs {
  std::shared_ptr<const Frame> frame;
  NoiseLevel level;
  std::vector<float> from, to;       // [pair][2]
  double w2 = 0, se = 0, floor = 0;  // root mean squared length, in the units of the plane; floor: of two exact sets
  std::string absent;
};
struct Truths {
  std::shared_ptr<const MatchedPairs> matched;
  std::shared_ptr<const VectorField> arrows;
  std::shared_ptr<const ScalarField> heat;
  std::shared_ptr<const Streamlines> streams;
  std::shared_ptr<const LawField> data, tilted, own;
  bool operator==(const Truths&) const = default;
};

// One particle's way and that of its twin, which has the same noise and no guidance. [row] are the frame's.
struct ParticleRecord {
  std::shared_ptr<const Frame> frame;
  int particle = 0;
  std::vector<float> x, twin;         // [row][2], in the schedule's own coordinates
  std::vector<float> classPosterior;  // [row], p_t(c | x); empty without a condition
  std::vector<float> push;            // [row], |D^ - D|, data units
  std::vector<float> logReward;       // [row], of the denoiser's answer; empty without a reward
};
// Particles inside an outline that was drawn around them.
struct Group {
  std::vector<int> particles;
  std::vector<float> x;  // [particle][2] at the cursor
  Vec2 mean{0.0};        // of them, there
  Sym2 covariance;
  double classPosterior = 0;  // mean of p_t(c | x), there
  Vec2 endMean{0.0};          // at t = 0
  Sym2 endCovariance;
  double endPosterior = 0;
  int of = 0;  // particles of the frame
};

// Per-particle values at the time cursor, for colours. [particle]. Of frames on a device they stay there as well:
// `device` has one row of shader::DevicePoint, which is what drawing needs of them, and the vectors are empty.
struct PointValues {
  std::vector<float> classPosterior;  // [particle][class], p_t(c | x_t)
  int classes = 0;
  std::vector<float> push;  // |sum_i omega_i(t) (D_plus - D_minus)|, data units
  std::shared_ptr<const DeviceRows> device;
  int particles = 0;     // with values on the device
  double pushScale = 0;  // of values on the device: the largest push of the colour scale, their 98th percentile
  bool empty() const { return push.empty() && !device; }
};

// The largest push on a colour scale: the 98th percentile of those that are finite; 0 without any. Reorders them.
inline double pushScaleOf(std::vector<float>& pushes) {
  std::erase_if(pushes, [](float v) { return !std::isfinite(v); });
  if (pushes.empty()) return 0;
  const auto at = pushes.begin() + std::ptrdiff_t(double(pushes.size() - 1) * 0.98);
  std::nth_element(pushes.begin(), at, pushes.end());
  return *at;
}

}  // namespace gs
