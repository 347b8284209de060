// The layers of the picture, one struct and one file each. A layer keeps its device objects and what they were made
// from; it uploads again only when that has changed.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "render/contours.h"
#include "render/cursor.h"
#include "render/renderer.h"
#include "render/sheet.h"
#include "render/text.h"

namespace gs {

// One drawing: what, and onto what. Lengths in points are multiplied by `ratio` to give pixels.
struct Drawing {
  const Picture& picture;
  const View& view;
  const Quality& quality;
  const Palette& palette;
  int width = 0, height = 0;
  double ratio = 1;
  Cursor cursor;  // of the frame; of view.time alone without one

  double pixelsPerUnit() const { return height / view.camera.height; }
  double stroke(double points) const { return points * ratio * palette.strokes; }
  bool onDark() const { return toOkLab(palette.canvas).L < 0.5f; }
  // An opacity that looks alike in every theme: in linear light bright ink on dark is strong, dark ink on white weak.
  double opacity(double o) const { return onDark() ? std::pow(o, 1.2) : 1 - std::pow(1 - o, 1.8); }
  int condition() const { return picture.frame ? picture.frame->experiment->condition : kUnconditional; }
};

// The particles around the cursor: their positions at the stored steps before and after it, copied to the device or
// where the engine has left them.
class CursorPositions {
 public:
  void update(const Drawing&);
  void done() const;  // nothing more is drawn from them in this picture
  void bind() const;
  void setNorms(const gl::Program&) const;  // uniform vec3 norms
  int count() const { return count_; }

 private:
  struct Row {
    gl::Buffer buffer;
    int row = -1;
  };
  void bindRow(const Row&, unsigned binding) const;
  std::shared_ptr<const Frame> frame_;
  Row here_, next_;
  float norms_[3] = {1, 1, 0};
  int count_ = 0;
};

// Whether the data law's density lies under everything.
bool shownDensity(const Drawing&);
// All that the canvas with it is made from, but for the particles' density.
struct GroundKey {
  std::shared_ptr<const DensityField> field;  // null: it is not shown
  DensityLayer density;
  Camera camera;
  Coordinates coordinates = Coordinates::Schedule;
  Theme theme = Theme::Dark;
  int condition = kUnconditional, width = 0, height = 0;
  bool operator==(const GroundKey&) const = default;
};
GroundKey groundKey(const Drawing&);
// How it is coloured: what density.frag is told.
struct DensityLook {
  int condition = kUnconditional;  // the class in its own colour, the others in `other`
  bool whole = false;              // one ramp for the whole law
  float reference = 0, referenceOwn = 0;
  std::array<float, 15> ramps{};  // OKLab: class colour - canvas
  std::array<float, 3> other{};
};
DensityLook densityLook(const Drawing&, const DensityField&);

// Exact density of the data law, as OKLab offsets on the grid of the field.
class DensityDrawing {
 public:
  // False when there is nothing to show. Leaves another framebuffer bound.
  bool update(const Drawing&);
  const gl::Texture& shade() const { return shade_; }
  const DensityField& field() const { return *made_.field; }

 private:
  struct Made {
    std::shared_ptr<const DensityField> field;
    int condition = kUnconditional;
    bool perClass = true;
    Theme theme = Theme::Dark;
    bool operator==(const Made&) const = default;
  };
  gl::Program program_{"shaders/screen.vert", "shaders/density.frag"};
  std::optional<gl::Program> deviceProgram_;  // made when a field on a device is drawn first
  std::shared_ptr<const DensityField> uploaded_;
  Made made_;
  gl::Texture logJoint_, shade_;
  gl::Framebuffer target_;
};

// Density of the guided particles at the cursor: deposited on a grid, then blurred.
class GuidedDensityDrawing {
 public:
  bool update(const Drawing&, const CursorPositions&);
  const gl::Texture& density() const { return result_; }
  Vec2 lo() const { return lo_; }
  Vec2 extent() const { return extent_; }

 private:
  gl::Program deposit_{"shaders/deposit.vert", "shaders/deposit.frag"},
      blur_{"shaders/screen.vert", "shaders/blur.frag"};
  gl::Texture mass_, half_, result_;
  gl::Framebuffer target_;
  Vec2 lo_{0.0}, extent_{1.0};
};

// Canvas colour and both densities, as roots of linear light (RGB10_A2) at the target's size or a fraction of it; kept
// until something of it changes.
class Background {
 public:
  // Leaves another framebuffer bound.
  void update(const Drawing&, const CursorPositions&);
  const gl::Texture& picture() const { return result_; }
  int reduced() const { return reduce_; }  // how many pixels of the target one of it is wide

 private:
  struct Made {
    GroundKey ground;
    std::shared_ptr<const Frame> guidedFrame;
    double guidedAt = -1;
    GuidedDensityLayer guided;
    bool operator==(const Made&) const = default;
  };
  // One for what there is: a processor goes through both sides of a branch.
  std::optional<gl::Program> programs_[2][2];  // [field][guided density]
  gl::Program widen_{"shaders/screen.vert", "shaders/widen.frag"};
  DensityDrawing density_;
  GuidedDensityDrawing guided_;
  Made made_;
  int reduce_ = 1;
  gl::Texture wide_, result_;
  gl::Framebuffer target_;
};

// Level lines of a field on the device.
class LevelLines {
 public:
  void make(const FieldGrid&, std::span<const float> values, std::span<const float> levels);
  // Lines through points [point][2] times `scale`, each up to its end; of level 0, or each of its own.
  void makeLines(std::span<const float> points, std::span<const int> ends, double scale, bool ownLevels = false);
  void draw(const gl::Program&, int level) const;  // shaders/contours.vert

 private:
  struct Strip {
    int first, points, level;
  };
  gl::Buffer points_;
  std::vector<Strip> strips_;
};

// Rings of the tilted law at t = 0.
class TargetDrawing {
 public:
  void draw(const Drawing&);

 private:
  gl::Program program_{"shaders/contours.vert", "shaders/contours.frag"};
  std::shared_ptr<const TargetField> made_;
  LevelLines lines_;
};

// Level lines of the reward, the stronger the higher.
class RewardDrawing {
 public:
  void draw(const Drawing&);
  static bool shows(const Picture&, const View&);
  static double ink(int line, int lines);  // opacity

 private:
  gl::Program program_{"shaders/contours.vert", "shaders/contours.frag"};
  std::shared_ptr<const RewardField> made_;
  LevelLines lines_;
};

// Paths, in three parts, so that a cursor that moves on adds to what has been drawn: faint as a whole; strong from step
// to step above that; and to the point where the cursor is. At the end of the paths they are strong as a whole.
class TrajectoryDrawing {
 public:
  void update(const Drawing&);  // before the others
  bool shown() const { return frame_ != nullptr; }
  bool ended(const Drawing& d) const { return shown() && d.cursor.at() >= lastStep_; }
  int segments(const Drawing&) const;             // that lie before the cursor
  void drawWhole(const Drawing&);                 // faint, or strong where the cursor is at the end
  void drawSegment(const Drawing&, int segment);  // one that lies before the cursor
  void drawToCursor(const Drawing&);              // the one that the cursor is in
  // How many rows a segment may span, 1, 2, 4 or 8, so that no point of a sample of paths lies more than half a pixel
  // from where its step is drawn then: what is left out cannot be seen, nor where the cursor cuts a path. `norms`: 1 /
  // norm of each row. 1 for rows on a device, of which path_level.comp finds it.
  static int levelOfDetail(const Frame&, std::span<const double> norms, double pixelsPerUnit);

 private:
  void upload(const Drawing&, int paths, int every);
  int levelFor(const Drawing&);
  void set(const Drawing&, const gl::Program&, bool above, int fromRow, double part);
  gl::Program program_{"shaders/trajectories.vert", "shaders/trajectories.frag"};
  // Of rows on a device: how many of them a segment spans stays there as well.
  struct Spans {
    gl::Program find = gl::Program({"shaders/path_level.comp"});
    gl::Program draw = gl::Program({"shaders/trajectories.vert", "shaders/trajectories.frag"}, "#define GS_SPANS\n");
    gl::Buffer level;
    double scale = 0;  // that it was found for; 0: for other positions
  };
  std::optional<Spans> spans_;
  std::shared_ptr<const Frame> frame_;
  int paths_ = 0, every_ = 0;
  std::shared_ptr<const Frame> levelOf_;  // what level_ was found for
  double levelScale_ = 0;
  int level_ = 1;
  Coordinates coordinates_ = Coordinates::Schedule;
  std::vector<int> stepOf_;  // [row]
  double lastStep_ = 0;
  gl::Buffer positions_, rows_;
};

// What lies still while the time cursor moves: grid, the reward's lines and the paths, of which more and more are
// drawn. Linear light, premultiplied (RGBA16F). The same pixels for the same picture, whatever was drawn before.
class StillDrawing {
 public:
  // Leaves another framebuffer bound and blending on.
  void update(const Drawing&, const std::function<void()>& drawUnder);
  const gl::Texture* picture() const { return drawn_ ? &whole_ : nullptr; }
  TrajectoryDrawing& paths() { return paths_; }

 private:
  struct Made {
    std::shared_ptr<const Frame> frame;
    std::shared_ptr<const TargetField> reward;
    View view;
    Quality quality;
    int width = 0, height = 0;
    double ratio = 0;
    bool ended = false;
    bool operator==(const Made&) const = default;
  };
  TrajectoryDrawing paths_;
  Made made_;
  bool drawn_ = false;
  int segments_ = 0;           // in whole_
  gl::Texture under_, whole_;  // without and with what lies before the cursor
  gl::Framebuffer target_;
};

class ParticleDrawing {
 public:
  void draw(const Drawing&, const CursorPositions&);
  // Where not finite particles are shown: pixels on the border, in the direction in which they left.
  static std::vector<Vec2> blownUp(const Drawing&);
  // The largest push on the colour scale (98th percentile), 0 without values.
  static double pushScale(const PointValues&);
  // Of particles that started in this direction from the middle of all.
  static Rgb originColor(Theme, double angle);
  static bool hasOwnColors(const Picture&, const View&);  // coloured by something, and the values for it are there

 private:
  struct Made {
    std::shared_ptr<const Frame> frame;
    std::shared_ptr<const PointValues> points;
    ParticleColor color = ParticleColor::Guided;
    Theme theme = Theme::Dark;
    bool operator==(const Made&) const = default;
  };
  // More particles than this are added up on a float target and drawn as one picture of their number: as dots they
  // would hide each other, and drawing a million of them takes longer than computing them.
  static constexpr int kCrowd = 50'000;
  void drawCrowd(const Drawing&, const CursorPositions&, bool own);
  struct Crowd {
    gl::Program deposit{"shaders/crowd.vert", "shaders/crowd.frag"},
        tone{"shaders/screen.vert", "shaders/crowd_tone.frag"};
    gl::Texture sums;
    gl::Framebuffer target;
  };
  std::optional<Crowd> crowd_;  // made when there is one
  void colorOnHost(const Drawing&, int count);
  void colorOnDevice(const Drawing&, int count);
  gl::Program plain_{"shaders/particles.vert", "shaders/particles.frag"};
  std::optional<gl::Program> own_;           // in colours and shapes of their own
  std::optional<gl::Program> colorProgram_;  // made when values on a device are drawn first
  Made made_;
  gl::Buffer colors_;
};

// Grid lines below the paths; numbers above them, keeping out of `taken`.
struct Axes {
  static void drawGrid(const Drawing&, Sheet&);
  static void drawNumbers(const Drawing&, Sheet&, Text&, const std::vector<PixelBox>& taken);
};

// What is shown (top left), what the colours mean (bottom right), the empty state. Return where they lie.
std::optional<PixelBox> drawLabel(const Drawing&, Sheet&, Text&);
std::optional<PixelBox> drawLegend(const Drawing&, Sheet&, Text&);
// The count of blown-up particles, top right: where no legend says it.
void drawWarning(const Drawing&, Sheet&, Text&, const std::vector<PixelBox>& taken);
void drawEmptyState(const Drawing&, Sheet&, Text&);

}  // namespace gs
