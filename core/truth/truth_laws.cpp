// The three laws as layers: of the data, tilted, and of the sampler.
#include "truth/truth_maker.h"

namespace gs {

bool TruthMaker::Turn::dataLaw() {
  if (want.densityShown && want.density != LawShape::Density) {
    const NoiseLevel level = cursorLevel(a.experiment.schedule, timeGrid(a.experiment.schedule), a.time);
    LawField law{.grid = withColumns(rectangleAt(a.grid, a.coordinates, level), kLawColumns), .level = level};
    const auto wanted = key(law.grid, int(want.density), 0, level.sigma, level.alpha);
    if (!m.dataMade.is(wanted) || !truths.data) {
      if (want.density == LawShape::Samples) {
        if (m.dataDrawsOf != a.experiment.condition) {
          m.dataDraws.clear();
          for (const Draw& d : sampleExact(*a.mixture, kSamples, a.experiment.particles.seed, a.experiment.condition))
            m.dataDraws.push_back(d.x);
          m.dataDrawsOf = a.experiment.condition;
        }
        law.samples = Impl::noisedDraws(m.dataDraws, level, a.experiment.particles.seed);
      } else {
        const auto own = [&](const FieldGrid& g) {
          const DensityField field = m.engine->density(*a.mixture, level, g, stop);
          std::vector<float> out;
          const std::size_t pixels = std::size_t(g.width) * std::size_t(g.height);
          if (field.logJoint.empty()) return out;
          Tilt plain;
          plain.condition = a.experiment.condition;
          out = tiltedLog(plain, *a.mixture, field, {});
          out.resize(pixels);
          return out;
        };
        law.logDensity = own(law.grid);
        FieldGrid covering = lawGrid(noised(*a.mixture, level), Tilt{.condition = a.experiment.condition});
        const std::vector<float> all = own(covering);
        if (law.logDensity.empty() || all.empty()) return false;
        law.contourLevels = massLevels(all);
      }
      truths.data = std::make_shared<const LawField>(std::move(law));
      m.dataMade.key = wanted;
    }
  } else {
    truths.data = nullptr;
  }
  return true;
}

bool TruthMaker::Turn::tiltedLaw() {
  if (want.target.visible && (want.target.shape != LawShape::Contours || want.target.atCursor)) {
    const bool cursor = want.target.atCursor;
    const NoiseLevel level = cursor ? f.level : data;
    const double ratio = cursor ? f.ratio : 0;
    const FieldGrid rectangle = cursor ? here : clean;
    if (!closed) {
      truths.tilted =
          std::make_shared<const LawField>(LawField{.grid = rectangle, .level = level, .absent = tilt.absent});
      m.tiltedMade = {};
    } else {
      if (!m.ensureTilted(a, tilt, stop)) return false;
      const double perPoint = 1 + double(m.tilted->closedForms(ratio)) * double(a.mixture->components.size());
      LawField law{.grid = withColumns(rectangle, affordable(rectangle, perPoint, budget, kLawColumns)),
                   .level = level};
      const auto wanted = key(law.grid, int(want.target.shape), int(cursor), level.sigma, ratio);
      if (!m.tiltedMade.is(wanted) || !truths.tilted) {
        if (want.target.shape == LawShape::Samples) {
          if (m.tiltedDraws.empty()) m.tiltedDraws = m.tilted->draws(kSamples, a.experiment.particles.seed);
          law.samples = Impl::noisedDraws(m.tiltedDraws, cursor ? f.level : data, a.experiment.particles.seed);
        } else {
          const auto on = [&](const FieldGrid& g) {
            std::vector<double> xs, ys;
            for (int i = 0; i < g.width; ++i) xs.push_back(g.center(i, 0).x / level.alpha);
            for (int j = 0; j < g.height; ++j) ys.push_back(g.center(0, j).y / level.alpha);
            std::vector<float> out;
            for (const TiltedLaw::At& p : m.tilted->at(xs, ys, ratio, stop))
              out.push_back(float(std::max(p.logDensity - 2 * std::log(level.alpha), -1e30)));
            return out;
          };
          law.logDensity = on(law.grid);
          const FieldGrid covering =
              withColumns(lawGrid(noised(*a.mixture, level), tilt), affordable(rectangle, perPoint, budget, 128));
          const std::vector<float> all = on(covering);
          if (law.logDensity.empty() || all.empty()) return false;
          law.contourLevels = massLevels(all);
        }
        truths.tilted = std::make_shared<const LawField>(std::move(law));
        m.tiltedMade.key = wanted;
      }
    }
  } else {
    truths.tilted = nullptr;
  }
  return true;
}

bool TruthMaker::Turn::ownLaw() {
  // Even the quick answer has one where that is cheap: contours that follow the hand.
  if (want.own.visible) {
    const bool cursor = want.own.atCursor;
    const double ratio = cursor ? f.ratio : 0;
    const NoiseLevel level = cursor ? f.level : data;
    const FieldGrid rectangle = cursor ? here : clean;
    const auto question = [&](const FieldGrid& g) { return key(g, int(want.own.shape), int(cursor), 0, ratio); };
    const auto finest = question(withColumns(rectangle, 0));
    // What is shown stays only while it is that of this experiment and cursor.
    if (m.ownMade.key && truths.own) {
      Impl::FieldKey k = *m.ownMade.key;
      k.grid = finest.grid;
      if (k != finest) truths.own = nullptr;
    }
    // The first particles of a run with ever finer steps.
    const auto drawSamples = [&] {
      if (!quick && !truths.own) {
        Experiment e = a.experiment;
        e.particles.count = std::min(e.particles.count, kSamples);
        if (m.ownRunOf != e || !m.ownRun) {
          Experiment run = e;
          run.schedule.steps = kOwnSteps;
          if (run.sampler.kind != SolverKind::Exponential || run.sampler.churn == 0) run.sampler = {SolverKind::Rk4, 0};
          m.ownRun = m.engine->sample(compile(run, a.mixture, a.plan), run.particles.count, stop);
          if (!m.ownRun) return false;
          m.ownRunOf = e;
        }
        const int step = cursor ? nearestStep(m.ownRun->grid, a.time) : m.ownRun->steps();
        const HostRow x = m.ownRun->read(m.ownRun->rowNear(step));
        LawField law{.grid = rectangle,
                     .level = m.ownRun->grid[std::size_t(step)].level,
                     .samples = std::vector<float>(x.begin(), x.end())};
        truths.own = std::make_shared<const LawField>(std::move(law));
        m.ownMade.key = finest;
      }
      return true;
    };
    if (want.own.shape == LawShape::Samples) {
      if (!drawSamples()) return false;
    } else if (!ownLater()) {
      const OwnLaw& law = m.ensureOwn(a, ratio, effort());
      if (stop.stop_requested()) return false;
      if (const std::string why = whyNoOwn(rectangle, law); law.postponed() && stage != Stage::Full) {
        // A later stage may take longer.
      } else if (!why.empty() && (law.absent().empty() || law.postponed())) {
        if (!drawSamples()) return false;  // there is such a law, and no grid that would show it
      } else if (!why.empty()) {
        truths.own = std::make_shared<const LawField>(LawField{.grid = rectangle, .level = level, .absent = why});
        m.ownMade.key = finest;
      } else if (const FieldGrid grid = withColumns(rectangle, columnsOf(rectangle, law));
                 !quick || grid.width >= kLeastColumns) {
        const auto wanted = question(grid);
        if (!m.ownMade.is(wanted) || !truths.own) {
          LawField made{.grid = grid, .level = level, .logDensity = m.ownOn(law, grid, level, stop)};
          if (made.logDensity.empty()) return false;
          // The contours' levels need all of the mass: of what is seen where that is nearly all, else of more.
          const auto mass = [](const FieldGrid& g, const std::vector<float>& log) {
            double sum = 0;
            for (const float l : log) sum += std::exp(double(l));
            const Vec2 size = g.hi - g.lo;
            return sum * size.x * size.y / double(log.size());
          };
          if (mass(grid, made.logDensity) > .985) {
            made.contourLevels = massLevels(made.logDensity);
          } else {
            FieldGrid all = lawGrid(noised(*a.mixture, level), Tilt{.condition = a.experiment.condition});
            const Vec2 room = .5 * (all.hi - all.lo);  // guidance pushes outwards
            all.lo -= room, all.hi += room;
            all = withColumns(all, grid.width);
            const std::vector<float> log = m.ownOn(law, all, level, stop);
            if (log.empty()) return false;
            made.contourLevels = massLevels(log);
          }
          truths.own = std::make_shared<const LawField>(std::move(made));
          m.ownMade.key = wanted;
        }
      }
    }
  } else {
    truths.own = nullptr;
  }
  return true;
}

}  // namespace gs
