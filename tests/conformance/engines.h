// The engines under test. Another engine is another entry of engines().
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/cpu_engine.h"
#include "engine/reference.h"

namespace conformance {

struct Subject {
  std::string name;
  std::function<gs::Support(const gs::Plan&)> supports;
  std::function<std::vector<double>(const gs::Plan&, int count)> sample;  // x [step][particle][2]
  double bound;  // of the normalised mean squared error at every step
};

inline Subject subject(std::string name, std::shared_ptr<const gs::Engine> engine, double bound) {
  return {std::move(name), [engine](const gs::Plan& p) { return engine->supports(p); },
          [engine](const gs::Plan& p, int count) {
            const auto frame = engine->sample(p, count, {});
            return std::vector<double>(frame->x.begin(), frame->x.end());
          },
          bound};
}

// Single precision carries 6e-8 of a state that is as large as the noise (80) where the data's spread is 1, and a
// guided step multiplies differences: 1e-10 is an error of 1e-5 of the spread. The double-precision build of the same
// kernel text and the same plan shows that there is nothing but rounding in it.
inline constexpr double kSingle = 1e-10, kDouble = 1e-24;

inline const std::vector<Subject>& engines() {
  static const std::vector<Subject> list = [] {
    std::vector<Subject> s;
    s.push_back(subject("cpu", gs::makeCpuEngine(), kSingle));
    s.push_back(subject("scalar", gs::makeCpuEngine(gs::scalarKernels(), 1), kSingle));
    s.push_back({"double", [](const gs::Plan&) { return gs::Support{}; },
                 [](const gs::Plan& p, int count) { return gs::sampleInDouble(p, count); }, kDouble});
    return s;
  }();
  return list;
}

}  // namespace conformance
