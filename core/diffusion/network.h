// A trained denoiser of the plane: a small multilayer perceptron behind the preconditioning of EDM (2206.00364, eq. 7
// and table 1). With y = x / alpha at noise level sh and the data's standard deviation sd,
//
//     D(y, sh, c) = y + toPull (y - center) + toAnswer F(toInput (y - center); sh, c)
//     toInput = 1 / sqrt(sh^2 + sd^2), toPull = c_skip - 1 = -sh^2 / (sh^2 + sd^2), toAnswer = sh sd / sqrt(sh^2 +
//     sd^2)
//
//     h_1 = act(input x + b_1),  h_{l+1} = act(hidden_l h_l + b_{l+1}),  F = output h_L + outputBias
//     b_l(sh, c) = bias_l + noise_l phi(sh) + class_l[c]
//
// Noise and class enter through the biases only, so that an engine works those out once a level and not once a
// particle. phi(sh) = (ln sh / 4, cos and sin of k pi s for k = 1..4), s the place of ln sh in the trained range, 0..1;
// outside of it the network is asked for the nearest end. The last class row is the unconditional one (label dropout,
// 2207.12598).
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/box.h"
#include "diffusion/vec.h"

namespace gs {

enum class Activation { Silu, Relu, Tanh };

struct NetworkShape {
  static constexpr int kLeastWidth = 4, kMostWidth = 128, kMostLayers = 8, kNoiseFeatures = 9;
  int width = 64;  // kLeastWidth..kMostWidth, a multiple of 4
  int layers = 4;  // hidden ones, 1..kMostLayers
  Activation activation = Activation::Silu;
  int classes = 1;            // 1..64
  bool unconditional = true;  // the row of no class was trained
  double sigmaData = 1;       // sd, > 0
  double sigmaMin = 0.002, sigmaMax = 80;
  Vec2 center{0.0};
  bool operator==(const NetworkShape&) const = default;
};

// The weights of a network lie one part after another, each with its last index fastest.
struct NetworkPart {
  std::string_view name;           // as in files
  std::vector<std::size_t> shape;  // out before in
  std::size_t first = 0, count = 0;
};
// input [width][2], hidden [layers - 1][width][width], bias [layers][width], noise [layers][width][kNoiseFeatures],
// class [layers][classes + 1][width], output [2][width], outputBias [2].
std::vector<NetworkPart> networkParts(const NetworkShape&);
std::size_t weightCount(const NetworkShape&);

// A denoiser that is code: somebody's own model, asked by the batch (core/learn has that of TorchScript).
class ScriptedDenoiser {
 public:
  virtual ~ScriptedDenoiser() = default;
  // d [count][2] = D(y; ratio, label) of y [count][2] = x / alpha, from any thread. Not finite where the code fails.
  virtual void denoise(const float* y, int count, double ratio, int label, float* d) const = 0;
  // Where it is computed, for people: "the processor".
  virtual std::string device() const = 0;
};

// A network at several moments of its training, or one that is code.
struct Network {
  static constexpr int kMostSnapshots = 64;
  struct Snapshot {
    int step = 0;  // of the training
    std::vector<float> weights;
    bool operator==(const Snapshot&) const = default;
  };
  NetworkShape shape;
  std::vector<Snapshot> snapshots;  // 1..kMostSnapshots, the oldest first; none of one that is code ...
  // ... whose shape says only how many classes it knows, whether the unconditional law, and sigmaMax, the noise level
  // that stands for an infinite one.
  std::shared_ptr<const ScriptedDenoiser> script;
  std::string training;  // how it was made, JSON; may be empty
  std::string problem;   // why there are no weights: a file that is missing or damaged
  bool operator==(const Network&) const = default;
};
// Throws std::invalid_argument: "width: 3 is not a multiple of 4 in 4..128", "snapshot 2: hidden: [0, 3, 7] is not
// finite".
void check(const Network&);

// How a session names a network.
struct NetworkFile {
  std::string file;    // its path, or the name of one that comes with the program ("tree"); empty: none
  std::string sha256;  // of the file when it was read, 64 lower-case hexadecimal digits, or empty
  int snapshot = -1;   // which one, from 0; -1 or more than there are: the last
  Box<Network> network;
  explicit operator bool() const { return !file.empty(); }
  const Network::Snapshot& chosen() const;  // network has snapshots
  bool operator==(const NetworkFile&) const = default;
};

// What depends on noise level and class alone.
struct NetworkLevel {
  double toInput, toPull, toAnswer;
  std::vector<double> biases;  // [layers][width]
};
// label: a class, or kUnconditional. ratio in [0, infinity].
NetworkLevel networkLevel(const NetworkShape&, std::span<const float> weights, double ratio, int label);
std::array<double, NetworkShape::kNoiseFeatures> noiseFeatures(const NetworkShape&, double ratio);

}  // namespace gs
