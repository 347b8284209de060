// The guidance network omega(s, t, c) (2510.00815, section 4): the log-SNRs of s and t each through the same two-layer
// embedding, an embedding of the class, then a perceptron with one output that is kept from being negative. Its weights
// are arrays by name; LibTorch trains them, this evaluates them, and sessions hold the table that this makes of them.
#pragma once
#include <vector>

#include "data/arrays.h"
#include "diffusion/guidance.h"
#include "session/training.h"

namespace gs {

struct OmegaNetwork {
  static constexpr int kEmbedding = 16;
  static constexpr double kSnrScale = 8;  // log-SNR is divided by this
  int classes = 0, width = 0, depth = 0;  // depth: layers after the embeddings
  OmegaOutput output = OmegaOutput::Relu;
  Arrays weights;  // "time.0.weight" [16][1], "time.0.bias", "time.1...", "class" [classes][16], "layer.<i>.weight"...

  // As many arrays as the settings ask for, with seeded first weights: uniform within 1 / sqrt(inputs), the last layer
  // a tenth of that around a bias that makes the output about settings.bias.
  static OmegaNetwork fresh(const OmegaSettings&, int classes);
  // The arrays of a state, copied. Throws InputError: "layer.2.weight: has the shape (64, 32); (64, 64) is needed".
  static OmegaNetwork of(const OmegaSettings&, int classes, const Arrays&);

  double operator()(double snrS, double snrT, int label) const;
  // The table of a session, `lo`, `hi` and `apart` from the settings; times outside are asked for at the nearest
  // trained one.
  LearnedWeights table(const OmegaSettings&, std::string name) const;
};

}  // namespace gs
