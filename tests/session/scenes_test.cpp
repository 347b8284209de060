#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "assets.h"
#include "session/enums.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

TEST(Scenes, AreValidCanonicalAndDescribed) {
  std::set<std::string> titles;
  for (const ScenePreset& p : scenePresets()) {
    SCOPED_TRACE(p.name);
    const Session s = scenePreset(p.name);
    EXPECT_NO_THROW(validate(s));
    EXPECT_EQ(s, canonical(s));
    EXPECT_EQ(parseSession(toJson(s)), s);
    EXPECT_EQ(p.title, s.name);
    EXPECT_EQ(p.about, s.notes);
    EXPECT_FALSE(p.title.empty());
    EXPECT_TRUE(p.about.ends_with('.'));
    EXPECT_TRUE(titles.insert(p.title).second) << "title twice";
    EXPECT_EQ(s.view.time, 0);
    EXPECT_GE(s.panes[0].particles.count, 4096);
  }
}

TEST(Scenes, CoverEveryDistribution) {
  std::set<std::string> shown;
  for (const ScenePreset& p : scenePresets()) shown.insert(scenePreset(p.name).panes[0].distribution.name);
  for (const char* name : {"two-gaussians", "e2", "e3", "ring", "two-moons", "spirals", "checkerboard", "pinwheel",
                           "rings", "two-modes", "ov", "ring-4", "letters", "tree"})
    EXPECT_TRUE(shown.contains(name)) << name;
}

TEST(Scenes, ShowEveryMethod) {
  std::set<TermKind> shown;
  for (const ScenePreset& p : scenePresets())
    for (const Experiment& e : scenePreset(p.name).panes)
      for (const Term& t : e.guidance) shown.insert(t.kind);
  for (std::size_t k = 0; k < kEnumNames<TermKind>.size(); ++k)
    EXPECT_TRUE(shown.contains(TermKind(k))) << kEnumNames<TermKind>[k].name;
}

// Methods that are faults of autoguidance's weak model, or ways to give a reward.
TEST(Scenes, ShowEveryFaultOfAWeakModel) {
  std::set<std::string> shown;
  const WeakModel none;
  for (const ScenePreset& p : scenePresets())
    for (const Experiment& e : scenePreset(p.name).panes)
      for (const Term& t : e.guidance) {
        if (t.kind == TermKind::Autoguidance) {
          const WeakModel& w = t.weak;
          for (const auto& [name, there] : {std::pair("broaden", w.broaden > 0),
                                            {"leakDensity", w.leakDensity > 0},
                                            {"blur", w.blur != none.blur},
                                            {"shift", w.shift != none.shift},
                                            {"drop", w.drop != none.drop},
                                            {"atoms", w.atoms > 0},
                                            {"offset", w.offset != none.offset},
                                            {"noise", w.noise > 0}})
            if (there) shown.insert(name);
        }
        if (t.kind == TermKind::Reward && t.reward.kind == RewardKind::Painted) shown.insert("painted");
        if (t.kind == TermKind::Reward && t.reward.kind == RewardKind::Expression) shown.insert("expression");
        if (t.kind == TermKind::Classifier) shown.insert(t.clean ? "clean" : "noisy");
      }
  for (const char* name : {"broaden", "leakDensity", "blur", "shift", "drop", "atoms", "offset", "noise", "painted",
                           "expression", "clean", "noisy"})
    EXPECT_TRUE(shown.contains(name)) << name;
}

TEST(Scenes, EveryEmbeddedFileIsInTheGalleryAndTheDefaultIsFirst) {
  EXPECT_EQ(scenePresets().size(), assetNames("presets/").size());
  ASSERT_FALSE(scenePresets().empty());
  EXPECT_EQ(scenePresets()[0].name, "two-modes");
  const Session s = scenePreset("two-modes");
  EXPECT_EQ(s.panes[0].schedule.kind, ScheduleKind::Flow);
  EXPECT_EQ(s.panes[0].guidance.at(0).omega, 2);
  EXPECT_EQ(s.panes[0].condition, 0);
  EXPECT_EQ(s.panes[0].particles.count, 4096);
}

}  // namespace
}  // namespace gs
