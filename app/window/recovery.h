// Unsaved work survives a crash: while a session is dirty, a copy of it lies in the program's data folder. A clean exit
// removes it; the next start offers what an ended process left behind.
#pragma once
#include <QLockFile>
#include <QString>

#include <memory>
#include <optional>

#include "session/session.h"

namespace gs {

class Recovery {
 public:
  Recovery();
  ~Recovery();  // a clean exit: nothing to recover, unless it was left
  // Writes on a pool thread; calls for a value that is already there do nothing.
  void keep(const Session&, const std::string& path);
  void forget();
  // What is kept is for the next start, or another window: the program is about to end without having been asked to.
  // Returns where it is.
  QString leave();

  struct Found {
    Session session;
    std::string path;
    QString when;
  };
  // The newest copy that no living process owns, or that one; it is this process's from then on.
  std::optional<Found> takeOver(const QString& only = {});

 private:
  QString folder_, name_;
  std::unique_ptr<QLockFile> lock_;
  std::optional<Session> kept_;
  bool left_ = false;
};

}  // namespace gs
