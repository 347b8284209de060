// No word is cut off, and nothing lies outside the window, in any theme, size and state.
#include <gtest/gtest.h>
#include <imgui.h>

#include <cmath>

#include "panels/widgets.h"
#include "stage.h"

namespace gs {
namespace {

struct Screen {
  int width, height;
  double scale;
};

void expectNothingClipped(Stage& stage, const std::string& what) {
  for (const ui::ClippedText& t : stage.state.memory->clipped)
    ADD_FAILURE() << what << ": \"" << t.text << "\" needs " << t.needs << " pixels and has " << t.has;
  const ImDrawData* data = ImGui::GetDrawData();
  for (int i = 0; i < data->CmdListsCount; ++i)
    EXPECT_LT(data->CmdLists[i]->VtxBuffer.Size, 65536) << what << ": 16-bit indices";
}

class Clip : public testing::Test {
 protected:
  void everywhere(const std::string& what, void (*prepare)(Stage&)) {
    std::vector<LiveAnswer> answers;  // the same on every screen
    for (const Screen& s : {Screen{1024, 580, 1}, Screen{1440, 780, 1}, Screen{1024, 580, 2}, Screen{2560, 1320, 1.5},
                            Screen{3840, 2040, 2}}) {
      stage.session = Session{};
      stage.session.panes[0].guidance = {Term{}};
      stage.state = UiState{};
      stage.resize(s.width, s.height, Theme::Dark, s.scale);
      prepare(stage);
      if (answers.empty()) answers = syntheticAnswers(stage.session);
      stage.answers = answers;
      for (bool drawers : {false, true}) {
        stage.state.leftDrawer = stage.state.rightDrawer = drawers;
        stage.frame(3);
        expectNothingClipped(stage, what + " at " + std::to_string(s.width) + " x " + std::to_string(s.height) +
                                        ", scale " + std::to_string(s.scale));
      }
    }
  }
  Stage stage{1024, 580};
};

TEST_F(Clip, DefaultScene) {
  everywhere("default", [](Stage&) {});
}

TEST_F(Clip, EverythingOn) {
  everywhere("everything", [](Stage& s) {
    Experiment& e = s.session.panes[0];
    s.session.view.weights = WeightDisplay::CfgScale;
    e.guidance[0].curve.kind = CurveKind::Interval;
    for (CurveKind kind : {CurveKind::Linear, CurveKind::Cosine, CurveKind::Drawn}) {
      Term t{.kind = TermKind::Autoguidance, .omega = 12.34};
      t.curve.kind = kind;
      t.curve.knots = {{0, 1}, {1, 0.5}};
      e.guidance.push_back(t);
    }
    e.schedule = {ScheduleKind::Edm, GridKind::Karras, 256, 0.002, 0, 7};
    e.sampler = {SolverKind::Exponential, 1};
    e.particles.count = 1000000;
    e.particles.seed = 4294967295u;
    s.session.notes = "A note.";
    s.state.message =
        "A message that is long enough to be broken into several lines when the picture between the panels is narrow.";
  });
}

TEST_F(Clip, Rewards) {
  everywhere("rewards", [](Stage& s) {
    Experiment& e = s.session.panes[0];
    e.guidance.clear();
    for (const RewardKind kind : {RewardKind::Bowl, RewardKind::Ring, RewardKind::Ramp, RewardKind::Sinusoid,
                                  RewardKind::ClassPosterior, RewardKind::Cost, RewardKind::Expression}) {
      Term t{.kind = TermKind::Reward, .omega = 1};
      t.reward.kind = kind;
      e.guidance.push_back(t);
    }
  });
}

TEST_F(Clip, EveryDistribution) {
  everywhere("letters", [](Stage& s) { s.session.panes[0].distribution.name = "letters"; });
  everywhere("tree", [](Stage& s) { s.session.panes[0].distribution.name = "tree"; });
  everywhere("ring", [](Stage& s) { s.session.panes[0].distribution.name = "ring"; });
}

TEST_F(Clip, EveryLabelOfALayersOptions) {
  everywhere("view", [](Stage& s) {
    // Open every layer: a tall panel makes them visible without scrolling.
    s.resize(int(ImGui::GetIO().DisplaySize.x > 0 ? ImGui::GetIO().DisplaySize.x : 1440), 4000, Theme::Light,
             s.session.view.uiScale);
    s.frame(2);
    for (const char* layer : {"density", "guidedDensity", "trajectories", "particles", "axes"}) {
      const std::string path = std::string("view.") + layer + ".visible";
      if (!s.has(path)) continue;
      const PixelRect r = s.control(path);
      s.click(r.x + r.width * 0.3, r.y + r.height / 2.0);
    }
  });
}

TEST_F(Clip, Overlays) {
  everywhere("help", [](Stage& s) { s.state.help = true; });
  everywhere("palette", [](Stage& s) { s.state.palette = true; });
  everywhere("gallery", [](Stage& s) { s.state.gallery = true; });
}

TEST_F(Clip, FourPanes) {
  everywhere("panes", [](Stage& s) { s.session.panes.resize(4, s.session.panes[0]); });
}

TEST_F(Clip, EveryThemeDrawsItsOwnColours) {
  Image last;
  for (Theme theme : {Theme::Dark, Theme::Light, Theme::Projector, Theme::HighContrast}) {
    stage.resize(1024, 580, theme, 1);
    stage.answers = syntheticAnswers(stage.session);
    stage.frame(3);
    const Image image = stage.shoot();
    const Rgb panel = palette(theme).panel;
    const std::size_t at = (std::size_t(570) * 1024 + 3) * 4;  // the left panel's padding
    EXPECT_EQ(image.rgba[at], panel.r);
    EXPECT_EQ(image.rgba[at + 1], panel.g);
    EXPECT_EQ(image.rgba[at + 2], panel.b);
    const std::size_t middle = (std::size_t(200) * 1024 + 512) * 4;
    EXPECT_EQ(image.rgba[middle], palette(theme).canvas.r) << "the picture is left free";
    last = image;
  }
}

// A figure may not move the others when it changes.
TEST_F(Clip, DigitsAreTabular) {
  stage.frame(1);
  for (const ImFont* font : {ui::look().body, ui::look().small, ui::look().strong, ui::look().math, ui::look().large})
    for (ImWchar c = '1'; c <= '9'; ++c) EXPECT_EQ(font->FindGlyph(c)->AdvanceX, font->FindGlyph('0')->AdvanceX);
}

TEST_F(Clip, EverySignOfTheInterfaceHasAGlyph) {
  stage.frame(1);
  for (const ImFont* font : {ui::look().body, ui::look().small, ui::look().strong, ui::look().math})
    for (ImWchar c : {0x3C9, 0x3C3, 0x3B1, 0x3BA, 0x3C1, 0x3B4, 0x3B5, 0x2205, 0x2207, 0x2212, 0xB1, 0x2081, 0x2192,
                      0x221E, 0x2264, 0xD7, 0xB7, 0x2026, 0xB2})
      EXPECT_NE(font->FindGlyphNoFallback(c), nullptr) << std::hex << c;
}

}  // namespace
}  // namespace gs
