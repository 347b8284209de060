// The denoiser of a small network from the formulas (2206.00364, table 1), weight by weight.
#include <algorithm>
#include <cmath>

#include "oracle/oracle.h"

namespace oracle {

Vec2 network(const gs::NetworkFile& file, int label, Vec2 y, double ratio) {
  const gs::NetworkShape& s = file.network->shape;
  const auto& all = file.network->snapshots;
  const std::vector<float>& w = all[std::min(all.size() - 1, std::size_t(file.snapshot))].weights;
  const std::size_t width = std::size_t(s.width), layers = std::size_t(s.layers), rows = std::size_t(s.classes) + 1;
  // input, hidden, bias, noise, class, output, output bias: one after another
  const std::size_t hidden = 2 * width, bias = hidden + (layers - 1) * width * width, noise = bias + layers * width,
                    classes = noise + layers * width * 9, output = classes + layers * rows * width,
                    outputBias = output + 2 * width;
  const double pi = std::acos(-1.), sd = s.sigmaData;
  const double asked = std::max(s.sigmaMin, std::min(s.sigmaMax, ratio));
  const double place = std::log(asked / s.sigmaMin) / std::log(s.sigmaMax / s.sigmaMin);
  std::vector<double> phi{std::log(asked) / 4};
  for (int k = 1; k <= 4; ++k) phi.push_back(std::cos(k * pi * place)), phi.push_back(std::sin(k * pi * place));

  const bool pure = std::isinf(ratio);
  const double square = ratio * ratio + sd * sd;
  const double skip = pure ? 0 : sd * sd / square, out = pure ? sd : ratio * sd / std::sqrt(square);
  const Vec2 from = y - s.center;
  std::vector<double> h =
      pure ? std::vector<double>{0, 0} : std::vector<double>{from.x / std::sqrt(square), from.y / std::sqrt(square)};
  for (std::size_t l = 0; l < layers; ++l) {
    std::vector<double> next(width);
    for (std::size_t i = 0; i < width; ++i) {
      const std::size_t row = label < 0 ? rows - 1 : std::size_t(label);
      double sum = double(w[bias + l * width + i]) + w[classes + (l * rows + row) * width + i];
      for (std::size_t k = 0; k < 9; ++k) sum += w[noise + (l * width + i) * 9 + k] * phi[k];
      for (std::size_t j = 0; j < h.size(); ++j)
        sum += h[j] * w[l == 0 ? i * 2 + j : hidden + ((l - 1) * width + i) * width + j];
      next[i] = s.activation == gs::Activation::Silu   ? sum / (1 + std::exp(-sum))
                : s.activation == gs::Activation::Relu ? std::max(0., sum)
                                                       : std::tanh(sum);
    }
    h = next;
  }
  Vec2 f{double(w[outputBias]), double(w[outputBias + 1])};
  for (std::size_t i = 0; i < width; ++i) f += h[i] * Vec2(w[output + i], w[output + width + i]);
  return s.center + (pure ? Vec2(0.0) : skip * from) + out * f;
}

}  // namespace oracle
