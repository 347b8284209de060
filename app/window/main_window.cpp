#include "main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QGuiApplication>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QOffscreenSurface>
#include <QProcess>
#include <QScreen>
#include <QSettings>
#include <QStatusBar>
#include <QThreadPool>
#include <QVBoxLayout>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "window_engine.h"
#include "export_dialog.h"
#include "output/files.h"
#include "measure.h"
#include "report.h"
#include "session/json.h"
#include "style.h"

namespace gs {
namespace {

constexpr int kRefreshMs = 250;  // status texts: nobody reads faster, and drawing them is not free
constexpr int kAutosaveMs = 3000;
constexpr int kToastMs = 4000, kReadingMs = 50;  // at least; a letter
constexpr int kScreenshotLimitMs = 60'000;

}  // namespace

MainWindow::MainWindow(Session start, std::string path, const Options& options) : options_(options) {
  const QSettings settings;
  runModelsThatWereAllowed();
  // Points that are still to be fitted do not hold up the window.
  std::optional<Session> unfitted;
  if (!isComplete(start)) {
    unfitted = std::exchange(start, scenePreset("two-modes"));
    if (options.theme) unfitted->view.theme = *options.theme;
  }
  const bool fresh = options.scene.empty();
  start.view.theme = options.theme.value_or(
      fresh ? Theme(std::clamp(settings.value(QStringLiteral("theme"), int(start.view.theme)).toInt(), 0, 3))
            : start.view.theme);
  if (fresh) {
    start.view.uiScale = std::clamp(settings.value(QStringLiteral("uiScale"), start.view.uiScale).toDouble(), .5, 4.);
    start.view.reducedMotion = settings.value(QStringLiteral("reducedMotion"), start.view.reducedMotion).toBool();
  }
  // The default scene shows in its first seconds what the program is about; a scene that was asked for by name waits.
  const bool opening =
      fresh && options.set.empty() && options.screenshot.empty() && !options.measureDrag && options.afterReset.empty();
  firstPlay_ = opening && !start.view.reducedMotion;
  if (firstPlay_) start.view.time = 1;
  surface_ = std::make_unique<QOffscreenSurface>();
  surface_->create();
  // `auto` waits for the canvas, which knows what draws: until then, and for good on a processor, the CPU computes.
  engine_ = makeWindowEngine(options.engine == EngineChoice::Auto ? EngineChoice::Cpu : options.engine,
                             options.memoryBudget, *surface_, [this](const std::string& text) {
                               QMetaObject::invokeMethod(
                                   this,
                                   [this, text] {
                                     bench_->notice(text);
                                     canvas_->requestFrame();
                                   },
                                   Qt::QueuedConnection);
                             });
  engineChoice_ = options.engine;
  bench_ = std::make_unique<Workbench>(start, engine_, [this] {
    if (!woken_.exchange(true))
      QMetaObject::invokeMethod(
          this,
          [this] {
            woken_ = false;
            canvas_->requestFrame();
          },
          Qt::QueuedConnection);
  });
  if (!path.empty() && !unfitted) bench_->document.saved(bench_->document.session, path);
  bench_->ui.playing = firstPlay_;
  bench_->ui.invite = fresh && !firstPlay_;
  if (!options.report.empty()) report_ = std::make_unique<Report>(options.report);

  setWindowIcon(appIcon());
  setAcceptDrops(true);
  setMinimumSize(480, 360);
  canvas_ = new Canvas(*bench_);
  QWidget* container = QWidget::createWindowContainer(canvas_, this);
  container->setFocusPolicy(Qt::StrongFocus);
  container->setAccessibleName(QStringLiteral("Picture and panels"));
  container->setAccessibleDescription(
      QStringLiteral("The particles, their paths and densities, with the panels that change them. F6 moves between the "
                     "panels and the menus, Ctrl+Tab between the controls."));
  setCentralWidget(container);
  buildMenus();
  buildToolbar();
  buildStatusBar();
  applyTheme();
  canvas_->onCommand = [this](Command c) { perform(c); };
  canvas_->onScene = [this](const std::string& name) { openScene(name); };
  canvas_->onFrame = [this] { framePainted(); };
  if (options.measureDrag)
    measurement_ = std::make_unique<DragMeasurement>(*canvas_, *bench_, options, [this](int code) {
      exitCode_ = code;
      QApplication::exit(code);
    });
  canvas_->onFailure = [this](const QString& why) { failed(why); };
  canvas_->onLost = [this] { startAnew(); };
  canvas_->onDrag = [this](QEvent* e) {
    if (e->type() == QEvent::Drop)
      dropEvent(static_cast<QDropEvent*>(e));
    else if (e->type() == QEvent::DragEnter)
      dragEnterEvent(static_cast<QDragEnterEvent*>(e));
    else if (e->type() == QEvent::DragMove)
      static_cast<QDragMoveEvent*>(e)->acceptProposedAction();
  };

  refresh_.setSingleShot(true);
  connect(&refresh_, &QTimer::timeout, this, [this] { refresh(); });
  autosave_.setSingleShot(true);
  autosave_.setInterval(kAutosaveMs);
  connect(&autosave_, &QTimer::timeout, this, [this] {
    if (!bench_->document.dirty()) return recovery_.forget();
    recovery_.keep(bench_->document.session, bench_->document.path());
    autosave_.start();
  });
  toast_.setSingleShot(true);
  connect(&toast_, &QTimer::timeout, this, [this] {
    if (bench_->ui.messageIsError || bench_->ui.message != toastText_) return;
    bench_->ui.message.clear();
    canvas_->requestFrame(3);
  });
  pressed_.setSingleShot(true);
  connect(&pressed_, &QTimer::timeout, this, [this] {
    bench_->ui.pressed.reset();
    canvas_->requestFrame(3);
  });
  worker_.setMaxThreadCount(1);
  deadline_.setSingleShot(true);
  connect(&deadline_, &QTimer::timeout, this, [this] {
    std::fprintf(stderr, "guidescope: the picture did not settle within %d s\n", kScreenshotLimitMs / 1000);
    exitCode_ = 4;
    QApplication::exit(exitCode_);
  });
  if (!options.screenshot.empty()) deadline_.start(kScreenshotLimitMs);

  if (options.size) {
    resize(options.size->first, options.size->second);
  } else if (!restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray())) {
    const QSize room = QGuiApplication::primaryScreen()->availableSize();
    resize(std::min(1440, room.width()), std::min(900, room.height()));
  }
  container->setFocus();
  refresh();
  if (isPointsFile(options.scene)) importPoints(QString::fromStdString(options_.scene));
  if (unfitted)
    openWhole(std::move(*unfitted), QString::fromStdString(path.empty() ? options_.scene : path), !path.empty());
  if (options.screenshot.empty() && !options.measureDrag) QTimer::singleShot(0, this, [this] { offerRecovery(); });
}

MainWindow::~MainWindow() {
  delete exports_;
  workStop_.request_stop();
  worker_.waitForDone();
  QThreadPool::globalInstance()->waitForDone();
  delete takeCentralWidget();  // the canvas uses the workbench to its end
  bench_.reset();              // joins the workers, whose wake-ups name this window
  engine_.reset();             // its thread has a context on surface_
}

// ---- what happens ------------------------------------------------------------------------------------------------

void MainWindow::chooseEngine(EngineChoice choice) {
  engineChoice_ = choice;
  engine_->choose(chosenEngine());
  bench_->recompute();
  canvas_->requestFrame();
}

EngineChoice MainWindow::chosenEngine() const {
  return engineChoice_ == EngineChoice::Auto && canvas_->softwareGl() ? EngineChoice::Cpu : engineChoice_;
}

void MainWindow::framePainted() {
  if (!engineDecided_) {
    engineDecided_ = true;
    if (engineChoice_ == EngineChoice::Auto && !canvas_->softwareGl()) chooseEngine(EngineChoice::Auto);
  }
  if (firstPlay_ && !bench_->ui.playing) {
    firstPlay_ = false;
    bench_->ui.invite = true;
    canvas_->requestFrame(3);
  }
  if (canvas_->frames() == 1) backToPicture();  // on the screen now, so that it can have the keyboard
  fitStale();
  showToast();
  if (canvas_->interface().focusLeft) {
    menuBar()->setFocus();
    menuBar()->setActiveAction(menuBar()->actions().value(0));
  }
  if (canvas_->interface().stopWork) workStop_.request_stop();
  if (report_) report_->frame(*bench_, *canvas_, exports_);
  if (measurement_) measurement_->framePainted();
  if (!refresh_.isActive()) refresh_.start(canvas_->frames() < 3 ? 0 : kRefreshMs);
  const bool ready = options_.afterFirst ? canvas_->frames() >= 1
                                         : canvas_->frames() >= 4 && bench_->settled() && bench_->ui.work.empty();
  if (!options_.screenshot.empty() && ready && !shot_) {
    shot_ = true;
    QTimer::singleShot(options_.afterFirst ? 0 : 300, this, [this] { takeScreenshot(); });
  }
}

void MainWindow::perform(Command c) {
  switch (c) {
    case Command::OpenSession:
      openDialog(), backToPicture();
      break;
    case Command::ImportPoints:
      importDialog(), backToPicture();
      break;
    case Command::SaveSession:
      save(), backToPicture();
      break;
    case Command::SaveSessionAs:
      saveAs(), backToPicture();
      break;
    case Command::SavePicture:
      savePicture(), backToPicture();
      break;
    case Command::Export:
      exportDialog().show();
      exportDialog().raise();
      exportDialog().activateWindow();
      break;
    case Command::AddKeyframe:
      exportDialog().addKeyframe();
      bench_->notice("Kept as a keyframe. File > Export shows the storyboard.");
      canvas_->requestFrame(3);
      break;
    case Command::SaveCertificate:
    case Command::SaveSweep:
    case Command::SaveFrontier:
    case Command::SaveScoreErrors:
      saveStudy(c), backToPicture();
      break;
    case Command::OpenWeights:
      openWeights(), backToPicture();
      break;
    case Command::SaveWeights:
      saveWeights(), backToPicture();
      break;
    case Command::OpenNetwork:
      openNetwork(), backToPicture();
      break;
    case Command::SaveNetwork:
      saveNetwork(), backToPicture();
      break;
    case Command::PaintFromPicture:
      paintFromPicture(), backToPicture();
      break;
    case Command::SelfCheck:
      runSelfCheck();
      break;
    case Command::Quit:
      close();
      break;
    case Command::CopyView:
      copyView();
      break;
    case Command::PasteView:
      pasteView();
      break;
    case Command::FullScreen:
      setWindowState(windowState() ^ Qt::WindowFullScreen);
      break;
    case Command::Present:
      present(!presenting_);
      break;
    case Command::Palette:
      bench_->perform(c);
      if (bench_->ui.palette) canvas_->expectText();
      break;
    case Command::About:
      about(), backToPicture();
      break;
    default:
      try {
        if (c == Command::NextScene || c == Command::PreviousScene) dropWork();
        bench_->perform(c);
      } catch (const std::exception& e) {
        bench_->fail(e.what());
      }
  }
  refreshActions();
  canvas_->requestFrame(3);
}

void MainWindow::openScene(const std::string& name) {
  try {
    bench_->openScene(name);
    dropWork();  // what was asked for the scene before is not for this one
    firstPlay_ = false;
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  canvas_->requestFrame(3);
}

// A notice goes by itself, an error stays until it is dismissed.
void MainWindow::showToast() {
  if (bench_->ui.message == toastText_) return;
  toastText_ = bench_->ui.message;
  toast_.stop();
  if (!toastText_.empty() && !bench_->ui.messageIsError)
    toast_.start(std::max(kToastMs, kReadingMs * int(toastText_.size())));
}

void MainWindow::offerRecovery() {
  const bool anew = !options_.afterReset.empty();
  const auto found = recovery_.takeOver(QString::fromStdString(options_.afterReset));
  const bool open =
      found &&
      (anew ||
       QMessageBox::question(
           this, QStringLiteral("Guidescope"),
           QStringLiteral("Guidescope did not end properly. There is unsaved work of %1. Open it?").arg(found->when),
           QMessageBox::Open | QMessageBox::Discard, QMessageBox::Open) == QMessageBox::Open);
  if (open) {
    dropWork();
    bench_->opened(found->session, found->path);
    bench_->document.recovered(found->session, found->path);
    bench_->notice("Unsaved work was brought back. It is not saved yet.");
    firstPlay_ = false;
  } else if (found) {
    recovery_.forget();
  }
  if (anew)
    bench_->notice(
        "The graphics driver was reset: this is a new window, computed by the CPU. The session is as it was; what was "
        "done before cannot be undone.");
  if (found || anew) backToPicture();
}

void MainWindow::takeScreenshot() {
  // From the screen: QWidget::grab does not see the OpenGL window.
  const QImage shot = screen()->grabWindow(winId()).toImage().convertToFormat(QImage::Format_RGBA8888);
  Image image{shot.width(), shot.height(), {}};
  for (int y = 0; y < shot.height(); ++y)
    image.rgba.insert(image.rgba.end(), shot.constScanLine(y),
                      shot.constScanLine(y) + std::ptrdiff_t(shot.width()) * 4);
  try {
    if (shot.isNull()) throw OutputError(options_.screenshot + ": the screen could not be read");
    writePng(image, options_.screenshot, toJson(bench_->document.session));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "guidescope: %s\n", e.what());
    exitCode_ = 4;
  }
  QApplication::exit(exitCode_);
}

void MainWindow::backToPicture() {
  activateWindow();  // where no window manager does it
  centralWidget()->setFocus();
  canvas_->requestFrame(3);
}

void MainWindow::failed(const QString& why) {
  std::fprintf(stderr, "guidescope: %s\n", qPrintable(why));
  exitCode_ = 4;
  const bool unsaved = options_.screenshot.empty() && bench_->document.dirty();
  if (unsaved) {
    recovery_.keep(bench_->document.session, bench_->document.path());
    recovery_.leave();
  }
  if (options_.screenshot.empty())
    QMessageBox::critical(
        this, QStringLiteral("Guidescope"),
        unsaved ? why + QStringLiteral(" Your unsaved work is kept: it is offered when Guidescope starts again.")
                : why);
  QApplication::exit(exitCode_);
}

void MainWindow::startAnew() {
  const QString why = QStringLiteral("The graphics driver was reset, and the picture is lost with it.");
  // What happens again at once would go on happening; and nobody's work is in a measurement or a screenshot.
  constexpr int kCalmSeconds = 20;
  const bool again = !options_.afterReset.empty() && canvas_->seconds() < kCalmSeconds;
  if (again || options_.measureDrag || !options_.screenshot.empty()) return failed(why);
  const std::string& path = bench_->document.path();
  const bool saved = !bench_->document.dirty() && !path.empty();
  if (!saved) recovery_.keep(bench_->document.session, path);
  QSettings().setValue(QStringLiteral("geometry"), saveGeometry());
  QStringList arguments{QStringLiteral("--engine"), QStringLiteral("cpu"), QStringLiteral("--after-reset"),
                        saved ? QStringLiteral("-") : recovery_.leave()};
  if (saved) arguments << QString::fromStdString(path);
  if (options_.memoryBudget > 0)
    arguments << QStringLiteral("--memory-budget") << QString::number(options_.memoryBudget >> 20);
  if (!options_.report.empty()) arguments << QStringLiteral("--report") << QString::fromStdString(options_.report);
  if (!QProcess::startDetached(QCoreApplication::applicationFilePath(), arguments)) return failed(why);
  std::fprintf(stderr, "guidescope: %s Another window goes on with the CPU.\n", qPrintable(why));
  exitCode_ = 4;
  QApplication::exit(exitCode_);
}

void MainWindow::about() {
  QMessageBox box(this);
  box.setWindowTitle(QStringLiteral("About Guidescope"));
  box.setIconPixmap(appIcon().pixmap(64));
  box.setTextFormat(Qt::RichText);
  box.setText(
      QStringLiteral("<b>Guidescope %1</b><br>See what guidance does to a diffusion model while you drag it.<br><br>"
                     "Engine: %2<br>OpenGL: %3<br>Qt %4, Dear ImGui, libepoxy, GLM, Highway, oneTBB, nlohmann-json, "
                     "libpng, FreeType, Inter<br><br>"
                     "Formulas: Karras et al. 2206.00364, Ho and Salimans 2207.12598, Karras et al. 2406.02507, "
                     "Kynk\u00e4\u00e4nniemi et al. 2404.07724<br><br>MIT licence")
          .arg(QStringLiteral(GS_VERSION), QString::fromStdString(bench_->engineDescription()).toHtmlEscaped(),
               canvas_->glDescription().toHtmlEscaped(), QString::fromLatin1(qVersion())));
  box.exec();
}

// ---- events --------------------------------------------------------------------------------------------------------

void MainWindow::closeEvent(QCloseEvent* e) {
  if (!mayDiscard()) {
    e->ignore();
    return backToPicture();
  }
  present(false);  // the next start is no presentation
  const View& v = bench_->document.session.view;
  if (options_.screenshot.empty()) {
    QSettings settings;
    settings.setValue(QStringLiteral("geometry"), saveGeometry());
    settings.setValue(QStringLiteral("theme"), int(v.theme));
    settings.setValue(QStringLiteral("uiScale"), v.uiScale);
    settings.setValue(QStringLiteral("reducedMotion"), v.reducedMotion);
  }
  e->accept();
  QApplication::exit(exitCode_);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* e) {
  const QList<QUrl> urls = e->mimeData()->urls();
  if (!urls.isEmpty()) e->acceptProposedAction();  // several are refused in words where they are dropped
}

void MainWindow::dropEvent(QDropEvent* e) {
  const QList<QUrl> urls = e->mimeData()->urls();
  if (urls.size() != 1 || !urls[0].isLocalFile()) {
    bench_->fail("One file at a time can be dropped here: a session, a picture or film from here, points or a model.");
    return canvas_->requestFrame(3);
  }
  e->acceptProposedAction();
  // Not inside the drop: a question would hold up the program that the file is dragged from.
  QMetaObject::invokeMethod(
      this, [this, path = urls[0].toLocalFile()] { openFile(path); }, Qt::QueuedConnection);
}

void MainWindow::resizeEvent(QResizeEvent* e) {
  QMainWindow::resizeEvent(e);
  fitBars();
}

void MainWindow::changeEvent(QEvent* e) {
  QMainWindow::changeEvent(e);
  if (e->type() == QEvent::WindowStateChange && !actions_.empty()) refreshActions();
}

}  // namespace gs
