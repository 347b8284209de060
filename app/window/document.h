// The session that is edited, its history, and the file it belongs to. No Qt.
#pragma once
#include <string>

#include "session/history.h"
#include "session/session.h"

namespace gs {

class Document {
 public:
  explicit Document(Session start);

  Session session;  // edited in place by the interface; a gesture is any run of edits between two commits

  const std::string& path() const { return path_; }
  // Whether the file (or, without one, the scene it started as) differs. Time, camera, theme and interface scale are
  // looking, not changing: undo would not bring them back either.
  bool dirty() const;

  // The hand has let go: what differs becomes one undo entry. True if it did.
  bool commit() { return history_.commit(session); }
  bool canUndo() const;
  bool canRedo() const { return history_.canRedo(); }
  std::string undoText() const { return history_.undoText(); }
  std::string redoText() const { return history_.redoText(); }
  void undo();
  void redo();

  void open(Session, std::string path);  // another file: a history of its own
  // A scene of the gallery: an undoable change that belongs to no file. What is about the reader and not about the
  // scene (theme, interface scale, motion, playback speed, how weights are written) stays.
  void openScene(Session);
  // Points that were read and fitted, for one pane: one undo entry. Points of another file than the pane's also take
  // the scene's name, and its notes go, which spoke about another law.
  void imported(const Distribution&, int pane);
  // Another fit of the points, which a change of `asked` (still with the mixture before) made necessary: it belongs to
  // that change, so it takes its place in all entries and makes none of its own.
  void refitted(const Distribution& asked, const Distribution& fitted);
  // Another fit of the points was asked for and did not come: back to the parameters of the one that is shown. The
  // change itself can be redone where it was the last one.
  void refitGivenUp(const Distribution& fitted, int pane);
  void saved(const Session& what, std::string path);
  void recovered(Session, std::string path);  // unsaved work of a program that ended badly: dirty from the start

  const Camera& openedCamera() const { return openedCamera_; }
  // 1..4 panes; new ones copy the active experiment.
  void setPanes(int count, int active);

 private:
  History history_;
  Session saved_;
  std::string path_;
  Camera openedCamera_;
  bool neverSaved_ = false;
};

// What a file of this session lacks, as a sentence after "Saved as ..."; empty: nothing.
std::string notInFiles(const Session&);

// b with the reader's own settings of a.
Session withReaderSettings(Session b, const View& a);

}  // namespace gs
