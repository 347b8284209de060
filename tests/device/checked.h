// An OpenGL engine that looks after its buffers, and what is asked of one.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "engine/gl_engine.h"

namespace gs::device {

inline std::unique_ptr<GlEngine> engine(GlOptions options = {}) {
  options.checked = true;
  return makeGlEngine([] { return gl::Context::surfaceless(true); }, std::move(options));
}
inline void expectSilence(const GlEngine& e) {
  for (const std::string& message : e.messages()) ADD_FAILURE() << message;
}
// The largest difference of two frames over the rows of the first, relative to the spread at that step.
inline double difference(const Frame& a, const Frame& b) {
  double worst = 0;
  for (int row = 0; row < a.rows(); ++row) {
    const HostRow x = a.read(row), y = b.read(b.rowNear(a.stepOf(row)));
    double error = 0, spread = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      error += (x[i] - y[i]) * (x[i] - y[i]);
      spread += y[i] * y[i];
    }
    worst = std::max(worst, error / spread);
  }
  return worst;
}

}  // namespace gs::device
