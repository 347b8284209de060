#include "engine/weak_law.h"

#include <algorithm>
#include <cmath>

#include "engine/reference.h"

namespace gs {
namespace {

constexpr std::uint32_t kAtomSeed = 0x61746F6D;

}  // namespace

Mixture faultyLaw(const Mixture& law, const WeakModel& w) {
  Mixture out;
  for (std::size_t k = 0; k < law.components.size(); ++k)
    if (int(k) != w.drop) out.components.push_back(law.components[k]);
  double sum = 0;
  for (const Component& c : out.components) sum += c.weight;
  for (Component& c : out.components) c.weight /= sum, c.mean += w.offset;
  if (w.atoms == 0) return out;
  Mixture atoms;
  for (int label = 0; label < out.classes(); ++label) {
    const double p = out.classProbability(label);
    for (int i = 0; p > 0 && i < w.atoms; ++i) {
      const Noise draw = noiseOf(kAtomSeed, std::uint32_t(i), std::uint32_t(label));
      double below = 0;
      const Component* chosen = nullptr;
      for (const Component& c : out.components) {
        if (c.label != label) continue;
        chosen = &c;
        below += c.weight / p;
        if (draw.choice / 4294967296.0 < below) break;
      }
      const Sym2& s = chosen->covariance;
      const double l11 = std::sqrt(s.xx), l21 = s.xy / l11, l22 = std::sqrt(std::max(0., s.yy - l21 * l21));
      atoms.components.push_back({label, p / w.atoms,
                                  chosen->mean + Vec2(l11 * draw.z.x, l21 * draw.z.x + l22 * draw.z.y),
                                  Sym2::isotropic(WeakModel::kAtomSpread * WeakModel::kAtomSpread)});
    }
  }
  return atoms;
}

}  // namespace gs
