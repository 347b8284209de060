#include "diffusion/guidance.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gs {
namespace {

// Monotone piecewise cubic (Fritsch and Carlson 1980), with the harmonic-mean slopes that make it local.
double monotoneCubic(const std::vector<Knot>& k, double t) {
  const std::size_t n = k.size();
  if (n == 0) return 1;
  if (n == 1 || t <= k.front().t) return k.front().value;
  if (t >= k.back().t) return k.back().value;
  const std::size_t i =
      std::size_t(std::upper_bound(k.begin(), k.end(), t, [](double v, const Knot& q) { return v < q.t; }) -
                  k.begin()) -
      1;
  const auto secant = [&](std::size_t j) { return (k[j + 1].value - k[j].value) / (k[j + 1].t - k[j].t); };
  const auto slope = [&](std::size_t j) {
    if (j == 0 || j == n - 1) {  // one-sided three-point slope, limited so that the curve stays monotone
      if (n == 2) return secant(0);
      const std::size_t a = j == 0 ? 0 : n - 2, b = j == 0 ? 1 : n - 3;
      const double ha = k[a + 1].t - k[a].t, hb = k[b + 1].t - k[b].t, da = secant(a), db = secant(b);
      const double d = ((2 * ha + hb) * da - ha * db) / (ha + hb);
      if (d * da <= 0) return 0.;
      return da * db <= 0 && std::abs(d) > 3 * std::abs(da) ? 3 * da : d;
    }
    const double d0 = secant(j - 1), d1 = secant(j);
    if (d0 * d1 <= 0) return 0.;
    const double h0 = k[j].t - k[j - 1].t, h1 = k[j + 1].t - k[j].t, w0 = 2 * h1 + h0, w1 = h1 + 2 * h0;
    return (w0 + w1) / (w0 / d0 + w1 / d1);
  };
  const double h = k[i + 1].t - k[i].t, u = (t - k[i].t) / h, v = 1 - u;
  return k[i].value * (1 + 2 * u) * v * v + h * slope(i) * u * v * v + k[i + 1].value * u * u * (3 - 2 * u) -
         h * slope(i + 1) * u * u * v;
}

// Without `normalise`.
double shapeOf(const Curve& c, double t, double ratio) {
  const double progress = 1 - t;
  switch (c.kind) {
    case CurveKind::Constant:
      return 1;
    case CurveKind::Interval:
      return c.lo < ratio && ratio <= c.hi ? 1 : 0;
    case CurveKind::Linear:
      return c.from + (c.to - c.from) * progress;
    case CurveKind::Cosine:
      return c.from + (c.to - c.from) * (1 - std::cos(std::numbers::pi * progress)) / 2;
    case CurveKind::Drawn:
      return monotoneCubic(c.knots, t);
    case CurveKind::Sine:
      return 1 + std::cos(std::numbers::pi * progress);
    case CurveKind::V:
      return 2 * std::abs(1 - 2 * progress);
    case CurveKind::Peak:
      return 2 * (1 - std::abs(1 - 2 * progress));
    case CurveKind::Pcs:
      return (1 - std::cos(std::numbers::pi * std::pow(std::clamp(progress, 0., 1.), c.power))) / 2;
    case CurveKind::Beta:
      return std::tgamma(c.a + c.b) / (std::tgamma(c.a) * std::tgamma(c.b)) *
             std::pow(std::clamp(progress, 0., 1.), c.a - 1) * std::pow(std::clamp(t, 0., 1.), c.b - 1);
    case CurveKind::Switch:
      return progress < c.at ? 1 : c.late;
    case CurveKind::Learned:
      return 1;  // hangs on the step and the class as well
  }
  return 1;
}

bool bounded(const Curve& c) {
  return c.kind != CurveKind::Constant && c.kind != CurveKind::Interval && c.kind != CurveKind::Switch &&
         c.kind != CurveKind::Learned;
}

double shaped(const Curve& c, double t, double ratio) {
  const double value = shapeOf(c, t, ratio);
  return bounded(c) ? std::max(c.least, value) : value;
}

constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int kCodes = 64 * 64 * 64;

int digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

double straightTime(double ratio) { return std::isinf(ratio) ? 1 : ratio / (1 + ratio); }

}  // namespace

void encode(LearnedWeights& w, std::span<const double> weights) {
  w.classes = int(weights.size()) / (LearnedWeights::kTimes * LearnedWeights::kShares);
  double most = 0;
  for (const double v : weights) most = std::max(most, v);
  w.largest = std::min(1000., most > 0 ? most : 1.);
  w.values.clear();
  w.values.reserve(weights.size() * LearnedWeights::kValueBytes);
  for (const double v : weights) {
    const int code = int(std::lround(std::clamp(v / w.largest, 0., 1.) * (kCodes - 1)));
    for (const int shift : {12, 6, 0}) w.values += kDigits[(code >> shift) & 63];
  }
}

bool wellFormed(const LearnedWeights& w) {
  const std::size_t needed =
      std::size_t(w.classes) * LearnedWeights::kTimes * LearnedWeights::kShares * LearnedWeights::kValueBytes;
  return w.classes >= 0 && w.values.size() == needed &&
         std::all_of(w.values.begin(), w.values.end(), [](char c) { return digit(c) >= 0; });
}

double weightOf(const LearnedWeights& w, double from, double to, int label) {
  if (label < 0 || label >= w.classes) return 0;
  constexpr int kRows = LearnedWeights::kTimes, kColumns = LearnedWeights::kShares;
  const double t = straightTime(from), share = t > 0 ? std::clamp(straightTime(to) / t, 0., 1.) : 0;
  const double row = t * (kRows - 1), column = share * (kColumns - 1);
  const int i = std::min(int(row), kRows - 2), j = std::min(int(column), kColumns - 2);
  const auto at = [&](int r, int c) {
    const char* code = w.values.data() + std::size_t((label * kRows + r) * kColumns + c) * LearnedWeights::kValueBytes;
    return double((digit(code[0]) << 12) | (digit(code[1]) << 6) | digit(code[2]));
  };
  const double u = row - i, v = column - j;
  return w.largest / (kCodes - 1) *
         ((1 - u) * ((1 - v) * at(i, j) + v * at(i, j + 1)) + u * ((1 - v) * at(i + 1, j) + v * at(i + 1, j + 1)));
}

double meanOver(const Curve& c) {
  if (c.kind == CurveKind::Constant || c.kind == CurveKind::Interval || c.kind == CurveKind::Learned) return 1;
  if (c.kind == CurveKind::Switch) return c.at + (1 - c.at) * c.late;
  // Where nothing cuts them off, most have one in closed form.
  const bool whole = c.least <= -2;
  if (whole && (c.kind == CurveKind::Linear || c.kind == CurveKind::Cosine)) return (c.from + c.to) / 2;
  if (whole && c.kind != CurveKind::Drawn && c.kind != CurveKind::Pcs) return 1;
  constexpr int kIntervals = 256;  // Simpson's rule
  double sum = 0;
  for (int i = 0; i <= kIntervals; ++i)
    sum += (i == 0 || i == kIntervals ? 1 : i % 2 == 1 ? 4 : 2) * shaped(c, double(i) / kIntervals, 1);
  return sum / (3 * kIntervals);
}

double evaluate(const Curve& c, double t, double ratio, int label, double to) {
  if (c.kind == CurveKind::Learned) {
    constexpr double kUsual = 1. / 64;
    const double less = std::max(0., straightTime(ratio) - kUsual);
    return weightOf(c.learned, ratio, to >= 0 ? to : less / (1 - less), label);
  }
  const double value = shaped(c, t, ratio);
  return c.normalise ? value / std::max(Curve::kLeastMean, meanOver(c)) : value;
}

}  // namespace gs
