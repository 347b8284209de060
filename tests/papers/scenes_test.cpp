// What the notes of the methods' scenes say is so, to the digits that they give.
#include <gtest/gtest.h>

#include "data/distributions.h"
#include "diffusion/metrics.h"
#include "papers/run.h"
#include "session/json.h"

namespace papers {
namespace {

struct Said {
  const char* scene;
  int pane;
  const char* metric;
  double value, within;
};
void PrintTo(const Said& s, std::ostream* out) { *out << s.scene << " pane " << s.pane << " " << s.metric; }

class SceneNotes : public testing::TestWithParam<Said> {};
TEST_P(SceneNotes, SayWhatIsMeasured) {
  const Said& said = GetParam();
  const gs::Session session = gs::scenePreset(said.scene);
  const gs::Experiment& e = session.panes.at(std::size_t(said.pane));
  const auto mixture = gs::resolve(e.distribution);
  const auto frame = engine().sample(gs::compile(e, mixture), e.particles.count, {});
  for (const gs::Metric& m : gs::sampleMetrics(*mixture, e.condition, frame->read(frame->rows() - 1), 1, 16, {}))
    if (m.name == said.metric) {
      EXPECT_NEAR(m.value, said.value, said.within);
      return;
    }
  ADD_FAILURE() << "no such number";
}
INSTANTIATE_TEST_SUITE_P(
    Methods, SceneNotes,
    testing::Values(
        Said{"classifier", 0, "outliers", .008, .004}, Said{"classifier", 1, "outliers", .19, .015},
        Said{"perp-neg", 0, "outliers", .27, .015}, Said{"perp-neg", 1, "outliers", .93, .01},
        Said{"label-noise", 0, "fraction_1", .24, .015}, Said{"label-noise", 1, "fraction_1", .19, .015},
        Said{"delayed", 0, "fraction_1", .29, .015}, Said{"power-law", 0, "outliers", .027, .006},
        Said{"power-law", 1, "outliers", .044, .008}, Said{"mambo", 0, "fraction_1", .5, .015},
        Said{"adaptive", 0, "fraction_1", .35, .015}, Said{"cfg-zero", 0, "fraction_1", .34, .015},
        Said{"cfg-zero", 1, "fraction_1", .26, .015}, Said{"tangential", 0, "fraction_1", .21, .015},
        Said{"rectified", 0, "fraction_1", .29, .015}, Said{"rectified", 0, "outliers", .008, .004},
        Said{"score-noise", 0, "outliers", .014, .004}, Said{"score-noise", 1, "outliers", .087, .01},
        Said{"score-noise", 1, "fraction_2", .196, .01}, Said{"score-noise", 1, "fraction_4", .318, .01},
        Said{"characteristic", 0, "fraction_1", .295, .015}, Said{"characteristic", 1, "fraction_1", .186, .015},
        Said{"predictor-corrector", 0, "fraction_1", .27, .015}, Said{"predictor-corrector", 0, "shift_1", .075, .03},
        Said{"predictor-corrector", 1, "shift_1", .68, .03}, Said{"gibbs", 0, "fraction_1", .5, .015},
        Said{"gibbs", 1, "fraction_1", .27, .015}, Said{"sum-of-scores", 0, "shift_0", .81, .03},
        Said{"sum-of-scores", 1, "shift_0", .13, .03}, Said{"adaptive-latched", 0, "fraction_1", .343, .015},
        Said{"adaptive-latched", 1, "fraction_1", .245, .015}, Said{"rescale", 0, "fraction_1", .5, .015},
        Said{"threshold", 1, "outliers", .37, .02}));

// Or: half of the particles at each of the two classes. And: the crossings, with fewer strays where there is churn.
TEST(SceneNotes, OrAndAnd) {
  const auto ends = [](const gs::Experiment& e) {
    const auto frame = engine().sample(gs::compile(e, gs::resolve(e.distribution)), e.particles.count, {});
    const auto row = frame->read(frame->rows() - 1);
    std::vector<gs::Vec2> x;
    for (std::size_t i = 0; i + 1 < row.size(); i += 2) x.push_back({row[i], row[i + 1]});
    return x;
  };
  const auto share = [](const std::vector<gs::Vec2>& x, auto&& in) {
    return double(std::count_if(x.begin(), x.end(), in)) / double(x.size());
  };
  const auto either = ends(gs::scenePreset("or").panes[0]);
  EXPECT_NEAR(share(either, [](gs::Vec2 x) { return glm::distance(x, gs::Vec2{2., 0.}) < .7; }), .5, .03);
  EXPECT_NEAR(share(either, [](gs::Vec2 x) { return glm::distance(x, gs::Vec2{-2., 0.}) < .7; }), .5, .03);
  const gs::Session both = gs::scenePreset("and");
  const auto inside = [](gs::Vec2 x) { return std::abs(std::abs(x.x) - 1.5) > 1 || std::abs(std::abs(x.y) - 1.5) > 1; };
  const double ode = share(ends(both.panes[0]), inside), sde = share(ends(both.panes[1]), inside);
  EXPECT_GT(ode, 2 * sde + .01);
  EXPECT_LT(sde, .03);
}

}  // namespace
}  // namespace papers
