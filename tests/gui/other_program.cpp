// Another program on the same display: it offers text on the clipboard, or a file that can be dragged out of its
// window, or it photographs the display.
//     other_program clip TEXT
//     other_program drag FILE X Y      a window of 80 x 80 at X, Y; a press on it begins to drag
//     other_program grab FILE          what is on the display, as a picture
#include <QApplication>
#include <QClipboard>
#include <QDrag>
#include <QMimeData>
#include <QMouseEvent>
#include <QPixmap>
#include <QScreen>
#include <QUrl>
#include <QWidget>

#include <cstdio>

namespace {

class Source : public QWidget {
 public:
  explicit Source(QString file) : file_(std::move(file)) {}

 protected:
  void mousePressEvent(QMouseEvent*) override {
    auto* dragged = new QMimeData;
    dragged->setUrls({QUrl::fromLocalFile(file_)});
    auto* drag = new QDrag(this);
    drag->setMimeData(dragged);
    drag->exec(Qt::CopyAction);
  }

 private:
  QString file_;
};

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  const QStringList arguments = QCoreApplication::arguments();
  if (arguments.size() == 3 && arguments[1] == QStringLiteral("clip")) {
    QGuiApplication::clipboard()->setText(arguments[2]);
    return QApplication::exec();
  }
  if (arguments.size() == 3 && arguments[1] == QStringLiteral("grab"))
    return QGuiApplication::primaryScreen()->grabWindow(0).save(arguments[2]) ? 0 : 1;
  if (arguments.size() != 5) return 2;
  Source source(arguments[2]);
  source.setWindowFlags(Qt::FramelessWindowHint | Qt::WindowDoesNotAcceptFocus);
  source.setGeometry(arguments[3].toInt(), arguments[4].toInt(), 80, 80);
  source.show();
  return QApplication::exec();
}
