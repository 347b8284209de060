// Films with panels are made by the command line beside this program: Dear ImGui has one interface in a program, and
// here the window is using it.
#include "export_panels.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>

#include <map>
#include <optional>
#include <set>
#include <span>

#include "data/distributions.h"
#include "data/networks.h"
#include "learn/files.h"
#include "measure/network_training.h"
#include "output/files.h"
#include "output/studio.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

// "progress 12 340 5.5": done, of, seconds left.
std::optional<ExportProgress> progressIn(const QByteArray& line) {
  const QList<QByteArray> words = line.simplified().split(' ');
  if (words.size() != 4 || words[0] != "progress") return std::nullopt;
  return ExportProgress{words[1].toInt(), words[2].toInt(), words[3].toDouble()};
}

// The checksums of the models that are code, as they were said yes to.
void addModels(const Session& session, std::set<std::string>& sums) {
  const auto add = [&](const NetworkFile& n) {
    if (n && isScriptFile(n.file)) sums.insert(n.sha256);
  };
  for (const Experiment& e : session.panes) {
    add(e.model.network);
    for (const Term& t : e.guidance) add(t.network);
  }
}

// Networks that were trained in this window are in no file yet: into the folder with them.
class TrainedFiles {
 public:
  explicit TrainedFiles(const QTemporaryDir& folder) : folder_(folder) {}
  // Throws InputError where nothing was trained yet.
  Session named(Session session) {
    for (std::size_t k = 0; k < session.panes.size(); ++k) {
      Experiment& e = session.panes[k];
      const std::string pane = "panes." + std::to_string(k) + '.';
      name(e.model.network, pane + "model.network");
      for (std::size_t i = 0; i < e.guidance.size(); ++i)
        name(e.guidance[i].network, pane + "guidance." + std::to_string(i) + ".network");
    }
    return session;
  }
  // For the program that makes the film: what it shows and writes says what this window says, and no file of a folder
  // that is gone by then.
  QStringList calls() const {
    QStringList out;
    for (const auto& [network, file] : files_)
      out << QStringLiteral("--call-network")
          << QLatin1String(kTrainedHere) + QLatin1Char('=') + QString::fromStdString(file);
    return out;
  }

 private:
  void name(NetworkFile& n, const std::string& place) {
    if (n.file != kTrainedHere) return;
    if (!n.network) throw InputError(place + ": '" + n.file + "' has not been read");
    std::string& file = files_[n.network.get()];
    if (file.empty()) {
      const QString number = files_.size() > 1 ? QString::number(files_.size()) : QString();
      file = folder_.filePath(QLatin1String(kTrainedHere) + number + QLatin1String(".npz")).toStdString();
      writeArrays(file, arraysOf(*n.network));
    }
    n.file = file;
  }

  const QTemporaryDir& folder_;
  std::map<const Network*, std::string> files_;
};

constexpr int kPatience = 10000;  // milliseconds from the request to end until the program is ended

}  // namespace

void exportWithPanels(const VideoExport& e, const std::string& moves, const std::vector<Keyframe>& keyframes,
                      EngineChoice engine, const std::function<void(const ExportProgress&)>& progress,
                      std::stop_token stop, const std::string& by) {
  std::set<std::string> models;
  const auto require = [&](const Session& session) {
    requireNetworks(session);
    addModels(session, models);
  };
  require(e.session);
  for (const Keyframe& k : keyframes) require(k.session);
  const QString program = by.empty() ? QCoreApplication::applicationDirPath() + QStringLiteral("/guidescope-cli")
                                     : QString::fromStdString(by);
  const QTemporaryDir folder;
  if (!folder.isValid())
    throw OutputError("no folder for the film's session can be made in " + QDir::tempPath().toStdString() + ": " +
                      folder.errorString().toStdString());
  const auto write = [&](const char* name, const std::string& text) {
    const QString path = folder.filePath(QLatin1String(name));
    writeFileAtomically(path.toStdString(), std::as_bytes(std::span(text)));
    return path;
  };
  const auto text = [](const std::string& s) { return QString::fromStdString(s); };
  TrainedFiles trained(folder);
  const Shot& s = e.shot;
  QStringList arguments{QStringLiteral("render"),
                        write("scene.json", toJson(trained.named(e.session))),
                        QStringLiteral("-o"),
                        text(e.path),
                        QStringLiteral("--panels"),
                        QStringLiteral("--progress"),
                        QStringLiteral("--engine"),
                        text(std::string(nameOf(engine))),
                        QStringLiteral("--size"),
                        QStringLiteral("%1x%2").arg(s.width).arg(s.height),
                        QStringLiteral("--scale"),
                        text(numberText(s.pixelRatio)),
                        QStringLiteral("--fps"),
                        QString::number(e.video.fps),
                        QStringLiteral("--supersampling"),
                        QString::number(s.supersampling),
                        QStringLiteral("--quality"),
                        e.video.quality == VideoQuality::Good ? QStringLiteral("good") : QStringLiteral("draft")};
  for (const std::string& sum : models) arguments << QStringLiteral("--allow-model") << text(sum);
  if (s.caption) arguments << QStringLiteral("--caption");
  if (!e.title.empty()) arguments << QStringLiteral("--title=") + text(e.title);
  if (keyframes.empty())
    arguments << QStringLiteral("--animate") << text(moves);
  else {
    std::vector<Keyframe> board = keyframes;
    for (Keyframe& k : board) k.session = trained.named(std::move(k.session));
    arguments << QStringLiteral("--storyboard") << write("storyboard.json", storyboardJson(board));
  }
  arguments << trained.calls();
  QProcess process;
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(QProcess::nullDevice());
  process.start(program, arguments);
  if (!process.waitForStarted())
    throw OutputError(program.toStdString() + " cannot be run: " + process.errorString().toStdString());
  QByteArray error;
  const auto read = [&] {
    while (process.canReadLine()) {
      const QByteArray line = process.readLine();
      if (const auto p = progressIn(line))
        progress(*p);
      else
        error += line;
    }
  };
  process.setReadChannel(QProcess::StandardError);
  QElapsedTimer stopping;
  bool ended = false;
  while (!process.waitForFinished(100) && process.state() != QProcess::NotRunning) {
    if (stop.stop_requested()) {
      if (!stopping.isValid()) {
        stopping.start();
        process.terminate();  // it leaves nothing behind
      } else if (stopping.hasExpired(kPatience)) {
        ended = true;
        process.kill();
      }
    }
    read();
  }
  read();
  if (ended)
    throw OutputError("Stopped. " + program.toStdString() + " did not answer and was ended; " + e.path +
                      ".*.tmp may be left.");
  if (stop.stop_requested()) throw Stopped();
  if (process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0) return;
  std::string words = (error + process.readAll()).simplified().toStdString();
  if (const std::string head = "guidescope-cli: "; words.starts_with(head)) words.erase(0, head.size());
  throw OutputError(words.empty() ? program.toStdString() + " has ended without a word" : words);
}

}  // namespace gs
