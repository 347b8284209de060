// A page that plays the trajectories in a browser: one file that loads nothing else, with play, scrub and a choice of
// values of one parameter; works inside an iframe of a slide.
#pragma once
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "output/figure.h"
#include "session/session.h"

namespace gs {

struct PageExport {
  static constexpr int kMostParticles = 5000;
  Session session;
  int pane = 0;
  int particles = 2000;            // at most
  std::optional<FigureAxis> over;  // none: guidance.0.omega at 0, 1, 2, 4, 8 where there is a term
  std::string path;
};
// Positions are 12 bits a coordinate in each step's own box: 2000 particles x 65 states x 5 values are 2.6 MB as text.
// Throws SessionError, OutputError, Stopped.
void exportPage(const Engine&, const PageExport&, std::stop_token stop = {});
std::string pageText(const Engine&, const PageExport&, std::stop_token stop = {});

std::string base64(std::span<const std::uint8_t>);

}  // namespace gs
