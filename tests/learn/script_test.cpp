// Somebody's own model: TorchScript that is made with LibTorch itself, checked in another process, and what is refused.
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "data/distributions.h"
#include "data/networks.h"
#include "data/sha256.h"
#include "engine/engine.h"
#include "learn/module.h"
#include "learn/script.h"
#include "session/json.h"

namespace gs {
namespace {

// The exact denoiser of N((2 c, c), 1), of no class that of N((-1, 0), 1).
const std::string kExact = R"(
def forward(self, x, sigma, label):
    c = label.float().unsqueeze(1)
    free = (c < 0).float()
    mean = torch.cat([(1 - free) * 2 * c - free, (1 - free) * c], 1)
    return mean + (x - mean) / (1 + (sigma * sigma).unsqueeze(1))
)";
// x, with a line before it.
std::string body(const std::string& line, const std::string& answer = "x") {
  return "def forward(self, x, sigma, label):\n    " + line + "\n    return " + answer + "\n";
}
std::string made(const std::string& methods) { return learnModule().compileScript(methods); }

// What is wrong with a model, asked in this process: for what neither hangs nor grows.
std::string wrongWith(const std::string& bytes) {
  try {
    learnModule().checkScript(bytes);
    return "nothing";
  } catch (const std::exception& e) {
    return e.what();
  }
}

TEST(OwnModel, IsCheckedElsewhereAndAnswersHere) {
  const Network n = checkedScript(made(kExact), "own.pt");
  EXPECT_EQ(n.shape.classes, Mixture::kMaxClasses);
  EXPECT_TRUE(n.shape.unconditional);
  EXPECT_EQ(n.script->device(), "the processor");  // small ones, whatever there is
  const float y[4] = {.5f, -2, 30, 4};
  float d[4];
  for (const int label : {kUnconditional, 0, 3})
    for (const double sigma : {.1, 20.}) {
      n.script->denoise(y, 2, sigma, label, d);
      for (int i = 0; i < 4; ++i) {
        const double mean = label < 0 ? (i % 2 ? 0 : -1) : (i % 2 ? label : 2 * label);
        EXPECT_NEAR(d[i], mean + (y[i] - mean) / (1 + sigma * sigma), 1e-5 * (1 + std::abs(y[i])));
      }
    }
  n.script->denoise(y, 2, 0, 0, d);  // without noise nothing is asked
  EXPECT_EQ(d[2], 30);
}

TEST(OwnModel, IsAskedWhichClassesItKnows) {
  const ScriptFacts three =
      learnModule().checkScript(made(body("m = torch.tensor([[0.5, 0.1], [1.0, 2.0], [3.0, 1.0]])",
                                          "torch.embedding(m, label) + x / (1 + sigma[:, None])")));
  EXPECT_EQ(three.classes, 3);
  EXPECT_FALSE(three.unconditional);
}

TEST(OwnModel, SaysWhatIsWrong) {
  EXPECT_NE(wrongWith("no model").find("is no TorchScript that this LibTorch can read: "), std::string::npos);
  EXPECT_EQ(wrongWith(made("def other(self, x):\n    return x\n")), "has no method forward(x, sigma, class)");
  EXPECT_NE(wrongWith(made("def forward(self, x):\n    return x\n")).find("forward(x [7, 2], sigma, class 0) fails: "),
            std::string::npos);
  EXPECT_EQ(wrongWith(made(body("y = x", "x[:, 0]"))),
            "forward(x [7, 2], sigma, class 0) answers with the shape [7]; [7, 2] is needed");
  EXPECT_EQ(wrongWith(made(body("y = x", "x.double()"))),
            "forward(x [7, 2], sigma, class 0) answers with numbers of type Double; Float is needed");
  EXPECT_EQ(wrongWith(made(body("y = x", "(x, x)"))),
            "forward(x [7, 2], sigma, class 0) answers with Tuple, not with a tensor");
  EXPECT_NE(wrongWith(made(body("y = x", "x / (sigma[:, None] < 1).float()"))).find("is not finite at sigma = "),
            std::string::npos);
  EXPECT_NE(wrongWith(made(body("y = x", "x - x.mean(0)"))).find("answers differently for a point alone"),
            std::string::npos);
  EXPECT_NE(wrongWith(made(body("y = x.clone()\n    if x.size(0) > 100:\n        y = y + 1", "y")))
                .find("answers differently for a point among many"),
            std::string::npos);
  EXPECT_NE(
      wrongWith(made(body("y = x", "x + torch.rand_like(x)"))).find("answers differently when it is asked the same"),
      std::string::npos);
}

// What would take the window down ends the process that looks at it.
TEST(OwnModel, CannotHangOrFillTheMemory) {
  const auto refused = [](const std::string& methods, const ScriptLimits& limits) -> std::string {
    try {
      checkedScript(made(methods), "bad.pt", limits);
      return "nothing";
    } catch (const InputError& e) {
      return e.what();
    }
  };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(refused(body("i = 0\n    while i >= 0:\n        i = 1 - i"), {.seconds = 1}),
            "bad.pt: gives no answer within 1 s");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
  // Nor does a person have to wait for that.
  std::stop_source given;
  given.request_stop();
  EXPECT_THROW(
      checkedScript(made(body("i = 0\n    while i >= 0:\n        i = 1 - i")), "bad.pt", {}, given.get_token()),
      FitStopped);
  const std::string much = refused(body("y = torch.ones([20000, 20000])", "x + y[0, 0] - 1"), {.memory = 256});
  EXPECT_NE(much.find("bad.pt: "), std::string::npos);
  EXPECT_NE(much.find("memory"), std::string::npos) << much;
  // What it prints is not taken for the verdict.
  EXPECT_EQ(refused("def forward(self, x, sigma, label):\n    print('ok 64 1')\n    return x[:, 0]\n", {}),
            "bad.pt: forward(x [7, 2], sigma, class 0) answers with the shape [7]; [7, 2] is needed");
}

// As the command line and the window read it: by a session's field, where it is allowed; the rest of the session opens.
TEST(OwnModel, IsAModelOfASessionWhereItIsAllowed) {
  const auto folder = std::filesystem::temp_directory_path() / "guidescope-own-model";
  std::filesystem::create_directories(folder);
  const std::string file = (folder / "own.pt").string(), bytes = made(kExact);
  std::ofstream(file, std::ios::binary) << bytes;
  Session s = parseSession(
      R"({"format": "guidescope-session", "version": 1, "panes": [{"condition": 0, "distribution": {"kind": "mixture", "components": [
    {"class": 0, "weight": 0.5, "mean": [0, 0], "covariance": [[1, 0], [0, 1]]},
    {"class": 1, "weight": 0.5, "mean": [2, 1], "covariance": [[1, 0], [0, 1]]}]},
    "guidance": [{"kind": "cfg", "omega": 1}]}]})");
  setPath(s, "model.network.file", file);
  bool allow = false;
  std::string asked;
  openScriptsWhere([&](const std::string& name, const std::string& sum) {
    asked = name + " " + sum;
    return allow;
  });
  const Completed without = completed(s, "");
  EXPECT_EQ(asked, "own.pt " + sha256(bytes));
  ASSERT_EQ(without.warnings.size(), 1u);
  EXPECT_NE(without.warnings[0].find("own.pt: is a model, and a model is code"), std::string::npos);
  EXPECT_FALSE(without.session.panes[0].model.network.network->script);
  allow = true;
  const Completed whole = completed(s, "");
  EXPECT_TRUE(whole.warnings.empty());
  const Experiment& e = whole.session.panes[0];
  EXPECT_EQ(e.model.network.sha256, sha256(bytes));
  // With weight 1 on the straight pushes of Gaussians of one width the mean of the samples moves from (0, 0) to
  // 2 (0, 0) - (-1, 0).
  Experiment small = e;
  small.particles.count = 512;
  const Plan plan = compile(small, resolve(small.distribution));
  const auto frame = makeCpuEngine(1)->sample(plan, 512, {});
  const std::span<const float> end = frame->at(frame->steps());
  Vec2 mean{0.0};
  for (std::size_t i = 0; i < 512; ++i) mean += Vec2{end[2 * i], end[2 * i + 1]} / 512.;
  EXPECT_NEAR(mean.x, 1, .15);
  EXPECT_NEAR(mean.y, 0, .15);
  readScriptsBy({});
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace gs
