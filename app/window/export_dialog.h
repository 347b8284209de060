// File > Export: what is on the canvas as a film, a page or a figure, written beside the window's own work. Closed
// while it writes, it goes on.
#pragma once
#include <QComboBox>
#include <QDialog>
#include <QImage>
#include <QThreadPool>

#include <functional>
#include <stop_token>
#include <utility>
#include <vector>

#include "engine/chosen_engine.h"
#include "output/animation.h"
#include "session/session.h"

class QCheckBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QProgressBar;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace gs {

class ExportDialog : public QDialog {
 public:
  // `session`: what is on the canvas now; `engine`: what the window computes with; `folder`: where files go at first.
  ExportDialog(QWidget* parent, std::function<Session()> session, std::function<EngineChoice()> engine,
               const QString& folder);
  ~ExportDialog() override;  // stops an export that is under way
  void addKeyframe();        // of what is on the canvas now; also while the dialog is hidden
  // For --report: what the dialog says, and where its named parts and keyframes are on the screen.
  QString said() const;
  QString moves() const;  // the chosen "What moves"; empty where it is written by hand
  std::vector<std::pair<QString, QRect>> places() const;

 private:
  void build(const QString& folder);
  void buildStrip(QVBoxLayout*);
  void refresh();  // what the choices mean, or what is wrong with them
  void refreshStrip();
  void formatChosen();
  void pathEdited();
  void start();
  void finished(const QString& said, bool good);
  Animation animation() const;  // throws SessionError
  // Pixels a point of a film of the chosen size; with panels the most that leaves them room, 0 where none does.
  double filmScale(const Session&, bool panels) const;
  void openStoryboard();
  void saveStoryboard();
  void drawThumbnail(std::size_t keyframe);
  // Whatever runs on this thread, and the threads that it starts, gives way to the window.
  static void giveWay();

  std::function<Session()> session_;
  std::function<EngineChoice()> engine_;
  std::vector<Keyframe> keyframes_;
  std::vector<quint64> numbers_;  // of the keyframes, for thumbnails that come later
  std::vector<QImage> thumbnails_;
  quint64 nextNumber_ = 1, work_ = 0;
  QThreadPool worker_;
  std::stop_source stop_;
  bool exporting_ = false, filling_ = false;

  QComboBox *format_ = nullptr, *size_ = nullptr, *moves_ = nullptr, *quality_ = nullptr, *style_ = nullptr,
            *ease_ = nullptr;
  QLineEdit *path_ = nullptr, *animate_ = nullptr, *grid_ = nullptr, *title_ = nullptr;
  QSpinBox *fps_ = nullptr, *samples_ = nullptr;
  QDoubleSpinBox *seconds_ = nullptr, *hold_ = nullptr;
  QCheckBox *transparent_ = nullptr, *caption_ = nullptr, *panels_ = nullptr;
  QListWidget* strip_ = nullptr;
  QWidget* stripBox_ = nullptr;
  QSize sizeAlone_;  // of the dialog without the strip
  QLabel* preview_ = nullptr;
  QProgressBar* bar_ = nullptr;
  QPushButton *export_ = nullptr, *cancel_ = nullptr;
};

}  // namespace gs
