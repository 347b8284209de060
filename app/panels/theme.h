// Fonts, sizes and colours of the interface; everything is a multiple of `em` (13 px at scale 1).
#pragma once
#include <cstdint>

#include <imgui.h>

#include "render/palette.h"

namespace gs::ui {

struct Look {
  Theme theme = Theme::Dark;
  double scale = 0;  // 0: not applied yet
  float em = 13;     // the font size in pixels
  ImFont *body = nullptr, *small = nullptr, *strong = nullptr, *title = nullptr, *math = nullptr, *large = nullptr;

  ImU32 canvas = 0, panel = 0, card = 0, text = 0, secondary = 0, line = 0, guided = 0, tilted = 0, warning = 0,
        other = 0;
  ImU32 control = 0;       // background of sliders, combos, buttons
  ImU32 controlHover = 0;  // the same under the mouse
  ImU32 fill = 0;          // of a slider, from its neutral value
  ImU32 onGuided = 0;      // text on a surface of the guided colour

  float px(double ems) const;         // ems in whole pixels, at least one
  float stroke(double points) const;  // a line's width in pixels, with the theme's factor
};
const Look& look();

ImU32 color(Rgb, double alpha = 1);
ImU32 mix(ImU32 a, ImU32 b, double t);  // (1 - t) a + t b, with alpha
ImU32 faded(ImU32, double alpha);       // alpha times the colour's own
ImU32 classColor(int label);            // of the current theme

}  // namespace gs::ui
