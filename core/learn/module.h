// What the module with LibTorch offers: one function that makes trainers. Only plain C++ crosses the border; both sides
// are built together, which kModuleVersion makes sure of.
#pragma once
#include <memory>
#include <string>

#include "learn/learn.h"

namespace gs {

// Called by one thread at a time.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual int step() const = 0;   // done so far
  virtual int steps() const = 0;  // in all
  // One step of the optimiser; its loss. Throws LearnError, and leaves the weights as they were, where the loss or its
  // gradient is not finite.
  virtual double advance() = 0;
  // Everything that goes on from here with the same result.
  virtual Arrays state() const = 0;
  virtual std::string device() const = 0;  // "CPU, 1 thread"
  // "the law fitted to its points: a.csv: is another file than was fitted": what is drawn from instead of what was
  // asked for, and why; empty: it is what was asked for.
  virtual std::string instead() const { return {}; }
};

// What a model that is code turned out to be.
struct ScriptFacts {
  int classes = 0;             // it answers for the classes 0..classes - 1
  bool unconditional = false;  // and for -1
};

// Each the best of three runs.
struct EagerSeconds {
  double forward = 0;  // the networks' own forward pass D(y [n][2], sigma [n], class [n]), which `denoiser` shows
  double byHand = 0;   // rewritten for particles that share a noise level and a class: their biases once a level
};

inline constexpr int kModuleVersion = 4;
inline constexpr const char* kModuleEntry = "gsLearnModule";
struct LearnModule {
  int version = kModuleVersion;
  // Throws LearnError, std::invalid_argument for requests that make no sense.
  std::unique_ptr<Trainer> (*make)(const LearnRequest&) = nullptr;
  // Of the guidance network of such a state, by LibTorch's own forward pass: [query], for tests of the native one.
  // query: [n][3], log-SNR of s and of t, and the class.
  std::vector<double> (*omega)(const LearnRequest&, const Arrays& state, const std::vector<double>& queries) = nullptr;
  // d loss / d omega of every item of a batch by automatic differentiation, for tests of the analytic one.
  std::vector<double> (*gradient)(const LearnRequest&, int step, const std::vector<double>& omega) = nullptr;
  // D of a network by LibTorch's own forward pass: [query][2]. query: [n][4], y, its noise level, the class or -1.
  std::vector<double> (*denoiser)(const NetworkFile&, const std::vector<double>& queries) = nullptr;
  // Heun steps with two networks of one class in eager mode, for the bench.
  EagerSeconds (*eagerSeconds)(const NetworkFile& main, const NetworkFile& weak, int particles, int steps,
                               int threads) = nullptr;
  // Reads TorchScript and asks it for everything that a denoiser has to be (learn/script.h). Throws LearnError with
  // what is wrong. Runs the model: for a process of its own.
  ScriptFacts (*checkScript)(const std::string& bytes) = nullptr;
  // The same model as a denoiser, unchecked. Throws LearnError where it cannot be read.
  std::shared_ptr<const ScriptedDenoiser> (*openScript)(const std::string& bytes) = nullptr;
  // TorchScript whose methods are this text, for tests.
  std::string (*compileScript)(const std::string& methods) = nullptr;
};

// Where a file of this part of the program is: beside the program, one folder above (the build's tests) or where an
// installation has it. Throws LearnError.
std::string learnPart(const std::string& file);
inline constexpr const char* kModuleFile = "guidescope_learn.so";
inline constexpr const char* kModelCheck = "guidescope-model-check";

// Opens the module, once in a program; it stays open. Throws LearnError: "LibTorch's part of the program,
// guidescope_learn.so, is not where it belongs: ...". Takes about a second at first.
const LearnModule& learnModule();

}  // namespace gs
