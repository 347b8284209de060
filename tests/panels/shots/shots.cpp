// Draws the interface in many sizes, themes and states into a folder, to be looked at.
#include <cstdio>
#include <exception>
#include <string>

#include "stage.h"

using namespace gs;

namespace {

void defaults(Session& s) {
  s = Session{};
  s.name = "two-modes";
  s.notes =
      "Class A has two modes of equal weight. Raise ω: the right mode drains and the left one is pushed outward, while "
      "the tilted law hardly moves.";
  s.panes = {Experiment{}};
  s.panes[0].guidance = {Term{}};
  s.view.time = 0.18;
}

void save(Stage& stage, const std::string& folder, const std::string& name) {
  writePng(stage.shoot(), folder + "/" + name + ".png", "");
  if (stage.state.memory) std::printf("%s\n", name.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string folder = argc > 1 ? argv[1] : ".", only = argc > 2 ? argv[2] : "";
  Stage stage(1440, 806);
  const auto shot = [&](const std::string& name, int w, int h, Theme theme, double scale, auto prepare, auto then) {
    if (name.find(only) == std::string::npos) return;
    defaults(stage.session);
    stage.state = UiState{};
    stage.stats = {.engine = "CPU AVX2, 2 threads", .answerMs = 1.9, .frameMs = 6.1, .particleStepsPerSecond = 1.3e8};
    stage.resize(w, h, theme, scale);
    stage.moveTo(-1, -1);
    prepare(stage);
    stage.answers = syntheticAnswers(stage.session);
    stage.frame(12);
    then(stage);
    stage.frame(2);
    save(stage, folder, name);
  };
  const auto nothing = [](Stage&) {};
  const auto point = [](Stage& s, const std::string& path, double at = 0.5) {
    const PixelRect r = s.control(path);
    s.moveTo(r.x + r.width * at, r.y + r.height / 2.0);
  };
  shot("default", 1440, 806, Theme::Dark, 1, nothing, nothing);
  shot("light", 1440, 806, Theme::Light, 1, nothing, nothing);
  shot("projector", 1440, 806, Theme::Projector, 1.25, nothing, nothing);
  shot("contrast", 1440, 806, Theme::HighContrast, 1, nothing, nothing);
  shot("small", 1024, 610, Theme::Dark, 1, nothing, nothing);
  shot("large", 2560, 1350, Theme::Dark, 1.5, nothing, nothing);
  shot("huge", 3840, 2060, Theme::Light, 2, nothing, nothing);
  shot("tight", 1024, 610, Theme::Dark, 2, nothing, nothing);
  shot(
      "tight-drawer", 1440, 806, Theme::Dark, 2, [](Stage& s) { s.state.rightDrawer = true; }, nothing);
  shot(
      "thin", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.timelineThin = true; }, nothing);
  shot(
      "stack", 1440, 1000, Theme::Dark, 1,
      [](Stage& s) {
        Term weak;
        weak.kind = TermKind::Autoguidance;
        weak.omega = 1;
        weak.curve.kind = CurveKind::Interval;
        s.session.panes[0].guidance[0].curve.kind = CurveKind::Drawn;
        s.session.panes[0].guidance[0].curve.knots = {{0, 0.02}, {0.2, 0.1}, {0.48, 1}, {0.76, 0.3}, {1, 0}};
        s.session.panes[0].guidance.push_back(weak);
        s.session.view.weights = WeightDisplay::CfgScale;
      },
      nothing);
  shot(
      "edm", 1440, 1000, Theme::Light, 1,
      [](Stage& s) {
        s.session.panes[0].schedule = {ScheduleKind::Edm, GridKind::Karras, 32, 0.002, 0, 7};
        s.session.panes[0].sampler = {SolverKind::Exponential, 1};
        s.session.panes[0].condition = kUnconditional;
        s.session.panes[0].guidance[0].curve.kind = CurveKind::Interval;
        s.session.view.noiseOnLeft = false;
      },
      nothing);
  shot(
      "panes", 1440, 806, Theme::Dark, 1,
      [](Stage& s) {
        s.session.panes.resize(4, s.session.panes[0]);
        s.state.activePane = 1;
      },
      nothing);
  shot(
      "error", 1440, 806, Theme::Dark, 1,
      [](Stage& s) {
        s.state.message = "panes.0.guidance.0.omega: 40 is outside −1..20. Nothing was changed.";
        s.state.messageIsError = true;
        s.state.invite = true;
      },
      nothing);
  shot(
      "gallery", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.gallery = true; }, nothing);
  shot(
      "help", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.help = true; }, nothing);
  shot(
      "help-light", 1024, 610, Theme::Light, 1, [](Stage& s) { s.state.help = true; }, nothing);
  shot(
      "palette", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.palette = true; }, nothing);
  shot(
      "tree", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.session.panes[0].distribution.name = "tree"; }, nothing);
  shot(
      "letters", 1440, 806, Theme::Light, 1, [](Stage& s) { s.session.panes[0].distribution.name = "letters"; },
      nothing);
  shot("combo", 1440, 806, Theme::Dark, 1, nothing, [&](Stage& s) {
    s.click("sampler.kind");
    s.moveTo(200, 470);
    s.frame(60);
  });
  shot("add", 1440, 806, Theme::Light, 1, nothing, [&](Stage& s) { s.click("guidance.+"); });
  shot("methods", 1024, 700, Theme::Dark, 1, nothing, [&](Stage& s) {
    s.click("guidance.+");
    s.moveTo(180, 505);
    s.frame(2);
    s.moveTo(182, 506);
    s.frame(60);
  });
  shot("tooltip", 1440, 806, Theme::Dark, 1, nothing, [&](Stage& s) {
    point(s, "guidance.0.omega");
    s.frame(60);
  });
  shot("typing", 1440, 806, Theme::Dark, 1, nothing, [&](Stage& s) {
    point(s, "guidance.0.omega");
    s.hold(true, false);
    s.press();
    s.release();
    s.hold(false, false);
    s.frame(3);
  });
  shot("focus", 1440, 806, Theme::Light, 1, nothing, [&](Stage& s) {
    for (int i = 0; i < 20; ++i) s.key(0, true);
  });
  shot(
      "points", 1440, 806, Theme::Dark, 1,
      [](Stage& s) {
        Distribution& d = s.session.panes[0].distribution;
        d.mixture = Box<Mixture>(*s.answers[0].mixture);
        d.kind = DistributionKind::Points;
        d.file = "/home/someone/measurements/of-a-long-name-2025-11-03.csv";
        s.session.view.trajectories.opacity = 0.6;
      },
      [&](Stage& s) {
        s.click(60, 725 + 75);
        auto blown = std::make_shared<Frame>(*s.answers[0].frame);
        blown->blownUp = 17;
        s.answers[0].frame = blown;
        auto target = std::make_shared<TargetField>();
        target->absent = "no closed target: several terms are on";
        s.answers[0].target = target;
        s.answers[0].error = "panes.0.schedule.sigmaMin: 1 is not below the start of the grid, 0.5";
      });
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
