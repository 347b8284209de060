// The engines under test. Another engine is another entry of engines().
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/cpu_engine.h"
#include "engine/gl_engine.h"
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
            if (!frame->device) return std::vector<double>(frame->x.begin(), frame->x.end());
            std::vector<float> x(std::size_t(frame->rows()) * std::size_t(count) * 2);
            frame->device->readAcross(0, std::size_t(count) * 2 * sizeof(float), x.data());
            return std::vector<double>(x.begin(), x.end());
          },
          bound};
}

// The OpenGL engine looks after its buffers on every run (GlOptions::checked), and its driver's messages are collected:
// see messages_test.cpp.
inline const std::vector<std::shared_ptr<gs::GlEngine>>& glEngines() {
  static const auto list = [] {
    std::vector<std::shared_ptr<gs::GlEngine>> made;
    for (const bool tiled : {false, true})
      made.push_back(
          gs::makeGlEngine([] { return gs::gl::Context::surfaceless(true); }, {.tiled = tiled, .checked = true}));
    return made;
  }();
  return list;
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
    s.push_back(subject("opengl", glEngines()[0], kSingle));
    s.push_back(subject("openglTiled", glEngines()[1], kSingle));
    return s;
  }();
  return list;
}

}  // namespace conformance
