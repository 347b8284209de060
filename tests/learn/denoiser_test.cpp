// Training of denoisers: the same weights for the same seed and after a break, a stop at what is not finite, and the
// minimiser of the reward-weighted loss.
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include "data/distributions.h"
#include "data/networks.h"
#include "data/sha256.h"
#include "engine/reference.h"
#include "learn/files.h"
#include "learn/module.h"
#include "oracle/networks.h"
#include "oracle/stack.h"
#include "output/files.h"
#include "session/json.h"

namespace gs {
namespace {

Experiment denoiserScene() {
  Experiment e;
  Mixture m;
  m.components = {{0, .5, {1, .5}, {.25, .1, .2}}, {1, .5, {-1, 0}, {.3, 0, .1}}};
  e.distribution.kind = DistributionKind::Mixture;
  e.distribution.mixture = Box<Mixture>(m);
  e.condition = 0;
  return e;
}

LearnRequest tinyTraining(LearnKind kind = LearnKind::Denoiser) {
  LearnRequest r;
  r.kind = kind;
  r.experiment = denoiserScene();
  r.net.width = 16, r.net.layers = 2;
  r.net.steps = 40, r.net.batch = 64, r.net.snapshots = 4;
  r.background = false;
  return r;
}

std::unique_ptr<Trainer> trainerAfter(const LearnRequest& r, int steps) {
  auto trainer = learnModule().make(r);
  while (trainer->step() < steps) trainer->advance();
  return trainer;
}

NetworkFile fileOf(const Arrays& state) {
  NetworkFile f;
  f.file = "trained";
  f.network = Box<Network>(networkFrom(state, "trained"));
  return f;
}

TEST(Denoiser, KernelTextIsLibTorchsForward) {
  Experiment e = denoiserScene();
  for (const Activation a : {Activation::Silu, Activation::Relu, Activation::Tanh}) {
    e.model.network = oracle::randomNetwork(64, 4, 2, 3, 1, a);
    std::vector<double> queries, own;
    for (const int label : {0, 1, kUnconditional})
      for (const double ratio : {1e-4, .03, .7, 12., 300.}) {
        e.condition = label;
        const GuidedInDouble guided(compileLevel(e, resolve(e.distribution), .5, ratio));
        for (int i = 0; i < 12; ++i) {
          const Vec2 y(std::cos(i) * (1 + ratio), std::sin(3 * i) * (1 + ratio));
          queries.insert(queries.end(), {y.x, y.y, ratio, double(label)});
          const Vec2 d = guided.denoise(0, y);
          own.insert(own.end(), {d.x, d.y});
        }
      }
    const std::vector<double> torch = learnModule().denoiser(e.model.network, queries);
    ASSERT_EQ(torch.size(), own.size());
    for (std::size_t i = 0; i < own.size(); ++i) EXPECT_NEAR(torch[i], own[i], 2e-5 * (1 + std::abs(own[i]))) << i;
  }
}

TEST(Denoiser, SameSeedSameWeightsAlsoAfterABreak) {
  const LearnRequest r = tinyTraining();
  const Arrays whole = trainerAfter(r, 40)->state();
  EXPECT_EQ(trainerAfter(r, 40)->state(), whole);
  LearnRequest other = r;
  other.net.seed = 2;
  EXPECT_NE(trainerAfter(other, 40)->state(), whole);

  // By way of a file, from the middle.
  const std::string path = (std::filesystem::temp_directory_path() / "guidescope-denoiser-test.npz").string();
  writeLearned(path, r, trainerAfter(r, 17)->state());
  const LearnedFile back = readLearnedFile(path, LearnKind::Denoiser);
  EXPECT_EQ(back.request.net, r.net);
  EXPECT_EQ(trainerAfter(back.request, 40)->state(), whole);

  // The end of a training is a network that the session's reader takes, with its moments in order.
  writeLearned(path, r, whole);
  std::vector<std::string> warnings;
  NetworkFile file;
  file.file = path;
  file = readNetwork(file, "", warnings);
  EXPECT_TRUE(warnings.empty());
  ASSERT_TRUE(file.network->problem.empty()) << file.network->problem;
  ASSERT_EQ(file.network->snapshots.size(), 3u);  // of the four, the first two round to one step
  EXPECT_EQ(file.network->snapshots.front().step, 1);
  EXPECT_EQ(file.network->snapshots.back().step, 40);
  LearnRequest again = readLearnedFile(path, LearnKind::Denoiser).request;
  EXPECT_THROW(learnModule().make(again), LearnError);
  std::filesystem::remove(path);
}

// The program's --resume makes, from the checkpoint of a training that was interrupted, the file of an uninterrupted
// one to the byte, and does not begin again.
TEST(Denoiser, TheCommandLineGoesOnFromACheckpoint) {
  const auto folder = std::filesystem::temp_directory_path() / "guidescope-resume-test";
  std::filesystem::create_directories(folder);
  const auto read = [&](const char* name) {
    std::ifstream in(folder / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const LearnRequest r = tinyTraining();
  Session session;
  session.panes = {r.experiment};
  session.training.denoiser = r.net;
  saveSession(session, (folder / "scene.json").string());
  writeLearned((folder / "whole.npz").string(), r, trainerAfter(r, 40)->state());
  writeLearned((folder / "broken.npz").string(), r, trainerAfter(r, 17)->state());
  EXPECT_NE(read("broken.npz"), read("whole.npz"));
  const std::string command = "cd '" + folder.string() + "' && '" GS_CLI "'" +
                              " train denoiser scene.json -o broken.npz --resume --json >said 2>errors";
  ASSERT_EQ(std::system(command.c_str()), 0) << read("errors");
  EXPECT_NE(read("said").find("\"from\": 17,"), std::string::npos) << read("said");
  EXPECT_NE(read("said").find("\"step\": 40,"), std::string::npos) << read("said");
  EXPECT_EQ(read("broken.npz"), read("whole.npz"));
  std::filesystem::remove_all(folder);
}

TEST(Denoiser, StopsWhereTheLossIsNotFinite) {
  LearnRequest r = tinyTraining();
  r.net.activation = Activation::Relu;
  r.net.rate = 1e30;
  auto trainer = learnModule().make(r);
  std::string problem;
  while (problem.empty() && trainer->step() < 40) try {
      trainer->advance();
    } catch (const LearnError& e) {
      problem = e.what();
    }
  EXPECT_NE(problem.find("the loss is not finite at step"), std::string::npos) << problem;
  // Through a job: the state of before stays, and its numbers are finite.
  LearnJob job([] {});
  job.start(r);
  job.wait();
  EXPECT_EQ(job.progress().phase, LearnPhase::Failed);
  EXPECT_EQ(job.progress().error, problem);
  ASSERT_TRUE(job.progress().state);
  for (const NamedArray& a : *job.progress().state)
    for (const float v : a.values) ASSERT_TRUE(std::isfinite(v)) << a.name;
}

// What is asked for is what trains, or it says that it is not there; small trainings stay with the processor by
// themselves.
TEST(Denoiser, SaysWhatItTrainsWith) {
  LearnRequest r = tinyTraining();
  EXPECT_EQ(learnModule().make(r)->device(), "CPU, 1 thread");
  r.net.device = Device::Cpu;
  r.net.width = 128, r.net.layers = 8, r.net.batch = 16384;  // large enough for a card
  EXPECT_EQ(learnModule().make(r)->device(), "CPU, 1 thread");
  r.net.device = Device::Cuda;
  try {
    EXPECT_EQ(trainerAfter(r, 1)->device(), "CUDA");
  } catch (const LearnError& e) {
    EXPECT_EQ(
        std::string(e.what()),
        "device: this LibTorch finds no CUDA (no NVIDIA card, or built without it); 'auto' trains on the processor");
  }
}

// On somebody's own points it is the points that are learned, not what was fitted to them, as long as the file is the
// one that was fitted; what stands for them otherwise is said, and a training that began with them does not go on
// without.
TEST(Denoiser, LearnsThePointsThemselves) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "guidescope-own-points.csv";
  const std::string text = "1,1.5\n1.5,1\n2,1.5\n1.5,2\n";
  std::ofstream(file) << text;
  LearnRequest r = tinyTraining();
  r.net.steps = 120, r.net.rate = .02;
  Distribution& d = r.experiment.distribution;
  d.kind = DistributionKind::Points;
  d.file = file.string(), d.sha256 = sha256(text);
  Mixture law;  // elsewhere, to tell the two apart
  law.components = {{0, 1, {-1.5, -1.5}, {1, 0, 1}}};
  d.mixture = Box<Mixture>(law);
  // At much noise a denoiser answers with the mean of its data.
  const auto meanOf = [&](const Trainer& t) { return oracle::network(fileOf(t.state()), 0, Vec2(0.0), 20); };
  const auto ofPoints = trainerAfter(r, r.net.steps);
  EXPECT_EQ(ofPoints->instead(), "");
  EXPECT_NEAR(meanOf(*ofPoints).x, 1.5, .5);
  EXPECT_NEAR(meanOf(*ofPoints).y, 1.5, .5);
  LearnRequest rest = r;
  rest.resume = trainerAfter(r, 50)->state();
  EXPECT_EQ(trainerAfter(rest, r.net.steps)->state(), ofPoints->state());

  std::ofstream(file) << text << "3,3\n";
  const auto ofLaw = trainerAfter(r, r.net.steps);
  EXPECT_EQ(ofLaw->device(), "CPU, 1 thread");
  EXPECT_EQ(ofLaw->instead(), "the law fitted to its points: " + file.string() + ": is another file than was fitted");
  EXPECT_NEAR(meanOf(*ofLaw).x, -1.5, .7);
  const auto problem = [&]() -> std::string {
    try {
      learnModule().make(rest);
    } catch (const LearnError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(problem(), file.string() + ": is another file than was fitted; this training began with its points");
  // Begun without them, it goes on without them, and says so.
  rest.resume = trainerAfter(r, 50)->state();
  std::ofstream(file) << text;
  const auto goneOn = trainerAfter(rest, r.net.steps);
  EXPECT_EQ(goneOn->state(), ofLaw->state());
  EXPECT_EQ(goneOn->instead(), "the law fitted to its points: this training began with that");
  // A checkpoint from before this was kept.
  std::erase_if(rest.resume, [](const NamedArray& a) { return a.name == "points"; });
  EXPECT_EQ(problem(), "the checkpoint does not say whether this training began with the points of " + file.string() +
                           " or with the law fitted to them; begin it anew");
  std::filesystem::remove(file);
}

// What the checksum is of and what is drawn from are one reading: between two a file may become another.
TEST(Denoiser, ReadsThePointsOnce) {
  const std::filesystem::path file = std::filesystem::temp_directory_path() / "guidescope-read-once.csv";
  const std::string text = "1,1.5\n1.5,1\n2,1.5\n";
  std::ofstream(file) << text;
  LearnRequest r = tinyTraining();
  r.experiment.distribution.kind = DistributionKind::Points;
  r.experiment.distribution.file = file.string(), r.experiment.distribution.sha256 = sha256(text);
  const int watch = inotify_init1(IN_NONBLOCK);
  ASSERT_GE(inotify_add_watch(watch, file.c_str(), IN_OPEN), 0);
  EXPECT_EQ(learnModule().make(r)->instead(), "");
  alignas(inotify_event) char events[4096];
  EXPECT_EQ(read(watch, events, sizeof events), ssize_t(sizeof(inotify_event))) << "opened once";
  close(watch);
  std::filesystem::remove(file);
}

TEST(Denoiser, RefusesWhatMakesNoSense) {
  LearnRequest r = tinyTraining(LearnKind::Reward);
  EXPECT_THROW(learnModule().make(r), std::invalid_argument);  // the scene has no reward
  r = tinyTraining();
  r.net.layers = 9;
  EXPECT_THROW(learnModule().make(r), std::invalid_argument);
  // One class, one point: nothing is to be divided by.
  r = tinyTraining();
  Mixture one;
  one.components = {{0, 1, {2, 1}, {1e-12, 0, 1e-12}}};
  r.experiment.distribution.mixture = Box<Mixture>(one);
  EXPECT_NO_THROW(trainerAfter(r, 3));
}

// A batch without any reward says nothing; where there is none at all, that is said.
TEST(Denoiser, LearnsNothingWhereThereIsNoReward) {
  LearnRequest r = tinyTraining(LearnKind::Reward);
  Mixture law;
  law.components = {{0, .99, {-1, 0}, {.1, 0, .1}}, {0, .01, {6, 0}, {.1, 0, .1}}};
  r.experiment.distribution.mixture = Box<Mixture>(law);
  Term term;
  term.kind = TermKind::Reward;
  term.reward.kind = RewardKind::HalfPlane;
  term.reward.offset = 3;
  r.experiment.guidance = {Term{}, term};
  const auto trainer = learnModule().make(r);
  // Neither weights nor what the optimiser remembers move on, not a bit.
  const auto learnt = [&] {
    Arrays state = trainer->state();
    std::erase_if(state, [](const NamedArray& a) {
      return a.name != "weights" && a.name != "average" && !a.name.starts_with("adam.");
    });
    EXPECT_EQ(state.size(), 4u);
    return state;
  };
  int silent = 0;
  for (int i = 0; i < 20; ++i) {
    const Arrays before = learnt();
    const bool nothing = trainer->advance() == 0;
    silent += nothing;
    EXPECT_EQ(trainer->step(), i + 1);
    EXPECT_EQ(learnt() == before, nothing) << i;
  }
  EXPECT_GT(silent, 3) << "about half of the batches of 64";
  EXPECT_LT(silent, 17);
  const auto problem = [&](const Reward& reward) -> std::string {
    r.experiment.guidance[1].reward = reward;
    try {
      learnModule().make(r);
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "";
  };
  Reward reward = term.reward;
  reward.offset = 100;
  EXPECT_EQ(problem(reward), "guidance.1.reward: is 0 at 20 000 points of the data; there is nothing to learn from it");
  reward.kind = RewardKind::Expression;
  reward.expression = "x";
  EXPECT_NE(problem(reward).find("guidance.1.reward.expression: is -"), std::string::npos) << problem(reward);
}

// A bowl as reward: r p is Gaussian again (2512.04985), E[r x0 | y] / E[r | y] is known. A small network learns it to a
// few hundredths where the law has its mass, and it is far from the plain denoiser.
TEST(Denoiser, RewardWeightedMinimiser) {
  LearnRequest r = tinyTraining(LearnKind::Reward);
  r.net.width = 32, r.net.steps = 500, r.net.batch = 256, r.net.rate = .01;
  Term term;
  term.kind = TermKind::Reward;
  term.reward.kind = RewardKind::Bowl;
  term.reward.center = {.5, 1.2};
  term.reward.width = term.reward.across = .6;
  term.reward.base = RewardBase::Whole;
  r.experiment.guidance = {term};
  const NetworkFile network = fileOf(trainerAfter(r, r.net.steps)->state());
  const Mixture law = *resolve(r.experiment.distribution);
  double error = 0, apart = 0, mass = 0;
  for (const double ratio : {.3, 1., 3.})
    for (int i = -8; i <= 8; ++i)
      for (int j = -8; j <= 8; ++j) {
        const Vec2 y(i * .4 * (1 + ratio), j * .3 * (1 + ratio));
        const oracle::Law base = oracle::law(law, kUnconditional);
        const Vec2 exact = oracle::rewarded(term.reward, base, y, ratio);
        const Vec2 got = oracle::network(network, kUnconditional, y, ratio), plain = oracle::denoiser(base, y, ratio);
        const double p = std::exp(oracle::logDensity(base, y, ratio)) * ratio * ratio;
        error += p * glm::dot(got - exact, got - exact), apart += p * glm::dot(plain - exact, plain - exact), mass += p;
      }
  EXPECT_LT(std::sqrt(error / mass), .12);
  EXPECT_LT(error, .1 * apart);
}

// ---- files -------------------------------------------------------------------------------------------------------
// Networks that come with the program are those of the commands that the README gives: of their settings and data, and
// one that keeps an early moment has the weights that a training of that seed has by then. (Another BLAS rounds
// otherwise; another seed or another law gives weights that have nothing in common.)
TEST(SuppliedNetworks, BelongToTheirCommands) {
  struct Made {
    const char *file, *scene;
    int pane;
    LearnKind kind;
    int batch, steps, snapshots;
    int width = 64, layers = 4, points = 0;
  };
  for (const Made& m : {Made{"tree", "tree", 0, LearnKind::Denoiser, 1024, 10000, 7},
                        Made{"swiss-roll", "swiss-roll", 0, LearnKind::Denoiser, 1024, 4000, 1},
                        Made{"swiss-roll-reward", "swiss-roll", 1, LearnKind::Reward, 1024, 4000, 1},
                        Made{"swiss-roll-reward-steps", "swiss-roll", 1, LearnKind::Reward, 512, 4000, 5, 32, 3},
                        Made{"swiss-roll-reward-100", "swiss-roll", 1, LearnKind::Reward, 512, 4000, 5, 32, 3, 100}}) {
    SCOPED_TRACE(m.file);
    LearnRequest r = readLearnedFile(std::string(GS_SOURCE_DIR "/assets/models/") + m.file + ".npz", m.kind).request;
    DenoiserSettings told;
    told.batch = m.batch, told.steps = m.steps, told.snapshots = m.snapshots;
    told.width = m.width, told.layers = m.layers, told.points = m.points;
    EXPECT_EQ(r.net, told);
    const Experiment scene = scenePreset(m.scene).panes[std::size_t(m.pane)];
    EXPECT_EQ(*resolve(r.experiment.distribution), *resolve(scene.distribution));
    if (m.kind == LearnKind::Reward) {
      ASSERT_FALSE(r.experiment.guidance.empty());
      EXPECT_EQ(r.experiment.guidance.front().reward, scene.guidance.front().reward);
    }
    if (m.snapshots == 1) continue;
    const Network network = networkFrom(std::exchange(r.resume, {}), m.file);
    const std::vector<float>& kept = network.snapshots.front().weights;
    const auto trainer = trainerAfter(r, network.snapshots.front().step);
    const std::vector<float> again = networkFrom(trainer->state(), m.file).snapshots.front().weights;
    ASSERT_EQ(again.size(), kept.size());
    double apart = 0, size = 0;
    for (std::size_t i = 0; i < kept.size(); ++i)
      apart += std::pow(double(again[i]) - double(kept[i]), 2), size += std::pow(double(kept[i]), 2);
    EXPECT_LT(std::sqrt(apart / size), .01);
  }
}

class NetworkFiles : public testing::Test {
 protected:
  const std::filesystem::path folder_ = std::filesystem::temp_directory_path() / "guidescope-networks-test";
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) const { return (folder_ / name).string(); }

  std::string write(const char* name, const Arrays& arrays) const {
    std::vector<NpzMember> members;
    for (const NamedArray& a : arrays)
      members.push_back(a.name.ends_with("json")
                            ? NpzMember{a.name, "|u1", {a.text.size()}, std::as_bytes(std::span(a.text))}
                            : NpzMember{a.name, "<f4", a.shape, std::as_bytes(std::span(a.values))});
    writeNpz(path(name), members);
    return path(name);
  }
  // What a session that names the file is told.
  static NetworkFile read(const std::string& file, std::string* warning = nullptr) {
    NetworkFile n;
    n.file = file;
    std::vector<std::string> warnings;
    n = readNetwork(n, "", warnings);
    if (warning) *warning = warnings.empty() ? "" : warnings[0];
    return n;
  }
};

TEST_F(NetworkFiles, ComeBackAsTheyWere) {
  const NetworkFile made = oracle::randomNetwork(12, 3, 2, 8, 3);
  const NetworkFile back = read(write("a.npz", arraysOf(*made.network)));
  EXPECT_EQ(*back.network, *made.network);
  EXPECT_EQ(back.sha256.size(), 64u);
}

TEST_F(NetworkFiles, DamageIsNamedWithItsPlace) {
  const Arrays good = arraysOf(*oracle::randomNetwork(8, 2, 2, 1, 2).network);
  const auto problem = [&](auto&& change) {
    Arrays bad = good;
    change(bad);
    std::string warning;
    const NetworkFile n = read(write("b.npz", bad), &warning);
    EXPECT_EQ(n.network->problem, warning);
    return warning;
  };
  const auto array = [](Arrays& a, const char* name) -> NamedArray& {
    return *std::find_if(a.begin(), a.end(), [&](const NamedArray& n) { return n.name == name; });
  };
  EXPECT_EQ(problem([&](Arrays& a) { array(a, "hidden").values[130 / 2] = std::nanf(""); }),
            "b.npz:hidden: [65] is not finite");
  EXPECT_EQ(problem([&](Arrays& a) {
              array(a, "hidden").shape = {2, 1, 4, 16};
            }),
            "b.npz:hidden: has the shape (2, 1, 4, 16); (2, 1, 8, 8) is needed");
  EXPECT_EQ(problem([&](Arrays& a) {
              array(a, "input").shape = {2, 6, 2}, array(a, "input").values.resize(24);
            }),
            "b.npz:hidden: has the shape (2, 1, 8, 8); (2, 1, 6, 6) is needed");
  EXPECT_EQ(problem([&](Arrays& a) { std::erase_if(a, [](const NamedArray& n) { return n.name == "output"; }); }),
            "b.npz: has no array 'output'; it is no network of Guidescope");
  EXPECT_EQ(problem([&](Arrays& a) { array(a, "network.json").text = "{\"activation\": \"sin\"}"; }),
            "b.npz:network.json: activation: 'sin' is not known");
  EXPECT_NE(problem([&](Arrays& a) { array(a, "network.json").text = "{"; }).find("b.npz:network.json: line 1"),
            std::string::npos);

  // Half a file, a file of another type, none at all.
  std::string bytes;
  {
    std::ifstream in(write("c.npz", good), std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::ofstream(path("half.npz"), std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  EXPECT_NE(read(path("half.npz")).network->problem.find("half.npz: is not a readable NPZ"), std::string::npos);
  const std::vector<double> doubles(24, 1);
  writeNpz(path("points.npz"), std::vector{NpzMember{"x", "<f8", {12, 2}, std::as_bytes(std::span(doubles))}});
  EXPECT_NE(read(path("points.npz")).network->problem.find("it is no network of Guidescope"), std::string::npos);
  EXPECT_EQ(read(path("none.npz")).network->problem, path("none.npz") + ": there is no such file");
}

TEST_F(NetworkFiles, SessionsOpenWithoutThemAndSaySo) {
  const std::string file = write("net.npz", arraysOf(*oracle::randomNetwork(8, 2, 2, 1, 2).network));
  Session s;
  s.panes[0].model.network.file = "net.npz";
  s.panes[0].guidance = {Term{}};
  s.panes[0].guidance[0].kind = TermKind::Autoguidance;
  s.panes[0].guidance[0].network.file = "net.npz";
  s.panes[0].guidance[0].network.snapshot = 0;
  EXPECT_FALSE(isComplete(s));
  Completed whole = completed(s, folder_.string());
  EXPECT_TRUE(whole.warnings.empty());
  EXPECT_TRUE(isComplete(whole.session));
  const Experiment& e = whole.session.panes[0];
  EXPECT_EQ(e.model.network.network.get(), e.guidance[0].network.network.get());  // read once
  EXPECT_EQ(e.guidance[0].network.chosen().step, 100);
  EXPECT_EQ(e.model.network.chosen().step, 200);

  // A file keeps name and checksum, not the weights; a change of a value keeps what was read.
  Session again = parseSession(toJson(whole.session));
  EXPECT_EQ(again.panes[0].model.network.sha256, e.model.network.sha256);
  EXPECT_FALSE(again.panes[0].model.network.network);
  setPath(whole.session, "guidance.0.network.snapshot", "1");
  EXPECT_TRUE(isComplete(whole.session));
  EXPECT_EQ(whole.session.panes[0].guidance[0].network.chosen().step, 200);

  write("net.npz", arraysOf(*oracle::randomNetwork(8, 2, 2, 2).network));
  const Completed altered = completed(again, folder_.string());
  ASSERT_EQ(altered.warnings.size(), 1u);
  EXPECT_NE(altered.warnings[0].find("is another network than when this session was made"), std::string::npos);
  EXPECT_TRUE(altered.session.panes[0].model.network.network->problem.empty());
  std::filesystem::remove(file);
  const Completed missing = completed(again, folder_.string());
  ASSERT_EQ(missing.warnings.size(), 1u);
  EXPECT_NE(missing.warnings[0].find("there is no such file"), std::string::npos);
  EXPECT_TRUE(isComplete(missing.session));
}

}  // namespace
}  // namespace gs
