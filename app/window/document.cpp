#include "document.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "measure/network_training.h"
#include "session/text.h"

namespace gs {

std::string notInFiles(const Session& s) {
  return namesTrained(s) ? ". The network that was trained here is not in it: save it as well (File menu)." : "";
}

Session withReaderSettings(Session b, const View& a) {
  b.view.theme = a.theme;
  b.view.uiScale = a.uiScale;
  b.view.reducedMotion = a.reducedMotion;
  b.view.speed = a.speed;
  b.view.weights = a.weights;
  b.view.noiseOnLeft = a.noiseOnLeft;
  return b;
}

Document::Document(Session start) : session(start), history_(start), saved_(start), openedCamera_(start.view.camera) {}

bool Document::dirty() const {
  if (neverSaved_) return true;
  if (session.panes != saved_.panes || session.name != saved_.name || session.notes != saved_.notes) return true;
  View view = saved_.view;
  view.time = session.view.time;
  view.camera = session.view.camera;
  view.theme = session.view.theme;
  view.uiScale = session.view.uiScale;
  return view != session.view;
}

bool Document::canUndo() const { return history_.canUndo() || session.panes != history_.last().panes; }

void Document::undo() {
  commit();
  if (history_.canUndo()) session = history_.undo(session);
}

void Document::redo() {
  if (!commit() && history_.canRedo()) session = history_.redo(session);
}

void Document::open(Session s, std::string path) {
  session = s;
  history_ = History(s);
  openedCamera_ = s.view.camera;
  saved_ = std::move(s);
  path_ = std::move(path);
  neverSaved_ = false;
}

void Document::openScene(Session s) {
  commit();
  session = withReaderSettings(std::move(s), session.view);
  commit();
  openedCamera_ = session.view.camera;
  saved_ = session;
  path_.clear();
  neverSaved_ = false;
}

void Document::imported(const Distribution& d, int pane) {
  Experiment& e = session.panes[std::size_t(std::clamp(pane, 0, int(session.panes.size()) - 1))];
  const bool refit = e.distribution.kind == DistributionKind::Points && e.distribution.file == d.file;
  e.distribution = d;
  if (d.mixture && e.condition >= d.mixture->classes()) e.condition = 0;
  if (!refit) {
    session.name = toUtf8(std::filesystem::path(d.file).stem().string().substr(0, 190));
    session.notes.clear();
  }
  commit();
}

void Document::refitted(const Distribution& asked, const Distribution& fitted) {
  const auto take = [&](Session& s) {
    for (Experiment& e : s.panes) {
      if (e.distribution != asked) continue;
      e.distribution = fitted;
      if (fitted.mixture && e.condition >= fitted.mixture->classes()) e.condition = 0;
    }
  };
  history_.amend(take);
  take(session);
}

void Document::refitGivenUp(const Distribution& fitted, int pane) {
  commit();
  Session back = session;
  back.panes[std::size_t(std::clamp(pane, 0, int(session.panes.size()) - 1))].distribution = fitted;
  if (const Session* before = history_.before(); before && before->panes == back.panes) return undo();
  session = std::move(back);
  commit();
}

void Document::saved(const Session& what, std::string path) {
  saved_ = what;
  path_ = std::move(path);
  neverSaved_ = false;
}

void Document::recovered(Session s, std::string path) {
  open(std::move(s), std::move(path));
  neverSaved_ = true;
}

void Document::setPanes(int count, int active) {
  count = std::clamp(count, 1, Session::kMaxPanes);
  const int n = int(session.panes.size());
  const Experiment source = session.panes[std::size_t(std::clamp(active, 0, n - 1))];
  if (count == 1) {
    session.panes = {source};  // "one pane" keeps the one that is looked at
  } else {
    session.panes.resize(std::size_t(count), source);
  }
}

}  // namespace gs
