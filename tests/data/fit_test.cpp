#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "data/distributions.h"
#include "data/fit.h"
#include "data/sha256.h"
#include "session/json.h"

namespace gs {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Mixture lawOf(const std::string& name) {
  Distribution d;
  d.name = name;
  return *resolve(d);
}

PointSet drawn(const Mixture& m, int count, std::uint64_t seed) {
  PointSet s;
  for (const Draw& d : sampleExact(m, count, seed)) {
    s.points.push_back(d.x);
    s.labels.push_back(m.components[std::size_t(d.component)].label);
  }
  for (int c = 0; c < m.classes(); ++c) s.classNames.push_back(std::to_string(c));
  return s;
}

PointSet unlabelled(std::vector<Vec2> points) {
  PointSet s;
  s.labels.assign(points.size(), 0);
  s.points = std::move(points);
  s.classNames = {"all"};
  return s;
}

// Mean log-density of p(x, c) over held-out labelled points.
double score(const Mixture& m, const PointSet& held) {
  double sum = 0;
  for (std::size_t i = 0; i < held.points.size(); ++i)
    sum +=
        logDensity(m, held.points[i], NoiseLevel{1, 0}, held.labels[i]) + std::log(m.classProbability(held.labels[i]));
  return sum / double(held.points.size());
}

void expectValid(const Mixture& m) { EXPECT_NO_THROW(normalised(m)); }

TEST(Fit, RecoversTheMixturesItWasDrawnFrom) {
  struct Case {
    const char* name;
    int components;
    double loss;
  };
  for (const Case& c : {Case{"two-modes", 4, 0.005}, Case{"two-modes", 16, 0.01}, Case{"ring", 8, 0.005},
                        Case{"two-moons", 48, 0.02}, Case{"spirals", 96, 0.03}, Case{"e2", 4, 0.005}}) {
    SCOPED_TRACE(c.name);
    const Mixture truth = lawOf(c.name);
    const Mixture fit = fitMixture(drawn(truth, 20'000, 1), FitKind::Em, c.components, 0.02);
    expectValid(fit);
    EXPECT_LE(int(fit.components.size()), c.components);
    const PointSet held = drawn(truth, 4000, 2);
    EXPECT_GT(score(fit, held), score(truth, held) - c.loss);
    for (int label = 0; label < truth.classes(); ++label)
      EXPECT_NEAR(fit.classProbability(label), truth.classProbability(label), 0.02);
  }
}

TEST(Fit, KernelsFollowTheDensity) {
  const Mixture truth = lawOf("two-moons");
  const PointSet train = drawn(truth, 20'000, 1), held = drawn(truth, 4000, 2);
  const Mixture fit = fitMixture(train, FitKind::Kernels, 1024, 0.05);
  expectValid(fit);
  EXPECT_EQ(fit.components.size(), 1024u);
  EXPECT_GT(score(fit, held), score(truth, held) - 0.15);
  // Isotropic, of the bandwidth relative to the data's own spread.
  Vec2 mean(0.0);
  for (const Vec2& p : train.points) mean += p / double(train.points.size());
  double variance = 0;
  for (const Vec2& p : train.points) variance += 0.5 * glm::dot(p - mean, p - mean) / double(train.points.size());
  for (const Component& c : fit.components) {
    EXPECT_EQ(c.covariance.xy, 0);
    EXPECT_EQ(c.covariance.xx, c.covariance.yy);
    EXPECT_NEAR(c.covariance.xx, 0.05 * 0.05 * variance, 1e-9);
  }
}

TEST(Fit, KernelsOnAllPointsWhenThereAreFew) {
  const Mixture fit = fitMixture(unlabelled({{0, 0}, {1, 0}, {0, 2}}), FitKind::Kernels, 64, 0.1);
  ASSERT_EQ(fit.components.size(), 3u);
  for (const Component& c : fit.components) EXPECT_NEAR(c.weight, 1.0 / 3, 1e-12);
}

TEST(Fit, ScalesWithTheData) {
  const Mixture truth = lawOf("two-modes");
  PointSet a = drawn(truth, 5000, 1), b = a;
  for (Vec2& p : b.points) p = 1000.0 * p + Vec2(5000, -300);
  const Mixture small = fitMixture(a, FitKind::Em, 6, 0.05), large = fitMixture(b, FitKind::Em, 6, 0.05);
  ASSERT_EQ(small.components.size(), large.components.size());
  for (std::size_t k = 0; k < small.components.size(); ++k) {
    EXPECT_NEAR(large.components[k].mean.x, 1000 * small.components[k].mean.x + 5000, 1);
    EXPECT_NEAR(large.components[k].covariance.xx / 1e6, small.components[k].covariance.xx,
                1e-3 * small.components[k].covariance.xx);
  }
}

TEST(Fit, IsTheSameEveryTime) {
  const PointSet s = drawn(lawOf("pinwheel"), 5000, 3);
  for (const FitKind kind : {FitKind::Em, FitKind::Kernels})
    EXPECT_EQ(fitMixture(s, kind, 60, 0.05), fitMixture(s, kind, 60, 0.05));
}

TEST(Fit, DegenerateSetsGiveValidMixtures) {
  std::vector<Vec2> line, grid;
  for (int i = 0; i < 500; ++i) line.emplace_back(i * 0.01, 2 + i * 0.03);
  for (int i = 0; i < 500; ++i) grid.emplace_back(i % 5, i / 5 % 5);
  std::vector<Vec2> outlier(100, Vec2(0.5));
  outlier.emplace_back(1e6, -1e6);
  const std::vector<Vec2> tiny = {{3.7e-302, -5.3e-137}, {3e-110, 6e-154}, {6e-154, 6e-154}};
  for (const FitKind kind : {FitKind::Em, FitKind::Kernels})
    for (const int k : {1, 2, 7, 300, 2048})
      for (const double bandwidth : {1e-300, 0.05, 1.0})
        for (const auto& points : {std::vector<Vec2>{{1, 2}}, std::vector<Vec2>(1000, Vec2(-3, 1e6)), line, grid,
                                   outlier, std::vector<Vec2>{{0, 0}, {1e-300, 0}}, tiny}) {
          const Mixture fit = fitMixture(unlabelled(points), kind, k, bandwidth);
          expectValid(fit);
          EXPECT_LE(fit.components.size(), std::min(points.size(), std::size_t(k)));
          for (const Vec2& p : points) EXPECT_TRUE(std::isfinite(logDensity(fit, p, NoiseLevel{1, 0})));
        }
}

TEST(Fit, DifferentPointsBoundTheComponents) {
  std::vector<Vec2> grid;
  for (int i = 0; i < 500; ++i) grid.emplace_back(i % 5, i / 5 % 5);
  EXPECT_EQ(fitMixture(unlabelled(grid), FitKind::Em, 100, 0.01).components.size(), 25u);
}

TEST(Fit, ComponentsAreSharedOutByClassSize) {
  PointSet s;
  s.classNames = {"a", "b", "c"};
  for (int i = 0; i < 1000; ++i) {
    s.points.emplace_back(std::cos(i), std::sin(1.7 * i));
    s.labels.push_back(i < 700 ? 0 : i < 999 ? 1 : 2);
  }
  const Mixture fit = fitMixture(s, FitKind::Kernels, 20, 0.1);
  int count[3] = {0, 0, 0};
  for (const Component& c : fit.components) ++count[c.label];
  EXPECT_EQ(count[0] + count[1] + count[2], 20);
  EXPECT_NEAR(count[0], 14, 1);
  EXPECT_EQ(count[2], 1);
  EXPECT_NEAR(fit.classProbability(2), 0.001, 1e-12);
  // Fewer components than classes: one each.
  EXPECT_EQ(fitMixture(s, FitKind::Em, 1, 0.1).components.size(), 3u);
}

TEST(Fit, FloorsTheCovariance) {
  std::vector<Vec2> line;
  for (int i = 0; i < 1000; ++i) line.emplace_back(i * 0.01, 0);
  const Mixture fit = fitMixture(unlabelled(line), FitKind::Em, 4, 0.1);
  const double variance = 0.5 * 100.0 / 12;  // of an even line of length 10, over the two axes
  for (const Component& c : fit.components) EXPECT_NEAR(c.covariance.yy, 0.01 * variance, 1e-3 * variance);
}

TEST(Fit, BadParametersAreErrors) {
  const PointSet s = unlabelled({{0, 0}});
  EXPECT_THAT([] { fitMixture({}, FitKind::Em, 4, 0.1); }, ThrowsMessage<InputError>("there are no points to fit"));
  EXPECT_THAT([&] { fitMixture(s, FitKind::Em, 0, 0.1); },
              ThrowsMessage<InputError>("distribution.components: 0 is outside 1..2048"));
  EXPECT_THAT([&] { fitMixture(s, FitKind::Em, 2049, 0.1); }, ThrowsMessage<InputError>(HasSubstr("outside 1..2048")));
  EXPECT_THAT([&] { fitMixture(s, FitKind::Em, 4, 0); },
              ThrowsMessage<InputError>(HasSubstr("distribution.bandwidth")));
}

TEST(Clusters, AreNearestAndPrunedExactly) {
  const PointSet s = drawn(lawOf("tree"), 4000, 5);
  const PointBoxes boxes = makeBoxes(s.points);
  std::size_t covered = 0;
  for (const auto& b : boxes.boxes) {
    EXPECT_LE(b.end - b.begin, PointBoxes::kLeaf);
    covered += std::size_t(b.end - b.begin);
  }
  EXPECT_EQ(covered, s.points.size());
  for (const int sweeps : {0, 5}) {
    FitRandom random(1);
    const Clusters c = cluster(boxes, 150, sweeps, random);
    ASSERT_EQ(c.centers.size(), 150u);
    for (std::size_t i = 0; i < boxes.points.size(); ++i) {
      double best = 1e300;
      for (const Vec2& center : c.centers) best = std::min(best, glm::length(boxes.points[i] - center));
      EXPECT_NEAR(glm::length(boxes.points[i] - c.centers[std::size_t(c.owner[i])]), best, 1e-12);
    }
  }
}

TEST(Fit, TellsItsProgressAndStops) {
  const PointSet set = drawn(lawOf("rings"), 4000, 3);
  std::vector<double> told;
  fitMixture(set, FitKind::Em, 64, 0.05, {.stop = {}, .progress = [&](double done) { told.push_back(done); }});
  ASSERT_GT(told.size(), 10u);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_LT(told.front(), 0.1);
  EXPECT_LE(told.back(), 1);
  for (const FitKind kind : {FitKind::Em, FitKind::Kernels}) {
    std::stop_source stop;
    const auto stopping = [&] {
      fitMixture(set, kind, 64, 0.05, {.stop = stop.get_token(), .progress = [&](double done) {
                                         EXPECT_LT(done, 0.5) << "went on";
                                         if (done > 0.2) stop.request_stop();
                                       }});
    };
    EXPECT_THROW(stopping(), FitStopped);
  }
}

class ImportTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& bytes) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("guidescope-import-" + std::to_string(::getpid()));
};

TEST_F(ImportTest, EmbedsTheMixtureAndTheFingerprint) {
  const std::string bytes = "x,y,class\n0,0,a\n1,0,a\n0,1,b\n1,1.5,b\n";
  Distribution d;
  d.file = write("points.csv", bytes);
  d.components = 4;
  const Distribution done = importPoints(d);
  EXPECT_EQ(done.kind, DistributionKind::Points);
  EXPECT_EQ(done.sha256, sha256(bytes));
  EXPECT_EQ(done.file, d.file);
  ASSERT_TRUE(done.mixture);
  EXPECT_EQ(resolve(done)->classes(), 2);
  EXPECT_THAT(done.classes, testing::ElementsAre("a", "b"));
  // It opens where the file is not.
  std::filesystem::remove(d.file);
  EXPECT_EQ(*resolve(done), *done.mixture);
  EXPECT_THAT([&] { importPoints(d); }, ThrowsMessage<InputError>(d.file + ": there is no such file"));
}

TEST_F(ImportTest, KeepsTheNamesOfClasses) {
  const auto classes = [&](const std::string& name, const std::string& bytes) {
    Distribution d;
    d.file = write(name, bytes);
    d.components = 2;
    d.classes = {"of", "another", "file"};
    Session s;
    s.panes[0].distribution = importPoints(d);
    EXPECT_EQ(parseSession(toJson(s)), s) << name;
    return s.panes[0].distribution.classes;
  };
  using testing::ElementsAre;
  EXPECT_THAT(classes("text.csv", "0,0,cat\n1,0,\"dog, \t old\"\n0,1,\"\"\n"), ElementsAre("cat", "dog,   old", ""));
  EXPECT_THAT(classes("numbers.csv", "0,0,10\n1,0,9\n"), ElementsAre("9", "10"));
  EXPECT_THAT(classes("unlabelled.csv", "0,0\n1,0\n"), testing::IsEmpty());
  EXPECT_THAT(classes("long.csv", "0,0,a\n1,0," + std::string(90, 'b') + "\n"),
              ElementsAre("a", std::string(61, 'b') + "…"));
  for (const auto& [file, names] : {std::pair("x_y.npz", std::vector<std::string>{"-1", "7"}),
                                    std::pair("deflated_text.npz", std::vector<std::string>{"a", "é中"})}) {
    std::ifstream in(std::string(GS_SOURCE_DIR) + "/tests/fuzz/data/corpus/npz/" + file, std::ios::binary);
    EXPECT_EQ(classes(file, std::string{std::istreambuf_iterator<char>(in), {}}), names);
  }
}

TEST_F(ImportTest, CompletesASessionFromItsFolder) {
  const std::string bytes = "0,0,a\n1,0,a\n0,1,b\n1,1.5,b\n", path = write("points.csv", bytes);
  Session s;
  s.panes.resize(3);
  Distribution& d = s.panes[0].distribution;
  d.kind = DistributionKind::Points;
  d.file = "points.csv";
  d.sha256 = std::string(64, '0');
  s.panes[1].distribution = d;
  const Completed done = completed(s, folder_.string());
  const Distribution& filled = done.session.panes[0].distribution;
  ASSERT_TRUE(filled.mixture);
  EXPECT_EQ(filled.file, path);
  EXPECT_EQ(filled.sha256, sha256(bytes));
  EXPECT_EQ(done.session.panes[1].distribution, filled);
  EXPECT_EQ(done.session.panes[2], Experiment{});
  EXPECT_THAT(done.warnings, testing::ElementsAre(HasSubstr("points.csv: has changed")));
  // What is embedded is believed, wherever the file is.
  EXPECT_EQ(completed(done.session, "/nowhere").session, done.session);
  EXPECT_TRUE(completed(done.session, "/nowhere").warnings.empty());
  // An absolute path needs no folder.
  d.file = path;
  s.panes.resize(1);
  EXPECT_EQ(completed(s, "").session.panes[0].distribution, filled);
  s.panes[0].condition = 2;
  EXPECT_THROW(completed(s, ""), SessionError);
}

TEST_F(ImportTest, ContentDecidesBeforeTheName) {
  std::ifstream file(std::string(GS_SOURCE_DIR) + "/tests/fuzz/data/corpus/npy/f8.npy", std::ios::binary);
  const std::string npy{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(readPoints(write("really_npy.csv", npy)).points.size(), 3u);
  EXPECT_EQ(readPoints(write("numbers", "1 2\n3 4\n")).points.size(), 2u);
  EXPECT_THAT([&] { readPoints(write("a.npy", "1,2\n")); },
              ThrowsMessage<InputError>(HasSubstr("a.npy: is not an NPY array")));
  EXPECT_THAT([&] { readPoints(write("a.npz", "1,2\n")); },
              ThrowsMessage<InputError>(HasSubstr("a.npz: is not a readable NPZ")));
  EXPECT_THAT([&] { readPoints(write("b.csv", "1,2\n3,z\n")); },
              ThrowsMessage<InputError>("b.csv:2:3: 'z' is not a number"));
  EXPECT_THAT([&] { readPoints(folder_.string()); }, ThrowsMessage<InputError>(HasSubstr("is not a file")));
  EXPECT_THAT([&] { readPoints("/dev/zero"); }, ThrowsMessage<InputError>("/dev/zero: is not a file"));
}

}  // namespace
}  // namespace gs
