// Studies on their own thread: what is asked for comes, what moves does not begin, what is there is not done again.
#include <gtest/gtest.h>

#include "engine/cpu_engine.h"
#include "measure/self_check.h"
#include "measure/studies.h"
#include "measure/sweep.h"
#include "session/session.h"

namespace gs {
namespace {

StudyRequest request(double omega) {
  StudyRequest r;
  r.experiment.distribution.name = "e2";
  r.experiment.guidance = {Term{}};
  r.experiment.guidance[0].omega = omega;
  r.experiment.schedule.steps = 16;
  r.experiment.particles.count = 400;
  return r;
}

TEST(Studies, BringWhatIsAskedForAndNothingElse) {
  Studies studies([] {});
  StudyRequest r = request(1);
  studies.want(r);
  studies.waitSettled();
  StudyAnswer a = studies.answer();
  EXPECT_FALSE(a.busy);
  EXPECT_FALSE(a.causes || a.certificate || a.sweep);
  r.certificate = true;
  studies.want(r);
  studies.waitSettled();
  a = studies.answer();
  ASSERT_TRUE(a.certificate);
  EXPECT_EQ(a.certificate->points.size(), 17u);
  EXPECT_EQ(*a.certificateOf, r.experiment);
  EXPECT_FALSE(a.causes || a.sweep);
  const auto before = a.certificate;
  r.causes = true;
  r.sweep = SweepChoice{parseAxis("guidance.0.omega=0,1,2"), "inverse_posterior"};
  studies.want(r);
  studies.waitSettled();
  a = studies.answer();
  EXPECT_EQ(a.certificate, before);  // not done again
  ASSERT_TRUE(a.causes && a.sweep && a.distances);
  EXPECT_EQ(a.sweep->values.size(), 3u);
  EXPECT_NEAR(a.sweep->values[0][0].value, 2, 1e-9);
  EXPECT_EQ(a.sweepDone, 1);
  EXPECT_FALSE(a.causes->rows.empty());
  r.sweep->metric = "log_posterior";
  studies.want(r);
  studies.waitSettled();
  EXPECT_EQ(studies.answer().sweep->metrics[0], "log_posterior");
}

TEST(Studies, WaitForRestAndSayWhatIsWrong) {
  Studies studies([] {});
  StudyRequest r = request(2);
  r.certificate = r.moving = true;
  studies.want(r);
  studies.waitSettled();
  EXPECT_FALSE(studies.answer().certificate);
  r.moving = false;
  studies.want(r);
  studies.waitSettled();
  const auto first = studies.answer();
  ASSERT_TRUE(first.certificate);
  // A fault is said, and the last good answer stays.
  r.experiment.condition = 9;
  studies.want(r);
  studies.waitSettled();
  EXPECT_NE(studies.answer().error.find("class 9"), std::string::npos) << studies.answer().error;
  EXPECT_EQ(studies.answer().certificate, first.certificate);
  r = request(3);
  r.certificate = true;
  studies.want(r);
  studies.waitSettled();
  EXPECT_EQ(studies.answer().error, "");
  EXPECT_NE(studies.answer().certificate, first.certificate);
}

TEST(Sweeps, TheFirstPointSaysWhatAMetricRefersTo) {
  // The label of the accuracy is its name.
  const auto engine = makeCpuEngine(1);
  Session s;
  s.panes[0].particles.count = 256;
  const auto over = [&](const char* values) {
    return sweep(*engine, s, 0, {parseAxis(std::string("distribution.name=") + values)}, {"accuracy", "mean_x"}, {},
                 {});
  };
  const SweepTable both = over("two-modes,rings"), last = over("rings");
  ASSERT_EQ(both.values.size(), 2u);
  EXPECT_EQ(both.references, over("two-modes").references);
  EXPECT_NE(both.references[0], last.references[0]);
  EXPECT_EQ(both.labels[0], "accuracy");
}

TEST(SelfChecks, FindAFaultyEngine) {
  // An engine that answers with other particles than it was asked for.
  struct Faulty final : Engine {
    std::unique_ptr<Engine> cpu = makeCpuEngine(1);
    std::string name() const override { return "faulty"; }
    std::string description() const override { return "faulty"; }
    Support supports(const Plan& p) const override { return cpu->supports(p); }
    std::shared_ptr<const Frame> sample(const Plan& p, ParticleRange range, std::stop_token s) const override {
      auto frame = std::make_shared<Frame>(*cpu->sample(p, range, s));
      for (float& x : frame->x) x *= 1.01f;
      return frame;
    }
    DensityField density(const Mixture&, NoiseLevel, const FieldGrid&, std::stop_token) const override {
      throw std::runtime_error("no density");
    }
    PointValues pointValues(const Plan& p, const Frame& f, int step, std::stop_token s) const override {
      return cpu->pointValues(p, f, step, s);
    }
  } faulty;
  int failed = 0, said = 0, last = 0;
  for (const SelfCheck& c : selfCheck({&faulty}, [&](int done, int) { last = done; }, {})) {
    if (c.engine == "closed forms") {
      EXPECT_TRUE(c.passed) << c.what;
    }
    failed += !c.passed;
    said += c.what.find("no density") != std::string::npos;
  }
  EXPECT_GE(failed, 3);
  EXPECT_EQ(said, 1);
  EXPECT_GE(last, 16);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_TRUE(selfCheck({&faulty}, {}, stop.get_token()).empty());
}

}  // namespace
}  // namespace gs
