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
  s.notes = "Class A has two modes of equal weight. Raise ω: the right mode drains and the left one is pushed outward, while the tilted law hardly moves.";
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
  const auto shot = [&](const std::string& name, int w, int h, Theme theme, double scale, auto prepare) {
    if (name.find(only) == std::string::npos) return;
    const double keep = stage.now;
    defaults(stage.session);
    stage.state = UiState{};
    stage.stats = {"CPU AVX2, 2 threads", 1.9, 6.1, 61, 1.3e8};
    stage.resize(w, h, theme, scale);
    stage.now = keep;
    stage.moveTo(-1, -1);
    prepare(stage);
    stage.answers = syntheticAnswers(stage.session);
    stage.frame(12);
    save(stage, folder, name);
  };
  const auto nothing = [](Stage&) {};
  shot("default", 1440, 806, Theme::Dark, 1, nothing);
  shot("light", 1440, 806, Theme::Light, 1, nothing);
  shot("projector", 1440, 806, Theme::Projector, 1.25, nothing);
  shot("contrast", 1440, 806, Theme::HighContrast, 1, nothing);
  shot("small", 1024, 610, Theme::Dark, 1, nothing);
  shot("large", 2560, 1350, Theme::Dark, 1.5, nothing);
  shot("huge", 3840, 2060, Theme::Light, 2, nothing);
  shot("tight", 1024, 610, Theme::Dark, 2, nothing);
  shot("tight-drawer", 1440, 806, Theme::Dark, 2, [](Stage& s) { s.state.rightDrawer = true; });
  shot("thin", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.timelineThin = true; });
  shot("stack", 1440, 1000, Theme::Dark, 1, [](Stage& s) {
    Term weak;
    weak.kind = TermKind::Autoguidance;
    weak.omega = 1;
    weak.curve.kind = CurveKind::Interval;
    s.session.panes[0].guidance[0].curve.kind = CurveKind::Drawn;
    s.session.panes[0].guidance[0].curve.knots = {{0, 0.02}, {0.2, 0.1}, {0.48, 1}, {0.76, 0.3}, {1, 0}};
    s.session.panes[0].guidance.push_back(weak);
    s.session.view.weights = WeightDisplay::CfgScale;
  });
  shot("edm", 1440, 1000, Theme::Light, 1, [](Stage& s) {
    s.session.panes[0].schedule = {ScheduleKind::Edm, GridKind::Karras, 32, 0.002, 0, 7};
    s.session.panes[0].sampler = {SolverKind::Exponential, 1};
    s.session.panes[0].condition = kUnconditional;
    s.session.panes[0].guidance[0].curve.kind = CurveKind::Interval;
    s.session.view.noiseOnLeft = false;
  });
  shot("panes", 1440, 806, Theme::Dark, 1, [](Stage& s) {
    s.session.panes.resize(4, s.session.panes[0]);
    s.state.activePane = 1;
  });
  shot("error", 1440, 806, Theme::Dark, 1, [](Stage& s) {
    s.state.message = "panes.0.guidance.0.omega: 40 is outside −1..20. Nothing was changed.";
    s.state.messageIsError = true;
    s.state.invite = true;
  });
  shot("gallery", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.gallery = true; });
  shot("help", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.help = true; });
  shot("help-light", 1024, 610, Theme::Light, 1, [](Stage& s) { s.state.help = true; });
  shot("palette", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.state.palette = true; });
  shot("tree", 1440, 806, Theme::Dark, 1, [](Stage& s) { s.session.panes[0].distribution.name = "tree"; });
  shot("letters", 1440, 806, Theme::Light, 1, [](Stage& s) { s.session.panes[0].distribution.name = "letters"; });
  return 0;
} catch (const std::exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
