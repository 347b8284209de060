#include <QApplication>
#include <QLocale>
#include <QSurfaceFormat>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "main_window.h"
#include "style.h"
#include "window_engine.h"

namespace {

// Qt gives up with a fatal message where no display can be reached; say so in our words, with our exit code.
void qtMessage(QtMsgType type, const QMessageLogContext&, const QString& text) {
  if (type == QtFatalMsg) {
    std::fprintf(stderr, "guidescope: no display can be opened here (%s). guidescope-cli needs none.\n",
                 qPrintable(text.section(QLatin1Char('\n'), 0, 0)));
    std::fflush(stderr);
    std::_Exit(4);
  }
  if (type == QtDebugMsg || type == QtInfoMsg) return;
  std::fprintf(stderr, "%s\n", qPrintable(text));
}

}  // namespace

int main(int argc, char** argv) {
  const gs::Options options = gs::parseOptions(argc, argv);
  if (options.exitCode >= 0) return options.exitCode;
  gs::Session session;
  std::string path;
  try {
    session = gs::startSession(options, path);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "guidescope: %s\n", e.what());
    return 3;
  }
  if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM") && !qEnvironmentVariableIsSet("DISPLAY") &&
      !qEnvironmentVariableIsSet("WAYLAND_DISPLAY")) {
    std::fprintf(stderr, "guidescope: there is no display here (DISPLAY is not set). guidescope-cli needs none.\n");
    return 4;
  }
  // Qt waits this long before it asks for a frame; the canvas keeps the screen's rate by itself.
  if (!qEnvironmentVariableIsSet("QT_QPA_UPDATE_IDLE_TIME")) qputenv("QT_QPA_UPDATE_IDLE_TIME", "0");
  qInstallMessageHandler(qtMessage);
  QApplication::setOrganizationName(QStringLiteral("Guidescope"));
  QApplication::setApplicationName(QStringLiteral("guidescope"));
  QApplication::setApplicationDisplayName(QStringLiteral("Guidescope"));
  QApplication::setApplicationVersion(QStringLiteral(GS_VERSION));
  QApplication::setDesktopFileName(QStringLiteral("guidescope"));
  gs::prepareSharing();
  int qtArguments = 1;  // Qt has options of its own; ours are read already
  QApplication app(qtArguments, argv);
  std::setlocale(LC_NUMERIC, "C");  // QApplication has set the user's; numbers in files are written one way
  QLocale::setDefault(QLocale::c());
  app.setQuitOnLastWindowClosed(false);
  gs::loadFonts();
  int code = 0;
  {
    gs::MainWindow window(std::move(session), std::move(path), options);
    window.show();
    QApplication::exec();
    code = window.exitCode();
  }
  return code;
}
