// --report: one JSON line about every frame that reached the screen, for tests and measurements. Reads only.
#pragma once
#include <QElapsedTimer>
#include <QFile>

#include "canvas.h"
#include "workbench.h"

namespace gs {

class ExportDialog;

class Report {
 public:
  explicit Report(const std::string& path);
  bool ok() const { return file_.isOpen(); }
  void frame(const Workbench&, const Canvas&, const ExportDialog*);  // the dialog: null before it was asked for

 private:
  QFile file_;
  QElapsedTimer clock_;
};

}  // namespace gs
