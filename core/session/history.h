// Undo as a list of session values; one entry a gesture. What is about looking rides along but makes no entry: the
// cursor's time, the camera, the theme and the interface scale.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "session/session.h"

namespace gs {

class History {
 public:
  static constexpr std::size_t kMaxEntries = 500;
  explicit History(Session start);
  const Session& last() const { return entries_[at_].session; }  // the newest committed value
  // A gesture ended with this value: pushes when it differs from last() in more than what rides along.
  bool commit(const Session&);
  // What an entry asked for and came later is written into the entries instead of making one; none comes or goes.
  void amend(const std::function<void(Session&)>& edit);
  const Session* before() const { return canUndo() ? &entries_[at_ - 1].session : nullptr; }  // what undo would bring
  bool canUndo() const { return at_ > 0; }
  bool canRedo() const { return at_ + 1 < entries_.size(); }
  std::string undoText() const, redoText() const;  // "guidance.0.omega = 2.5"; empty when there is nothing
  // The returned value keeps of current what rides along. A `current` that was not committed yet is committed first, so
  // that redo brings it back.
  Session undo(const Session& current);
  Session redo(const Session& current);

 private:
  struct Entry {
    Session session;
    std::string text;  // what led here
  };
  std::vector<Entry> entries_;
  std::size_t at_ = 0;
};

}  // namespace gs
