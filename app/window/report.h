// --report: one JSON line about every frame that reached the screen, for tests and measurements. Reads only.
#pragma once
#include <QElapsedTimer>
#include <QFile>

#include "canvas.h"
#include "workbench.h"

namespace gs {

class Report {
 public:
  explicit Report(const std::string& path);
  bool ok() const { return file_.isOpen(); }
  void frame(const Workbench&, const Canvas&);

 private:
  QFile file_;
  QElapsedTimer clock_;
};

}  // namespace gs
