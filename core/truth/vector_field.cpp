#include "truth/vector_field.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "truth/own_law.h"
#include "truth/target.h"
#include "engine/reference.h"

namespace gs {
namespace {

constexpr double kLeastOfWidth = 1e-3, kFarthestLevel = 1e4;
constexpr double kDeepestPlace = 6;  // nats below the highest density that is seen
constexpr double kLong = 0.96;       // the quantile of lengths that the scale goes by

double quantileOf(std::vector<double> v, double q) {
  std::erase_if(v, [](double a) { return !std::isfinite(a); });
  if (v.empty()) return 0;
  const auto at = v.begin() + std::ptrdiff_t(q * double(v.size() - 1));
  std::nth_element(v.begin(), at, v.end());
  return *at;
}

double factorOf(Space space, const FieldLevel& f) {
  const double a = f.level.alpha, s = f.level.sigma;
  switch (space) {
    case Space::Denoiser:
      return 1;
    case Space::Noise:
      return -a / s;
    case Space::V:
      return -(a * a + s * s) / s;
    case Space::Score:
      return a / (s * s);
    case Space::Velocity:
      return f.rate.alpha - f.rate.sigma * a / s;
  }
  return 1;
}

std::vector<double> centers(double lo, double hi, int count) {
  std::vector<double> out;
  for (int i = 0; i < count; ++i) out.push_back(lo + (i + .5) * (hi - lo) / count);
  return out;
}

std::vector<TiltedLaw::At> tiltedOn(const TiltedLaw& law, const FieldGrid& grid, const FieldLevel& f,
                                    std::stop_token stop) {
  const double a = f.level.alpha;
  return law.at(centers(grid.lo.x / a, grid.hi.x / a, grid.width), centers(grid.lo.y / a, grid.hi.y / a, grid.height),
                f.ratio, std::move(stop));
}

}  // namespace

double roundBelow(double most) {
  if (!(most > 0) || !std::isfinite(most)) return 0;
  const double ten = std::pow(10., std::floor(std::log10(most) + 1e-9));
  const double lead = most / ten * (1 + 1e-9);
  return lead >= 5 ? 5 * ten : lead >= 2 ? 2 * ten : ten;
}

FieldLevel fieldLevel(const Experiment& e, const Mixture& m, double time) {
  const std::vector<GridPoint> grid = timeGrid(e.schedule);
  FieldLevel f;
  f.t = std::min(time, grid.front().t);
  const NoiseLevel cursor = cursorLevel(e.schedule, grid, time);
  f.ratio =
      std::clamp(cursor.alpha > 0 ? cursor.ratio() : kFarthestLevel, kLeastOfWidth * narrowestWidth(m), kFarthestLevel);
  f.level = levelOfRatio(e.schedule, f.ratio);
  f.rate = noiseRate(e.schedule, timeOf(e.schedule, std::min(f.ratio, ownSigmaMax(e.schedule))));
  return f;
}

Vec2 inSpace(Vec2 displacement, Space space, const FieldLevel& f) { return factorOf(space, f) * displacement; }

Vec2 answerInSpace(Vec2 d, Vec2 x, Space space, const FieldLevel& f) {
  switch (space) {
    case Space::Denoiser:
      return d - x / f.level.alpha;
    case Space::Noise:
      return epsFromDenoiser(d, x, f.level);
    case Space::V:
      return vFromDenoiser(d, x, f.level);
    case Space::Score:
      return scoreFromDenoiser(d, x, f.level);
    case Space::Velocity:
      return velocityFromDenoiser(d, x, f.level, f.rate);
  }
  return d;
}

struct GuidedFields::Impl {
  FieldLevel at;
  std::shared_ptr<const Mixture> mixture;
  int condition;
  double width, rows;
  GuidedInDouble guided, base;

  Impl(const Experiment& e, const Plan& with, const Plan& without, const FieldLevel& f)
      : at(f),
        mixture(with.mixture),
        condition(e.condition),
        width(std::hypot(narrowestWidth(*with.mixture), f.ratio)),
        rows(with.kernelRows() + without.kernelRows()),
        guided(with),
        base(without) {}
};

GuidedFields::GuidedFields(const Experiment& e, std::shared_ptr<const Mixture> mixture, const FieldLevel& f,
                           const Plan* previous) {
  Experiment plain = e;
  plain.guidance.clear();
  const Plan with = compileLevels(e, mixture, {f.t}, {f.ratio}, previous),
             without = compileLevels(plain, mixture, {f.t}, {f.ratio});
  impl_ = std::make_unique<Impl>(e, with, without, f);
}
GuidedFields::~GuidedFields() = default;

Vec2 GuidedFields::base(Vec2 x) const { return impl_->base.denoise(0, x / impl_->at.level.alpha); }
Vec2 GuidedFields::guided(Vec2 x) const { return impl_->guided.denoise(0, x / impl_->at.level.alpha); }
double GuidedFields::logDensity(Vec2 x) const { return gs::logDensity(*impl_->mixture, x, impl_->at.level); }
const FieldLevel& GuidedFields::at() const { return impl_->at; }
double GuidedFields::rows() const { return impl_->rows; }

double GuidedFields::pushDivergence(Vec2 x) const {
  // The push in score form is alpha / sigma^2 (D^ - D)(x / alpha): times sigma^2 its divergence is that over y.
  const double h = 1e-4 * impl_->width;
  const Vec2 y = x / impl_->at.level.alpha;
  return impl_->guided.jacobian(0, y, h).trace() - impl_->base.jacobian(0, y, h).trace();
}

Vec2 GuidedFields::classGradient(Vec2 x) const {
  if (impl_->condition == kUnconditional) return Vec2(0.0);
  return score(*impl_->mixture, x, impl_->at.level, impl_->condition) - score(*impl_->mixture, x, impl_->at.level);
}

VectorField vectorField(const GuidedFields& fields, const TiltedLaw* tilted, const std::string& absent,
                        const FieldGrid& grid, ArrowWhat what, Space space, std::stop_token stop) {
  const FieldLevel& f = fields.at();
  VectorField out{.grid = grid, .level = f.level, .what = what, .space = space, .first = {}, .second = {}};
  const bool needsLaw = what == ArrowWhat::Missing || what == ArrowWhat::ScoreError;
  if (needsLaw && !tilted) {
    out.absent = absent;
    return out;
  }
  std::vector<TiltedLaw::At> law;
  if (needsLaw && (law = tiltedOn(*tilted, grid, f, stop)).empty()) return {};
  const bool parts = what == ArrowWhat::PushParts || what == ArrowWhat::PushClassParts;
  // The scale goes by what is where particles may be; far out fields grow without end.
  std::vector<double> lengths, depths;
  const auto add = [&](std::vector<float>& to, Vec2 v) {
    to.push_back(float(v.x));
    to.push_back(float(v.y));
    lengths.push_back(glm::length(v));
  };
  for (int j = 0; j < grid.height; ++j) {
    if (stop.stop_requested()) return {};
    for (int i = 0; i < grid.width; ++i) {
      const Vec2 x = grid.center(i, j);
      depths.push_back(fields.logDensity(x));
      switch (what) {
        case ArrowWhat::Base:
          add(out.first, answerInSpace(fields.base(x), x, space, f));
          break;
        case ArrowWhat::Guided:
          add(out.first, answerInSpace(fields.guided(x), x, space, f));
          break;
        case ArrowWhat::Push:
          add(out.first, inSpace(fields.push(x), space, f));
          break;
        case ArrowWhat::PushParts:
        case ArrowWhat::PushClassParts: {
          const Vec2 base = fields.base(x), push = fields.guided(x) - base;
          const Vec2 way = what == ArrowWhat::PushParts ? base - x / f.level.alpha : fields.classGradient(x);
          const double square = glm::dot(way, way);
          const Vec2 along = square > 1e-300 ? way * (glm::dot(way, push) / square) : Vec2(0.0);
          add(out.first, inSpace(along, space, f));
          add(out.second, inSpace(push - along, space, f));
          break;
        }
        case ArrowWhat::Missing:
        case ArrowWhat::ScoreError: {
          const Vec2 missing =
              law[std::size_t(j) * std::size_t(grid.width) + std::size_t(i)].denoiser - fields.guided(x);
          add(out.first, inSpace(what == ArrowWhat::Missing ? missing : -missing, space, f));
          break;
        }
      }
    }
  }
  if (!parts) out.second.clear();
  // Rounding alone is no field.
  const double top = *std::max_element(depths.begin(), depths.end());
  const std::size_t each = lengths.size() / depths.size();
  std::vector<double> near;
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (depths[i / each] > top - kDeepestPlace) near.push_back(lengths[i]);
  const double longest = quantileOf(near, kLong);
  const double noise = 1e-9 * std::abs(factorOf(space, f)) * (f.ratio + glm::length(grid.hi - grid.lo) / f.level.alpha);
  out.reference = longest > noise ? roundBelow(longest) : 0;
  return out;
}

ScalarField divergenceField(const GuidedFields& fields, const FieldGrid& grid, std::stop_token stop) {
  ScalarField out{.grid = grid, .level = fields.at().level, .what = HeatWhat::Divergence, .value = {}, .weight = {}};
  std::vector<double> sizes;
  for (int j = 0; j < grid.height; ++j) {
    if (stop.stop_requested()) return {};
    for (int i = 0; i < grid.width; ++i) {
      const double d = fields.pushDivergence(grid.center(i, j));
      out.value.push_back(float(d));
      out.weight.push_back(std::isfinite(d) ? 1.f : 0.f);
      sizes.push_back(std::abs(d));
    }
  }
  const double longest = quantileOf(sizes, .98);
  out.scale = longest > 1e-6 ? roundBelow(longest) : 0;
  return out;
}

ScalarField scoreErrorField(const GuidedFields& fields, const TiltedLaw& tilted, const FieldGrid& grid,
                            std::stop_token stop) {
  const FieldLevel& f = fields.at();
  ScalarField out{.grid = grid, .level = f.level, .what = HeatWhat::ScoreError, .value = {}, .weight = {}};
  const std::vector<TiltedLaw::At> law = tiltedOn(tilted, grid, f, stop);
  if (law.empty()) return {};
  std::vector<double> sizes;
  double top = -std::numeric_limits<double>::infinity();
  for (const TiltedLaw::At& a : law) top = std::max(top, a.logDensity);
  for (int j = 0; j < grid.height; ++j) {
    if (stop.stop_requested()) return {};
    for (int i = 0; i < grid.width; ++i) {
      const std::size_t k = out.value.size();
      // |s^ - s~| sigma = alpha / sigma |D^ - D~|
      const double e = f.level.alpha / f.level.sigma * glm::length(fields.guided(grid.center(i, j)) - law[k].denoiser);
      out.value.push_back(float(e));
      // Where neither law nor particles are, a score says nothing; and the law's grid ends there.
      out.weight.push_back(float(std::clamp((law[k].logDensity - top + 8) / 2, 0., 1.)));
      if (out.weight.back() > .5f) sizes.push_back(e);
    }
  }
  const double longest = quantileOf(sizes, .98);
  out.scale = longest > 1e-6 ? roundBelow(2.5 * longest) : 0;  // at least the longest but a few
  return out;
}

namespace {

// Points of lines so far, by cells as wide as the distance that is to be kept.
class LinePlaces {
 public:
  LinePlaces(const FieldGrid& grid, double apart) : lo_(grid.lo), cell_(apart) {
    width_ = int((grid.hi.x - grid.lo.x) / apart) + 1;
    height_ = int((grid.hi.y - grid.lo.y) / apart) + 1;
    cells_.resize(std::size_t(width_) * std::size_t(height_));
  }
  void add(Vec2 p, int line) {
    if (auto* c = at(int((p.x - lo_.x) / cell_), int((p.y - lo_.y) / cell_))) c->push_back({p, line});
  }
  // Whether one of another line is nearer than this part of the distance.
  bool crowded(Vec2 p, double share, int line) const {
    const int i = int((p.x - lo_.x) / cell_), j = int((p.y - lo_.y) / cell_);
    for (int b = j - 1; b <= j + 1; ++b)
      for (int a = i - 1; a <= i + 1; ++a)
        if (const auto* c = const_cast<LinePlaces*>(this)->at(a, b))
          for (const Place& q : *c)
            if (q.line != line && glm::distance(q.at, p) < share * cell_) return true;
    return false;
  }

 private:
  struct Place {
    Vec2 at;
    int line;
  };
  std::vector<Place>* at(int i, int j) {
    if (i < 0 || j < 0 || i >= width_ || j >= height_) return nullptr;
    return &cells_[std::size_t(j) * std::size_t(width_) + std::size_t(i)];
  }
  Vec2 lo_;
  double cell_;
  int width_, height_;
  std::vector<std::vector<Place>> cells_;
};

}  // namespace

// Evenly spaced: a line starts beside one that is there, a full distance from all, and ends where it comes nearer than
// half of that to another one (B. Jobard and W. Lefer, 1997). Along the field's direction by fourth-order Runge-Kutta.
Streamlines streamlines(const GuidedFields& fields, const FieldGrid& grid, Space space, double apart,
                        std::stop_token stop) {
  const FieldLevel& f = fields.at();
  Streamlines out{.level = f.level, .space = space, .points = {}, .ends = {}};
  const Vec2 size = grid.hi - grid.lo;
  if (!(apart > 0)) return out;
  apart = std::max(apart, std::max(size.x, size.y) / 200);
  const double step = apart / 5;
  const auto inside = [&](Vec2 p) {
    return p.x >= grid.lo.x && p.y >= grid.lo.y && p.x <= grid.hi.x && p.y <= grid.hi.y;
  };
  const auto direction = [&](Vec2 p) {
    const Vec2 v = answerInSpace(fields.guided(p), p, space, f);
    const double l = glm::length(v);
    return l > 1e-12 && std::isfinite(l) ? v / l : Vec2(0.0);
  };
  LinePlaces places(grid, apart);
  std::vector<Vec2> seeds{.5 * (grid.lo + grid.hi)};
  // A few more, so that no part of the picture is left without.
  for (int j = 0; j < 5; ++j)
    for (int i = 0; i < 7; ++i) seeds.push_back(grid.lo + size * Vec2((i + .5) / 7, (j + .5) / 5));
  const int most = int(std::max(size.x, size.y) / step) * 2;
  for (std::size_t s = 0; s < seeds.size(); ++s) {
    if (stop.stop_requested()) return {};
    const int line = int(out.ends.size());
    if (!inside(seeds[s]) || places.crowded(seeds[s], .999, -1)) continue;
    std::vector<Vec2> half[2];
    for (const int way : {0, 1}) {
      Vec2 p = seeds[s];
      const double h = way == 0 ? step : -step;
      for (int n = 0; n < most; ++n) {
        const Vec2 k1 = direction(p), k2 = direction(p + .5 * h * k1), k3 = direction(p + .5 * h * k2),
                   k4 = direction(p + h * k3);
        const Vec2 move = h / 6 * (k1 + 2. * k2 + 2. * k3 + k4);
        // At a point of rest the directions turn round and the steps shrink.
        if (glm::length(move) < .5 * std::abs(h)) break;
        p += move;
        if (!inside(p) || places.crowded(p, .5, line)) break;
        half[way].push_back(p);
        if (n > 12 && glm::distance(p, seeds[s]) < .5 * step) break;  // a ring closes
      }
    }
    if (half[0].size() + half[1].size() < 8) continue;
    std::vector<Vec2> points(half[1].rbegin(), half[1].rend());
    points.push_back(seeds[s]);
    points.insert(points.end(), half[0].begin(), half[0].end());
    for (std::size_t i = 0; i < points.size(); ++i) {
      places.add(points[i], line);
      out.points.push_back(float(points[i].x));
      out.points.push_back(float(points[i].y));
      if (i % 5 != 2) continue;
      const Vec2 along = direction(points[i]), across(-along.y, along.x);
      seeds.push_back(points[i] + apart * 1.001 * across);
      seeds.push_back(points[i] - apart * 1.001 * across);
    }
    out.ends.push_back(int(out.points.size() / 2));
  }
  return out;
}

}  // namespace gs
