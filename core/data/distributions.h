// Turns the description of a distribution into the Gaussian mixture that everything else computes with.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "diffusion/mixture.h"
#include "session/session.h"

namespace gs {

// A preset distribution: two-modes (S-MODE), two-gaussians (E1), e2, e3, ov (OV), ring (RING: eight modes, two
// classes), ring-4 (four modes, each a class), two-moons, spirals, checkerboard, pinwheel, rings, letters, tree.
struct DistributionPreset {
  std::string_view name;   // "two-moons"
  std::string_view label;  // "Two moons"
  std::string_view about;  // one sentence with the source, for the gallery's tooltip
};
std::span<const DistributionPreset> distributionPresets();

// Where bad input is: what() is "points.csv:12:3: 'abc' is not a number" (line, and column in characters, from 1),
// "points.npz:x: [7, 1] is not finite" (member, then indices as NumPy counts them), or "distribution.word: is empty".
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The mixture of a distribution. Preset: generated (pure, same result every time); Mixture: its own; Points: the
// embedded fitted mixture. Throws InputError: unknown preset, a word that is empty, too long or without drawable
// letters, no embedded mixture.
std::shared_ptr<const Mixture> resolve(const Distribution&);

// Labelled points as read from a file.
struct PointSet {
  static constexpr int kMaxPoints = 200'000;
  std::vector<Vec2> points;
  std::vector<int> labels;              // [point], 0..classes-1
  std::vector<std::string> classNames;  // as in the file; "all" where there is no label column
  bool labelled = true;                 // whether there is one
};

// CSV: two numeric columns and an optional label column (any text or integers), separated by comma, semicolon, tab or
// blanks, with or without a header, '#' comments, at most 64 MiB. Labels that are all integers are sorted, others count
// in the order of their appearance. Coordinates lie within +-1e6, since trajectories are float32.
// NPY: float32/float64/integers [N][2] or [N][3] (third column labels). NPZ: members "x"/"points"/"data" [N][2] and
// optionally "y"/"labels"/"class" [N]; or one array.
// Throws InputError naming line and column (CSV) or member (NPZ), also for not finite values and more than kMaxPoints.
PointSet readPoints(const std::string& path);
PointSet parsePoints(std::string_view bytes, const std::string& name);  // by its first bytes, then the name's ending
PointSet parseCsv(std::string_view bytes, const std::string& name);
PointSet parseNpy(std::string_view bytes, const std::string& name);
PointSet parseNpz(std::string_view bytes, const std::string& name);

// Follows a fit from another thread. `progress` is called with 0..1, never less than before, by the thread that fits;
// once a stop is requested the fit ends soon, by throwing FitStopped.
struct FitWatch {
  std::stop_token stop;
  std::function<void(double)> progress;
};
struct FitStopped : std::runtime_error {
  FitStopped() : std::runtime_error("the fit was stopped") {}
};

// A mixture fitted class by class, components shared out by class size: k-means++ then EM with full covariances (floor
// bandwidth^2 of the data's variance), or isotropic kernels of that bandwidth on a subset chosen by k-means++.
// Deterministic. A class with fewer different points than components gets fewer, every class at least one. Throws
// InputError for an empty set, components outside 1..2048, a bandwidth that is not positive.
Mixture fitMixture(const PointSet&, FitKind, int components, double bandwidth, const FitWatch& = {});

// Reads and fits `d.file` by d.fit, d.components, d.bandwidth; returns d with mixture, sha256 and the classes' names
// filled in.
Distribution importPoints(Distribution d, const FitWatch& = {});

// A session whose points distributions all have a mixture. Those without an embedded one are imported from their file,
// whose path counts from `folder` (that of the session's file; empty: none), then from the working directory, and is
// absolute afterwards. Throws InputError as readPoints does, SessionError where the classes do not suit the condition.
struct Completed {
  Session session;
  std::vector<std::string> warnings;  // "/home/a.csv: has changed since ..."
};
Completed completed(Session, const std::string& folder, const FitWatch& = {});
bool isComplete(const Session&);  // nothing is left to import: completed() would read no file

}  // namespace gs
