// The window: menus, toolbar, status bar, dialogs, files. What is inside the canvas is the workbench's and the panels'.
#pragma once
#include <QLabel>
#include <QMainWindow>
#include <QThreadPool>
#include <QToolButton>

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>

#include "canvas.h"
#include "data/distributions.h"
#include "fitting.h"
#include "options.h"
#include "recovery.h"
#include "workbench.h"

class QActionGroup;
class QOffscreenSurface;

namespace gs {

class ExportDialog;

class MainWindow : public QMainWindow {
 public:
  MainWindow(Session start, std::string path, const Options&);
  ~MainWindow() override;

  // The exit code of the program when the event loop has ended.
  int exitCode() const { return exitCode_; }

 protected:
  void closeEvent(QCloseEvent*) override;
  void dragEnterEvent(QDragEnterEvent*) override;
  void dropEvent(QDropEvent*) override;
  void changeEvent(QEvent*) override;
  void resizeEvent(QResizeEvent*) override;

 private:
  // menus.cpp
  void buildMenus();
  void buildToolbar();
  void buildStatusBar();
  void fillRecent();
  void applyTheme();
  void refresh();  // what Qt shows about the session, at most a few times a second
  void refreshActions();
  void present(bool);         // Command::Present: the picture alone, larger, and what keys do
  void showPressed(Command);  // while presenting, where it has a key
  std::optional<bool> isOn(Command) const;
  void fitBars();  // leaves out, in their order of use, what has no room

  // main_window.cpp
  void perform(Command);
  void openScene(const std::string& name);
  void framePainted();
  void chooseEngine(EngineChoice);
  EngineChoice chosenEngine() const;  // the processor where OpenGL would be run by it anyway
  void showToast();
  void offerRecovery();
  void takeScreenshot();
  void about();
  void runSelfCheck();
  void failed(const QString&);
  void startAnew();      // the canvas's context is lost
  void backToPicture();  // after a dialog: the keyboard is the picture's again

  // files.cpp
  void openDialog();
  void importDialog();
  bool save();  // false: cancelled or failed
  bool saveAs();
  bool writeSession(const QString& path);
  void savePicture();
  ExportDialog& exportDialog();
  void saveStudy(Command);  // as CSV
  void openWeights();
  void saveWeights();
  static void runModelsThatWereAllowed();
  void openNetwork();
  void readNetworkFile(const QString& path);
  void saveNetwork();
  void paintFromPicture();
  void openFile(const QString& path);
  void importPoints(const QString& path);
  void fitStale();
  void fit(Distribution, int pane, bool refit);
  void openWhole(Session, const QString& path, bool ownsFile);
  void complete(Session, const QString& folder, const QString& name, std::function<void(Completed)> then);
  // One at a time; a newer one stops the one before. The job runs on the worker and answers what is then to be done
  // here. Where it fails or is stopped, `givenUp` is called instead and the reason is shown.
  using Job = std::function<std::function<void()>(const FitWatch&)>;
  void startWork(std::string what, Job, std::function<void()> givenUp = {});
  void dropWork();  // what runs is not wanted any more: nothing comes of it, not even a word
  void endWork(const std::function<void()>& finish, const std::string& error, bool stopped);
  bool mayDiscard();  // asks when there is something to lose
  void copyView();
  void pasteView();
  void remember(const QString& path);  // recent files
  QString folder() const;
  // Asks for the file to save to: first one that is called as the scene, with `what` behind it. Empty: given up.
  QString askWhereToSave(const QString& title, const QString& filter, const QString& what, const QString& ending);

  std::atomic<bool> woken_ = false;
  std::unique_ptr<Workbench> bench_;
  Canvas* canvas_ = nullptr;  // owned by its container
  Recovery recovery_;
  Fits fits_;
  QThreadPool worker_;  // points are read and fitted on it
  std::stop_source workStop_;
  std::function<void()> workGivenUp_;
  quint64 workNumber_ = 0;  // the newest wins

  std::map<Command, QAction*> actions_;
  QMenu* recent_ = nullptr;
  QToolBar* toolbar_ = nullptr;
  QToolButton *play_ = nullptr, *speed_ = nullptr;
  std::array<QToolButton*, 4> paneButtons_{};
  std::map<Command, QToolButton*> layerButtons_;
  struct Dispensable {
    QAction* placed;  // on the toolbar
    QAction* action;  // in a menu
  };
  std::vector<Dispensable> dispensable_;  // the first goes first, into the menu of `more_`
  QAction* more_ = nullptr;
  QMenu* moreMenu_ = nullptr;
  QLabel *engineLabel_ = nullptr, *answerLabel_ = nullptr, *frameLabel_ = nullptr, *rateLabel_ = nullptr,
         *trainingLabel_ = nullptr, *seedLabel_ = nullptr, *savedLabel_ = nullptr;
  QTimer refresh_, autosave_, deadline_, toast_, pressed_;
  std::string toastText_;  // of the notice that toast_ takes away
  Theme shownTheme_ = Theme::Dark;
  double shownScale_ = 0;
  bool shownPlaying_ = false;
  struct BeforePresenting {
    bool left, right, fullScreen;
  };
  std::optional<BeforePresenting> presenting_;
  QAction* endPresenting_ = nullptr;  // Esc

  Options options_;
  bool firstPlay_ = false;  // the opening scene is playing for the first time
  bool shot_ = false;
  int exitCode_ = 0;
  std::unique_ptr<class Report> report_;
  ExportDialog* exports_ = nullptr;             // made when it is first asked for; owned by this window
  std::unique_ptr<QOffscreenSurface> surface_;  // of the engine's context
  std::shared_ptr<ChosenEngine> engine_;
  EngineChoice engineChoice_ = EngineChoice::Auto;
  bool engineDecided_ = false;
  std::unique_ptr<class DragMeasurement> measurement_;
};

}  // namespace gs
