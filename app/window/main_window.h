// The window: menus, toolbar, status bar, dialogs, files. What is inside the canvas is the workbench's and the panels'.
#pragma once
#include <QLabel>
#include <QMainWindow>
#include <QToolButton>

#include <array>
#include <atomic>
#include <map>
#include <memory>

#include "canvas.h"
#include "fitting.h"
#include "options.h"
#include "recovery.h"
#include "workbench.h"

class QActionGroup;

namespace gs {

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
  void refresh();           // what Qt shows about the session, at most a few times a second
  void refreshActions();
  void fitBars();           // leaves out, in their order of use, what has no room

  // main_window.cpp
  void perform(Command);
  void openScene(const std::string& name);
  void framePainted();
  void fitStale();
  void offerRecovery();
  void takeScreenshot();
  void about();
  void failed(const QString&);
  void backToPicture();      // after a dialog: the keyboard is the picture's again

  // files.cpp
  void openDialog();
  void importDialog();
  bool save();              // false: cancelled or failed
  bool saveAs();
  bool writeSession(const QString& path);
  void savePicture();
  void openFile(const QString& path);
  void importPoints(const QString& path);
  void fit(Distribution, int pane);
  bool mayDiscard();        // asks when there is something to lose
  void copyView();
  void pasteView();
  void remember(const QString& path);  // recent files
  QString folder() const;

  std::atomic<bool> woken_ = false;
  std::unique_ptr<Workbench> bench_;
  Canvas* canvas_ = nullptr;  // owned by its container
  Recovery recovery_;
  Fits fits_;
  quint64 fitNumber_ = 0;     // the newest fit wins

  std::map<Command, QAction*> actions_;
  QMenu* recent_ = nullptr;
  QToolBar* toolbar_ = nullptr;
  QToolButton *play_ = nullptr, *speed_ = nullptr;
  std::array<QToolButton*, 4> paneButtons_{};
  std::map<Command, QToolButton*> layerButtons_;
  std::vector<QAction*> dispensable_;  // on the toolbar; the first goes first
  QLabel *engineLabel_ = nullptr, *answerLabel_ = nullptr, *frameLabel_ = nullptr, *rateLabel_ = nullptr,
         *seedLabel_ = nullptr, *savedLabel_ = nullptr;
  QTimer refresh_, autosave_, deadline_;
  Theme shownTheme_ = Theme::Dark;
  double shownScale_ = 0;
  bool shownPlaying_ = false;

  Options options_;
  bool firstPlay_ = false;    // the opening scene is playing for the first time
  bool shot_ = false;
  int exitCode_ = 0;
  std::unique_ptr<class Report> report_;
};

}  // namespace gs
