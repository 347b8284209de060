// What needs no device: cameras, cursors, colours, words and numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "render/cursor.h"
#include "render/legend.h"
#include "render/palette.h"
#include "tests/render/fixture.h"

namespace gs::test {
namespace {

TEST(Camera, PixelsAndDataAreInverse) {
  const Camera c{.center = {1.5, -2}, .height = 7};
  for (const Vec2 p : {Vec2(0, 0), Vec2(-3.25, 4.5), Vec2(1.5, -2)}) {
    const Vec2 back = toData(c, toPixels(c, p, 801, 603), 801, 603);
    EXPECT_NEAR(back.x, p.x, 1e-12);
    EXPECT_NEAR(back.y, p.y, 1e-12);
  }
  EXPECT_EQ(toPixels(c, c.center, 800, 600), Vec2(400, 300));
  EXPECT_NEAR(toPixels(c, {1.5, 1.5}, 800, 600).y, 600, 1e-9);
}

TEST(Camera, FitShowsEveryComponent) {
  const Mixture m = twoModes();
  const Camera c = fit(m);
  for (const Component& k : m.components)
    for (const double sign : {-3.0, 3.0}) {
      const Vec2 p =
          toPixels(c, k.mean + sign * Vec2(std::sqrt(k.covariance.xx), std::sqrt(k.covariance.yy)), 800, 600);
      EXPECT_GE(p.x, 0);
      EXPECT_LE(p.x, 800);
      EXPECT_GE(p.y, 0);
      EXPECT_LE(p.y, 600);
    }
  EXPECT_EQ(fit(Mixture{}), Camera{});
}

TEST(Camera, AFieldsGridCoversTheViewInItsOwnCoordinates) {
  View v;
  v.coordinates = Coordinates::Normalised;
  v.camera = {.center = {1, 2}, .height = 4};
  const FieldGrid g = visibleGrid(v, {.alpha = 1, .sigma = std::sqrt(3.0)}, 400, 200, 100);
  EXPECT_EQ(g.width, 100);
  EXPECT_EQ(g.height, 50);
  EXPECT_LT(g.lo.x, (1 - 4) * 2.0);
  EXPECT_GT(g.hi.y, (2 + 2) * 2.0);
}

TEST(TimeCursor, LiesBetweenTheStepsAroundIt) {
  const auto grid = flowGrid(4);
  const Cursor c = cursorAt(grid, 0.6);
  EXPECT_EQ(c.step, 1);
  EXPECT_NEAR(c.mix, 0.6, 1e-12);
  EXPECT_NEAR(c.level.sigma, 0.6, 1e-12);
  EXPECT_EQ(cursorAt(grid, 0).step, 4);
  EXPECT_EQ(cursorAt(grid, 0).mix, 0);
  EXPECT_EQ(cursorAt(grid, 1).at(), 0);
  EXPECT_EQ(cursorAt(grid, 2).at(), 0);
  EXPECT_EQ(cursorAt(grid, -1).step, 4);
}

TEST(PaletteOf, EveryThemeIsLegible) {
  for (const Theme theme : {Theme::Dark, Theme::Light, Theme::Projector, Theme::HighContrast}) {
    const Palette& p = palette(theme);
    for (const Rgb ground : {p.canvas, p.panel, p.card})
      for (const Rgb ink : {p.text, p.secondary, p.guided, p.tilted, p.warning})
        EXPECT_GE(contrastRatio(ink, ground), 4.5) << int(theme);
    for (std::size_t i = 0; i < p.classes.size(); ++i) {
      EXPECT_GE(contrastRatio(p.classes[i], p.canvas), 2.9) << int(theme) << " class " << i;
      for (const Rgb taken : {p.guided, p.tilted, p.warning}) EXPECT_NE(p.classes[i], taken);
    }
  }
  EXPECT_NEAR(contrastRatio(rgb(0), rgb(0xFFFFFF)), 21, 1e-9);
  EXPECT_EQ(classColor(Theme::Dark, 7), palette(Theme::Dark).classes[2]);
}

std::vector<std::string> words(const Picture& p, const View& v) {
  std::vector<std::string> out;
  for (const LegendEntry& e : legendEntries(p, v)) out.push_back(e.text);
  return out;
}

TEST(Legend, SaysExactlyWhatIsDrawn) {
  using testing::ElementsAre;
  using testing::IsEmpty;
  View v;
  Picture p;
  EXPECT_THAT(words(p, v), IsEmpty());
  p.frame = emptyFrame(3, 2);
  p.density = density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {});
  p.target = tilted(twoModes(), {.lo = {-4, -4}, .hi = {4, 4}, .width = 60, .height = 60}, 2);
  const std::string tilt = "tilted law p(x|A)^{1+ω} p(x)^{−ω}";
  EXPECT_THAT(words(p, v), ElementsAre("guided particles and paths", "p(x | A), the data", "other class", tilt));
  Frame thinned = *p.frame;  // memory did not hold all steps
  thinned.grid.resize(13);
  thinned.stored = {0, 4, 8, 12};
  const auto whole = std::exchange(p.frame, std::make_shared<const Frame>(std::move(thinned)));
  EXPECT_THAT(words(p, v), testing::Contains("guided particles and paths (every 4th step is kept)"));
  p.frame = whole;
  v.time = 0.5;
  EXPECT_THAT(words(p, v), testing::Contains(tilt + " at t = 0")) << "its contours do not move";
  v.time = 0;
  v.trajectories.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("guided particles", "p(x | A), the data", "other class", tilt));
  v.particles.visible = false;
  v.target.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x | A), the data", "other class"));
  v.density.perClass = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x), the data"));
  v.density.visible = false;
  v.guidedDensity.visible = true;
  v.trajectories.visible = true;
  EXPECT_THAT(words(p, v), ElementsAre("guided paths", "density of the guided particles"));
}

TEST(Legend, CountsTheOutlinedAndTheMarkedAmongThem) {
  View v;
  Picture p;
  p.frame = emptyFrame(3, 2);
  auto group = std::make_shared<Group>();
  group->particles.resize(2000);
  p.group = group;
  EXPECT_THAT(words(p, v), testing::Contains("2000 particles outlined"));
  group = std::make_shared<Group>();
  group->particles.resize(2001);
  p.group = group;
  EXPECT_THAT(words(p, v), testing::Contains("2001 particles outlined, 2000 of them marked"));
}

TEST(Legend, NamesClassesAndNoise) {
  View v = bareView();
  v.density.visible = true;
  Picture p;
  p.frame = emptyFrame(3, 2, kUnconditional);
  p.density =
      density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {.alpha = 0.5, .sigma = 0.5});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x, A), the data", "p_{t}(x, B)"));
}

TEST(Legend, CallsClassesAsTheDataDo) {
  View v = bareView();
  v.density.visible = true;
  v.particles.visible = true;
  v.particles.color = ParticleColor::ClassPosterior;
  Experiment named;
  named.condition = 1;
  named.guidance = {Term{}};
  named.distribution.kind = DistributionKind::Mixture;
  named.distribution.classes = {"cat", "a_{very} long name of a dog"};
  Picture p;
  auto frame = std::make_shared<Frame>(*emptyFrame(3, 2, 1));
  frame->experiment = std::make_shared<Experiment>(named);
  p.frame = frame;
  p.density = density(twoModes(), {.lo = {-1, -1}, .hi = {1, 1}, .width = 4, .height = 4}, {});
  auto points = std::make_shared<PointValues>();
  points->classes = 2;
  points->classPosterior.resize(6);
  p.points = points;
  // The zero-width space keeps a name's own "_{" from lowering what follows.
  using testing::ElementsAre;
  EXPECT_THAT(words(p, v), ElementsAre("guided particles by likeliest class: cat, a_\u200B{very} long…",
                                       "p(x | a_\u200B{very} long…), the data", "other class"));
  frame = std::make_shared<Frame>(*frame);
  named.condition = kUnconditional;
  frame->experiment = std::make_shared<Experiment>(named);
  p.frame = frame;
  v.particles.visible = false;
  EXPECT_THAT(words(p, v), ElementsAre("p(x, cat), the data", "p(x, a_\u200B{very} long…)"));
}

TEST(Legend, CountsParticlesOutsideTheView) {
  View v = bareView();
  v.particles.visible = true;
  v.time = 0;
  v.camera = {{1, 0}, 4};
  Picture p;
  auto frame = emptyFrame(4, 2);
  put(*frame, 2, 0, 2.9, 0);
  put(*frame, 2, 1, 3.2, 0);
  put(*frame, 2, 2, 0, -2.2);
  put(*frame, 2, 3, kNan, 0);
  frame->blownUp = 1;
  p.frame = frame;
  const auto lines = [&](Vec2 reach) {
    std::vector<std::string> out;
    for (const LegendEntry& e : legendEntries(p, v, reach)) out.push_back(e.text);
    return out;
  };
  EXPECT_THAT(lines({2, 2}), testing::Contains("2 of 4 outside the view"));
  EXPECT_THAT(lines({2.3, 2.3}), testing::Not(testing::Contains(testing::HasSubstr("outside"))));
  v.time = 1;  // all of them at the origin
  EXPECT_THAT(lines({0.5, 2}), testing::Contains("4 of 4 outside the view"));
  v.time = 0;
  v.particles.visible = false;
  EXPECT_THAT(lines({2, 2}), testing::Not(testing::Contains(testing::HasSubstr("outside"))));
}

TEST(Legend, SaysWhereTheDensityIsEven) {
  View v = bareView();
  v.density.visible = true;
  Picture p;
  p.frame = emptyFrame(3, 2);
  const FieldGrid grid{.lo = {-3, -3}, .hi = {3, 3}, .width = 8, .height = 8};
  p.density = density(twoModes(), grid, {.alpha = 1, .sigma = 80});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x | A), the data, even here (ramp rescaled)", "other class"));
  p.density = density(twoModes(), grid, {.alpha = 1, .sigma = 2});
  EXPECT_THAT(words(p, v), testing::ElementsAre("p_{t}(x | A), the data", "other class"));
}

TEST(Legend, OfOneClassSpeaksOfNoOther) {
  View v = bareView();
  v.density.visible = v.particles.visible = v.target.visible = true;
  v.particles.color = ParticleColor::ClassPosterior;
  Mixture one;
  one.components.push_back({});
  Picture p;
  auto frame = emptyFrame(3, 2);
  frame->mixture = std::make_shared<Mixture>(one);
  p.frame = frame;
  p.density = density(one, {.lo = {-3, -3}, .hi = {3, 3}, .width = 8, .height = 8}, {});
  p.target = tilted(twoModes(), {.lo = {-4, -4}, .hi = {4, 4}, .width = 60, .height = 60}, 0);
  auto points = std::make_shared<PointValues>();
  points->classes = 1;
  points->classPosterior.resize(3, 1.0f);
  p.points = points;
  EXPECT_THAT(words(p, v),
              testing::ElementsAre("unguided particles, all of the one class", "p(x), the data", "target law p(x)"));
}

TEST(Legend, ParticlesThatNothingPushesAreUnguided) {
  View v;
  Picture p;
  const auto frame = emptyFrame(3, 2);
  const auto first = [&](double omega, bool enabled) {
    auto e = std::make_shared<Experiment>(*frame->experiment);
    e->guidance = {Term{.enabled = enabled, .omega = omega}};
    frame->experiment = e;
    p.frame = frame;
    return words(p, v).front();
  };
  EXPECT_EQ(first(2, true), "guided particles and paths");
  EXPECT_EQ(first(0, true), "unguided particles and paths");
  EXPECT_EQ(first(2, false), "unguided particles and paths");
  v.particles.visible = false;
  v.guidedDensity.visible = true;
  v.trajectories.visible = false;
  EXPECT_EQ(first(0, true), "density of the unguided particles");
}

TEST(Legend, AnAbsentTargetIsNotClaimed) {
  View v;
  Picture p;
  p.frame = emptyFrame(3, 2);
  auto target = std::make_shared<TargetField>();
  target->absent = "no closed target: several terms are on";
  p.target = target;
  EXPECT_THAT(words(p, v), testing::ElementsAre("guided particles and paths"));
}

TEST(Ticks, AreRound) {
  const Ticks t = niceTicks(-3.1, 2.9, 0.7);
  EXPECT_DOUBLE_EQ(t.step, 1);
  EXPECT_DOUBLE_EQ(t.first, -3);
  EXPECT_EQ(t.count, 6);
  EXPECT_EQ(t.decimals, 0);
  const Ticks fine = niceTicks(0, 0.01, 0.0011);
  EXPECT_NEAR(fine.step, 0.002, 1e-12);
  EXPECT_EQ(fine.decimals, 3);
  EXPECT_EQ(niceTicks(0, 100, 6).decimals, 0);
  EXPECT_DOUBLE_EQ(niceTicks(0, 100, 6).step, 10);
  EXPECT_EQ(niceTicks(1, 1, 1).count, 0);
  EXPECT_EQ(niceTicks(0, kNan, 1).count, 0);
}

TEST(Numbers, HaveARealMinusAndNoMinusZero) {
  EXPECT_EQ(formatFixed(-1.25, 1), "−1.2");
  EXPECT_EQ(formatFixed(-0.001, 2), "0.00");
  EXPECT_EQ(formatFixed(2, 0), "2");
  EXPECT_EQ(formatRatio(80), "80.0");
  EXPECT_EQ(formatRatio(152.2), "152");
  EXPECT_EQ(formatRatio(1.372), "1.37");
  EXPECT_EQ(formatRatio(0.0213), "0.021");
  EXPECT_EQ(formatRatio(0), "0");
  EXPECT_EQ(formatRatio(std::numeric_limits<double>::infinity()), "∞");
}

}  // namespace
}  // namespace gs::test
