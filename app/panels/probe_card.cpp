// The probe: what is known about the place under the mouse, the marked particle and the outlined ones.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "plot.h"
#include "render/renderer.h"
#include "session/classes.h"

namespace gs::ui {
namespace {

using Estimate = ProbeAnswer::Estimate;

constexpr double kReach = 0.8;     // ems from a particle that a click still means
constexpr double kTooShort = 0.3;  // ems: what is dragged less is a click
constexpr std::size_t kMostOutline = 400;

ImU32 estimateColor(const Estimate& e) {
  const Look& l = look();
  switch (e.kind) {
    case Estimate::Kind::Condition:
      return e.label >= 0 ? classColor(e.label) : l.other;
    case Estimate::Kind::Class:
      return classColor(e.label);
    case Estimate::Kind::Guided:
      return l.guided;
    case Estimate::Kind::Reward:
    case Estimate::Kind::Tilted:
      return l.tilted;
    case Estimate::Kind::Weak:
      return l.secondary;
    case Estimate::Kind::Whole:
      break;
  }
  return l.other;
}

std::string pairOf(Vec2 v, int decimals = 2) {
  std::string s("(");
  s += fixed(v.x, decimals);
  s += ", ";
  s += fixed(v.y, decimals);
  s += ")";
  return s;
}

// A name on the left, a number on the right, with a dot of the colour where there is one.
void factRow(std::string_view name, std::string_view value, ImU32 dot = 0, bool ring = false) {
  const Look& l = look();
  const Box2 b = takeBox(1.45);
  ImDrawList* d = ImGui::GetWindowDrawList();
  float x = b.lo.x;
  if (dot) {
    const ImVec2 at{x + l.em * .4f, b.center().y};
    if (ring)
      d->AddCircle(at, l.em * .26f, dot, 0, l.stroke(1.6));
    else
      d->AddCircleFilled(at, l.em * .28f, dot);
    x += l.em * 1.05f;
  }
  const float w = textWidth(l.body, value);
  textIn({{x, b.lo.y}, {b.hi.x - w - l.em * .4f, b.hi.y}}, l.body, l.text, name, Align::Left, true);
  textIn({{b.hi.x - w - 1, b.lo.y}, b.hi}, l.body, l.text, value, Align::Right);
}

void heading(std::string_view words) {
  const Look& l = look();
  gap(.25);
  textIn(takeBox(1.35), l.small, l.secondary, words);
  rule();
  gap(.1);
}

// p(x0 | x, c) as a small picture, over where it has its mass, on the canvas colour.
void posteriorPicture(const ProbeAnswer& a, const Context& c) {
  if (a.posterior.components.empty()) return;
  const Look& l = look();
  constexpr int kColumns = 40, kRows = 24;
  const Box2 box = takeBox(kRows * 22. / kColumns * .82);
  const double aspect = double(box.width() / box.height());
  const Camera all = c.answer.mixture ? fit(*c.answer.mixture) : Camera{};
  Vec2 lo(1e300), hi(-1e300);
  for (const Component& k : a.posterior.components) {
    const Vec2 r = 3.2 * Vec2(std::sqrt(k.covariance.xx), std::sqrt(k.covariance.yy));
    lo = glm::min(lo, k.mean - r);
    hi = glm::max(hi, k.mean + r);
  }
  // Not closer than a tenth of the law, so that a narrow posterior looks narrow.
  const double height = std::max({hi.y - lo.y, (hi.x - lo.x) / aspect, all.height / 10});
  const Vec2 middle = .5 * (lo + hi), size(height * aspect, height);
  std::vector<double> p(std::size_t(kColumns + 1) * (kRows + 1));
  double top = 0;
  for (int j = 0; j <= kRows; ++j)
    for (int i = 0; i <= kColumns; ++i) {
      const Vec2 x = middle + size * Vec2(double(i) / kColumns - .5, .5 - double(j) / kRows);
      double sum = 0;
      for (const Component& k : a.posterior.components) {
        const Vec2 d = x - k.mean;
        const double e = -.5 * glm::dot(d, k.covariance.inverse() * d);
        if (e > -40) sum += k.weight * std::exp(e) / std::sqrt(k.covariance.determinant());
      }
      p[std::size_t(j * (kColumns + 1) + i)] = sum;
      top = std::max(top, sum);
    }
  ImDrawList* d = ImGui::GetWindowDrawList();
  d->AddRectFilled(box.lo, box.hi, l.canvas, l.em * .3f);
  const int label = c.experiment.condition;
  const ImU32 full = label >= 0 ? classColor(label) : l.other;
  const auto at = [&](int i, int j) {
    return ImVec2{box.lo.x + box.width() * float(i) / kColumns, box.lo.y + box.height() * float(j) / kRows};
  };
  const auto shade = [&](int i, int j) {
    const double s = top > 0 ? std::pow(p[std::size_t(j * (kColumns + 1) + i)] / top, .62) : 0;
    return mix(l.canvas, full, s);
  };
  for (int j = 0; j < kRows; ++j)
    for (int i = 0; i < kColumns; ++i)
      if (std::max({p[std::size_t(j * (kColumns + 1) + i)], p[std::size_t(j * (kColumns + 1) + i + 1)],
                    p[std::size_t((j + 1) * (kColumns + 1) + i)], p[std::size_t((j + 1) * (kColumns + 1) + i + 1)]}) >
          1e-3 * top)
        d->AddRectFilledMultiColor(at(i, j), at(i + 1, j + 1), shade(i, j), shade(i + 1, j), shade(i + 1, j + 1),
                                   shade(i, j + 1));
  d->PushClipRect(box.lo, box.hi, true);
  for (const Estimate& e : a.estimates) {
    const Vec2 q = (e.at - middle) / size;
    d->AddCircleFilled({box.center().x + float(q.x) * box.width(), box.center().y - float(q.y) * box.height()},
                       l.em * .22f, estimateColor(e));
  }
  d->PopClipRect();
  d->AddRect(box.lo, box.hi, l.line, l.em * .3f);
  gap(.25);
  wrappedText(l.small, l.secondary,
              "x from " + fixed(middle.x - size.x / 2, 2) + " to " + fixed(middle.x + size.x / 2, 2) + ", y from " +
                  fixed(middle.y - size.y / 2, 2) + " to " + fixed(middle.y + size.y / 2, 2) + ".");
}

void placeCard(Context& c) {
  UiState::Pointing& mouse = c.state.pointing;
  const Look& l = look();
  if (!mouse.probe) return;
  const LiveAnswer& of = mouse.pane < int(c.answers.size()) ? c.answers[std::size_t(mouse.pane)] : c.answer;
  const ProbeAnswer* a = of.inspected.probe.get();
  const std::string where = a ? pairOf(a->x) : "";
  if (beginCard("probe", "Probe", where)) {
    note("probe", memory().panel);
    if (!a) {
      wrappedText(l.body, l.secondary, "Point at the picture. A click marks the particle there.");
    } else {
      // At t = 0 every D is x: the level next to it is asked, and named as such.
      factRow(c.session.view.time == 0 && a->ratio > 0 ? "asked at σ/α" : "σ/α", shortNumber(a->ratio));
      factRow("log pₜ(x)", fixed(a->logDensity, 2));
      if (a->classPosterior.size() > 1 && c.experiment.condition >= 0)
        factRow("log pₜ(x|" + className(c.experiment.distribution, c.experiment.condition, 8) + ")",
                fixed(a->logConditional, 2));
      if (a->classPosterior.size() > 1) {
        heading("Class posterior pₜ(c|x)");
        std::vector<int> order;
        for (int k = 0; k < int(a->classPosterior.size()); ++k) order.push_back(k);
        std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
          return a->classPosterior[std::size_t(x)] > a->classPosterior[std::size_t(y)];
        });
        if (order.size() > 6) order.resize(6);
        std::sort(order.begin(), order.end());
        for (const int k : order) {
          const double p = a->classPosterior[std::size_t(k)];
          const Box2 b = takeBox(1.4);
          const std::string name = className(c.experiment.distribution, k, 8), value = fixed(p, 3);
          textIn({b.lo, {b.lo.x + l.px(4.6), b.hi.y}}, l.body, l.text, name, Align::Left, true);
          const float x = b.lo.x + l.px(4.8), end = b.hi.x - l.px(3.4), h = l.em * .3f, y = b.center().y;
          ImDrawList* d = ImGui::GetWindowDrawList();
          d->AddRectFilled({x, y - h}, {end, y + h}, l.control, l.em * .1f);
          d->AddRectFilled({x, y - h}, {x + (end - x) * float(std::clamp(p, 0., 1.)), y + h}, classColor(k),
                           l.em * .1f);
          textIn({{end, b.lo.y}, b.hi}, l.body, l.text, value, Align::Right);
        }
      }
      heading("Where each model expects x₀");
      for (const Estimate& e : a->estimates)
        factRow(e.name, pairOf(e.at), estimateColor(e), e.kind == Estimate::Kind::Weak);
      if (!a->pushes.empty()) {
        heading("Pushes, from D to the guided estimate");
        for (const ProbeAnswer::Push& p : a->pushes)
          factRow(p.name, pairOf(p.by) + "  |" + fixed(glm::length(p.by), 2) + "|", l.text);
      }
      heading("p(x₀ | x, c)");
      posteriorPicture(*a, c);
    }
    gap(.2);
  }
  endCard();
}

void recordCard(Context& c) {
  const int marked = c.session.view.particles.marked;
  if (marked < 0) return;
  const Look& l = look();
  const ParticleRecord* r = c.answer.inspected.record.get();
  if (beginCard("record", "Particle " + std::to_string(marked))) {
    const Box2 forget = takeBox(kControl);
    note("forget-particle", forget);
    if (button("forget-particle", forget, "Unmark")) c.session.view.particles.marked = -1;
    gap(.3);
    if (!r || r->particle != marked || !r->frame) {
      wrappedText(l.body, l.secondary, "There is no such particle in this run.");
    } else {
      const Frame& f = *r->frame;
      std::vector<double> t;
      for (int row = 0; row < f.rows(); ++row) t.push_back(f.grid[std::size_t(f.stepOf(row))].t);
      const auto curve = [&](const std::vector<float>& y, const char* words, ImU32 color, double least) {
        if (y.empty()) return;
        PlotSpec p;
        p.xWords = "t";
        p.yWords = words;
        p.mirrored = c.session.view.noiseOnLeft;
        p.cursor = c.session.view.time;
        p.least = least;
        PlotCurve one;
        one.color = color;
        one.x = t;
        one.y.assign(y.begin(), y.end());
        p.curves.push_back(std::move(one));
        plotIn(p, 5.5);
        gap(.3);
      };
      const double none = std::numeric_limits<double>::quiet_NaN();
      curve(r->classPosterior, "pₜ(c|x)", c.experiment.condition >= 0 ? classColor(c.experiment.condition) : l.other,
            0);
      curve(r->push, "|push|, data units", l.text, 0);
      curve(r->logReward, "log r at the guided estimate", l.tilted, none);
      const std::size_t end = 2 * std::size_t(f.rows() - 1);
      const Vec2 own(r->x[end], r->x[end + 1]), twin(r->twin[end], r->twin[end + 1]);
      factRow("ends at", pairOf(own), l.guided);
      factRow("twin without guidance", pairOf(twin), l.other);
      factRow("apart", shortNumber(glm::distance(own, twin)));
    }
    gap(.2);
  }
  endCard();
}

void groupCard(Context& c) {
  UiState::Pointing& mouse = c.state.pointing;
  if (mouse.group.empty()) return;
  const Look& l = look();
  const Group* g = c.answer.inspected.group.get();
  if (beginCard("group", "Outlined", g ? grouped((long long)g->particles.size()) + " of " + grouped(g->of) : "")) {
    const Box2 forget = takeBox(kControl);
    note("forget-group", forget);
    if (button("forget-group", forget, "Let them go")) mouse.group.clear();
    gap(.3);
    if (g) {
      const auto rows = [&](const char* when, Vec2 mean, const Sym2& s, double posterior) {
        heading(when);
        factRow("mean", pairOf(mean));
        factRow("spread", pairOf({std::sqrt(std::max(0., s.xx)), std::sqrt(std::max(0., s.yy))}));
        const bool some = g->particles.size() > kMostGroupPosteriors;
        if (c.experiment.condition >= 0)
          factRow(some ? "mean p(c|x) of " + std::to_string(kMostGroupPosteriors) : "mean p(c|x)", fixed(posterior, 3));
      };
      rows("At the cursor", g->mean, g->covariance, g->classPosterior);
      rows("At the data", g->endMean, g->endCovariance, g->endPosterior);
    } else {
      wrappedText(l.small, l.secondary, "The numbers come with the next answer.");
    }
    gap(.2);
  }
  endCard();
}

void arrowOn(ImDrawList* d, ImVec2 from, ImVec2 to, ImU32 color, float width) {
  const float dx = to.x - from.x, dy = to.y - from.y, length = std::sqrt(dx * dx + dy * dy);
  if (!(length > 1) || !(length < 1e5f)) return;
  const float head = std::min(width * 4.5f, length * .6f), ux = dx / length, uy = dy / length;
  const ImVec2 base{to.x - ux * head, to.y - uy * head};
  d->AddLine(from, {to.x - ux * head * .6f, to.y - uy * head * .6f}, color, width);
  d->AddTriangleFilled(to, {base.x - uy * head * .45f, base.y + ux * head * .45f},
                       {base.x + uy * head * .45f, base.y - ux * head * .45f}, color);
}

}  // namespace

void pointAtPicture(Context& c, std::span<const PixelRect> panes) {
  UiState::Pointing& mouse = c.state.pointing;
  const Look& l = look();
  const ImGuiIO& io = ImGui::GetIO();
  const View& view = c.session.view;
  const auto inside = [&](const PixelRect& r) {
    return io.MousePos.x >= float(r.x) && io.MousePos.y >= float(r.y) && io.MousePos.x < float(r.x + r.width) &&
           io.MousePos.y < float(r.y + r.height);
  };
  const auto toPlane = [&](const PixelRect& r, ImVec2 p) {
    return toData(view.camera, {double(p.x) - r.x, r.height - (double(p.y) - r.y)}, r.width, r.height);
  };
  const auto toScreen = [&](const PixelRect& r, Vec2 q) {
    const Vec2 p = toPixels(view.camera, q, r.width, r.height);
    return ImVec2{float(r.x + p.x), float(r.y + r.height - p.y)};
  };
  const auto unitsPerPixel = [&](const PixelRect& r) { return view.camera.height / std::max(1, r.height); };

  // What was asked before and is answered now.
  if (mouse.serial != mouse.taken && mouse.pane < int(c.answers.size())) {
    const Inspected& i = c.answers[std::size_t(mouse.pane)].inspected;
    if (i.chosenSerial == mouse.serial) {
      mouse.taken = mouse.serial;
      if (mouse.outline.size() == 1)
        c.session.view.particles.marked = i.chosen.empty() ? -1 : i.chosen[0];
      else
        mouse.group = i.chosen;
    }
  }
  const auto ask = [&](int pane, std::vector<Vec2> outline, double reach) {
    mouse.pane = pane;
    mouse.outline = std::move(outline);
    mouse.reach = reach;
    ++mouse.serial;
  };
  int pane = -1;
  if (!io.WantCaptureMouse && !c.state.rewardTool.busy)
    for (int i = 0; i < int(panes.size()); ++i)
      if (inside(panes[std::size_t(i)])) pane = i;

  if (mouse.drawing.empty() && pane >= 0) {
    if (io.KeyShift && ImGui::IsMouseClicked(0)) {
      mouse.pane = pane;
      mouse.drawing = {toPlane(panes[std::size_t(pane)], io.MousePos)};
    } else if (mouse.probe) {
      mouse.pane = pane;
      mouse.known = true;
      mouse.at = toPlane(panes[std::size_t(pane)], io.MousePos);
      const ImVec2 from = io.MouseClickedPos[0];
      const float moved = std::hypot(io.MousePos.x - from.x, io.MousePos.y - from.y);
      if (ImGui::IsMouseReleased(0) && !io.KeyShift && moved < kTooShort * l.em)
        ask(pane, {mouse.at}, kReach * double(l.em) * unitsPerPixel(panes[std::size_t(pane)]));
    }
  } else if (!mouse.drawing.empty() && mouse.pane < int(panes.size())) {
    const PixelRect& r = panes[std::size_t(mouse.pane)];
    const Vec2 at = toPlane(r, io.MousePos);
    if (glm::distance(at, mouse.drawing.back()) > .3 * double(l.em) * unitsPerPixel(r) &&
        mouse.drawing.size() < kMostOutline)
      mouse.drawing.push_back(at);
    if (!io.MouseDown[0]) {
      if (mouse.drawing.size() > 2)
        ask(mouse.pane, std::move(mouse.drawing), 0);
      else
        mouse.group.clear();
      mouse.drawing.clear();
    }
  } else {
    mouse.drawing.clear();
  }

  // Marks on the picture.
  if (mouse.pane >= int(panes.size())) return;
  const PixelRect& r = panes[std::size_t(mouse.pane)];
  ImDrawList* d = ImGui::GetBackgroundDrawList();
  d->PushClipRect({float(r.x), float(r.y)}, {float(r.x + r.width), float(r.y + r.height)}, true);
  if (mouse.drawing.size() > 1) {
    std::vector<ImVec2> line;
    for (const Vec2 q : mouse.drawing) line.push_back(toScreen(r, q));
    d->AddPolyline(line.data(), int(line.size()), l.text, ImDrawFlags_Closed, l.stroke(1.6));
  }
  const LiveAnswer* of = mouse.pane < int(c.answers.size()) ? &c.answers[std::size_t(mouse.pane)] : nullptr;
  if (mouse.probe && mouse.known && of && of->inspected.probe) {
    const ProbeAnswer& a = *of->inspected.probe;
    const double norm = view.coordinates == Coordinates::Normalised ? std::hypot(a.level.alpha, a.level.sigma) : 1;
    const ImVec2 here = toScreen(r, a.x / norm);
    const float s = l.em * .5f;
    d->AddLine({here.x - s, here.y}, {here.x + s, here.y}, l.text, l.stroke(1.4));
    d->AddLine({here.x, here.y - s}, {here.x, here.y + s}, l.text, l.stroke(1.4));
    d->AddLine(here, toScreen(r, a.base), faded(l.secondary, .7), l.stroke(1));
    for (const Estimate& e : a.estimates) {
      const ImVec2 at = toScreen(r, e.at);
      d->AddCircleFilled(at, l.em * .42f, l.canvas);
      if (e.kind == Estimate::Kind::Weak)
        d->AddCircle(at, l.em * .3f, estimateColor(e), 0, l.stroke(1.6));
      else
        d->AddCircleFilled(at, l.em * .32f, estimateColor(e));
    }
    Vec2 from = a.base;
    for (const ProbeAnswer::Push& p : a.pushes) {
      arrowOn(d, toScreen(r, from), toScreen(r, from + p.by), l.canvas, l.stroke(4));
      arrowOn(d, toScreen(r, from), toScreen(r, from + p.by), l.text, l.stroke(1.8));
      from += p.by;
    }
  }
  d->PopClipRect();
}

void probe(Context& c) {
  // What a key or a click on the picture asked for is brought into sight, wherever the panel was scrolled to.
  Memory& m = memory();
  const int wanted = (c.state.pointing.probe ? 1 : 0) | (c.session.view.particles.marked >= 0 ? 2 : 0) |
                     (c.state.pointing.group.empty() ? 0 : 4);
  const int fresh = wanted & ~m.inspecting;
  m.inspecting = wanted;
  const auto arrive = [&](int card) {
    if ((fresh & card) == 0) return;
    ImGui::SetScrollFromPosY(ImGui::GetCursorScreenPos().y - ImGui::GetWindowPos().y - look().px(0.75), 0);
    m.animate = true;  // scrolled in the next frame
  };
  arrive(1);
  placeCard(c);
  arrive(2);
  recordCard(c);
  arrive(4);
  groupCard(c);
}

}  // namespace gs::ui
