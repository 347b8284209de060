#include "fitting.h"

#include <algorithm>

namespace gs {
namespace {

constexpr std::size_t kMaxKnown = 64;

}  // namespace

bool Fits::stale(const Distribution& d) {
  if (d.kind != DistributionKind::Points || d.file.empty()) return false;
  if ((asked_ && d == asked_->what) || std::find(known_.begin(), known_.end(), d) != known_.end()) return false;
  const bool sameFit = std::any_of(known_.begin(), known_.end(), [&](const Distribution& k) {
    return k.mixture == d.mixture && k.file == d.file && k.sha256 == d.sha256;
  });
  if (d.mixture && !sameFit) {
    fitted(d);
    return false;
  }
  return true;
}

std::optional<Distribution> Fits::before(const Distribution& d) const {
  for (auto k = known_.rbegin(); k != known_.rend(); ++k)
    if (d.mixture && k->mixture == d.mixture && k->file == d.file && k->sha256 == d.sha256) return *k;
  return std::nullopt;
}

bool Fits::wanted(const std::vector<Experiment>& panes) const {
  return asked_ && asked_->pane < int(panes.size()) && panes[std::size_t(asked_->pane)].distribution == asked_->shown;
}

int Fits::next(const std::vector<Experiment>& panes) {
  if (wanted(panes)) return -1;
  const auto found =
      std::find_if(panes.begin(), panes.end(), [this](const Experiment& e) { return stale(e.distribution); });
  return found == panes.end() ? -1 : int(found - panes.begin());
}

void Fits::fitted(const Distribution& d) {
  known_.push_back(d);
  if (known_.size() > kMaxKnown) known_.pop_front();
}

}  // namespace gs
