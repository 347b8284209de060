// What the cards and panels work on. Each card is one file.
#pragma once
#include <functional>
#include <span>

#include "formula.h"
#include "time_axis.h"
#include "ui.h"
#include "widgets.h"

namespace gs::ui {

struct Context {
  Session& session;
  UiState& state;
  std::span<const LiveAnswer> answers;
  const UiStats& stats;
  UiResult& result;
  Experiment& experiment;    // of the active pane
  const LiveAnswer& answer;  // of the active pane
  TimeAxis axis;             // of the active pane
};

// Left.
void distributionCard(Context&);
void modelCard(Context&);
void guidanceCard(Context&);
void scheduleCard(Context&);
void particlesCard(Context&);
void viewCard(Context&);
// Right.
void probe(Context&);  // the place under the mouse, the marked particle, the outlined ones
void results(Context&);
void studies(Context&);
void learnCard(Context&);
void trainingCard(Context&);
// The mouse on the panes, and the probe's marks on the picture.
void pointAtPicture(Context&, std::span<const PixelRect> panes);
// What a reward's numbers look like on the panes: handles to drag, and the brush of a painted one.
void rewardOnPicture(Context&, std::span<const PixelRect> panes);
// Below the picture.
void timeline(Context&, const Box2&, bool thin);
// Above everything.
void gallery(Context&);
void helpOverlay(Context&);
void palette(Context&);
void messageBar(Context&, const Box2& picture);
void performancePanel(Context&, const Box2& picture);

// Of a training: how far it is and what went wrong; its loss, as it is and smoothed.
bool goesOn(LearnPhase);  // or waits to go on
void trainingRows(const LearnProgress&);
// The same for a status bar: "training at 42 %, 12 s left"; empty where nothing is trained.
std::string trainingWords(const LearnProgress&);
void lossPlot(const LearnProgress&);
// A row to choose a network or none, and another for the moment of its training.
void networkRows(Context&, NetworkFile&, const char* label, const char* without, const char* withoutHelp);
// The row of a number, a switch, a choice or a class of the law; nothing for what has no row of one line. `usual` is
// what a double click goes back to; `words` may change a slider that is about to show this value.
using SliderWords = std::function<void(SliderSpec&, double value)>;
void memberRow(Context&, const Field&, Value, ConstValue usual, const SliderWords& words = {});
// The rows of a reward below its term's weight.
void rewardRows(Context&, Term&);

// Shared words.
std::vector<Knot> drawnLike(const Curve&, const TimeAxis&);  // knots that follow a curve of another kind
const char* termDescription(TermKind);
// What an answer's numbers are of. While the reference is held, the picture and soon the numbers are those of the same
// stack with all weights at 0; while a weight is dragged, the numbers are those of the last rest.
enum class NumbersOf { Now, Reference, BeforeReference, Earlier };
NumbersOf numbersOf(const Experiment& asked, const LiveAnswer&);
std::string metricAbout(std::string name);  // what `list metrics` says of a number

}  // namespace gs::ui
