// What Qt shows around the canvas: menus, toolbar and status bar, all from the command table and the palette.
#include <QActionGroup>
#include <QApplication>
#include <QFileInfo>
#include <QLocale>
#include <QMenuBar>
#include <QSettings>
#include <QStatusBar>
#include <QToolBar>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "main_window.h"
#include "panels/cards.h"
#include "playback.h"
#include "session/json.h"
#include "style.h"

namespace gs {
namespace {

QString text(std::string_view s) { return QString::fromUtf8(s.data(), qsizetype(s.size())); }

constexpr std::array kLayerCommands{Command::ToggleDensity,      Command::ToggleTarget,    Command::ToggleGuidedDensity,
                                    Command::ToggleTrajectories, Command::ToggleParticles, Command::ToggleAxes};
constexpr std::array kSpeeds{.25, .5, 1., 2., 4.};

QString multiple(double x) { return QString::number(x, 'g', 3) + QChar(0x00D7); }

QString brief(double x) {
  if (x >= 100) return QString::number(std::lround(x));
  return QString::number(x, 'f', x >= 10 ? 0 : 1);
}

// 262144 -> "262 144": thin spaces, as in figures.
QString grouped(qint64 n) {
  QString digits = QString::number(n);
  for (qsizetype i = digits.size() - 3; i > 0; i -= 3) digits.insert(i, QChar(0x2009));
  return digits;
}

}  // namespace

// Whether what a command switches is on; nothing for those that switch nothing.
std::optional<bool> MainWindow::isOn(Command c) const {
  const View& v = bench_->document.session.view;
  const UiState& ui = bench_->ui;
  switch (c) {
    case Command::ToggleDensity:
      return v.density.visible;
    case Command::ToggleTarget:
      return v.target.visible;
    case Command::ToggleOwnLaw:
      return v.own.visible;
    case Command::ToggleGuidedDensity:
      return v.guidedDensity.visible;
    case Command::ToggleTrajectories:
      return v.trajectories.visible;
    case Command::ToggleParticles:
      return v.particles.visible;
    case Command::ToggleArrows:
      return v.arrows.visible;
    case Command::ToggleAxes:
      return v.axes.visible;
    case Command::ToggleWeightDisplay:
      return v.weights == WeightDisplay::CfgScale;
    case Command::ToggleProbe:
      return ui.pointing.probe;
    case Command::TogglePerformance:
      return ui.performance;
    case Command::TogglePanels:
      return ui.leftOpen || ui.rightOpen;
    case Command::ToggleTimeline:
      return !ui.timelineThin;
    case Command::FullScreen:
      return isFullScreen();
    case Command::Present:
      return presenting_.has_value();
    default:
      return std::nullopt;
  }
}

void MainWindow::buildMenus() {
  QMenu* menu = nullptr;
  QString last;
  for (const CommandInfo& row : commandTable()) {
    const Command command = row.command;
    if (text(row.menu) != last) {
      last = text(row.menu);
      menu = menuBar()->addMenu(QLatin1Char('&') + last);
      menu->setToolTipsVisible(true);
    }
    const bool separated =
        command == Command::SaveSession || command == Command::SavePicture || command == Command::SaveCertificate ||
        command == Command::Quit || command == Command::CopyView || command == Command::FitView ||
        command == Command::FullScreen || command == Command::ToggleDensity || command == Command::ToggleProbe ||
        command == Command::StepForward || command == Command::GoToNoise || command == Command::OnePane ||
        command == Command::HoldReference || command == Command::SelfCheck;
    if (separated) menu->addSeparator();
    QAction* action = menu->addAction(text(row.label));
    action->setToolTip(text(row.help));
    action->setStatusTip(text(row.help));
    action->setMenuRole(command == Command::Quit    ? QAction::QuitRole
                        : command == Command::About ? QAction::AboutRole
                                                    : QAction::NoRole);
    if (command == Command::HoldReference) {
      action->setText(text(row.label) + QLatin1Char('\t') +
                      text(row.shortcut));  // held, not pressed: the canvas listens
    } else if (!row.shortcut.empty()) {
      action->setShortcuts(QKeySequence::listFromString(text(row.shortcut)));
    }
    action->setCheckable(command == Command::HoldReference || isOn(command).has_value());
    connect(action, &QAction::triggered, this, [this, command] {
      showPressed(command);  // there are no menus to choose from while presenting: it was the key
      perform(command);
    });
    addAction(action);  // its keys count while the menus are hidden, too
    actions_[command] = action;
    if (command == Command::OpenSession) {
      recent_ = menu->addMenu(QStringLiteral("Open recent"));
      connect(recent_, &QMenu::aboutToShow, this, [this] { fillRecent(); });
    }
    if (command == Command::Present) {
      QMenu* engines = menu->addMenu(QStringLiteral("&Engine"));
      engines->setToolTipsVisible(true);
      auto* group = new QActionGroup(engines);
      const std::tuple<EngineChoice, const char*, const char*> choices[] = {
          {EngineChoice::Auto, "&Automatic", "OpenGL on a graphics card, the processor elsewhere"},
          {EngineChoice::Cpu, "&Processor", "The CPU engine, with SIMD on all cores"},
          {EngineChoice::OpenGl, "&OpenGL", "Compute shaders, even where the processor has to run them"}};
      for (const auto& [choice, label, help] : choices) {
        QAction* engine = engines->addAction(QLatin1String(label));
        engine->setToolTip(QLatin1String(help));
        engine->setCheckable(true);
        engine->setActionGroup(group);
        engine->setChecked(choice == engineChoice_);
        connect(engine, &QAction::triggered, this, [this, c = choice] { chooseEngine(c); });
      }
    }
    if (command == Command::PreviousScene) {
      QMenu* scenes = menu->addMenu(QStringLiteral("Open scene"));
      scenes->setToolTipsVisible(true);
      for (const ScenePreset& preset : scenePresets()) {
        QAction* scene = scenes->addAction(QString::fromStdString(preset.title));
        scene->setToolTip(QString::fromStdString(preset.about));
        connect(scene, &QAction::triggered, this, [this, name = preset.name] { openScene(name); });
      }
    }
  }
  fillRecent();
  endPresenting_ = new QAction(this);
  endPresenting_->setShortcut(Qt::Key_Escape);
  endPresenting_->setEnabled(false);
  connect(endPresenting_, &QAction::triggered, this, [this] { present(false); });
  addAction(endPresenting_);
  // F6 goes from panel to panel and on to the menus, as in other programs; Ctrl+Tab goes through the controls by
  // itself.
  for (const int by : {1, -1}) {
    auto* focus = new QAction(this);
    focus->setShortcut(by > 0 ? QKeySequence(Qt::Key_F6) : QKeySequence(Qt::SHIFT | Qt::Key_F6));
    connect(focus, &QAction::triggered, this, [this, by] {
      if (menuBar()->hasFocus()) backToPicture();
      bench_->ui.focusPanel = by;
      canvas_->requestFrame(3);
    });
    addAction(focus);
  }
}

void MainWindow::present(bool on) {
  if (on == presenting_.has_value()) return;
  constexpr double kLarger = 1.4;
  UiState& ui = bench_->ui;
  if (on) {
    presenting_ = BeforePresenting{ui.leftOpen, ui.rightOpen, isFullScreen()};
    ui.leftOpen = ui.rightOpen = false;
  } else {
    ui.leftOpen = presenting_->left, ui.rightOpen = presenting_->right;
    ui.pressed.reset();
  }
  canvas_->enlarge(on ? kLarger : 1);
  menuBar()->setVisible(!on);
  toolbar_->setVisible(!on);
  statusBar()->setVisible(!on);
  setWindowState(windowState().setFlag(Qt::WindowFullScreen, on || presenting_->fullScreen));
  if (!on) presenting_.reset();
  endPresenting_->setEnabled(on);
  applyTheme();
  refreshActions();
  backToPicture();
  canvas_->requestFrame(3);
}

void MainWindow::showPressed(Command c) {
  if (!presenting_ || info(c).shortcut.empty()) return;
  constexpr int kShownMs = 1600;
  bench_->ui.pressed = c;
  pressed_.start(kShownMs);
}

void MainWindow::fillRecent() {
  recent_->clear();
  const QStringList files = QSettings().value(QStringLiteral("recent")).toStringList();
  for (const QString& file : files) {
    QAction* action = recent_->addAction(QFileInfo(file).fileName());
    action->setToolTip(file);
    connect(action, &QAction::triggered, this, [this, file] { openFile(file); });
  }
  recent_->setToolTipsVisible(true);
  recent_->setEnabled(!files.isEmpty());
}

void MainWindow::buildToolbar() {
  toolbar_ = addToolBar(QStringLiteral("Tools"));
  toolbar_->setMovable(false);
  toolbar_->setContextMenuPolicy(Qt::PreventContextMenu);
  toolbar_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  std::map<Command, QAction*> placed;
  const auto button = [this, &placed](Command c, const QString& label) {
    auto* b = new QToolButton;
    const CommandInfo& row = info(c);
    b->setText(label);
    b->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    b->setFocusPolicy(Qt::NoFocus);  // the keyboard stays with the picture; every button has a key or a menu entry
    b->setToolTip(text(row.help) +
                  (row.shortcut.empty() ? QString() : QStringLiteral(" (%1)").arg(text(row.shortcut))));
    b->setAccessibleName(text(row.label));
    b->setAccessibleDescription(text(row.help));
    connect(b, &QToolButton::clicked, this, [this, c] { perform(c); });
    placed[c] = toolbar_->addWidget(b);
    return b;
  };
  play_ = button(Command::PlayPause, QStringLiteral("Play"));
  play_->setObjectName(QStringLiteral("play"));
  for (const Command c : {Command::StepBack, Command::StepForward}) {
    QToolButton* b = button(c, {});
    b->setToolButtonStyle(Qt::ToolButtonIconOnly);
    layerButtons_[c] = b;
  }
  speed_ = new QToolButton;
  speed_->setFocusPolicy(Qt::NoFocus);
  speed_->setPopupMode(QToolButton::InstantPopup);
  speed_->setToolTip(QStringLiteral("Playback speed: at 1%1 noise becomes data in 4 s.").arg(QChar(0x00D7)));
  speed_->setAccessibleName(QStringLiteral("Playback speed"));
  auto* speeds = new QMenu(QStringLiteral("Playback speed"), speed_);
  for (const double s : kSpeeds)
    connect(speeds->addAction(multiple(s)), &QAction::triggered, this, [this, s] {
      bench_->document.session.view.speed = s;
      bench_->document.commit();
      canvas_->requestFrame(3);
    });
  speed_->setMenu(speeds);
  QAction* const speed = toolbar_->addWidget(speed_);
  toolbar_->addSeparator();
  for (int n = 0; n < 4; ++n) {
    QToolButton* b = button(Command(int(Command::OnePane) + n), QString::number(n + 1));
    b->setCheckable(true);
    b->setProperty("toggle", true);
    paneButtons_[std::size_t(n)] = b;
  }
  paneButtons_[0]->setText(QStringLiteral("1 pane"));
  toolbar_->addSeparator();
  for (const Command c : kLayerCommands) {
    QToolButton* b = button(c, text(info(c).label));
    b->setCheckable(true);
    b->setProperty("toggle", true);
    layerButtons_[c] = b;
  }
  auto* more = new QToolButton;
  more->setText(QChar(0x00BB));
  more->setFocusPolicy(Qt::NoFocus);
  more->setPopupMode(QToolButton::InstantPopup);
  more->setToolTip(QStringLiteral("What has no room in this bar."));
  more->setAccessibleName(QStringLiteral("More tools"));
  moreMenu_ = new QMenu(more);
  more->setMenu(moreMenu_);
  more_ = toolbar_->addWidget(more);
  auto* gap = new QWidget;
  gap->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
  toolbar_->addWidget(gap);
  button(Command::NewFromPreset, QStringLiteral("Scenes"));
  button(Command::Export, QStringLiteral("Export..."));
  button(Command::Present, QStringLiteral("Present"));
  for (const Command c : {Command::ToggleAxes, Command::ToggleGuidedDensity, Command::StepBack, Command::StepForward,
                          Command::Present, Command::Export})
    dispensable_.push_back({placed[c], actions_[c]});
  dispensable_.push_back({speed, speeds->menuAction()});
  for (const Command c :
       {Command::ToggleParticles, Command::ToggleTrajectories, Command::ToggleTarget, Command::ToggleDensity,
        Command::FourPanes, Command::ThreePanes, Command::TwoPanes, Command::OnePane})
    dispensable_.push_back({placed[c], actions_[c]});
}

void MainWindow::fitBars() {
  for (const Dispensable& d : dispensable_) d.placed->setVisible(true);
  more_->setVisible(false);
  moreMenu_->clear();
  for (const Dispensable& d : dispensable_) {
    if (toolbar_->sizeHint().width() <= width()) break;
    d.placed->setVisible(false);
    more_->setVisible(true);
    moreMenu_->insertAction(moreMenu_->actions().value(0), d.action);  // in the order of the bar, roughly
  }
  // The status bar cuts texts rather than leaving one out.
  const auto room = [this] {
    int sum = int(24 * shownScale_);  // the bar's own margins
    for (const QLabel* l :
         {engineLabel_, answerLabel_, frameLabel_, rateLabel_, trainingLabel_, seedLabel_, savedLabel_})
      if (!l->isHidden() && !l->text().isEmpty()) sum += l->sizeHint().width() + 8;
    return width() - sum;
  };
  for (QLabel* l : {engineLabel_, answerLabel_, frameLabel_, rateLabel_, trainingLabel_, seedLabel_, savedLabel_})
    l->show();
  for (QLabel* l : {seedLabel_, engineLabel_, frameLabel_, rateLabel_, answerLabel_}) {
    if (room() >= 0) break;
    l->hide();
  }
}

void MainWindow::buildStatusBar() {
  statusBar()->setSizeGripEnabled(false);
  const auto label = [this](const char* name, bool right) {
    auto* l = new QLabel;
    l->setAccessibleName(QString::fromLatin1(name));
    l->setTextFormat(Qt::PlainText);
    if (right)
      statusBar()->addPermanentWidget(l);
    else
      statusBar()->addWidget(l);
    return l;
  };
  engineLabel_ = label("Engine", false);
  answerLabel_ = label("Last recompute", false);
  frameLabel_ = label("Last frame", false);
  rateLabel_ = label("Answers a second", false);
  trainingLabel_ = label("Training", true);
  seedLabel_ = label("Seed", true);
  savedLabel_ = label("Saved state", true);
  engineLabel_->setText(QString::fromStdString(bench_->engineDescription()));
  answerLabel_->setToolTip(
      QStringLiteral("Particles and steps of the last answer, how long it took, and the rate that makes."));
  frameLabel_->setToolTip(QStringLiteral("From the start of a frame until it was handed to the screen, averaged."));
  rateLabel_->setToolTip(QStringLiteral("New answers that reached the screen a second, during the last drag."));
}

void MainWindow::applyTheme() {
  const View& v = bench_->document.session.view;
  const double scale = canvas_->interfaceScale();
  if (v.theme == shownTheme_ && scale == shownScale_) return;
  shownTheme_ = v.theme;
  shownScale_ = scale;
  qApp->setStyleSheet(gs::styleSheet(v.theme, scale));
  const int side = int(std::lround(16 * scale));
  toolbar_->setIconSize(QSize(side, side));
  layerButtons_[Command::StepBack]->setIcon(glyph("back", v.theme, false));
  layerButtons_[Command::StepForward]->setIcon(glyph("forward", v.theme, false));
  play_->setIcon(glyph(shownPlaying_ ? "pause" : "play", v.theme, true));
  fitBars();
}

void MainWindow::refreshActions() {
  const Document& d = bench_->document;
  const View& v = d.session.view;
  const auto set = [](auto* thing, const QString& label) {
    if (thing->text() != label) thing->setText(label);
  };
  actions_[Command::Undo]->setEnabled(d.canUndo());
  actions_[Command::Redo]->setEnabled(d.canRedo());
  const QString undo = d.canUndo() ? QString::fromStdString(d.undoText()) : QString();
  const QString redo = d.canRedo() ? QString::fromStdString(d.redoText()) : QString();
  set(actions_[Command::Undo], undo.isEmpty() ? QStringLiteral("Undo") : QStringLiteral("Undo: ") + undo);
  set(actions_[Command::Redo], redo.isEmpty() ? QStringLiteral("Redo") : QStringLiteral("Redo: ") + redo);
  for (const auto& [command, action] : actions_)
    if (const std::optional<bool> on = isOn(command)) action->setChecked(*on);
  for (const Command c : kLayerCommands) layerButtons_[c]->setChecked(*isOn(c));
  actions_[Command::HoldReference]->setChecked(bench_->holdingReference());
  for (std::size_t n = 0; n < 4; ++n) paneButtons_[n]->setChecked(d.session.panes.size() == n + 1);
  set(speed_, multiple(v.speed));
  if (shownPlaying_ != bench_->ui.playing) {
    shownPlaying_ = bench_->ui.playing;
    play_->setText(shownPlaying_ ? QStringLiteral("Pause") : QStringLiteral("Play"));
    play_->setIcon(glyph(shownPlaying_ ? "pause" : "play", v.theme, true));
  }
}

void MainWindow::refresh() {
  applyTheme();
  refreshActions();
  const Document& d = bench_->document;
  const LiveAnswer& a = bench_->active();
  const UiStats& stats = canvas_->stats();
  bool longer = false;
  const auto set = [&](QLabel* l, const QString& s) {
    if (l->text() == s) return;
    longer |= s.size() != l->text().size();
    l->setText(s);
  };
  if (a.frame) {
    const std::string kept = storedWords(*a.frame);
    set(engineLabel_, QString::fromStdString(a.frame->engine + (kept.empty() ? "" : ", " + kept)));
    set(answerLabel_, QStringLiteral("%1 %2 %3 in %4 ms, %5 M steps/s")
                          .arg(grouped(a.frame->particles))
                          .arg(QChar(0x00D7))
                          .arg(a.frame->steps())
                          .arg(brief(stats.answerMs), brief(stats.particleStepsPerSecond / 1e6)));
  }
  set(frameLabel_, QStringLiteral("drawn in %1 ms").arg(brief(stats.frameMs)));
  set(rateLabel_, stats.pace.answers > 0 ? QStringLiteral("%1 answers/s").arg(brief(stats.pace.answers)) : QString());
  // Its card may be out of sight.
  const std::string network = ui::trainingWords(bench_->ui.training.progress);
  set(trainingLabel_,
      QString::fromStdString(network.empty() ? ui::trainingWords(bench_->ui.learning.progress) : network));
  set(seedLabel_, QStringLiteral("seed %1").arg(d.session.panes[std::size_t(bench_->ui.activePane)].particles.seed));
  const QString file = d.path().empty() ? QString() : QFileInfo(QString::fromStdString(d.path())).fileName();
  set(savedLabel_, d.dirty()        ? QStringLiteral("not saved")
                   : file.isEmpty() ? QStringLiteral("unchanged")
                                    : QStringLiteral("saved"));
  if (longer) fitBars();
  const QString name = !file.isEmpty()          ? file
                       : d.session.name.empty() ? QStringLiteral("Untitled")
                                                : QString::fromStdString(d.session.name);
  const QString title = name + QStringLiteral("[*] - Guidescope");
  if (windowTitle() != title) setWindowTitle(title);
  if (isWindowModified() != d.dirty()) setWindowModified(d.dirty());
  if (d.dirty() && !autosave_.isActive()) autosave_.start();
}

}  // namespace gs
