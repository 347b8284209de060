// Arrows, streamlines, maps and the matching: what is drawn of fields and of particles.
#include <numbers>

#include "truth/truth_maker.h"

namespace gs {

bool TruthMaker::Turn::arrows() {
  if (want.arrows.visible) {
    m.ensureFields(a, f);
    const bool law = want.arrows.what == ArrowWhat::Missing || want.arrows.what == ArrowWhat::ScoreError;
    if (law && closed && !m.ensureTilted(a, tilt, stop)) return false;
    double perPoint = m.fields->rows() + 4;
    if (law && closed) perPoint += double(m.tilted->closedForms(f.ratio)) * double(a.mixture->components.size());
    const double norm = shownNormOf(f.level, a.coordinates);
    const FieldGrid grid =
        lattice(here, want.arrows.spacing * want.unitsPerPoint * norm, std::max(64., budget / perPoint));
    const auto wanted = key(grid, int(want.arrows.what), int(want.arrows.space), 0, f.ratio);
    if (!m.arrowsMade.is(wanted) || !truths.arrows) {
      VectorField made = vectorField(*m.fields, closed && law ? m.tilted.get() : nullptr, tilt.absent, grid,
                                     want.arrows.what, want.arrows.space, stop);
      if (made.first.empty() && made.absent.empty()) return false;
      truths.arrows = std::make_shared<const VectorField>(std::move(made));
      m.arrowsMade.key = wanted;
    }
  } else {
    truths.arrows = nullptr;
  }
  return true;
}

bool TruthMaker::Turn::streams() {
  if (want.streams.visible) {
    const double norm = shownNormOf(f.level, a.coordinates);
    const double apart = want.streams.spacing * want.unitsPerPoint * norm;
    const auto wanted = key(here, 0, int(want.streams.space), apart, f.ratio);
    if (!m.streamsMade.is(wanted) || !truths.streams) {
      m.ensureFields(a, f);
      // Twenty evaluations a step along a line, five steps a distance.
      const Vec2 size = here.hi - here.lo;
      const double rows = size.x * size.y / (apart * apart) * 25 * (m.fields->rows() + 4);
      if (quick && rows > 4 * kQuickRows) {
        truths.streams = nullptr;
      } else {
        Streamlines lines = streamlines(*m.fields, here, want.streams.space, apart, stop);
        if (stop.stop_requested()) return false;
        truths.streams = std::make_shared<const Streamlines>(std::move(lines));
        m.streamsMade.key = wanted;
      }
    }
  } else {
    truths.streams = nullptr;
  }
  return true;
}

bool TruthMaker::Turn::map() {
  if (truths.heat && truths.heat->what != want.heat.what) truths.heat = nullptr;
  if (want.heat.visible && want.heat.what == HeatWhat::DataRatio) return dataRatio();
  if (want.heat.visible) {
    const HeatWhat what = want.heat.what;
    const auto question = [&](const FieldGrid& g) { return key(g, int(what), 0, 0, f.ratio); };
    if (m.heatMade.key && truths.heat) {
      Impl::FieldKey k = *m.heatMade.key;
      const auto now = question(k.grid);
      if (k != now || truths.heat->what != what) truths.heat = nullptr;
    }
    const auto absent = [&](std::string why) {
      truths.heat = std::make_shared<const ScalarField>(ScalarField{
          .grid = here, .level = f.level, .what = what, .value = {}, .weight = {}, .absent = std::move(why)});
      m.heatMade.key = question(here);
    };
    if (what != HeatWhat::Divergence && !closed) {
      absent(tilt.absent);
    } else {
      if (what != HeatWhat::Divergence && !m.ensureTilted(a, tilt, stop)) return false;
      const double components = double(a.mixture->components.size());
      ScalarField made;
      if (what == HeatWhat::Ratio) {
        if (!ownLater()) {
          const OwnLaw& law = m.ensureOwn(a, f.ratio, effort());
          if (stop.stop_requested()) return false;
          if (const std::string why = whyNoOwn(here, law); law.postponed() && stage != Stage::Full) {
            // A later stage may take longer.
          } else if (!why.empty()) {
            absent(why);
          } else if (const FieldGrid grid = withColumns(here, columnsOf(here, law));
                     !quick || grid.width >= kLeastColumns) {
            const auto wanted = question(grid);
            if (!m.heatMade.is(wanted) || !truths.heat) {
              std::vector<double> xs, ys;
              for (int i = 0; i < grid.width; ++i) xs.push_back(grid.center(i, 0).x / f.level.alpha);
              for (int j = 0; j < grid.height; ++j) ys.push_back(grid.center(0, j).y / f.level.alpha);
              const auto target = m.tilted->at(xs, ys, f.ratio, stop);
              const std::vector<float> log = m.ownOn(law, grid, f.level, stop);
              if (log.empty() || target.empty()) return false;
              made = {.grid = grid, .level = f.level, .what = what, .value = {}, .weight = {}};
              double top = -std::numeric_limits<double>::infinity();
              for (std::size_t i = 0; i < log.size(); ++i) top = std::max(top, target[i].logDensity);
              const double shift = 2 * std::log(f.level.alpha);
              for (std::size_t i = 0; i < log.size(); ++i) {
                const double own = double(log[i]) + shift, ratio = own - target[i].logDensity;
                made.value.push_back(float(ratio));
                made.weight.push_back(float(std::clamp((std::max(own, target[i].logDensity) - top + 7) / 3, 0., 1.)));
              }
              made.scale = std::log(10.);
              truths.heat = std::make_shared<const ScalarField>(std::move(made));
              m.heatMade.key = wanted;
            }
          }
        }
      } else {
        m.ensureFields(a, f);
        const bool error = what == HeatWhat::ScoreError;
        const double perPoint = (error ? 1 : 8) * (m.fields->rows() + 4) +
                                (error ? double(m.tilted->closedForms(f.ratio)) * components : 0);
        const FieldGrid grid = withColumns(here, affordable(here, perPoint, budget / 2, kHeatColumns));
        const auto wanted = question(grid);
        if (!m.heatMade.is(wanted) || !truths.heat) {
          made = error ? scoreErrorField(*m.fields, *m.tilted, grid, stop) : divergenceField(*m.fields, grid, stop);
          if (made.value.empty()) return false;
          truths.heat = std::make_shared<const ScalarField>(std::move(made));
          m.heatMade.key = wanted;
        }
      }
    }
  } else {
    truths.heat = nullptr;
  }
  return true;
}

// The density of a frame's particles over p_t(x | c), whatever model, solver and terms moved them. A sum of kernels of
// width h is an estimate of the particles' law convolved with N(0, h^2); the data law is convolved with the same one,
// which is another noise level of it. So h cancels out where both laws agree, and exact samples show nothing but
// chance.
bool TruthMaker::Turn::dataRatio() {
  m.heatMade.key.reset();
  if (!a.frame || a.frame->experiment->distribution != a.experiment.distribution) {
    truths.heat = nullptr;
    return true;
  }
  const Experiment& e = *a.frame->experiment;
  const NoiseLevel level = cursorLevel(e.schedule, a.frame->grid, a.time);
  const bool normalised = a.coordinates == Coordinates::Normalised;
  const double norm = shownNormOf(level, a.coordinates), wide = a.grid.hi.x - a.grid.lo.x;
  const int finest = quick ? kHeatColumns / 2 : kHeatColumns;
  const FieldGrid grid = withColumns(a.grid, std::min(finest, int(std::min(3 * wide / want.kernel, 1e4))));
  const Impl::RatioKey key{a.frame, a.time, want.kernel, a.coordinates, grid, quick ? kQuickSpread : kSpread};
  if (truths.heat && m.ratioMade && m.ratioMade->answers(key)) return true;
  const Vec2 cell = (grid.hi - grid.lo) / Vec2(grid.width, grid.height);
  // Sums at the centres of cells that are wider than a kernel would miss particles between them.
  const double kernel = std::max(want.kernel, .75 * std::max(cell.x, cell.y));
  const std::vector<float> x = positionsAt(*a.frame, a.time, normalised, key.most);
  std::vector<double> sums(std::size_t(grid.width) * std::size_t(grid.height)), across(std::size_t(grid.width));
  constexpr double kReach = 5;  // standard deviations: beyond lie 4e-6 of a kernel
  for (std::size_t k = 0; k + 1 < x.size(); k += 2) {
    if (k % 8192 == 0 && stop.stop_requested()) return false;
    if (blownUp(x[k], x[k + 1])) continue;
    const Vec2 at = (Vec2(x[k], x[k + 1]) - grid.lo) / cell - .5, reach = kReach * kernel / cell;
    const Vec2 last(grid.width - 1, grid.height - 1);
    const Vec2 lo = glm::max(glm::ceil(at - reach), Vec2(0.0)), hi = glm::min(glm::floor(at + reach), last);
    if (lo.x > hi.x || lo.y > hi.y) continue;
    const auto bell = [&](double cells, double size) {
      const double d = cells * size / kernel;
      return std::exp(-.5 * d * d);
    };
    for (int i = int(lo.x); i <= int(hi.x); ++i) across[std::size_t(i)] = bell(i - at.x, cell.x);
    for (int j = int(lo.y); j <= int(hi.y); ++j) {
      const double height = bell(j - at.y, cell.y);
      double* row = sums.data() + std::size_t(j) * std::size_t(grid.width);
      for (int i = int(lo.x); i <= int(hi.x); ++i) row[i] += height * across[std::size_t(i)];
    }
  }
  const NoiseLevel blurred{level.alpha / norm, std::hypot(level.sigma / norm, kernel)};
  const DensityField field = m.engine->density(*a.mixture, blurred, grid, stop);
  if (field.logJoint.empty()) return false;
  Tilt plain;
  plain.condition = a.mixture->classes() > 1 ? e.condition : kUnconditional;
  const std::vector<float> law = tiltedLog(plain, *a.mixture, field, {});
  ScalarField made{.grid = grid, .level = level, .what = HeatWhat::DataRatio, .value = {}, .weight = {}, .absent = {}};
  made.grid.lo *= norm, made.grid.hi *= norm;
  made.scale = std::log(10.);
  made.kernel = kernel;
  const double count = std::max(1., double(x.size() / 2)), area = 2 * std::numbers::pi * kernel * kernel;
  const double most = 3 * made.scale;  // where there is no particle at all
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const double guided = sums[i] / (count * area), whole = std::exp(double(law[i]));
    const double ratio = guided > 0 ? std::log(guided) - double(law[i]) : -most;
    // The relative variance of a sum of kernels is 1 over this number: below it one particle decides.
    const double particles = 2 * area * count * std::max(guided, whole);
    made.value.push_back(float(std::clamp(ratio, -most, most)));
    made.weight.push_back(float(std::clamp((particles - 1) / 8, 0., 1.)));
  }
  truths.heat = std::make_shared<const ScalarField>(std::move(made));
  m.ratioMade = key;
  return true;
}

// As the metric exact_w2 does at t = 0, with the same exact samples; fewer pairs while something moves.
bool TruthMaker::Turn::matching() {
  if (!want.match.visible || !a.frame || *a.frame->experiment != a.experiment) {
    if (!want.match.visible) truths.matched = nullptr;
    return true;
  }
  const Experiment& e = a.experiment;
  const Impl::MatchKey key{a.frame, a.time, a.coordinates, quick ? kQuickMatched : kMatched};
  const bool same = m.matchMade && m.matchMade->frame == key.frame && m.matchMade->time == key.time &&
                    m.matchMade->coordinates == key.coordinates && m.matchMade->most >= key.most;
  if (same && truths.matched) return true;
  const bool normalised = a.coordinates == Coordinates::Normalised;
  const std::vector<float> x = positionsAt(*a.frame, a.time, normalised, 4 * key.most);
  MatchedPairs made;
  made.frame = a.frame;
  std::vector<float> kept;
  for (std::size_t i = 0; i + 1 < x.size() && int(kept.size()) < 2 * key.most; i += 2)
    if (!blownUp(x[i], x[i + 1])) kept.insert(kept.end(), {x[i], x[i + 1]});
  if (kept.size() < 4) {
    made.absent = "fewer than 2 particles stayed finite";
  } else {
    const NoiseLevel level = cursorLevel(e.schedule, a.frame->grid, a.time);
    const int label = a.mixture->classes() > 1 ? e.condition : kUnconditional, count = int(kept.size() / 2);
    const auto exact = [&](std::uint64_t seed) {
      std::vector<Vec2> draws;
      for (const Draw& d : sampleExact(*a.mixture, count, seed, label)) draws.push_back(d.x);
      std::vector<float> out = Impl::noisedDraws(draws, level, std::uint32_t(seed));
      if (normalised)
        for (float& v : out) v /= float(std::hypot(level.alpha, level.sigma));
      return out;
    };
    const std::vector<float> draws = exact(e.particles.seed + 3ull), others = exact(e.particles.seed + 4ull);
    const Matching match = matchedWasserstein(kept, draws, stop);
    const Matching chance = quick ? Matching{} : matchedWasserstein(others, draws, stop);
    if (stop.stop_requested()) return false;
    for (std::size_t i = 0; i < match.partner.size(); ++i) {
      const std::size_t j = 2 * std::size_t(match.partner[i]);
      made.from.insert(made.from.end(), {kept[2 * i], kept[2 * i + 1]});
      made.to.insert(made.to.end(), {draws[j], draws[j + 1]});
    }
    made.w2 = match.value, made.se = match.se, made.floor = quick ? 0 : chance.value;
  }
  truths.matched = std::make_shared<const MatchedPairs>(std::move(made));
  m.matchMade = key;
  return true;
}

}  // namespace gs
