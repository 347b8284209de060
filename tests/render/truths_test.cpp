// The layers of truths and fields on small pictures: where arrows lie and how long they are, the signs of a map, which
// lines a law has, and what the legend says of all that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gl/context.h"
#include "gl/debug.h"
#include "render/legend.h"
#include "render/palette.h"
#include "render/truth_layers.h"
#include "tests/render/scenes.h"

namespace gs::test {
namespace {

class TruthLayers : public testing::Test {
 protected:
  gl::Context context_ = gl::Context::surfaceless(true);
  gl::DebugLog log_;
  Renderer renderer_;
  void TearDown() override { EXPECT_THAT(log_.take(), testing::IsEmpty()); }
};

bool alike(Pixel p, Rgb c, int tolerance) {
  return std::abs(p.r - c.r) <= tolerance && std::abs(p.g - c.g) <= tolerance && std::abs(p.b - c.b) <= tolerance;
}

View seen() {
  View v = bareView();
  v.camera = {.center = {0, 0}, .height = 4};  // 320 x 240: 60 pixels a unit
  return v;
}

// A run that is not shown: without any the picture would say that there is none.
Picture nothing() {
  Picture p;
  p.frame = emptyFrame(1, 2);
  return p;
}
bool anything(const Shot& s, int x, int y, Theme theme) { return !alike(s.at(x, y), palette(theme).canvas, 50); }

// One arrow in the middle cell of three, cells of one unit; where nothing is known there is none.
std::shared_ptr<VectorField> oneArrow(float length) {
  auto f = std::make_shared<VectorField>();
  f->grid = {{-1.5, -.5}, {1.5, .5}, 3, 1};
  f->level = {1, 0};
  f->first = {0, 0, length, 0, std::nanf(""), 1};
  f->reference = 2;
  return f;
}

TEST_F(TruthLayers, AnArrowHasTheLengthThatTheLegendStates) {
  View v = seen();
  v.arrows.visible = true;
  const auto drawnFrom = [&](float length) {
    Picture p = nothing();
    p.truths.arrows = oneArrow(length);
    const Shot s = shoot(renderer_, p, v);
    int first = s.width, last = -1;
    for (int x = 0; x < s.width; ++x)
      if (anything(s, x, 120, v.theme)) first = std::min(first, x), last = std::max(last, x);
    return std::pair(first, last);
  };
  // The reference of 2 units is 1.2 cells of 60 pixels long; half of it half as long; both centred on the middle.
  const auto [a, b] = drawnFrom(2);
  EXPECT_NEAR(b - a, 72, 4);
  EXPECT_NEAR((a + b) / 2., 160, 3);
  const auto [c, d] = drawnFrom(1);
  EXPECT_NEAR(d - c, 36, 4);
  const auto [e, f] = drawnFrom(40);  // cut at two references and a half
  EXPECT_NEAR(f - e, 180, 4);
  EXPECT_LT(drawnFrom(0).second, 0);
  Picture p = nothing();
  p.truths.arrows = oneArrow(2);
  v.arrows.spacing = 20;
  const auto entries = legendEntries(p, v);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].text, "push of D, this long = 2 data units");
  EXPECT_NEAR(entries[0].length * 60, 72, 1e-9);
}

// Next to the data every push of D vanishes: arrows to its own scale would fill the picture with 2e-6 data units.
TEST_F(TruthLayers, AFieldOfNextToNothingHasNoArrows) {
  View v = seen();
  v.arrows.visible = true;
  Picture p = nothing();
  const auto drawn = [&](Space space, float length) {
    const auto f = oneArrow(length);
    f->reference = double(length);
    f->space = space;
    p.truths.arrows = f;
    return anything(shoot(renderer_, p, v), 160, 120, v.theme);
  };
  EXPECT_TRUE(drawn(Space::Denoiser, .01f));
  EXPECT_FALSE(drawn(Space::Denoiser, 2e-6f));
  const auto entries = legendEntries(p, v);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_NE(entries[0].text.find("push of D: under a thousandth of the picture"), std::string::npos) << entries[0].text;
  EXPECT_TRUE(drawn(Space::Score, 2e-6f));  // other units than the picture's
}

TEST_F(TruthLayers, SecondArrowsAreGreyAndBothAreNamed) {
  View v = seen();
  v.arrows.visible = true;
  Picture p = nothing();
  auto f = oneArrow(2);
  f->what = ArrowWhat::PushClassParts;
  f->space = Space::Score;
  f->second = {0, 0, 0, 2, 0, 0};
  p.truths.arrows = f;
  const Shot s = shoot(renderer_, p, v);
  EXPECT_TRUE(anything(s, 160, 150, v.theme));  // from the place upwards
  EXPECT_TRUE(anything(s, 190, 120, v.theme));
  EXPECT_GT(s.at(190, 120).r, s.at(160, 150).r + 30);  // the text's colour is stronger than grey
  const auto entries = legendEntries(p, v);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].text, "push of the score along ∇ log p(c|x), this long = 2 per data unit");
  EXPECT_EQ(entries[1].text, "and across it");
}

TEST_F(TruthLayers, AMapTellsTheSignsApartAndNothingIsTheCanvas) {
  View v = seen();
  v.heat.visible = true;
  v.heat.opacity = 1;
  auto f = std::make_shared<ScalarField>();
  f->grid = {{-3, -2}, {3, 2}, 60, 40};
  f->level = {1, 0};
  f->scale = 1;
  for (int j = 0; j < 40; ++j)
    for (int i = 0; i < 60; ++i) {
      const double x = f->grid.center(i, j).x;
      f->value.push_back(x < -1 ? -1.f : x > 1 ? 1.f : 0.f);
      f->weight.push_back(j < 30 ? 1.f : 0.f);
    }
  Picture p = nothing();
  p.truths.heat = f;
  const Shot s = shoot(renderer_, p, v);
  EXPECT_TRUE(alike(s.at(160 + 110, 100), palette(v.theme).guided, 12));  // more of the sampler's own law: amber
  EXPECT_TRUE(alike(s.at(160 - 110, 100), palette(v.theme).tilted, 12));  // more of the tilted law: teal
  EXPECT_TRUE(alike(s.at(160, 100), palette(v.theme).canvas, 2));
  EXPECT_TRUE(alike(s.at(160 + 110, 225), palette(v.theme).canvas, 2));  // nothing is known there
  EXPECT_EQ(legendEntries(p, v).at(0).text, "10 times more of the tilted law ... of the own law");
}

TEST_F(TruthLayers, LawsAreContoursDensitiesOrSamples) {
  View v = seen();
  v.own.visible = true;
  auto f = std::make_shared<LawField>();
  f->grid = {{-2, -2}, {2, 2}, 80, 80};
  f->level = {1, 0};
  for (int j = 0; j < 80; ++j)
    for (int i = 0; i < 80; ++i)
      f->logDensity.push_back(float(-.5 * glm::dot(f->grid.center(i, j), f->grid.center(i, j))));
  f->contourLevels = {-.5f};  // a circle of radius 1
  Picture p = nothing();
  p.truths.own = f;
  const auto inked = [&](const Shot& s, double from, double to) {
    int n = 0;
    for (int y = 0; y < s.height; ++y)
      for (int x = 0; x < s.width; ++x) {
        const double r = std::hypot(x + .5 - 160, y + .5 - 120) / 60;
        n += r >= from && r < to && !alike(s.at(x, y), palette(v.theme).canvas, 20);
      }
    return n;
  };
  const Shot lines = shoot(renderer_, p, v);
  EXPECT_GT(inked(lines, .95, 1.05), 60);
  EXPECT_EQ(inked(lines, 0, .9) + inked(lines, 1.1, 3), 0);
  EXPECT_EQ(legendEntries(p, v).at(0).text, "sampler's own law, ever finer steps");
  EXPECT_EQ(legendEntries(p, v).at(0).swatch, Swatch::Dots) << "not the dashes of the tilted law";
  v.own.shape = LawShape::Density;
  const Shot density = shoot(renderer_, p, v);
  EXPECT_GT(density.at(160, 120).r, density.at(160 + 60, 120).r + 20);
  v.own.shape = LawShape::Samples;
  f->samples = {1, 1};
  const Shot dots = shoot(renderer_, p, v);
  EXPECT_TRUE(alike(dots.at(220, 180), palette(v.theme).text, 70));
  EXPECT_EQ(inked(dots, 0, 1.3), 0);
  f->absent = "no own law without Monte Carlo: churn in the plane";
  EXPECT_EQ(legendEntries(p, v).at(0).text, "sampler's own law: no own law without Monte Carlo: churn in the plane");
}

TEST_F(TruthLayers, AMatchingIsALineFromEveryParticleToItsSample) {
  View v = seen();
  v.match.visible = true;
  Picture p = nothing();
  auto m = std::make_shared<MatchedPairs>();
  m->from = {-1, 0}, m->to = {1, 0};  // 120 pixels
  m->w2 = 2, m->floor = .25;
  p.truths.matched = m;
  const Shot s = shoot(renderer_, p, v);
  for (const int x : {110, 140, 180, 210}) EXPECT_TRUE(anything(s, x, 120, v.theme)) << x;
  EXPECT_FALSE(anything(s, 240, 120, v.theme));
  EXPECT_FALSE(anything(s, 160, 140, v.theme));
  EXPECT_TRUE(alike(s.at(100, 120), palette(v.theme).guided, 40));
  const auto entries = legendEntries(p, v);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].text, "1 pairs of the best matching, W_{2} = 2.00 (by chance alone 0.25)");
  v.match.visible = false;
  EXPECT_TRUE(legendEntries(p, v).empty());
}

TEST_F(TruthLayers, AMarkedParticleHasItsPathAndItsTwin) {
  View v = seen();
  v.particles.marked = 0;
  auto frame = emptyFrame(1, 2);
  auto r = std::make_shared<ParticleRecord>();
  r->frame = frame;
  r->x = {-2, .5f, 0, .5f, 2, .5f};
  r->twin = {-2, .5f, 0, -.5f, 2, -1.5f};
  Picture p;
  p.frame = frame;
  p.record = r;
  const Shot s = shoot(renderer_, p, v);
  EXPECT_TRUE(alike(s.at(160 - 60, 150), palette(v.theme).text, 40));
  EXPECT_TRUE(alike(s.at(160 + 60, 120 - 60), palette(v.theme).other, 40));
  EXPECT_TRUE(alike(s.at(160 + 120, 150), palette(v.theme).guided, 40));  // where it is at t = 0
  std::vector<std::string> words;
  for (const LegendEntry& e : legendEntries(p, v)) words.push_back(e.text);
  EXPECT_THAT(words, testing::IsSupersetOf({"particle 0", "its twin, the same noise without guidance"}));
  v.particles.marked = 3;  // the record is another's
  EXPECT_TRUE(alike(shoot(renderer_, p, v).at(160 - 60, 150), palette(v.theme).canvas, 2));
}

TEST_F(TruthLayers, StreamlinesAreDrawnAlongTheirPoints) {
  View v = seen();
  v.streams.visible = true;
  auto f = std::make_shared<Streamlines>();
  f->level = {1, 0};
  for (int i = 0; i <= 40; ++i) f->points.insert(f->points.end(), {float(-2 + .1 * i), 0.f});
  f->ends = {41};
  Picture p = nothing();
  p.truths.streams = f;
  const Shot s = shoot(renderer_, p, v);
  int along = 0;
  for (int x = 60; x < 260; ++x) along += !alike(s.at(x, 120), palette(v.theme).canvas, 25);
  EXPECT_GT(along, 195);
  EXPECT_TRUE(alike(s.at(160, 140), palette(v.theme).canvas, 2));
  EXPECT_EQ(legendEntries(p, v).at(0).text, "lines along the guided score");
}

}  // namespace
}  // namespace gs::test
