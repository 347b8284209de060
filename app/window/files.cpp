// Files in and out of the window. Whatever fails says what and where in the message bar, and nothing has changed.
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QSettings>
#include <QThreadPool>

#include <algorithm>
#include <exception>

#include "data/distributions.h"
#include "gl/context.h"
#include "main_window.h"
#include "output/files.h"
#include "render/offscreen.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kMaxRecent = 10;
constexpr qsizetype kMaxClipboard = 32 << 20;
const QString kSessionFilter = QStringLiteral("Guidescope session (*.json)");
const QString kPointsFilter = QStringLiteral("Points (*.csv *.tsv *.txt *.npy *.npz)");
const QString kPictureFilter = QStringLiteral("Picture (*.png)");
const QString kAllFilter = QStringLiteral("All files (*)");

std::string plural(std::size_t n, const char* thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : (std::string_view(thing).ends_with("s") ? "es" : "s"));
}

}  // namespace

QString MainWindow::folder() const {
  const std::string& path = bench_->document.path();
  if (!path.empty()) return QFileInfo(QString::fromStdString(path)).absolutePath();
  return QSettings().value(QStringLiteral("folder"), QDir::homePath()).toString();
}

void MainWindow::remember(const QString& path) {
  QSettings settings;
  const QString absolute = QFileInfo(path).absoluteFilePath();
  QStringList recent = settings.value(QStringLiteral("recent")).toStringList();
  recent.removeAll(absolute);
  recent.prepend(absolute);
  while (recent.size() > kMaxRecent) recent.removeLast();
  settings.setValue(QStringLiteral("recent"), recent);
  settings.setValue(QStringLiteral("folder"), QFileInfo(path).absolutePath());
  fillRecent();
}

bool MainWindow::mayDiscard() {
  if (!bench_->document.dirty() || !options_.screenshot.empty()) return true;
  const auto answer = QMessageBox::question(
      this, QStringLiteral("Guidescope"), QStringLiteral("This session has changes that are not saved. Save them?"),
      QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
  if (answer == QMessageBox::Save) return save();
  return answer == QMessageBox::Discard;
}

// ---- opening -------------------------------------------------------------------------------------------------------

void MainWindow::openDialog() {
  const QString path = QFileDialog::getOpenFileName(
      this, QStringLiteral("Open"), folder(),
      QStringList{QStringLiteral("All that opens (*.json *.png *.csv *.tsv *.txt *.npy *.npz)"), kSessionFilter, kPictureFilter,
                  kPointsFilter, kAllFilter}.join(QStringLiteral(";;")));
  if (!path.isEmpty()) openFile(path);
}

void MainWindow::importDialog() {
  const QString path = QFileDialog::getOpenFileName(this, QStringLiteral("Import points"), folder(),
                                                    kPointsFilter + QStringLiteral(";;") + kAllFilter);
  if (!path.isEmpty()) importPoints(path);
}

void MainWindow::openFile(const QString& path) {
  canvas_->requestFrame(3);
  const std::string name = path.toStdString();
  if (isPointsFile(name)) return importPoints(path);
  try {
    // Read first, ask then: a bad file must not cost a decision.
    Session s;
    const bool picture = path.endsWith(QStringLiteral(".png"), Qt::CaseInsensitive);
    if (picture) {
      const PngContents png = readPng(name);
      if (png.session.empty()) throw SessionError(name + ": this picture has no session inside. Pictures saved by Guidescope have one.");
      s = parseSession(png.session);
    } else {
      s = loadSession(name);
    }
    Completed whole = completed(std::move(s), QFileInfo(path).absolutePath().toStdString());
    if (!mayDiscard()) return;
    firstPlay_ = false;
    bench_->opened(std::move(whole.session), picture ? std::string() : QFileInfo(path).absoluteFilePath().toStdString());
    bench_->notice(whole.warnings.empty() ? std::string() : whole.warnings.front());
    recovery_.forget();
    remember(path);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  refresh();
}

void MainWindow::importPoints(const QString& path) {
  const int pane = bench_->ui.activePane;
  Distribution d = bench_->document.session.panes[std::size_t(pane)].distribution;
  const Distribution defaults;
  if (d.kind != DistributionKind::Points) d.components = defaults.components, d.bandwidth = defaults.bandwidth, d.fit = defaults.fit;
  d.kind = DistributionKind::Points;
  d.file = QFileInfo(path).absoluteFilePath().toStdString();
  fit(std::move(d), pane);
}

// Reads and fits on a pool thread; the newest fit wins and becomes one undo entry.
void MainWindow::fit(Distribution d, int pane) {
  const quint64 number = ++fitNumber_;
  const std::string name = QFileInfo(QString::fromStdString(d.file)).fileName().toStdString();
  bench_->notice("Fitting " + plural(std::size_t(d.components), "component") + " to " + name + "...");
  canvas_->requestFrame(3);
  QThreadPool::globalInstance()->start([this, d = std::move(d), pane, number, name]() mutable {
    std::string error;
    try {
      d = gs::importPoints(std::move(d));
    } catch (const std::exception& e) {
      error = e.what();
    }
    // The window waits for the pool before it goes, and takes its queued calls with it.
    QMetaObject::invokeMethod(this, [this, d = std::move(d), pane, number, name, error] {
      if (number != fitNumber_) return;
      canvas_->requestFrame(3);
      if (!error.empty()) return bench_->fail(error);
      const auto& panes = bench_->document.session.panes;
      const Experiment& e = panes[std::size_t(std::min(pane, int(panes.size()) - 1))];
      const bool refit = e.distribution.kind == DistributionKind::Points && e.distribution.file == d.file;
      fits_.fitted(d);
      const int classes = d.mixture->classes();
      bench_->document.imported(d, pane);
      if (!refit) remember(QString::fromStdString(d.file));
      bench_->notice("Fitted " + plural(d.mixture->components.size(), "component") + " in " +
                     plural(std::size_t(classes), "class") + " to " + name + ".");
    }, Qt::QueuedConnection);
  });
}

// ---- saving --------------------------------------------------------------------------------------------------------

bool MainWindow::save() {
  const std::string& path = bench_->document.path();
  return path.empty() ? saveAs() : writeSession(QString::fromStdString(path));
}

bool MainWindow::saveAs() {
  const std::string& current = bench_->document.path();
  const std::string& name = bench_->document.session.name;
  QFileDialog dialog(this, QStringLiteral("Save session"), folder(), kSessionFilter + QStringLiteral(";;") + kAllFilter);
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(QStringLiteral("json"));
  dialog.selectFile(!current.empty() ? QString::fromStdString(current)
                                     : QString::fromStdString(name.empty() ? "session" : name) + QStringLiteral(".json"));
  if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return false;
  return writeSession(dialog.selectedFiles().constFirst());
}

bool MainWindow::writeSession(const QString& path) {
  canvas_->requestFrame(3);
  Session s = bench_->document.session;
  const std::string absolute = QFileInfo(path).absoluteFilePath().toStdString();
  if (absolute != bench_->document.path()) s.name = QFileInfo(path).completeBaseName().toStdString();
  try {
    saveSession(s, absolute);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
    return false;
  }
  bench_->document.session.name = s.name;
  bench_->document.saved(s, absolute);
  bench_->notice("Saved as " + absolute);
  recovery_.forget();
  remember(path);
  refresh();
  return true;
}

void MainWindow::savePicture() {
  QFileDialog dialog(this, QStringLiteral("Save picture"), folder(), kPictureFilter);
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(QStringLiteral("png"));
  const std::string& name = bench_->document.session.name;
  dialog.selectFile(QString::fromStdString(name.empty() ? "guidescope" : name) + QStringLiteral(".png"));
  if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return;
  const std::string path = dialog.selectedFiles().constFirst().toStdString();
  // The active pane as it is framed on the screen, in full quality, at twice its size in points.
  const auto& rects = canvas_->interface().panes;
  const std::size_t pane = std::size_t(bench_->ui.activePane);
  if (pane >= rects.size()) return;
  const double ratio = 2 / canvas_->devicePixelRatio();
  const int width = std::clamp(int(rects[pane].width * ratio), 64, 8192), height = std::clamp(int(rects[pane].height * ratio), 64, 8192);
  const double pixelRatio = 2 * bench_->document.session.view.uiScale;
  bench_->notice("Writing " + path + "...");
  canvas_->requestFrame(3);
  QThreadPool::globalInstance()->start([this, path, width, height, pixelRatio, picture = bench_->picture(int(pane)), session = bench_->document.session] {
    std::string error;
    try {
      gl::Context context = gl::Context::surfaceless();
      Renderer renderer;
      writePng(Image{width, height, renderToRgba(renderer, picture, session.view, width, height, pixelRatio)}, path,
               toJson(session));
    } catch (const std::exception& e) {
      error = e.what();
    }
    QMetaObject::invokeMethod(this, [this, path, error] {
      if (error.empty()) bench_->notice("Saved the picture as " + path);
      else bench_->fail(error);
      canvas_->requestFrame(3);
    }, Qt::QueuedConnection);
  });
}

// ---- the view as text ----------------------------------------------------------------------------------------------

void MainWindow::copyView() {
  QGuiApplication::clipboard()->setText(
      QStringLiteral("{\"format\": \"guidescope-session\", \"version\": 1, \"view\": ") + QString::fromStdString(getPath(bench_->document.session, "view")) + QStringLiteral("}"));
  bench_->notice("The view is on the clipboard as text.");
}

void MainWindow::pasteView() {
  const QString text = QGuiApplication::clipboard()->text().trimmed();
  try {
    if (text.isEmpty()) throw SessionError("The clipboard holds no text. Copy a view or a session first.");
    if (text.size() > kMaxClipboard) throw SessionError("The text on the clipboard is too long for a view.");
    const std::string json = text.toStdString();
    // What copyView writes is a session with everything but the view left out, and a whole session pastes as well.
    const bool whole = json.find("\"panes\"") != std::string::npos;
    Session s = completed(parseSession(json), folder().toStdString()).session;
    if (!whole) {
      const View view = s.view;
      s = bench_->document.session;
      s.view = view;
    }
    bench_->document.session = std::move(s);
    bench_->document.commit();
    bench_->ui.activePane = 0;
    bench_->notice(whole ? "Pasted a session. Undo brings back the one before." : "Pasted a view.");
  } catch (const std::exception& e) {
    bench_->fail(std::string("Nothing was pasted: ") + e.what());
  }
}

}  // namespace gs
