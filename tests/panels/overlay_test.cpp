// What lies over the rest: palette, help, gallery, messages; the focus, the layout and the table of commands.
#include "fixture.h"

#include <set>

#include "panels/layout.h"
#include "panels/widgets.h"
#include "session/json.h"

namespace gs {
namespace {

TEST_F(Panels, ThePaletteFindsAndRunsACommand) {
  stage.state.palette = true;
  stage.frame(3);
  EXPECT_TRUE(stage.result.focused);
  stage.type("ful scr");
  ImGui::GetIO().KeysDown[ImGui::GetIO().KeyMap[ImGuiKey_Enter]] = true;
  stage.frame();
  EXPECT_THAT(stage.result.commands, testing::ElementsAre(Command::FullScreen));
  EXPECT_FALSE(stage.state.palette);
  ImGui::GetIO().KeysDown[ImGui::GetIO().KeyMap[ImGuiKey_Enter]] = false;
  stage.frame(3);
  EXPECT_TRUE(stage.result.commands.empty());
}

TEST_F(Panels, OverlaysCloseByEscapeAndByAClickBeside) {
  for (bool* open : {&stage.state.help, &stage.state.gallery, &stage.state.palette}) {
    *open = true;
    stage.frame(2);
    EXPECT_TRUE(*open);
    stage.key(ImGuiKey_Escape);
    EXPECT_FALSE(*open);
    *open = true;
    stage.frame(2);
    stage.click(4, 4);
    EXPECT_FALSE(*open);
  }
}

TEST_F(Panels, TheGalleryOpensTheSceneThatIsClicked) {
  if (scenePresets().empty()) GTEST_SKIP() << "no scenes are embedded";
  stage.state.gallery = true;
  stage.frame(30);
  const std::string name = scenePresets()[0].name;
  const PixelRect r = stage.control("scene." + name);
  stage.moveTo(middleX(r), middleY(r));
  stage.press();
  stage.release();
  EXPECT_EQ(stage.result.openScene, name);
  EXPECT_FALSE(stage.state.gallery);
}

TEST_F(Panels, ALongTextStretchesNoRowOfTheGallery) {
  stage.state.gallery = true;
  stage.frame(3);
  int seen = 0;
  for (const ScenePreset& s : scenePresets()) {
    if (!stage.has("scene." + s.name)) continue;
    EXPECT_LT(stage.control("scene." + s.name).height, 23 * 13) << s.name;
    ++seen;
  }
  EXPECT_GT(seen, 7);
  EXPECT_TRUE(stage.state.memory->clipped.empty());
}

TEST_F(Panels, LinesDoNotBreakBeforeAPercentSignOrAroundAnEqualsSign) {
  const std::string text = "At \u03c9 = 2 only 28 % of the particles end there, at \u03c9 = 4 it is 18 %.";
  for (float width = 80; width < 300; width += 7) {
    std::string all;
    for (const std::string& line : ui::wrapped(ImGui::GetFont(), text, width)) {
      EXPECT_FALSE(line.starts_with("%") || line.starts_with("=") || line.ends_with("=")) << line;
      all += (all.empty() ? "" : " ") + line;
    }
    EXPECT_EQ(all, text);
  }
}

TEST_F(Panels, AnAudienceSeesWhatAKeyDid) {
  stage.frame(2);
  EXPECT_FALSE(stage.has("pressed"));
  stage.state.pressed = Command::ToggleOwnLaw;
  stage.state.message = "A notice.";
  stage.frame(3);
  const PixelRect key = stage.control("pressed"), notice = stage.control("message.close"), all = stage.result.picture;
  EXPECT_GE(key.x, all.x);
  EXPECT_LE(key.y + key.height, all.y + all.height);
  EXPECT_LT(notice.y + notice.height, key.y);  // one above the other
  EXPECT_LT(notice.x, middleX(all));           // not over the legend
  EXPECT_TRUE(stage.state.memory->clipped.empty());
  EXPECT_NEAR(middleX(key), middleX(all), 2);
}

TEST_F(Panels, EveryControlCanBeReachedByKeyboard) {
  std::set<unsigned> seen;
  for (int i = 0; i < 80; ++i) {
    stage.key(ImGuiKey_Tab, true);
    seen.insert(stage.state.memory->focus);
  }
  EXPECT_EQ(seen.size(), stage.state.memory->order.size());
  EXPECT_GT(seen.size(), 20u);
}

TEST_F(Panels, NothingAsksForAnotherFrameAtRest) {
  stage.frame(60);
  EXPECT_FALSE(stage.result.animatedUntilSettled.has_value());
  EXPECT_FALSE(stage.result.gesture);
}

TEST(Layout, PanelsGiveWayBeforeThePicture) {
  UiState state;
  for (double em : {13.0, 19.5, 26.0, 52.0})
    for (int width : {1024, 1280, 1440, 1920, 2560, 3840})
      for (int height : {560, 700, 900, 1440, 2160})
        for (int panes = 1; panes <= 4; ++panes) {
          const ui::Layout l = ui::layOut(width, height, em, state, panes);
          EXPECT_GE(l.picture.width, 0.4 * width - 2 * 2 * em) << width << " " << em;
          EXPECT_GT(l.picture.height, 0.5 * height);
          EXPECT_EQ(l.timeline.y, l.picture.y + l.picture.height);
          EXPECT_EQ(l.timeline.y + l.timeline.height, height);
          EXPECT_TRUE(!l.leftIsDrawer || l.rightIsDrawer) << "the right panel goes first";
          ASSERT_EQ(int(l.panes.size()), panes);
          for (int i = 0; i < panes; ++i) {
            const PixelRect& p = l.panes[std::size_t(i)];
            EXPECT_GE(p.x, l.picture.x);
            EXPECT_LE(p.x + p.width, l.picture.x + l.picture.width);
            EXPECT_LE(p.y + p.height, l.picture.y + l.picture.height);
            for (int j = 0; j < i; ++j) {
              const PixelRect& q = l.panes[std::size_t(j)];
              EXPECT_TRUE(p.x >= q.x + q.width || q.x >= p.x + p.width || p.y >= q.y + q.height ||
                          q.y >= p.y + p.height);
            }
          }
        }
  const ui::Layout one = ui::layOut(1024, 600, 13, state, 1);
  EXPECT_FALSE(one.leftIsDrawer || one.rightIsDrawer) << "1024 is enough for both panels at scale 1";
  state.leftOpen = state.rightOpen = false;
  const ui::Layout bare = ui::layOut(1024, 600, 13, state, 1);
  EXPECT_EQ(bare.picture.width, 1024);
}

TEST(Commands, HaveOneRowAndNoKeyTwice) {
  std::set<std::string> keys, labels;
  std::string menu;
  std::set<std::string> menus;
  for (const CommandInfo& i : commandTable()) {
    EXPECT_EQ(&info(i.command), &i);
    EXPECT_FALSE(i.label.empty());
    EXPECT_TRUE(i.help.ends_with('.')) << i.label;
    EXPECT_TRUE(labels.insert(std::string(i.label)).second) << i.label;
    if (menu != i.menu) {
      EXPECT_TRUE(menus.insert(menu = std::string(i.menu)).second) << "the rows of a menu are together: " << i.menu;
    }
    for (std::string_view rest = i.shortcut; !rest.empty();) {
      const std::size_t cut = rest.find("; ");
      EXPECT_TRUE(keys.insert(std::string(rest.substr(0, cut))).second) << rest;
      rest = cut == std::string_view::npos ? std::string_view{} : rest.substr(cut + 2);
    }
  }
}

TEST_F(Panels, F6GoesFromPanelToPanelAndOut) {
  const auto focus = [&] { return stage.state.memory->focus; };
  std::set<ImGuiID> first;
  for (int i = 0; i < 10; ++i) {
    stage.state.focusPanel = 1;
    stage.frame();
    if (stage.result.focusLeft) break;
    EXPECT_TRUE(stage.result.focused);
    EXPECT_TRUE(first.insert(focus()).second) << "the same panel twice";
  }
  EXPECT_TRUE(stage.result.focusLeft);
  EXPECT_GE(first.size(), 2u);  // at least the time line and the cards
  EXPECT_LE(first.size(), 4u);  // not from control to control
  EXPECT_EQ(focus(), 0u);
  stage.frame();
  EXPECT_FALSE(stage.result.focusLeft);
  stage.state.focusPanel = -1;  // in again from the other end
  stage.frame();
  const ImGuiID last = focus();
  EXPECT_TRUE(first.contains(last));
  stage.key(ImGuiKey_Tab, true);  // into the panel, and back to its beginning by way of the one before
  EXPECT_NE(focus(), last);
}

TEST_F(Panels, CtrlASelectsAllOfAText) {
  stage.state.palette = true;
  stage.frame(3);
  stage.type("zzz");
  stage.frame(2);
  EXPECT_EQ(stage.state.memory->find, "zzz");
  stage.key(ImGuiKey_A, true);
  stage.hold(false, false);
  stage.type("q");
  stage.frame(2);
  EXPECT_EQ(stage.state.memory->find, "q");
}

TEST_F(Panels, WorkIsShownAfterAMomentAndCanBeStopped) {
  stage.state.work = "Fitting 64 components to points.csv";
  stage.frame(3);
  EXPECT_FALSE(stage.has("work.stop")) << "what is done at once needs no bar";
  EXPECT_TRUE(stage.result.animatedUntilSettled);
  stage.frame(40);
  ASSERT_TRUE(stage.has("work.stop"));
  EXPECT_FALSE(stage.result.animatedUntilSettled);
  stage.state.workDone = 0.5;
  const PixelRect r = stage.control("work.stop");
  stage.moveTo(middleX(r), middleY(r));
  stage.press();
  EXPECT_FALSE(stage.result.stopWork);
  stage.release();
  EXPECT_TRUE(stage.result.stopWork);
  stage.frame();
  EXPECT_FALSE(stage.result.stopWork);
  stage.state.work.clear();
  stage.frame(2);
  EXPECT_FALSE(stage.has("work.stop"));
}

}  // namespace
}  // namespace gs
