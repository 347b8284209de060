// Which fitted mixture belongs to which parameters: a session embeds the fit, so changing its component count or
// bandwidth in a panel means reading and fitting the file again. No Qt.
#pragma once
#include <deque>

#include "session/session.h"

namespace gs {

class Fits {
 public:
  // Whether `d` asks for another fit than the one it embeds. A distribution that is met for the first time (opened,
  // recovered) is believed.
  bool stale(const Distribution& d);
  void fitted(const Distribution& d);

 private:
  std::deque<Distribution> known_;  // consistent ones, the newest last
};

}  // namespace gs
