// The tables of what trainings are told. fields.h says how tables work.
#pragma once
#include "session/enums.h"
#include "session/field.h"
#include "session/fields_experiment.h"
#include "session/training.h"

namespace gs {

template <class S, class V>
requires Is<S, OmegaSettings>
void fields(S& s, V&& v) {
  v(field("loss", "Objective").about("What the weight is trained for (2510.00815)."), s.loss);
  v(field("beta", "Exponent")
        .range(0.1, 2)
        .from(0.1)
        .sym("β")
        .about("The power of distances in the energy distance; 1 and 1.75 are the paper's (2510.00815, eq. 9)."),
    s.beta);
  v(field("lambda", "Repulsion")
        .range(0, 1)
        .sym("λ")
        .about("How much the spread of guided particles counts; 1 is the energy distance (2510.00815, eq. 9)."),
    s.lambda);
  v(field("particles", "Particles")
        .range(2, 64)
        .from(2)
        .sym("m")
        .about("Guided and true particles for every data point (2510.00815, eq. 22)."),
    s.particles);
  v(field("batch", "Batch").range(8, 4096).log().sym("n").about("Data points in every step of the training."), s.batch);
  v(field("churn", "Churn")
        .range(0, 1)
        .sym("ε")
        .about("Fresh noise in the trained step: 0 is DDIM, 1 is DDPM (2510.00815, eq. 23)."),
    s.churn);
  v(field("apart", "Least step")
        .range(0.01, 0.9)
        .from(0.01)
        .sym("δ")
        .about("The least t − s; shorter steps push hardly at all, and nothing is learned from them."),
    s.apart);
  v(field("least", "Least time").range(0.001, 0.5).from(0.001).sym("Smin").about("The least s, next to the data."),
    s.least);
  v(field("end", "Off the noise").range(0.001, 0.5).from(0.001).sym("ζ").about("The largest t is 1 less this."), s.end);
  v(field("steps", "Steps").range(1, 100000).log().about("Steps of the optimiser (Adam)."), s.steps);
  v(field("rate", "Learning rate").range(1e-5, 0.1).log().sym("η").about("Of Adam, falling to nothing at the end."),
    s.rate);
  v(field("width", "Width").range(8, 512).log().about("Neurons in each layer of the guidance network."), s.width);
  v(field("depth", "Layers").range(2, 8).from(2).about("Layers of the guidance network after the embeddings."),
    s.depth);
  v(field("output", "Output").about("How the network keeps weights from being negative."), s.output);
  v(field("bias", "First weight")
        .range(0.01, 4)
        .from(0.01)
        .sym("ω")
        .about("The weight that the network starts from; above 0, or a ReLU could be dead from the start."),
    s.bias);
  v(field("rewardWeight", "Reward weight")
        .range(0, 10)
        .sym("γ")
        .about("How much a high reward of the guided answer counts beside the objective (2510.00815, alg. 4)."),
    s.rewardWeight);
  v(field("reward", "Reward").about("Its logarithm is what a reward weight above 0 raises."), s.reward);
  v(field("sharedNoise", "Shared noise")
        .about("Uses the same noise for both particle sets, a known mistake: the squared loss then learns 0."),
    s.sharedNoise);
  v(field("seed", "Seed").range(0, 4294967295.0).about("Of the first weights and of all draws."), s.seed);
}

template <class S, class V>
requires Is<S, DenoiserSettings>
void fields(S& s, V&& v) {
  v(field("width", "Width")
        .range(NetworkShape::kLeastWidth, NetworkShape::kMostWidth)
        .log()
        .about("The numbers of a layer, rounded up to a multiple of 4."),
    s.width);
  v(field("layers", "Layers").range(1, NetworkShape::kMostLayers).from(1).about("The hidden layers."), s.layers);
  v(field("activation", "Activation").about("What a layer does to every sum."), s.activation);
  v(field("steps", "Steps").range(1, 1000000).log().about("The number of steps of the training."), s.steps);
  v(field("batch", "Batch").range(16, 65536).log().about("The samples of one step."), s.batch);
  v(field("rate", "Learning rate")
        .range(1e-5, 0.1)
        .log()
        .about("Adam's first step size; it falls to 0 along half a cosine."),
    s.rate);
  v(field("average", "Average")
        .range(0, 0.3)
        .about("The weights used are averages over about this share of the steps so far; 0 takes them as they are."),
    s.average);
  v(field("dropout", "Label dropout")
        .range(0, 0.9)
        .about("The share of samples that are shown without their class, for the unconditional model (2207.12598)."),
    s.dropout);
  v(field("noiseMean", "Noise")
        .range(-6, 4)
        .about("The mean of ln(σ/α) of the samples, in standard deviations of the data (2206.00364, table 1)."),
    s.noiseMean);
  v(field("noiseSpread", "Spread of the noise")
        .range(0.1, 4)
        .from(0.1)
        .about("The standard deviation of ln(σ/α) of the samples."),
    s.noiseSpread);
  v(field("points", "Points")
        .range(0, 1e6)
        .log()
        .about("How many points of the data the training may see; 0 draws new ones for ever."),
    s.points);
  v(field("snapshots", "Snapshots")
        .range(1, Network::kMostSnapshots)
        .from(1)
        .about("How many moments of the training are kept, at even ratios of steps."),
    s.snapshots);
  v(field("seed", "Seed").range(0, 4294967295.0).about("Which random numbers the training uses."), s.seed);
  v(field("device", "Device")
        .about("What LibTorch trains with; CUDA needs an NVIDIA card and a LibTorch built for it."),
    s.device);
}

template <class S, class V>
requires Is<S, Training>
void fields(S& s, V&& v) {
  v(field("omega", "Guidance weight").about("How a weight ω(s, t, c) is learned (2510.00815)."), s.omega);
  v(field("denoiser", "Denoiser").about("How a network learns to denoise."), s.denoiser);
}

}  // namespace gs
