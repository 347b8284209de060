#include "session/history.h"

#include "session/json.h"

namespace gs {
namespace {

Session asSeen(Session s, const Session& of) {
  s.view.time = of.view.time;
  s.view.camera = of.view.camera;
  s.view.theme = of.view.theme;
  s.view.uiScale = of.view.uiScale;
  return s;
}

}  // namespace

History::History(Session start) { entries_.push_back({std::move(start), {}}); }

bool History::commit(const Session& s) {
  const Session before = asSeen(last(), s);
  if (before == s) return false;
  entries_.resize(at_ + 1);
  entries_.push_back({s, describeChange(before, s)});
  if (entries_.size() > kMaxEntries) entries_.erase(entries_.begin());
  at_ = entries_.size() - 1;
  return true;
}

void History::amend(const std::function<void(Session&)>& edit) {
  for (Entry& e : entries_) edit(e.session);
}

std::string History::undoText() const { return canUndo() ? entries_[at_].text : std::string(); }
std::string History::redoText() const { return canRedo() ? entries_[at_ + 1].text : std::string(); }

Session History::undo(const Session& current) {
  commit(current);
  if (canUndo()) --at_;
  return asSeen(last(), current);
}

Session History::redo(const Session& current) {
  commit(current);
  if (canRedo()) ++at_;
  return asSeen(last(), current);
}

}  // namespace gs
