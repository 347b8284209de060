// Noise schedule, time grid and solver; then the particles that run along them.
#include "cards.h"

namespace gs::ui {

void scheduleCard(Context& c) {
  Memory& m = memory();
  Schedule& s = c.experiment.schedule;
  if (beginCard("schedule", "Schedule and solver")) {
    m.path = "schedule.";
    if (fieldCombo(s, &Schedule::kind)) {
      // EDM is made for its own grid; the others start evenly in t.
      s.grid = s.kind == ScheduleKind::Edm ? GridKind::Karras : GridKind::UniformT;
      s.sigmaMax = 0;
    }
    fieldCombo(s, &Schedule::grid);
    m.path = "sampler.";
    if (fieldCombo(c.experiment.sampler, &Sampler::kind) && c.experiment.sampler.kind != SolverKind::Exponential)
      c.experiment.sampler.churn = Sampler{}.churn;
    if (fieldOf(&Sampler::churn).usedBy(enumName(c.experiment.sampler.kind))) {
      SliderSpec churn = spec(fieldOf(&Sampler::churn), Sampler{}.churn);
      churn.label += " κ";
      churn.bend = 1;
      slider(churn, c.experiment.sampler.churn);
    }
    m.path = "schedule.";
    fieldSlider(s, &Schedule::steps);
    if (s.grid == GridKind::Karras) fieldSlider(s, &Schedule::rho, "Exponent ρ");
    if (s.grid != GridKind::UniformT || s.kind == ScheduleKind::Edm) fieldSlider(s, &Schedule::sigmaMin, "σ/α from");
    SliderSpec largest = spec(fieldOf(&Schedule::sigmaMax), Schedule{}.sigmaMax);
    largest.label = "σ/α up to";
    Schedule own = s;
    own.sigmaMax = 0;
    largest.zeroText = shortNumber(startRatio(own)) + ", its end";
    slider(largest, s.sigmaMax);
    m.path.clear();
  }
  endCard();
}

void particlesCard(Context& c) {
  Memory& m = memory();
  Experiment& e = c.experiment;
  std::string right;
  if (c.stats.answerMs > 0) right = fixed(c.stats.answerMs, c.stats.answerMs < 10 ? 1 : 0) + " ms an answer";
  if (beginCard("particles", "Particles", right)) {
    m.path = "particles.";
    fieldSlider(e.particles, &Particles::count);
    if (c.answer.frame)
      if (const std::string kept = storedWords(*c.answer.frame); !kept.empty())
        wrappedText(look().small, look().secondary, "For want of memory " + kept + ".");
    // A seed is a name, not an amount: a field to type in, and one for the next.
    const Look& l = look();
    SliderSpec seed = spec(fieldOf(&Particles::seed), Particles{}.seed);
    seed.integer = true;
    Box2 box = row(seed.label, e.particles.seed != Particles{}.seed);
    const float icon = l.px(kControl);
    const Box2 next{{box.hi.x - icon, box.lo.y}, box.hi}, previous{{next.lo.x - icon, box.lo.y}, {next.lo.x, box.hi.y}};
    box.hi.x = previous.lo.x - l.px(0.3);
    double v = e.particles.seed;
    if (numberIn(box, seed, v)) e.particles.seed = std::uint32_t(v);
    if (iconButton("earlier", previous, Icon::Left, "Seed − 1")) --e.particles.seed;
    if (iconButton("later", next, Icon::Right, "Seed + 1: other particles, same law")) ++e.particles.seed;
    m.path.clear();
    const Field f = fieldOf(&Experiment::start);
    const std::vector<Choice> choices = choicesOf(enumNames<Start>());
    int index = int(e.start);
    const Box2 startBox = row(f.label, e.start != Experiment{}.start);
    note("start", startBox);
    if (segmentedIn(startBox, "start", choices, index)) e.start = gs::Start(index);
  }
  endCard();
}

}  // namespace gs::ui
