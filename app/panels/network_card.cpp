// The sampled model: exact with faults, or a trained network; and the training of one.
#include <algorithm>
#include <cmath>

#include "cards.h"
#include "data/networks.h"

namespace gs::ui {
namespace {

std::string fileName(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

}  // namespace

void networkRows(Context& c, NetworkFile& n, const char* label, const char* without, const char* withoutHelp) {
  const Look& l = look();
  Memory& m = memory();
  std::vector<Choice> choices{{without, withoutHelp}};
  std::vector<std::string> files{""};
  const auto offer = [&](const std::string& file, const std::string& words, const std::string& help) {
    choices.push_back({words, help});
    files.push_back(file);
  };
  for (const std::string& name : suppliedNetworks())
    offer(name, "Network \"" + name + "\"", "A trained network that comes with the program.");
  if (c.state.training.network || n.file == kTrainedHere)
    offer(kTrainedHere, "Trained here", "The network of the card \"Train a network\", as it is by now.");
  if (std::find(files.begin(), files.end(), n.file) == files.end()) offer(n.file, fileName(n.file), n.file);
  int index = int(std::find(files.begin(), files.end(), n.file) - files.begin());
  const Box2 box = row(label, n.file != "");
  const std::string path = m.path;
  m.path += "network.";
  note("file", box);
  if (comboIn(box, "network", choices[std::size_t(index)].label, choices, index) &&
      files[std::size_t(index)] != n.file) {
    n = {};
    n.file = files[std::size_t(index)];
    std::vector<std::string> warnings;
    if (n && n.file != kTrainedHere) n = readNetwork(n, "", warnings);
    if (!warnings.empty()) c.state.message = warnings[0], c.state.messageIsError = true;
  }
  // (Films with panels are made of sessions that have what was trained elsewhere in them.)
  const Network* known = n.file == kTrainedHere && !n.network ? c.state.training.network.get() : n.network.get();
  if (n && known && !known->snapshots.empty()) {
    const int last = int(known->snapshots.size()) - 1;
    SliderSpec s = spec(fieldOf(&NetworkFile::snapshot), last);
    s.label = "Moment";
    s.lo = 0, s.hi = std::max(1, last), s.neutral = 0, s.reset = last;
    s.integer = true;
    s.help = "Which moment of its training: an early one is a weak model.";
    double at = n.snapshot < 0 ? last : std::min(n.snapshot, last);
    if (slider(s, at)) n.snapshot = int(at) >= last ? -1 : int(at);
    const NetworkShape& shape = known->shape;
    wrappedText(l.small, l.secondary,
                "After " + grouped(known->snapshots[std::size_t(std::clamp(int(at), 0, last))].step) + " steps; " +
                    std::to_string(shape.layers) + (shape.layers == 1 ? " layer of " : " layers of ") +
                    std::to_string(shape.width) + ".");
  } else if (n && known && known->script) {
    const int classes = known->shape.classes;
    wrappedText(l.small, l.secondary,
                "TorchScript, run by LibTorch on " + known->script->device() + ". It knows " +
                    (classes < Mixture::kMaxClasses ? std::to_string(classes) + (classes == 1 ? " class" : " classes")
                                                    : std::string("any class")) +
                    (known->shape.unconditional ? " and the law without one." : ", and not the law without one."));
  } else if (n && known && !known->problem.empty()) {
    wrappedText(l.small, l.warning, known->problem);
  } else if (n && !known) {
    wrappedText(l.small, l.warning, "It has not been trained yet: see the card \"Train a network\" on the right.");
  }
  m.path = path;
}

void modelCard(Context& c) {
  Flaws& f = c.experiment.model;
  const char* about = f.network                                              ? "a network"
                      : f.broaden == 0 && f.leak == 0 && f.leakDenoiser == 0 ? "exact"
                                                                             : "with faults";
  if (beginCard("model", "Model", about)) {
    memory().path = "model.";
    networkRows(c, f.network, "Model", "Exact", "The closed form of the distribution, with the faults below.");
    if (!f.network) {
      fieldSlider(f, &Flaws::broaden);
      fieldSlider(f, &Flaws::leak, "Leak in p");
      fieldSlider(f, &Flaws::leakDenoiser, "Leak in D");
    }
    memory().path.clear();
  }
  endCard();
}

void trainingCard(Context& c) {
  const Look& l = look();
  const NetworkTrainingAnswer& a = c.state.training;
  const LearnProgress& s = a.progress;
  const bool busy = goesOn(s.phase);
  const char* right = s.phase == LearnPhase::Opening   ? "opening LibTorch"
                      : s.phase == LearnPhase::Running ? "training"
                      : s.phase == LearnPhase::Paused  ? "paused"
                      : s.phase == LearnPhase::Stopped ? "stopped"
                      : s.phase == LearnPhase::Failed  ? "failed"
                                                       : "";
  if (!beginCard("train", "Train a network", right, s.phase == LearnPhase::Failed)) {
    endCard();
    return;
  }
  DenoiserSettings& o = c.session.training.denoiser;
  bool& more = *ImGui::GetStateStorage()->GetBoolRef(ImGui::GetID("more"));
  memory().path = "training.denoiser.";
  fieldSlider(o, &DenoiserSettings::width);
  fieldSlider(o, &DenoiserSettings::layers);
  fieldSlider(o, &DenoiserSettings::steps);
  if (more) {
    fieldCombo(o, &DenoiserSettings::activation);
    fieldSlider(o, &DenoiserSettings::batch);
    fieldSlider(o, &DenoiserSettings::rate);
    fieldSlider(o, &DenoiserSettings::average);
    fieldSlider(o, &DenoiserSettings::dropout);
    fieldSlider(o, &DenoiserSettings::noiseMean);
    fieldSlider(o, &DenoiserSettings::noiseSpread, "Its spread");
    fieldSlider(o, &DenoiserSettings::points);
    fieldSlider(o, &DenoiserSettings::snapshots);
    fieldSlider(o, &DenoiserSettings::seed);
    fieldCombo(o, &DenoiserSettings::device);
  }
  memory().path = "train.";
  const auto half = [&](const Box2& box, bool first) -> Box2 {
    const float width = (box.width() - l.em * 0.4f) / 2;
    return first ? Box2{box.lo, {box.lo.x + width, box.hi.y}} : Box2{{box.hi.x - width, box.lo.y}, box.hi};
  };
  gap(0.3);
  const Box2 moreBox = takeBox(kControl);
  note("more", moreBox);
  if (button("more", moreBox, more ? "Fewer settings" : "All settings")) more = !more;
  gap(0.3);
  const Box2 buttons = takeBox(kControl);
  if (busy) {
    const bool paused = s.phase == LearnPhase::Paused;
    note("pause", half(buttons, true));
    if (button("pause", half(buttons, true), paused ? "Go on" : "Pause"))
      c.result.train = paused ? LearnAsk::Resume : LearnAsk::Pause;
    note("stop", half(buttons, false));
    if (button("stop", half(buttons, false), "Stop")) c.result.train = LearnAsk::Stop;
  } else {
    const bool reward = std::any_of(c.experiment.guidance.begin(), c.experiment.guidance.end(),
                                    [](const Term& t) { return t.kind == TermKind::Reward; });
    note("start", reward ? half(buttons, true) : buttons);
    if (button("start", reward ? half(buttons, true) : buttons, reward ? "Train" : "Train a denoiser", true)) {
      c.result.train = LearnAsk::Start;
      c.result.trainKind = LearnKind::Denoiser;
      c.experiment.model.network = {};
      c.experiment.model.network.file = kTrainedHere;
    }
    if (reward) {
      note("reward", half(buttons, false));
      if (button("reward", half(buttons, false), "With the reward")) {
        c.result.train = LearnAsk::Start;
        c.result.trainKind = LearnKind::Reward;
        for (Term& t : c.experiment.guidance)
          if (t.kind == TermKind::Reward) {
            t.network = {};
            t.network.file = kTrainedHere;
            break;
          }
      }
    }
  }
  memory().path.clear();
  trainingRows(s);
  if (!a.request) {
    gap(0.3);
    wrappedText(l.small, l.secondary,
                "Trains a network to denoise this distribution; the picture follows it as the model of this pane. Its "
                "earlier moments can be the weak model of autoguidance.");
  }
  if (s.loss.size() > 1) lossPlot(s);
  if (a.network && !busy) {
    gap(0.3);
    const Box2 save = takeBox(kControl);
    memory().path = "train.";
    note("save", save);
    if (button("save", save, "Save the network...")) c.result.commands.push_back(Command::SaveNetwork);
    memory().path.clear();
  }
  if (!s.device.empty()) wrappedText(l.small, l.secondary, "Trained on " + s.device + ".");
  if (!s.instead.empty()) wrappedText(l.small, l.secondary, "Learned is " + s.instead + ".");
  gap(0.2);
  endCard();
}

}  // namespace gs::ui
