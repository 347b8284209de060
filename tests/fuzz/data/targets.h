// What must hold for any bytes given to the readers of files: an error of their own kind, or a result within its
// limits.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string_view>

#include "data/distributions.h"
#include "data/expression.h"
#include "output/files.h"
#include "output/provenance.h"

namespace gs::fuzz {

using Bytes = std::span<const std::byte>;

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline void checkPoints(const PointSet& s) {
  require(!s.points.empty() && s.points.size() <= std::size_t(PointSet::kMaxPoints));
  require(s.labels.size() == s.points.size());
  require(!s.classNames.empty() && s.classNames.size() <= std::size_t(Mixture::kMaxClasses));
  for (const Vec2& p : s.points) require(std::abs(p.x) <= 1e6 && std::abs(p.y) <= 1e6);
  for (const int label : s.labels) require(label >= 0 && label < int(s.classNames.size()));
  // What was read can be fitted.
  if (s.points.size() <= 200) require(!fitMixture(s, FitKind::Em, 8, 0.05).components.empty());
}

template <class Parse>
void points(Bytes bytes, Parse&& parse) {
  try {
    checkPoints(parse(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()), "fuzz"));
  } catch (const InputError& e) {
    require(std::string_view(e.what()).starts_with("fuzz"));
  }
}

inline void csv(Bytes bytes) { points(bytes, parseCsv); }
inline void npy(Bytes bytes) { points(bytes, parseNpy); }
inline void npz(Bytes bytes) { points(bytes, parseNpz); }
inline void png(Bytes bytes) {
  try {
    const PngContents c = decodePng(bytes);
    require(c.image.width > 0 && c.image.height > 0);
    require(c.image.rgba.size() == std::size_t(c.image.width) * std::size_t(c.image.height) * 4);
  } catch (const OutputError&) {
  }
}

// A typed reward: a fault in words, or everywhere a fault or a number that the laws can be made of; the same each time.
inline void expression(Bytes bytes) {
  try {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const LogReward log = parseReward(text, int(bytes.size() % 3) - 1);
    for (const Vec2 x : {Vec2(0, 0), Vec2(1.5, -.25), Vec2(-1e6, 1e6)}) {
      const double r = log(x);
      require(std::isfinite(r) && r >= kNoReward);
      require(log(x) == r);
    }
  } catch (const InputError& e) {
    require(!std::string_view(e.what()).empty());
  }
}

// The session inside whatever a file says it is.
inline void carried(Bytes bytes) {
  for (const Carrier c : {Carrier::Png, Carrier::Gif, Carrier::Svg, Carrier::Pdf, Carrier::Html, Carrier::Npz}) try {
      require(sessionInBytes(c, bytes).size() <= (std::size_t(32) << 20));
    } catch (const OutputError& e) {
      require(!std::string_view(e.what()).empty());
    }
}

}  // namespace gs::fuzz
