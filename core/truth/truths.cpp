#include "truth/truths.h"

#include "truth/truth_maker.h"

namespace gs {

bool TruthWants::any() const {
  return arrows.visible || streams.visible || heat.visible || own.visible || match.visible ||
         (target.visible && (target.shape != LawShape::Contours || target.atCursor)) ||
         (densityShown && density != LawShape::Density);
}

bool TruthWants::ofParticles() const { return match.visible || (heat.visible && heat.what == HeatWhat::DataRatio); }

TruthWants truthWants(const View& v, double unitsPerPoint) {
  const bool blurred = v.heat.visible && v.heat.what == HeatWhat::DataRatio;
  return {v.arrows, v.streams,         v.heat,          v.own,         v.match,
          v.target, v.density.visible, v.density.shape, unitsPerPoint, blurred ? v.guidedDensity.bandwidth : 0};
}
TruthMaker::TruthMaker(std::shared_ptr<const Engine> engine) : impl_(std::make_unique<Impl>()) {
  impl_->engine = std::move(engine);
}
TruthMaker::~TruthMaker() = default;

TruthMaker::Turn::Turn(Impl& impl, const Asked& asked, Stage s, std::stop_token token, Truths& t)
    : m(impl),
      a(asked),
      stage(s),
      stop(std::move(token)),
      truths(t),
      want(asked.wants),
      f(fieldLevel(asked.experiment, *asked.mixture, asked.time)),
      here(rectangleAt(asked.grid, asked.coordinates, f.level)),
      clean(asked.grid),
      tilt(tiltOf(asked.experiment)),
      closed(tilt.absent.empty()),
      quick(s == Stage::Quick),
      budget(quick                ? kQuickRows
             : s == Stage::Coarse ? kCoarseRows
                                  : kFullRows) {}

bool TruthMaker::update(const Asked& a, Stage stage, std::stop_token stop, Truths& truths) {
  Impl& m = *impl_;
  if (!a.wants.any()) {
    truths = {};
    return true;
  }
  m.newMixture(a.mixture);
  if (m.drawsSeed != a.experiment.particles.seed) {
    m.drawsSeed = a.experiment.particles.seed;
    m.tiltedDraws.clear();
    m.dataDrawsOf = -2;
  }
  Turn turn(m, a, stage, std::move(stop), truths);
  return turn.arrows() && turn.streams() && turn.dataLaw() && turn.tiltedLaw() && turn.ownLaw() && turn.map() &&
         turn.matching();
}

Truths truthsOf(const Engine& engine, const Experiment& experiment, std::shared_ptr<const Mixture> mixture,
                const View& view, const FieldGrid& visible, double unitsPerPoint, std::shared_ptr<const Frame> frame) {
  // The engine outlives the maker: it is not deleted here.
  TruthMaker maker(std::shared_ptr<const Engine>(std::shared_ptr<const Engine>(), &engine));
  const TruthWants wants = truthWants(view, unitsPerPoint);
  Truths truths;
  maker.update({experiment, std::move(mixture), nullptr, wants, view.time, visible, view.coordinates, std::move(frame)},
               TruthMaker::Stage::Full, {}, truths);
  return truths;
}

}  // namespace gs
