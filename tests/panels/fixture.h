// One classifier-free term on a stage of 1440 x 900, drawn once.
#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <imgui.h>

#include <utility>
#include <vector>

#include "stage.h"

namespace gs {

inline double middleX(const PixelRect& r) { return r.x + r.width / 2.0; }
inline double middleY(const PixelRect& r) { return r.y + r.height / 2.0; }

class Panels : public testing::Test {
 protected:
  Panels() {
    stage.session.panes[0].guidance = {Term{}};
    stage.moveTo(-10, -10);
    stage.frame(3);
  }
  Experiment& experiment() { return stage.session.panes[0]; }
  Term& term() { return experiment().guidance[0]; }
  void useDrawn(std::vector<Knot> knots) {
    term().curve.kind = CurveKind::Drawn;
    term().curve.knots = std::move(knots);
    stage.frame(2);
  }
  Stage stage{1440, 900};
};

}  // namespace gs
