#include "report.h"

#include <QCoreApplication>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "export_dialog.h"

namespace gs {

Report::Report(const std::string& path) : file_(QString::fromStdString(path)) {
  // The file is whoever asked for it to keep; opening reports failure through ok().
  (void)file_.open(QIODevice::WriteOnly | QIODevice::Append);
  clock_.start();
}

void Report::frame(const Workbench& bench, const Canvas& canvas, const ExportDialog* exports) {
  const Document& document = bench.document;
  const Session& s = document.session;
  const Experiment& e = s.panes[std::size_t(bench.ui.activePane)];
  QJsonObject line;
  line[u"process"] = double(QCoreApplication::applicationPid());
  line[u"frame"] = double(canvas.frames());
  line[u"ms"] = double(clock_.nsecsElapsed()) / 1e6;
  line[u"frameMs"] = canvas.stats().frameMs;
  line[u"answerMs"] = canvas.stats().answerMs;
  line[u"answers"] = double(bench.active().framesShown);
  line[u"answersPerSecond"] = canvas.stats().pace.answers;
  if (const auto& frame = bench.active().frame; frame && !frame->experiment->guidance.empty())
    line[u"shownOmega"] = frame->experiment->guidance[0].omega;  // of the trajectories that are drawn
  if (const auto& frame = bench.active().frame) {
    line[u"engine"] = QString::fromStdString(frame->engine);
    const NetworkFile& of = frame->experiment->model.network;
    line[u"shownNetwork"] = of.network && of.network->problem.empty() ? QString::fromStdString(of.file) : QString();
    if (of.network && !of.network->snapshots.empty()) line[u"shownStep"] = of.network->snapshots.back().step;
  }
  line[u"training"] = bench.ui.training.progress.step;
  if (!e.guidance.empty()) line[u"omega"] = e.guidance[0].omega;
  line[u"time"] = s.view.time;
  line[u"panes"] = int(s.panes.size());
  line[u"scene"] = QString::fromStdString(s.name);
  line[u"path"] = QString::fromStdString(document.path());
  line[u"distribution"] = QString::fromStdString(e.distribution.name);
  line[u"components"] = e.distribution.components;
  line[u"kind"] = int(e.distribution.kind);
  line[u"network"] = QString::fromStdString(e.model.network.file);
  line[u"dirty"] = document.dirty();
  line[u"undo"] = document.canUndo() ? QString::fromStdString(document.undoText()) : QString();
  line[u"redo"] = document.canRedo() ? QString::fromStdString(document.redoText()) : QString();
  line[u"gesture"] = canvas.interface().gesture;
  line[u"uiScale"] = s.view.uiScale;
  line[u"playing"] = bench.ui.playing;
  line[u"invite"] = bench.ui.invite;
  line[u"settled"] = bench.settled();
  line[u"message"] = QString::fromStdString(bench.ui.message);
  line[u"messageIsError"] = bench.ui.messageIsError;
  line[u"work"] = QString::fromStdString(bench.ui.work);
  line[u"softwareGl"] = canvas.softwareGl();
  // On the screen, physical pixels.
  const double ratio = canvas.devicePixelRatio();
  const QPoint origin = canvas.mapToGlobal(QPoint(0, 0));
  const auto rect = [&](const PixelRect& r) {
    return QJsonArray{int(origin.x() * ratio) + r.x, int(origin.y() * ratio) + r.y, r.width, r.height};
  };
  QJsonObject controls;
  for (const ControlRect& c : canvas.interface().controls) controls[QString::fromStdString(c.path)] = rect(c.rect);
  if (exports && exports->isVisible()) {
    line[u"export"] = exports->said();
    line[u"exportMoves"] = exports->moves();
    for (const auto& [name, r] : exports->places())
      controls[name] = QJsonArray{r.x() * ratio, r.y() * ratio, r.width() * ratio, r.height() * ratio};
  }
  line[u"controls"] = controls;
  line[u"picture"] = rect(canvas.interface().picture);
  file_.write(QJsonDocument(line).toJson(QJsonDocument::Compact) + '\n');
  file_.flush();
}

}  // namespace gs
