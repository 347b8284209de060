// The layers of truths and fields: laws as contours, densities or samples, maps, arrows, streamlines, one particle's
// record. Their device objects are made when they are drawn first.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "render/layers.h"

namespace gs {

// Whether a field that is there is drawn, or why it cannot be: in the words of the legend.
bool showsArrows(const Picture&, const View&);
bool showsHeat(const Picture&, const View&);
bool showsStreams(const Picture&, const View&);
// Whether vectors in data units are all too short to be anything in this picture, as every push is next to the data:
// drawn to their own scale they would look like a storm.
bool nextToNothing(const VectorField&, const View&);
// How long an arrow is that says `reference`: in the plane's units at the field's level.
double referenceLength(const VectorField&);
inline constexpr std::size_t kMostOutlined = 2000;  // of outlined particles more are not marked
inline constexpr double kMostReferences = 2.5;      // longer arrows are cut
Rgb arrowColor(Theme, ArrowWhat);

// Colours of a map: above and below zero.
struct MapColors {
  Rgb above, below;
};
MapColors mapColors(Theme, HeatWhat, int condition);  // the condition of the frame beside it

class TruthDrawing {
 public:
  // Below the paths: densities and maps, then streamlines.
  void drawBelow(const Drawing&);
  // Above the particles: arrows, contours, the marked particle; samples and rings go to `sheet`.
  void drawAbove(const Drawing&, Sheet& sheet);

 private:
  struct Map {
    std::shared_ptr<const void> made;
    gl::Texture texture;
  };
  struct Contours {
    std::shared_ptr<const LawField> made;
    LevelLines lines;
  };
  void drawMap(const Drawing&, Map&, std::shared_ptr<const void> of, const FieldGrid&, NoiseLevel,
               const std::vector<float>& value, const std::vector<float>* weight, double full, double opacity,
               MapColors);
  void drawLaw(const Drawing&, Contours&, const std::shared_ptr<const LawField>&, Rgb, double width, double dash,
               double period);
  void drawStreams(const Drawing&);
  void drawArrows(const Drawing&);
  void drawMatching(const Drawing&, Sheet&);
  void drawRecord(const Drawing&, Sheet&);
  gl::Program& lines();
  gl::Program& arrowProgram();

  std::optional<gl::Program> map_, lines_, arrows_;
  Map dataMap_, tiltedMap_, ownMap_, heatMap_;
  Contours data_, tilted_, own_;
  std::shared_ptr<const VectorField> arrowsMade_;
  gl::Buffer first_, second_;
  int arrowCount_ = 0;
  std::shared_ptr<const Streamlines> streamsMade_;
  Coordinates streamsIn_ = Coordinates::Schedule;
  LevelLines streams_;
  gl::Buffer heads_;
  int headCount_ = 0;
  std::shared_ptr<const MatchedPairs> matchMade_;
  LevelLines match_;
  std::shared_ptr<const ParticleRecord> recordMade_;
  Coordinates recordIn_ = Coordinates::Schedule;
  LevelLines record_;
};

}  // namespace gs
