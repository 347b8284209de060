// Files in and out of the window. Whatever fails says what and where in the message bar, and nothing has changed.
#include <QApplication>
#include <QClipboard>
#include <QElapsedTimer>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QSettings>
#include <QThreadPool>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "data/networks.h"
#include "export_dialog.h"
#include "gl/context.h"
#include "main_window.h"
#include "output/files.h"
#include "output/provenance.h"
#include "render/offscreen.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kMaxRecent = 10;
constexpr qint64 kProgressMs = 60;
constexpr qsizetype kMaxClipboard = 32 << 20;
const QString kSessionFilter = QStringLiteral("Guidescope session (*.json)");
const QString kPointsFilter = QStringLiteral("Points (*.csv *.tsv *.txt *.npy *.npz)");
const QString kPictureFilter = QStringLiteral("Picture (*.png)");
const QString kAllFilter = QStringLiteral("All files (*)");

std::string plural(std::size_t n, const char* thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : (std::string_view(thing).ends_with("s") ? "es" : "s"));
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : " ") + line;
  return out;
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
      QStringList{
          QStringLiteral("All that opens (*.json *.png *.gif *.apng *.mp4 *.webm *.svg *.pdf *.html *.csv *.tsv *.txt "
                         "*.npy *.npz *.pt *.pth *.ts)"),
          kSessionFilter, kPictureFilter, kPointsFilter, kAllFilter}
          .join(QStringLiteral(";;")));
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
  try {
    if (isNetworkFile(name) || isScriptFile(name)) return readNetworkFile(path);
    if (isPointsFile(name)) return importPoints(path);
    // Read first, ask then: a bad file must not cost a decision.
    Session s = openCarried(name);
    openWhole(std::move(s), path, !carrierOfFile(name));
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  refresh();
}

void MainWindow::openWhole(Session s, const QString& path, bool ownsFile) {
  const QFileInfo file(path);
  complete(std::move(s), file.absolutePath(), file.fileName(), [this, path, ownsFile](Completed whole) {
    dropWork();  // an older file or fit must not land in the newer one
    if (!mayDiscard()) return;
    firstPlay_ = false;
    bench_->opened(std::move(whole.session),
                   ownsFile ? QFileInfo(path).absoluteFilePath().toStdString() : std::string());
    bench_->notice(joined(whole.warnings));
    recovery_.forget();
    remember(path);
  });
}

// Points that a session names but does not embed are read and fitted by the worker; `then` gets the whole of it.
void MainWindow::complete(Session s, const QString& folder, const QString& name, std::function<void(Completed)> then) {
  if (isComplete(s)) return then({std::move(s), {}});
  startWork("Fitting the points of " + name.toStdString(),
            [s = std::move(s), folder = folder.toStdString(), then = std::move(then)](const FitWatch& watch) {
              auto whole = std::make_shared<Completed>(completed(s, folder, watch));
              return [whole, then] { then(std::move(*whole)); };
            });
}

// ---- work off this thread ------------------------------------------------------------------------------------------

void MainWindow::startWork(std::string what, Job job, std::function<void()> givenUp) {
  workStop_.request_stop();
  if (workGivenUp_) std::exchange(workGivenUp_, {})();
  workStop_ = std::stop_source();
  workGivenUp_ = std::move(givenUp);
  const quint64 number = ++workNumber_;
  bench_->ui.work = std::move(what);
  bench_->ui.workDone = 0;
  canvas_->requestFrame(3);
  // Calls from the worker are queued to this window, which waits for the worker before it goes.
  const auto progress = [this, number, clock = QElapsedTimer()](double done) mutable {
    if (clock.isValid() && clock.elapsed() < kProgressMs) return;
    clock.start();
    QMetaObject::invokeMethod(
        this,
        [this, number, done] {
          if (number != workNumber_) return;
          bench_->ui.workDone = done;
          canvas_->requestFrame();
        },
        Qt::QueuedConnection);
  };
  worker_.start([this, number, job = std::move(job), watch = FitWatch{workStop_.get_token(), progress}] {
    std::function<void()> finish;
    std::string error;
    bool stopped = false;
    try {
      finish = job(watch);
    } catch (const FitStopped&) {
      stopped = true;
    } catch (const std::exception& e) {
      error = e.what();
    }
    QMetaObject::invokeMethod(
        this,
        [this, number, finish, error, stopped] {
          if (number == workNumber_) endWork(finish, error, stopped);
        },
        Qt::QueuedConnection);
  });
}

void MainWindow::endWork(const std::function<void()>& finish, const std::string& error, bool stopped) {
  bench_->ui.work.clear();
  canvas_->requestFrame(3);
  const auto givenUp = std::exchange(workGivenUp_, {});
  try {
    if (finish || givenUp) (finish ? finish : givenUp)();
    refreshActions();
    if (finish) return;
    if (stopped) return bench_->notice("Stopped. Everything is as it was before.");
    throw std::runtime_error(error);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
    if (options_.screenshot.empty() && !options_.measureDrag) return;
    std::fprintf(stderr, "guidescope: %s\n", e.what());
    exitCode_ = 3;
    QApplication::exit(exitCode_);
  }
}

void MainWindow::dropWork() {
  workStop_.request_stop();
  workGivenUp_ = {};
  ++workNumber_;
  fits_.ended();
  bench_->ui.work.clear();
}

void MainWindow::importPoints(const QString& path) {
  const int pane = bench_->ui.activePane;
  Distribution d = bench_->document.session.panes[std::size_t(pane)].distribution;
  const Distribution defaults;
  if (d.kind != DistributionKind::Points)
    d.components = defaults.components, d.bandwidth = defaults.bandwidth, d.fit = defaults.fit;
  d.kind = DistributionKind::Points;
  d.file = QFileInfo(path).absoluteFilePath().toStdString();
  fit(std::move(d), pane, false);
}

// Other parameters ask for another fit than the one that a pane embeds.
void MainWindow::fitStale() {
  if (canvas_->interface().gesture) return;
  const auto& panes = bench_->document.session.panes;
  if (fits_.underWay() && !fits_.wanted(panes)) {
    if (fits_.imports())
      bench_->notice("The points were left out: the pane they were for shows another distribution by now.");
    dropWork();
  }
  if (!bench_->ui.work.empty()) return;  // one after the other; and a file that is being opened brings its own panes
  if (const int pane = fits_.next(panes); pane >= 0) fit(panes[std::size_t(pane)].distribution, pane, true);
}

// Reads and fits on the worker; the newest fit wins. An import becomes an undo entry, another fit belongs to the change
// that asked for it.
void MainWindow::fit(Distribution asked, int pane, bool refit) {
  const std::string name = QFileInfo(QString::fromStdString(asked.file)).fileName().toStdString();
  workGivenUp_ = {};  // another fit in its place: nothing is to be taken back
  fits_.asked(asked, bench_->document.session.panes[std::size_t(pane)].distribution, pane);
  startWork(
      "Fitting " + plural(std::size_t(asked.components), "component") + " to " + name,
      [this, asked, pane, name, refit](const FitWatch& watch) {
        return [this, asked, d = gs::importPoints(asked, watch), pane, name, refit] {
          const bool wanted = fits_.wanted(bench_->document.session.panes);
          fits_.ended();
          if (!wanted) return;  // undone or changed since the last frame
          fits_.fitted(d);
          if (refit) {
            bench_->document.refitted(asked, d);
          } else {
            bench_->document.imported(d, pane);
            remember(QString::fromStdString(d.file));
          }
          bench_->notice("Fitted " + plural(d.mixture->components.size(), "component") + " in " +
                         plural(std::size_t(d.mixture->classes()), "class") + " to " + name + ".");
        };
      },
      [this, asked, pane] {
        fits_.ended();
        // The panel has another number by now than the fit that is shown.
        const auto& panes = bench_->document.session.panes;
        if (pane >= int(panes.size()) || panes[std::size_t(pane)].distribution != asked) return;
        if (const auto before = fits_.before(asked))
          bench_->document.refitGivenUp(*before, pane);
        else
          fits_.fitted(asked);  // nothing to go back to, and asking again would fail again
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
  QFileDialog dialog(this, QStringLiteral("Save session"), folder(),
                     kSessionFilter + QStringLiteral(";;") + kAllFilter);
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(QStringLiteral("json"));
  dialog.selectFile(!current.empty()
                        ? QString::fromStdString(current)
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
  bench_->notice("Saved as " + absolute + notInFiles(s));
  recovery_.forget();
  remember(path);
  refresh();
  return true;
}

QString MainWindow::askWhereToSave(const QString& title, const QString& filter, const QString& what,
                                   const QString& ending) {
  QFileDialog dialog(this, title, folder(), filter);
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(ending);
  const std::string& scene = bench_->document.session.name;
  dialog.selectFile(QString::fromStdString(scene.empty() ? "guidescope" : scene) +
                    (what.isEmpty() ? what : QLatin1Char(' ') + what) + QLatin1Char('.') + ending);
  return dialog.exec() == QDialog::Accepted ? dialog.selectedFiles().value(0) : QString();
}

void MainWindow::savePicture() {
  const std::string path =
      askWhereToSave(QStringLiteral("Save picture"), kPictureFilter, {}, QStringLiteral("png")).toStdString();
  if (path.empty()) return;
  // The active pane as it is framed on the screen, in full quality, at twice its size in points.
  const auto& rects = canvas_->interface().panes;
  const std::size_t pane = std::size_t(bench_->ui.activePane);
  if (pane >= rects.size()) return;
  const double ratio = 2 / canvas_->devicePixelRatio();
  const int width = std::clamp(int(rects[pane].width * ratio), 64, 8192),
            height = std::clamp(int(rects[pane].height * ratio), 64, 8192);
  const double pixelRatio = 2 * bench_->document.session.view.uiScale;
  bench_->notice("Writing " + path + "...");
  canvas_->requestFrame(3);
  QThreadPool::globalInstance()->start([this, path, width, height, pixelRatio, picture = bench_->picture(int(pane)),
                                        session = bench_->document.session] {
    std::string error;
    try {
      gl::Context context = gl::Context::surfaceless();
      Renderer renderer;
      writePng(Image{width, height, renderToRgba(renderer, picture, session.view, width, height, pixelRatio)}, path,
               toJson(session));
    } catch (const std::exception& e) {
      error = e.what();
    }
    QMetaObject::invokeMethod(
        this,
        [this, path, error, without = notInFiles(session)] {
          if (error.empty())
            bench_->notice("Saved the picture as " + path + without);
          else
            bench_->fail(error);
          canvas_->requestFrame(3);
        },
        Qt::QueuedConnection);
  });
}

ExportDialog& MainWindow::exportDialog() {
  if (!exports_) {
    exports_ = new ExportDialog(
        this, [this] { return bench_->exported(); }, [this] { return chosenEngine(); }, folder());
    connect(exports_, &QDialog::finished, this, [this] { backToPicture(); });
  }
  return *exports_;
}

// ---- the view as text ----------------------------------------------------------------------------------------------

void MainWindow::copyView() {
  QGuiApplication::clipboard()->setText(
      QStringLiteral("{\"format\": \"guidescope-session\", \"version\": 1, \"view\": ") +
      QString::fromStdString(getPath(bench_->document.session, "view")) + QStringLiteral("}"));
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
    complete(parseSession(json), folder(), QStringLiteral("the pasted session"), [this, whole](Completed pasted) {
      Session s = std::move(pasted.session);
      if (whole) {
        dropWork();
      } else {
        const View view = s.view;
        s = bench_->document.session;
        s.view = view;
      }
      bench_->document.session = std::move(s);
      bench_->document.commit();
      bench_->ui.activePane = 0;
      pasted.warnings.insert(pasted.warnings.begin(),
                             whole ? "Pasted a session. Undo brings back the one before." : "Pasted a view.");
      bench_->notice(joined(pasted.warnings));
    });
  } catch (const std::exception& e) {
    bench_->fail(std::string("Nothing was pasted: ") + e.what());
  }
}

}  // namespace gs
