// What is computed: one experiment is one pane. Plain values; every number is finite, so that == is reflexive.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "diffusion/box.h"
#include "diffusion/guidance.h"
#include "diffusion/mixture.h"
#include "diffusion/schedule.h"
#include "diffusion/solver.h"

namespace gs {

enum class DistributionKind { Preset, Mixture, Points };
enum class FitKind { Em, Kernels };

// Where the data law comes from. A flat struct with a kind: the field table says which fields each kind uses.
struct Distribution {
  static constexpr std::size_t kMaxClassName = 64;  // bytes
  DistributionKind kind = DistributionKind::Preset;
  std::string name = "two-modes";    // Preset: one of data/presets.h
  std::string word = "GUIDE";        // Preset "letters": 1..12 letters or digits, each a class
  std::string file;                  // Points: path of the CSV, NPY or NPZ it was read from
  std::string sha256;                // Points: of that file, lower-case hex, when it was fitted
  FitKind fit = FitKind::Em;         // Points: k-means++ then EM, or a kernel on (a subset of) the points
  int components = 64;               // Points: 1..2048, in total
  double bandwidth = 0.05;           // Points: kernel standard deviation, or floor of EM's, relative to the data's own
  Box<Mixture> mixture;              // Mixture: the law; Points: the fitted law, embedded
  std::vector<std::string> classes;  // Mixture, Points: names as in the data; missing or empty ones are letters
  bool operator==(const Distribution&) const = default;
};

struct Particles {
  static constexpr int kMost = 10'000'000;
  int count = 4096;  // 1..kMost
  std::uint32_t seed = 1;
  bool operator==(const Particles&) const = default;
};

enum class Start {
  Exact,    // draw from the noised law p_sigmaMax(. | condition)
  Gaussian  // N(0, sigma^2) at the first level
};

struct Experiment {
  static constexpr int kMaxTerms = 8;
  Distribution distribution;
  int condition = 0;  // a class, or kUnconditional ("none" in files)
  Flaws model;        // of the sampled model; truths are always of the distribution
  std::vector<Term> guidance;
  Schedule schedule;
  Sampler sampler;
  Particles particles;
  Start start = Start::Exact;
  bool operator==(const Experiment&) const = default;
};

}  // namespace gs
