#include <epoxy/gl.h>

#include "composition.h"

#include <imgui.h>
#include <backends/imgui_impl_opengl3.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace gs {
namespace {

constexpr std::size_t kMostRects = 8;
constexpr int kNear = 24;  // changes closer than this are drawn together

struct Extent {
  float x0 = std::numeric_limits<float>::max(), y0 = x0, x1 = -x0, y1 = -x0;
  bool empty() const { return !(x0 < x1 && y0 < y1); }
  void add(const Extent& b) {
    x0 = std::min(x0, b.x0), y0 = std::min(y0, b.y0), x1 = std::max(x1, b.x1), y1 = std::max(y1, b.y1);
  }
  Extent within(const Extent& b) const {
    Extent r;
    r.x0 = std::max(x0, b.x0), r.y0 = std::max(y0, b.y0), r.x1 = std::min(x1, b.x1), r.y1 = std::min(y1, b.y1);
    return r;
  }
  float area() const { return empty() ? 0 : (x1 - x0) * (y1 - y0); }
  bool near(const Extent& b) const {
    return x0 - kNear < b.x1 && b.x0 - kNear < x1 && y0 - kNear < b.y1 && b.y0 - kNear < y1;
  }
};

Extent extentOf(const ImVec4& clip) {
  Extent b;
  b.x0 = clip.x, b.y0 = clip.y, b.x1 = clip.z, b.y1 = clip.w;
  return b;
}

// A few boxes that cover all that were added.
class Cover {
 public:
  void add(Extent b) {
    if (b.empty()) return;
    for (bool grown = true; grown;) {  // what has grown may be near another one now
      grown = false;
      for (std::size_t i = 0; i < extents_.size(); ++i)
        if (extents_[i].near(b)) {
          b.add(extents_[i]);
          extents_.erase(extents_.begin() + std::ptrdiff_t(i));
          grown = true;
          break;
        }
    }
    extents_.push_back(b);
    if (extents_.size() > kMostRects) joinCheapest();
  }
  const std::vector<Extent>& extents() const { return extents_; }

 private:
  std::vector<Extent> extents_;

  void joinCheapest() {
    std::size_t a = 0, b = 1;
    float least = std::numeric_limits<float>::max();
    for (std::size_t i = 0; i < extents_.size(); ++i)
      for (std::size_t j = i + 1; j < extents_.size(); ++j) {
        Extent both = extents_[i];
        both.add(extents_[j]);
        const float cost = both.area() - extents_[i].area() - extents_[j].area();
        if (cost < least) least = cost, a = i, b = j;
      }
    Extent both = extents_[a];
    both.add(extents_[b]);
    extents_.erase(extents_.begin() + std::ptrdiff_t(b));
    extents_.erase(extents_.begin() + std::ptrdiff_t(a));
    add(both);
  }
};

// A triangle with what decides its pixels; compared as bytes.
struct Triangle {
  ImDrawVert corner[3];
  ImVec4 clip;
  ImTextureID texture;
};
static_assert(sizeof(Triangle) == 3 * sizeof(ImDrawVert) + sizeof(ImVec4) + sizeof(ImTextureID) + 4 ||
              sizeof(Triangle) == 3 * sizeof(ImDrawVert) + sizeof(ImVec4) + sizeof(ImTextureID));

bool same(const Triangle& a, const Triangle& b) {
  return std::memcmp(a.corner, b.corner, sizeof a.corner) == 0 && std::memcmp(&a.clip, &b.clip, sizeof a.clip) == 0 &&
         a.texture == b.texture;
}

Extent extentOf(const Triangle& t) {
  Extent b;
  for (const ImDrawVert& v : t.corner) {
    Extent point;
    point.x0 = point.x1 = v.pos.x, point.y0 = point.y1 = v.pos.y;
    b.add(point);
  }
  return b.within(extentOf(t.clip));
}

void addDifferences(const std::vector<Triangle>& a, const std::vector<Triangle>& b, Cover& cover) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t first = 0, last = 0;
  while (first < shorter && same(a[first], b[first])) ++first;
  while (last < shorter - first && same(a[a.size() - 1 - last], b[b.size() - 1 - last])) ++last;
  // Between equal beginnings and ends triangles of the same number belong together only where none came or went.
  const bool paired = a.size() == b.size();
  for (std::size_t k = first; k < a.size() - last; ++k)
    if (!paired || !same(a[k], b[k])) cover.add(extentOf(a[k]));
  for (std::size_t k = first; k < b.size() - last; ++k)
    if (!paired || !same(a[k], b[k])) cover.add(extentOf(b[k]));
}

PixelRect intersection(const PixelRect& a, const PixelRect& b) {
  const int x0 = std::max(a.x, b.x), y0 = std::max(a.y, b.y);
  const int x1 = std::min(a.x + a.width, b.x + b.width), y1 = std::min(a.y + a.height, b.y + b.height);
  return {x0, y0, std::max(0, x1 - x0), std::max(0, y1 - y0)};
}

bool equal(const PixelRect& a, const PixelRect& b) {
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

bool empty(const PixelRect& r) { return r.width <= 0 || r.height <= 0; }

// The interface inside one rectangle: the commands' own clip rectangles are narrowed, and lists without any are left
// out.
void drawInside(ImDrawData& data, const PixelRect& r) {
  std::vector<ImDrawList*> touched;
  std::vector<ImVec4> clips;
  const Extent inside = extentOf(ImVec4(float(r.x), float(r.y), float(r.x + r.width), float(r.y + r.height)));
  for (int i = 0; i < data.CmdListsCount; ++i) {
    ImDrawList* list = data.CmdLists[i];
    const bool any = std::any_of(list->CmdBuffer.begin(), list->CmdBuffer.end(), [&](const ImDrawCmd& c) {
      return c.UserCallback || !extentOf(c.ClipRect).within(inside).empty();
    });
    if (!any) continue;
    touched.push_back(list);
    for (ImDrawCmd& c : list->CmdBuffer) {
      clips.push_back(c.ClipRect);
      const Extent b = extentOf(c.ClipRect).within(inside);
      c.ClipRect = b.empty() ? ImVec4(0, 0, 0, 0) : ImVec4(b.x0, b.y0, b.x1, b.y1);
    }
  }
  if (touched.empty()) return;
  ImDrawData part = data;
#if IMGUI_VERSION_NUM >= 18980
  part.CmdLists.resize(0);
  for (ImDrawList* list : touched) part.CmdLists.push_back(list);
#else
  part.CmdLists = touched.data();
#endif
  part.CmdListsCount = int(touched.size());
  ImGui_ImplOpenGL3_RenderDrawData(&part);
  std::size_t next = 0;
  for (ImDrawList* list : touched)
    for (ImDrawCmd& c : list->CmdBuffer) c.ClipRect = clips[next++];
}

}  // namespace

// ---- what has changed ----------------------------------------------------------------------------------------------

struct InterfaceChanges::List {
  std::string owner;
  std::vector<Triangle> triangles;
  bool opaque = false;  // it has a callback: nothing is known of its pixels

  Extent extent() const {
    Extent b;
    for (const Triangle& t : triangles)
      if (const Extent at = extentOf(t); !at.empty()) b.add(at);
    return b;
  }
};

InterfaceChanges::InterfaceChanges() = default;
InterfaceChanges::~InterfaceChanges() = default;

void InterfaceChanges::forget() { known_ = false; }

std::vector<PixelRect> InterfaceChanges::update(const ImDrawData& data, int width, int height) {
  std::vector<List> now(std::size_t(std::max(data.CmdListsCount, 0)));
  for (std::size_t i = 0; i < now.size(); ++i) {
    const ImDrawList& list = *data.CmdLists[i];
    now[i].owner = list._OwnerName ? list._OwnerName : "";
    now[i].triangles.reserve(std::size_t(list.IdxBuffer.Size) / 3);
    for (const ImDrawCmd& c : list.CmdBuffer) {
      now[i].opaque |= c.UserCallback != nullptr;
      const ImDrawVert* vertices = list.VtxBuffer.Data + c.VtxOffset;
      const ImDrawIdx* index = list.IdxBuffer.Data + c.IdxOffset;
      for (unsigned k = 0; k + 2 < c.ElemCount; k += 3)
        now[i].triangles.push_back(
            {{vertices[index[k]], vertices[index[k + 1]], vertices[index[k + 2]]}, c.ClipRect, c.GetTexID()});
    }
  }

  Cover cover;
  const Extent whole = extentOf(ImVec4(0, 0, float(width), float(height)));
  const bool unclear = !known_ || std::any_of(now.begin(), now.end(), [](const List& l) { return l.opaque; });
  if (unclear) cover.add(whole);
  std::vector<const List*> before(now.size());  // the same window's, wherever it was in the order
  for (std::size_t i = 0; !unclear && i < now.size(); ++i) {
    const auto at = std::find_if(lists_.begin(), lists_.end(), [&](const List& l) { return l.owner == now[i].owner; });
    if (at == lists_.end()) {
      cover.add(now[i].extent());
      continue;
    }
    before[i] = &*at;
    addDifferences(at->triangles, now[i].triangles, cover);
    for (std::size_t j = 0; j < i; ++j)  // what was above is below
      if (before[j] > before[i]) cover.add(now[i].extent().within(now[j].extent()));
  }
  for (const List& l : lists_)
    if (!unclear && std::find(before.begin(), before.end(), &l) == before.end()) cover.add(l.extent());
  lists_ = std::move(now);
  known_ = true;

  std::vector<PixelRect> rects;
  for (const Extent& e : cover.extents()) {
    const Extent b = e.within(whole);
    if (b.empty()) continue;
    const int x = int(std::floor(b.x0)), y = int(std::floor(b.y0));
    rects.push_back({x, y, int(std::ceil(b.x1)) - x, int(std::ceil(b.y1)) - y});
  }
  return rects;
}

// ---- the pixels ----------------------------------------------------------------------------------------------------

void Composition::draw(ImDrawData& data, std::span<const ComposedPane> panes, Rgb canvas, unsigned window) {
  const int width = int(data.DisplaySize.x), height = int(data.DisplaySize.y);
  drawn_ = 0;
  if (width <= 0 || height <= 0) return;
  const bool moved = panes.size() != panes_.size() ||
                     !std::equal(panes.begin(), panes.end(), panes_.begin(),
                                 [](const ComposedPane& a, const PixelRect& b) { return equal(a.rect, b); });
  if (pixels_.ensure(GL_RGBA8, width, height, gl::Filter::Nearest)) {
    target_.attach(pixels_);
    changes_.forget();
  }
  if (moved || !(canvas == canvas_)) changes_.forget();
  panes_.clear();
  for (const ComposedPane& p : panes) panes_.push_back(p.rect);
  canvas_ = canvas;

  const auto interface = [&](const PixelRect& r) {
    target_.bind();
    drawInside(data, r);
    drawn_ += long(r.width) * r.height;
  };
  for (const PixelRect& r : changes_.update(data, width, height)) {
    target_.bind();
    glEnable(GL_SCISSOR_TEST);
    glScissor(r.x, height - r.y - r.height, r.width, r.height);
    glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
    glClearColor(float(canvas.r) / 255, float(canvas.g) / 255, float(canvas.b) / 255, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    glDisable(GL_SCISSOR_TEST);
    for (const ComposedPane& p : panes)
      if (const PixelRect part = intersection(p.rect, r); !p.changed && !empty(part)) p.restore(target_.id(), part);
    interface(r);
  }
  for (const ComposedPane& p : panes)
    if (p.changed && !empty(p.rect)) {
      p.draw(target_.id());
      interface(p.rect);
    }
  glDisable(GL_SCISSOR_TEST);
  glBlitNamedFramebuffer(target_.id(), window, 0, 0, width, height, 0, 0, width, height, GL_COLOR_BUFFER_BIT,
                         GL_NEAREST);
  glBindFramebuffer(GL_FRAMEBUFFER, window);
}

}  // namespace gs
