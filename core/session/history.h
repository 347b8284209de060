// Undo as a list of session values; one entry a gesture. The cursor's time and the camera ride along but make no entry.
#pragma once
#include <string>
#include <vector>

#include "session/session.h"

namespace gs {

class History {
 public:
  static constexpr std::size_t kMaxEntries = 500;
  explicit History(Session start);
  const Session& last() const;          // the newest committed value
  // A gesture ended with this value: pushes when it differs from last() in more than time and camera.
  bool commit(const Session&);
  bool canUndo() const, canRedo() const;
  std::string undoText() const, redoText() const;  // "guidance.0.omega = 2.5"
  Session undo(const Session& current);  // returned value keeps current's time and camera
  Session redo(const Session& current);

 private:
  std::vector<Session> entries_;
  std::size_t at_ = 0;
};

}  // namespace gs
