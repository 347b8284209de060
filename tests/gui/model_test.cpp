// Document, playback clock, framing, quality and fits: the parts of the window that need no display.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "data/distributions.h"
#include "document.h"
#include "fitting.h"
#include "measure/network_training.h"
#include "playback.h"
#include "quality.h"
#include "workbench.h"

namespace gs {
namespace {

Session start() {
  Session s;
  s.name = "start";
  s.panes[0].guidance.push_back({});
  return s;
}

TEST(Document, AGestureIsOneEntryAndLookingIsNone) {
  Document d(start());
  EXPECT_FALSE(d.canUndo());
  for (int i = 0; i <= 30; ++i) d.session.panes[0].guidance[0].omega = 2 + i / 10.;  // dragged, not let go
  EXPECT_TRUE(d.commit());
  EXPECT_FALSE(d.commit());
  d.session.view.time = .3;
  d.session.view.camera.height = 9;
  EXPECT_FALSE(d.commit());
  EXPECT_TRUE(d.dirty());
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.view.camera.height, 9);  // undo does not move the picture
  EXPECT_FALSE(d.canUndo());
  EXPECT_FALSE(d.dirty());
  d.redo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 5);
}

TEST(Document, UndoInTheMiddleOfAGestureTakesBackTheGesture) {
  Document d(start());
  d.session.panes[0].guidance[0].omega = 7;
  EXPECT_TRUE(d.canUndo());
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_TRUE(d.canRedo());
}

TEST(Document, SavingAndOpening) {
  Document d(start());
  d.session.panes[0].particles.count = 99;
  d.commit();
  EXPECT_TRUE(d.dirty());
  d.saved(d.session, "a.json");
  EXPECT_FALSE(d.dirty());
  EXPECT_EQ(d.path(), "a.json");
  d.session.view.time = .5;
  d.session.view.camera.center.x = 3;
  d.session.view.theme = Theme::Light;
  d.session.view.uiScale = 2;
  EXPECT_FALSE(d.commit());
  EXPECT_FALSE(d.dirty()) << "no question on closing that undo could not answer";
  d.undo();
  EXPECT_TRUE(d.dirty());

  Session other = start();
  other.view.theme = Theme::Light;
  d.open(other, "b.json");
  EXPECT_FALSE(d.canUndo());
  EXPECT_FALSE(d.dirty());
  EXPECT_EQ(d.session.view.theme, Theme::Light);  // a file says how it looks

  d.recovered(other, "b.json");
  EXPECT_TRUE(d.dirty());
}

TEST(Document, ASceneCanBeUndoneAndKeepsTheReadersSettings) {
  Document d(start());
  d.session.view.theme = Theme::Projector;
  d.session.view.uiScale = 1.5;
  d.commit();
  d.saved(d.session, "mine.json");
  Session scene = start();
  scene.name = "scene";
  scene.panes[0].particles.seed = 5;
  d.openScene(scene);
  EXPECT_EQ(d.session.name, "scene");
  EXPECT_EQ(d.session.view.theme, Theme::Projector);
  EXPECT_EQ(d.session.view.uiScale, 1.5);
  EXPECT_TRUE(d.path().empty());  // saving must not overwrite mine.json with something else
  EXPECT_FALSE(d.dirty());
  d.undo();
  EXPECT_EQ(d.session.name, "start");
}

TEST(Document, SaysWhatFilesLack) {
  Session s = start();
  EXPECT_EQ(notInFiles(s), "");
  s.panes.push_back(s.panes[0]);
  s.panes[1].guidance[0].network.file = kTrainedHere;
  EXPECT_EQ(notInFiles(s), ". The network that was trained here is not in it: save it as well (File menu).");
}

TEST(Document, ImportedPointsAreNotCalledAsTheSceneBefore) {
  Document d(start());
  d.session.notes = "About another law.";
  d.session.panes[0].condition = 1;
  d.commit();
  Distribution points;
  points.kind = DistributionKind::Points;
  points.file = "/data/fruit.csv";
  points.mixture = Box<Mixture>(Mixture{{{}}});
  d.imported(points, 0);
  EXPECT_EQ(d.session.name, "fruit");
  EXPECT_EQ(d.session.notes, "");
  EXPECT_EQ(d.session.panes[0].condition, 0);
  d.session.name = "mine";
  points.components = 3;
  d.imported(points, 0);  // another fit of the same points
  EXPECT_EQ(d.session.name, "mine");
  d.undo();
  d.undo();
  EXPECT_EQ(d.session.name, "start");
  EXPECT_EQ(d.session.notes, "About another law.");
  EXPECT_EQ(d.session.panes[0].distribution.kind, DistributionKind::Preset);
}

TEST(Document, NewPanesCopyTheActiveOne) {
  Document d(start());
  d.setPanes(2, 0);
  d.session.panes[1].guidance[0].omega = 5;
  d.setPanes(4, 1);
  ASSERT_EQ(d.session.panes.size(), 4u);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.panes[3].guidance[0].omega, 5);
  d.setPanes(1, 3);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 5);
  d.setPanes(9, 0);
  EXPECT_EQ(d.session.panes.size(), std::size_t(Session::kMaxPanes));
}

TEST(Playback, EasesAtTheEndsAndTakesFourSeconds) {
  for (double u = 0; u <= 1; u += 1. / 64) {
    EXPECT_NEAR(phaseOf(easedProgress(u)), u, 1e-12);
    EXPECT_NEAR(easedProgress(u) + easedProgress(1 - u), 1, 1e-12);
  }
  const double h = 1e-4;
  EXPECT_LT(easedProgress(h) / h, .01);                                         // starts from rest
  EXPECT_NEAR((easedProgress(.5 + h) - easedProgress(.5)) / h, 1 / .85, 1e-6);  // then even speed
  double t = 1;
  int frames = 0;
  while (t > 0 && frames < 1000) t = advanceTime(t, .01, 1, false), ++frames;
  EXPECT_NEAR(frames, 400, 1);
  EXPECT_EQ(advanceTime(.5, 100, 1, false), 0);
  EXPECT_DOUBLE_EQ(advanceTime(.5, .4, 1, true), .4);  // reduced motion: even speed
  EXPECT_EQ(advanceTime(0, .1, 1, false), 0);
}

TEST(Playback, StepsGoFromGridPointToGridPoint) {
  Schedule s;
  s.steps = 10;
  const auto grid = timeGrid(s);
  EXPECT_EQ(stepTime(s, grid[3].t, 1), grid[4].t);
  EXPECT_EQ(stepTime(s, grid[3].t, -1), grid[2].t);
  const double between = .5 * (grid[3].t + grid[4].t);
  EXPECT_EQ(stepTime(s, between, 1), grid[4].t);
  EXPECT_EQ(stepTime(s, between, -1), grid[3].t);
  EXPECT_EQ(stepTime(s, grid[3].t, 10), grid[10].t);
  EXPECT_EQ(stepTime(s, grid[3].t, -10), grid[0].t);
  s.steps = -1;  // while a panel shows the error, the cursor still moves
  EXPECT_LT(stepTime(s, .5, 1), .5);
}

TEST(Framing, TakesInTheGuidedSamplesButNotTheirStragglers) {
  Mixture m;
  m.components.push_back({});
  m.components[0].covariance = Sym2::isotropic(.25);
  const Camera law = framing(m, {});
  std::vector<float> x(2000, 0);
  EXPECT_EQ(framing(m, x), law);                            // they lie in sight already
  for (int i = 0; i < 500; ++i) x[std::size_t(2 * i)] = 9;  // half of them pushed to the right
  x[0] = 1e6f;                                              // one far away, one lost
  x[2] = std::numeric_limits<float>::infinity();
  const Camera both = framing(m, x);
  EXPECT_GT(both.center.x + both.height * 2 / 3, 9);
  EXPECT_LT(both.center.x + both.height * 2 / 3, 10);
  EXPECT_LE(both.center.x - both.height * 2 / 3, law.center.x - law.height * 2 / 3 + 1e-9);
  for (int i = 0; i < 1000; ++i) x[std::size_t(2 * i + 1)] = -30;
  EXPECT_LT(framing(m, x).center.y - framing(m, x).height / 2, -29.9);
}

TEST(Quality, ThinsPathsOnSlowFramesOnlyWhileMoving) {
  AdaptiveQuality soft(true);
  EXPECT_EQ(soft.next(false).everyNthStep, 1);
  EXPECT_GT(soft.next(false).trajectories, 20000);
  EXPECT_EQ(soft.next(true).trajectories, 150);
  EXPECT_EQ(soft.next(true).everyNthStep, 4);
  for (int i = 0; i < 30; ++i) soft.measured(60, true);
  const int thin = soft.next(true).trajectories;
  EXPECT_LT(thin, 150);
  for (int i = 0; i < 1000; ++i) soft.measured(60, true);
  EXPECT_GE(soft.next(true).trajectories, 20);  // never nothing
  for (int i = 0; i < 100; ++i) soft.measured(2, false);
  EXPECT_LT(soft.next(true).trajectories, thin + 1);  // frames at rest say nothing
  for (int i = 0; i < 1000; ++i) soft.measured(2, true);
  EXPECT_GT(soft.next(true).trajectories, 1000);

  AdaptiveQuality hard(false);
  EXPECT_EQ(hard.next(true).everyNthStep, 1);
  for (int i = 0; i < 100; ++i) hard.measured(50, true);
  EXPECT_LT(hard.next(true).trajectories, 2001);
}

TEST(Fits, AnotherParameterAsksForAnotherFitOnce) {
  Mixture m;
  m.components.push_back({});
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.mixture = Box<Mixture>(m);
  Fits fits;
  EXPECT_FALSE(fits.stale(d));  // opened: believed
  Distribution more = d;
  more.components = 128;
  EXPECT_TRUE(fits.stale(more));
  fits.fitted(more);
  EXPECT_FALSE(fits.stale(more));
  EXPECT_FALSE(fits.stale(d));  // undone: still known
  EXPECT_FALSE(fits.stale(Distribution{}));
}

TEST(Fits, KnowWhatTheShownMixtureWasFittedWith) {
  Mixture m;
  m.components.push_back({});
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.mixture = Box<Mixture>(m);
  Document document(start());
  document.imported(d, 0);
  Fits fits;
  fits.fitted(d);
  const auto shown = [&]() -> Distribution& { return document.session.panes[0].distribution; };
  shown().components = 128;
  document.commit();
  const Distribution asked = shown();
  ASSERT_TRUE(fits.stale(asked));
  fits.asked(asked, asked, 0);
  EXPECT_FALSE(fits.stale(asked)) << "it is on its way";
  // Given up: the panel shows the former number again, and redo asks once more.
  ASSERT_TRUE(fits.before(asked));
  EXPECT_EQ(*fits.before(asked), d);
  document.refitGivenUp(*fits.before(asked), 0);
  fits.ended();
  EXPECT_EQ(shown(), d);
  EXPECT_TRUE(document.canRedo());
  document.redo();
  EXPECT_TRUE(fits.stale(shown()));
  // What was done meanwhile stays.
  document.session.panes[0].guidance[0].omega = 7;
  document.commit();
  document.refitGivenUp(d, 0);
  EXPECT_EQ(shown(), d);
  EXPECT_EQ(document.session.panes[0].guidance[0].omega, 7);
  EXPECT_FALSE(fits.before(Distribution{}));
}

Distribution fittedPoints(int components) {
  Distribution d;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.components = components;
  d.mixture = Box<Mixture>(Mixture{std::vector<Component>(std::size_t(components))});
  return d;
}

TEST(Fits, PanesTakeTurns) {
  Fits fits;
  std::vector<Experiment> panes(2);
  panes[0].distribution = panes[1].distribution = fittedPoints(1);
  EXPECT_EQ(fits.next(panes), -1);
  panes[0].distribution.components = 2;
  panes[1].distribution.components = 3;
  ASSERT_EQ(fits.next(panes), 0);
  fits.asked(panes[0].distribution, panes[0].distribution, 0);
  EXPECT_EQ(fits.next(panes), -1) << "the second one would stop the first, and that one the second, without end";
  fits.ended();
  panes[0].distribution = fittedPoints(2);
  fits.fitted(panes[0].distribution);
  EXPECT_EQ(fits.next(panes), 1);
}

TEST(Fits, AFitIsWantedOnlyWhereItWasAskedFor) {
  Fits fits;
  std::vector<Experiment> panes(2);
  EXPECT_FALSE(fits.wanted(panes));
  panes[1].distribution = fittedPoints(1);
  fits.fitted(panes[1].distribution);
  // Points that are imported: the pane shows another law until then.
  fits.asked(fittedPoints(8), panes[1].distribution, 1);
  EXPECT_TRUE(fits.wanted(panes));
  panes[0].distribution.name = "another pane";
  panes[1].particles.count = 7;
  EXPECT_TRUE(fits.wanted(panes));
  const auto shown = panes[1].distribution;
  panes[1].distribution.components = 5;
  EXPECT_FALSE(fits.wanted(panes));
  EXPECT_EQ(fits.next(panes), 1) << "the newer wish is not kept waiting";
  panes[1].distribution = shown;
  EXPECT_TRUE(fits.wanted(panes));
  panes.pop_back();
  EXPECT_FALSE(fits.wanted(panes)) << "its pane is closed";
}

TEST(Document, AnotherFitBelongsToTheEntryThatAskedForIt) {
  Document d(start());
  const Distribution one = fittedPoints(1), two = fittedPoints(2);
  d.imported(one, 0);
  d.session.panes[0].condition = 0;
  d.session.panes[0].distribution.components = 2;
  d.commit();
  const Distribution asked = d.session.panes[0].distribution;
  d.session.panes[0].guidance[0].omega = 7;  // meanwhile
  d.commit();
  d.refitted(asked, two);
  EXPECT_EQ(d.session.panes[0].distribution, two);
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 7);
  d.undo();
  EXPECT_EQ(d.session.panes[0].guidance[0].omega, 2);
  EXPECT_EQ(d.session.panes[0].distribution, two) << "an entry without its fit would ask for it again and cut off redo";
  d.undo();
  EXPECT_EQ(d.session.panes[0].distribution, one);
  d.redo();
  EXPECT_EQ(d.session.panes[0].distribution, two);
}

}  // namespace
}  // namespace gs
