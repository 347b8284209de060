// Which fitted mixture belongs to which parameters: a session embeds the fit, so changing its component count or
// bandwidth in a panel means reading and fitting the file again. No Qt.
#pragma once
#include <deque>
#include <optional>

#include "session/session.h"

namespace gs {

class Fits {
 public:
  // Whether `d` asks for another fit than the one it embeds. A distribution that is met for the first time (opened,
  // recovered) is believed.
  bool stale(const Distribution& d);
  void fitted(const Distribution& d);
  void asked(const Distribution& d) { asked_ = d; }  // it is being fitted: no longer stale until that has ended
  void ended() { asked_.reset(); }
  // The parameters that the mixture embedded in a stale distribution was fitted with; nothing where they are not known.
  std::optional<Distribution> before(const Distribution& stale) const;

 private:
  std::deque<Distribution> known_;  // consistent ones, the newest last
  std::optional<Distribution> asked_;
};

}  // namespace gs
