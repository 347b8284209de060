#include "measure/network_training.h"

#include "data/distributions.h"
#include "data/networks.h"

namespace gs {

NetworkTraining::NetworkTraining(std::function<void()> wake) : job_(std::move(wake)) {}

void NetworkTraining::start(const Experiment& e, const Training& t, LearnKind kind) {
  LearnRequest r;
  r.kind = kind;
  r.experiment = e;
  // The data are the distribution's: of what the sampled model is, nothing is learned.
  r.experiment.model = {};
  for (Term& term : r.experiment.guidance) term.network = {};
  r.net = t.denoiser;
  read_.reset();
  network_ = {};
  job_.start(std::move(r));
}

NetworkTrainingAnswer NetworkTraining::answer() {
  NetworkTrainingAnswer a{job_.progress(), job_.request(), {}};
  if (a.progress.state && a.progress.state != read_) {
    try {
      network_ = Box<Network>(networkFrom(*a.progress.state, kTrainedHere));
    } catch (const InputError&) {
      // A state that is no network has none of its numbers finite; the one before stays.
    }
    read_ = a.progress.state;
  }
  a.network = network_;
  return a;
}

bool namesTrained(const Session& s) {
  for (const Experiment& e : s.panes) {
    if (e.model.network.file == kTrainedHere) return true;
    for (const Term& t : e.guidance)
      if (t.network.file == kTrainedHere) return true;
  }
  return false;
}

Experiment withTrained(Experiment e, const NetworkTrainingAnswer& a) {
  const auto fill = [&](NetworkFile& n) {
    if (n.file == kTrainedHere && a.network) n.network = a.network;
  };
  fill(e.model.network);
  for (Term& t : e.guidance) fill(t.network);
  return e;
}

}  // namespace gs
