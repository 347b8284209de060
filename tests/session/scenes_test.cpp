#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "assets.h"
#include "session/caption.h"
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

TEST(Scenes, PanesAreToldApartByTheirCaptions) {
  const auto captions = [](const Session& s) {  // without the panes' numbers
    std::vector<std::string> out;
    for (int i = 0; i < int(s.panes.size()); ++i) out.push_back(caption(s, i, 2).substr(s.panes.size() > 1 ? 3 : 0));
    return out;
  };
  int several = 0;
  for (const ScenePreset& p : scenePresets()) {
    SCOPED_TRACE(p.name);
    const Session s = scenePreset(p.name);
    const std::vector<std::string> all = captions(s);
    several += all.size() > 1;
    for (std::size_t i = 0; i < all.size(); ++i)
      for (std::size_t j = 0; j < i; ++j) EXPECT_EQ(all[i] == all[j], s.panes[i] == s.panes[j]) << all[i];
  }
  EXPECT_GT(several, 20);
  EXPECT_EQ(captions(scenePreset("feedback-tracked")),
            (std::vector<std::string>{"class A, feedback ω = 1.00, Exponential, churn 1",
                                      "class A, feedback ω = 1.00, Heun"}));
  EXPECT_EQ(captions(scenePreset("gibbs")),
            (std::vector<std::string>{"class A, gibbs ω = 4.00, rounds 2, back to 0.4",
                                      "class A, gibbs ω = 4.00, rounds 10, back to 2"}));
  EXPECT_EQ(captions(scenePreset("push-back"))[2], "class A, ω(t) = 1.00 × switch, from there −0.3");
  // Only panes whose words are the same say more.
  EXPECT_EQ(captions(scenePreset("late-weight"))[1], "class A, ω = 2.00");
  Session s;
  s.panes = {Experiment{}, Experiment{}, Experiment{}};
  s.panes[1].particles.seed = 7;
  s.panes[2].distribution.name = "ring";
  s.panes[2].guidance.clear();
  EXPECT_EQ(captions(s), (std::vector<std::string>{"class A, no guidance, two-modes, seed 1",
                                                   "class A, no guidance, two-modes, seed 7",
                                                   "class A, no guidance, ring, seed 1"}));
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

TEST(Scenes, ShowEveryCurve) {
  std::set<CurveKind> shown;
  for (const ScenePreset& p : scenePresets())
    for (const Experiment& e : scenePreset(p.name).panes)
      for (const Term& t : e.guidance) shown.insert(t.curve.kind);
  for (std::size_t k = 0; k < kEnumNames<CurveKind>.size(); ++k)
    EXPECT_TRUE(shown.contains(CurveKind(k))) << kEnumNames<CurveKind>[k].name;
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
