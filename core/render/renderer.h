// Frame + View -> pixels: the only drawing entry, for the window, for exports and for golden images.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/frame.h"
#include "session/view.h"

namespace gs {

// A framebuffer object to draw into (any, including 0) and the rectangle of it to fill, in physical pixels, origin at
// the bottom left. Everything outside the rectangle is left alone.
struct Target {
  unsigned fbo = 0;
  int x = 0, y = 0, width = 0, height = 0;
  double pixelRatio = 1;  // physical pixels per point: device pixel ratio times interface scale
  // Where the picture goes instead, if not null: [row][column][4], sRGB, opaque; the rectangle's top left corner, its
  // rows `stride` pixels apart, the top one first.
  std::uint8_t* memory = nullptr;
  int stride = 0;
};

// What one pane shows; any part may be missing (an empty state is drawn as such).
struct Picture {
  std::shared_ptr<const Frame> frame;
  std::shared_ptr<const DensityField> density;
  std::shared_ptr<const TargetField> target;
  std::shared_ptr<const PointValues> points;  // of the step nearest to the cursor
  std::string label;                          // "class A, omega = 2.00", drawn at the top left
  Truths truths;
  std::shared_ptr<const ParticleRecord> record;   // of the marked particle
  std::shared_ptr<const Group> group;             // of particles that were outlined
  std::optional<Outside> outside = std::nullopt;  // of a frame on a device
};

// While something moves on a slow device the polylines are thinned; what stays is the same ones at the same places.
struct Quality {
  int trajectories = 1 << 20;  // at most
  int everyNthStep = 1;
  bool operator==(const Quality&) const = default;
  static Quality full() { return {}; }
};

// What puts densities and ink together: rows of memory where the driver draws on the processor (render/host_picture.h),
// or always shaders, which tests hold against that.
enum class Composer { Chosen, Shaders };

class Renderer {
 public:
  // Needs a current OpenGL 4.5 context; every call must be made with it (or one sharing with it for textures only)
  // current. Throws std::runtime_error naming the shader and its log.
  explicit Renderer(Composer = Composer::Chosen);
  ~Renderer();
  void draw(const Target&, const Picture&, const View&, const Quality& = Quality::full());

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Data coordinates <-> pixels of a target with this size (origin bottom left), for picking and for overlays.
Vec2 toPixels(const Camera&, Vec2 data, int width, int height);
Vec2 toData(const Camera&, Vec2 pixel, int width, int height);

// The rectangle of the plane that a picture of this size shows, in the schedule's own coordinates at `level` (they
// differ from the shown ones in Coordinates::Normalised), as a grid of at most maxWidth columns: what to ask fields
// for.
FieldGrid visibleGrid(const View&, NoiseLevel level, int width, int height, int maxWidth);

// The camera that frames the data law (mean +- 3.2 sd of every component, some margin).
Camera fit(const Mixture&);

}  // namespace gs
