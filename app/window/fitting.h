// Which fitted mixture belongs to which parameters: a session embeds the fit, so changing its component count or
// bandwidth in a panel means reading and fitting the file again. And for whom a fit is under way: one at a time, which
// must not land in a pane that shows another law by then. No Qt.
#pragma once
#include <deque>
#include <optional>
#include <vector>

#include "session/session.h"

namespace gs {

class Fits {
 public:
  // Whether `d` asks for another fit than the one it embeds. A distribution that is met for the first time (opened,
  // recovered) is believed.
  bool stale(const Distribution& d);
  void fitted(const Distribution& d);
  // A fit of `what` is under way for the pane, which shows `shown` until then: `what` itself where it is stale, any
  // other law where points are imported. No longer stale until that has ended.
  void asked(const Distribution& what, const Distribution& shown, int pane) { asked_ = {what, shown, pane}; }
  void ended() { asked_.reset(); }
  bool underWay() const { return asked_.has_value(); }
  bool imports() const { return asked_ && asked_->what != asked_->shown; }
  // Whether the pane that a fit is under way for still shows what it did when the fit was asked for.
  bool wanted(const std::vector<Experiment>& panes) const;
  // The first pane with a stale distribution, -1 where there is none. It waits for a fit that is still wanted.
  int next(const std::vector<Experiment>& panes);
  // The parameters that the mixture embedded in a stale distribution was fitted with; nothing where they are not known.
  std::optional<Distribution> before(const Distribution& stale) const;

 private:
  struct Asked {
    Distribution what, shown;
    int pane;
  };
  std::deque<Distribution> known_;  // consistent ones, the newest last
  std::optional<Asked> asked_;
};

}  // namespace gs
