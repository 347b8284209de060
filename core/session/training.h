// What trainings are told: how weights of guidance, and denoisers, are learned in the window and on the command line.
#pragma once
#include <cstdint>

#include "diffusion/network.h"
#include "diffusion/reward.h"

namespace gs {

// Objectives of learned guidance weights (2510.00815).
enum class OmegaLoss {
  SelfConsistency,  // energy distance of a guided step and of the data noised to its end, for every x0 (eqs. 20, 22)
  Squares,          // mean squared distance of the same (eq. 21)
  Marginal,         // energy distance of both over all x0 of a class (eq. 15)
  Score             // |D^ - x0|^2: learns nothing from a good denoiser (app. C.1)
};
enum class OmegaOutput { Relu, Softplus };

struct OmegaSettings {
  OmegaLoss loss = OmegaLoss::SelfConsistency;
  double beta = 1, lambda = 1;
  int particles = 8;                             // m
  int batch = 256;                               // n
  double churn = 0;                              // eps of the step's kernel (eq. 23)
  double apart = 0.1, least = 0.01, end = 0.01;  // delta, S_min, zeta: s in [S_min, 1 - zeta - delta]
  int steps = 3000;
  double rate = 1e-3;  // of Adam
  int width = 64, depth = 6;
  OmegaOutput output = OmegaOutput::Relu;
  double bias = 0.5;        // that the output starts from
  double rewardWeight = 0;  // gamma_R
  Reward reward;
  bool sharedNoise = false;  // of both particle sets: the pitfall
  std::uint32_t seed = 1;
  bool operator==(const OmegaSettings&) const = default;
};

// What LibTorch computes with.
enum class Device { Auto, Cpu, Cuda };

// Of a denoiser (diffusion/network.h; 2206.00364, table 1 and section 5), and of one that is weighted by a reward.
struct DenoiserSettings {
  int width = 64;  // rounded up to a multiple of 4
  int layers = 4;
  Activation activation = Activation::Silu;
  int steps = 4000;
  int batch = 512;
  double rate = 0.004;      // Adam's first; it falls to nothing along half a cosine
  double average = 0.02;    // the share of the steps so far that the weights are averaged over; 0: none
  double dropout = 0.15;    // the share of samples without their label (2207.12598)
  double noiseMean = -1.2;  // of ln sh / sd
  double noiseSpread = 1.8;
  int points = 0;      // 0: ever new draws; else so many, drawn once
  int snapshots = 12;  // kept along the training, at even ratios of steps
  std::uint32_t seed = 1;
  Device device = Device::Auto;  // Auto: CUDA where LibTorch has it and the network and the batch are large
  bool operator==(const DenoiserSettings&) const = default;
};

struct Training {
  OmegaSettings omega;
  DenoiserSettings denoiser;
  bool operator==(const Training&) const = default;
};

}  // namespace gs
