#include "thumbnails.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <stdexcept>

#include "data/distributions.h"

namespace gs::ui {
namespace {

constexpr int kDots = 260;
constexpr std::size_t kRemembered = 64;
constexpr double kBudget = 0.006;  // seconds a frame

struct Entry {
  Distribution distribution;
  Thumbnail thumbnail;
};
std::deque<Entry> remembered;  // newest last
double spent = 0;

// What decides the law; the rest of the struct is about files.
bool sameLaw(const Distribution& a, const Distribution& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == DistributionKind::Preset) return a.name == b.name && (a.name != "letters" || a.word == b.word);
  return a.mixture == b.mixture;
}

Thumbnail make(const Distribution& d) {
  Thumbnail t;
  try {
    t.mixture = resolve(d);
  } catch (const std::runtime_error&) {
    return t;  // the card says why
  }
  const std::vector<Draw> draws = sampleExact(*t.mixture, kDots, 7);
  std::vector<double> xs, ys;
  for (const Draw& s : draws) xs.push_back(s.x.x), ys.push_back(s.x.y);
  // A few stray samples may stay outside.
  const auto range = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    const std::size_t cut = v.size() / 100;
    return std::pair(v[cut], v[v.size() - 1 - cut]);
  };
  const auto [x0, x1] = range(xs);
  const auto [y0, y1] = range(ys);
  const double size = std::max({x1 - x0, y1 - y0, 1e-9}) * 1.12, cx = (x0 + x1) / 2, cy = (y0 + y1) / 2;
  for (const Draw& s : draws) {
    const float x = float(0.5 + (s.x.x - cx) / size), y = float(0.5 - (s.x.y - cy) / size);
    if (x < 0 || x > 1 || y < 0 || y > 1) continue;
    t.dots.push_back({x, y, t.mixture->components[std::size_t(s.component)].label});
  }
  return t;
}

const Thumbnail* find(const Distribution& d) {
  for (const Entry& e : remembered)
    if (sameLaw(e.distribution, d)) return &e.thumbnail;
  return nullptr;
}

}  // namespace

void beginThumbnails() { spent = 0; }

const Thumbnail* thumbnail(const Distribution& d) {
  if (const Thumbnail* t = find(d)) return t->mixture ? t : nullptr;
  if (spent > kBudget) {
    memory().animate = true;
    return nullptr;
  }
  const auto start = std::chrono::steady_clock::now();
  remembered.push_back({d, make(d)});
  if (remembered.size() > kRemembered) remembered.pop_front();
  spent += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const Thumbnail& t = remembered.back().thumbnail;
  return t.mixture ? &t : nullptr;
}

std::shared_ptr<const Mixture> lawOf(const Distribution& d) {
  const double before = spent;
  spent = 0;  // menus cannot wait for the next frame
  const Thumbnail* t = thumbnail(d);
  spent += before;
  return t ? t->mixture : nullptr;
}

void drawThumbnail(const Box2& box, const Thumbnail* t, int condition) {
  if (!t) return;
  ImDrawList* list = ImGui::GetWindowDrawList();
  const float pad = box.width() * 0.08f, side = std::min(box.width(), box.height()) - 2 * pad;
  const ImVec2 lo{box.center().x - side / 2, box.center().y - side / 2};
  const float r = std::max(0.5f, side * 0.016f);
  for (const Thumbnail::Dot& d : t->dots) {
    const ImVec2 c{lo.x + d.x * side, lo.y + d.y * side};
    const ImU32 color = condition == kUnconditional || d.label == condition ? classColor(d.label) : look().other;
    if (r < 1.2f)
      list->AddRectFilled({c.x - r, c.y - r}, {c.x + r, c.y + r}, faded(color, 0.9));
    else
      list->AddNgonFilled(c, r * 1.15f, faded(color, 0.9), 6);
  }
}

}  // namespace gs::ui
