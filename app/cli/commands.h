// The commands of guidescope-cli. Each writes its answer to `out` and returns an exit code or throws.
#pragma once
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "gl/context.h"
#include "learn/learn.h"
#include "session/session.h"

namespace gs::cli {

enum ExitCode {
  Ok = 0,
  Difference = 1,       // render --reference: the pictures differ; check --self: a check failed
  Usage = 2,            // the command line itself makes no sense
  BadInput = 3,         // a scene, a --set or a file is wrong
  Environment = 4,      // no OpenGL, cannot write, out of memory
  StoppedByUser = 130,  // Ctrl+C in a training: what there is has been kept
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A file or value that was given is wrong.
struct BadInputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A scene as the command line names it.
struct SceneOptions {
  std::string scene;              // a preset's name or a session file
  std::vector<std::string> sets;  // "path=value"
  std::optional<int> pane;
  std::string engine = "auto";
  std::size_t memoryBudget = 0;            // bytes of trajectories; 0: the engine's own
  std::vector<std::string> allowedModels;  // SHA-256 of the models that may be run; empty: all
};
// Opens the scene, carries out the sets and reads points that are not embedded; validated. Throws SessionError,
// InputError, UsageError for a set without '='.
Session openScene(const SceneOptions&);
// gs::completed with the folder of that session file; warnings go to stderr.
Session withPoints(Session, const std::string& file);
void sayIsCode(const std::string& model);  // before it is checked and run
// The pane that sample and metrics work on. Throws BadInputError where the session has no such pane.
const Experiment& paneOf(const Session&, const SceneOptions&);
// The engine that is asked for; what it has to say goes to stderr. With `drawing` its frames may be on the device, for
// a renderer of that context, which must outlive the engine; without, they are on the host.
std::unique_ptr<Engine> makeEngine(const SceneOptions&, const gl::Context* drawing = nullptr);
// Plans and runs one experiment, with a progress bar on a terminal. Throws BadInputError.
struct Run {
  std::shared_ptr<const Plan> plan;
  std::shared_ptr<const Frame> frame;
};
Run run(const Engine&, const Experiment&);

int runList(std::string_view what, bool json, std::ostream& out);

struct SampleOptions {
  SceneOptions scene;
  std::string output;      // .csv: long form; otherwise NPZ
  std::vector<int> steps;  // ascending; empty: all
  bool json = false;
};
int runSample(const SampleOptions&, std::ostream& out);

struct MetricsOptions {
  SceneOptions scene;
  bool overTime = false;             // of every state against the noised law of its own level
  std::vector<std::string> metrics;  // of those; empty: all
  bool json = false, csv = false;
};
int runMetrics(const MetricsOptions&, std::ostream& out);

struct SweepOptions {
  SceneOptions scene;
  std::vector<std::string> over;     // "PATH=LO..HI:log:24" or "PATH=A,B,C", one or two
  std::vector<std::string> metrics;  // names; empty: the usual ones
  bool json = false, csv = false;
};
int runSweep(const SweepOptions&, std::ostream& out);

struct CertificateOptions {
  SceneOptions scene;
  bool json = false, csv = false;
};
int runCertificate(const CertificateOptions&, std::ostream& out);

struct FrontierOptions {
  SceneOptions scene;
  bool json = false, csv = false;
};
int runFrontier(const FrontierOptions&, std::ostream& out);

struct RenderOptions {
  SceneOptions scene;
  std::string output;                // may be empty where a reference is given
  std::string reference;             // may be empty
  int width = 0, height = 0;         // 0: 1280x800
  std::optional<double> pixelRatio;  // none: 1; of animations as large as the picture
  std::optional<double> time;
  // Animations: .mp4, .webm, .gif, .apng, or numbered .png.
  std::string animate, storyboard;  // the text; a file
  std::optional<int> fps;           // 30; of GIF 25
  int supersampling = 1;
  bool transparent = false, caption = false, panels = false, good = false;
  bool progress = false;                  // told to a program, in lines on stderr
  std::vector<std::string> callNetworks;  // "NAME=FILE": what is drawn and written names that network so
  std::string title;
  // Figures (.svg, .pdf, or .png with a style) and pages (.html).
  std::vector<std::string> grid;  // "guidance.0.omega=0,1,2"
  std::string style;              // paper, slide; empty: none
  std::optional<double> inches, font, dpi, aspect;
  int maxDifference = 8;        // of a channel, 0..255
  double meanDifference = 0.2;  // over all channels
  bool json = false;
};
int runRender(const RenderOptions&, std::ostream& out);
int runExportBench(bool json, std::ostream& out);

struct TrainOptions {
  SceneOptions scene;
  LearnKind kind = LearnKind::Omega;
  std::string output;
  bool resume = false;     // from the output, where it is there
  double checkpoint = 30;  // seconds between two
  int compare = 0;         // particles; 0: not compared
  std::string session;     // a file for the scene with its learned weight; may be empty
  bool json = false;
};
int runTrain(const TrainOptions&, std::ostream& out);

// Difference where one fails.
int runSelfCheck(bool json, std::ostream& out);
int runCheck(const std::vector<std::string>& files, bool json, std::ostream& out);

}  // namespace gs::cli
