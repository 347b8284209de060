// Networks that were never trained, for tests: smooth, of the size of trained ones.
#pragma once
#include <cmath>
#include <random>

#include "diffusion/network.h"

namespace oracle {

inline gs::NetworkFile randomNetwork(int width, int layers, int classes, std::uint32_t seed, int snapshots = 1,
                                     gs::Activation activation = gs::Activation::Silu) {
  gs::Network n;
  n.shape.width = width, n.shape.layers = layers, n.shape.classes = classes;
  n.shape.activation = activation;
  n.shape.sigmaData = 1.1;
  n.shape.center = {.3, -.2};
  const std::size_t w = std::size_t(width), l = std::size_t(layers), c = std::size_t(classes);
  const std::size_t count = 2 * w + (l - 1) * w * w + l * w + l * w * 9 + l * (c + 1) * w + 2 * w + 2;
  std::mt19937 random(seed);
  for (int i = 0; i < snapshots; ++i) {
    n.snapshots.push_back({100 * (i + 1), std::vector<float>(count)});
    for (float& v : n.snapshots.back().weights)
      v = float((double(random()) / 4294967296. - .5) * 3 / std::sqrt(double(width)));
  }
  gs::NetworkFile file;
  file.file = "random";
  file.network = gs::Box<gs::Network>(std::move(n));
  return file;
}

}  // namespace oracle
