// Files of denoisers in the window: networks, and models of somebody's own, which are code.
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>

#include <mutex>
#include <set>

#include "data/networks.h"
#include "data/points.h"
#include "data/sha256.h"
#include "learn/files.h"
#include "learn/script.h"
#include "main_window.h"

namespace gs {
namespace {

const QString kNetworkFilter = QStringLiteral("Network (*.npz)");
const QString kModelFilter = QStringLiteral("Models (*.npz *.pt *.pth *.ts)");

// The SHA-256 of every model that was said yes to since the program began.
class AllowedModels {
 public:
  void add(const std::string& sum) {
    const std::lock_guard lock(mutex_);
    sums_.insert(sum);
  }
  bool has(const std::string& sum) const {
    const std::lock_guard lock(mutex_);
    return sums_.count(sum) > 0;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> sums_;
};
AllowedModels& allowedModels() {
  static AllowedModels models;
  return models;
}

}  // namespace

// A session that names a model opens without it until its user has opened the model himself.
void MainWindow::runModelsThatWereAllowed() {
  openScriptsWhere([](const std::string&, const std::string& sum) { return allowedModels().has(sum); });
}

void MainWindow::openNetwork() {
  const QString path = QFileDialog::getOpenFileName(this, QStringLiteral("Open model"), folder(), kModelFilter);
  if (!path.isEmpty()) readNetworkFile(path);
}

// As the model of the active pane; of a model that the session names already, wherever it does.
void MainWindow::readNetworkFile(const QString& path) {
  canvas_->requestFrame(3);
  NetworkFile n;
  n.file = QFileInfo(path).absoluteFilePath().toStdString();
  const std::string name = QFileInfo(path).fileName().toStdString();
  const auto use = [this, path, name](const NetworkFile& read) {
    if (!read.network->problem.empty()) return bench_->fail(read.network->problem);
    Session& s = bench_->document.session;
    bool named = false;
    const auto fill = [&](NetworkFile& of) {
      if (of.file != read.file || !of.network || of.network->problem.empty()) return;
      named = true;
      of.sha256 = read.sha256, of.network = read.network;
    };
    for (Experiment& e : s.panes) {
      fill(e.model.network);
      for (Term& t : e.guidance) fill(t.network);
    }
    if (!named) s.panes[std::size_t(bench_->ui.activePane)].model.network = read;
    bench_->document.commit();
    bench_->notice(named ? name + " runs wherever this session names it." : "The model of this pane is " + name + ".");
    remember(path);
  };
  std::vector<std::string> warnings;
  if (!isScriptFile(n.file)) return use(readNetwork(n, "", warnings));
  std::string sum;
  try {
    sum = sha256(readWhole(n.file));
  } catch (const InputError& e) {
    return bench_->fail(e.what());
  }
  if (!allowedModels().has(sum)) {
    const auto answer = QMessageBox::question(
        this, QStringLiteral("Guidescope"),
        QStringLiteral("%1 is a model, and a model is code: it can do what a program of yours can. Run it only if you "
                       "trust where it comes from.\n\nIt is checked first, in a process of its own.")
            .arg(QString::fromStdString(name)),
        QMessageBox::Open | QMessageBox::Cancel, QMessageBox::Cancel);
    if (answer != QMessageBox::Open) return;
    allowedModels().add(sum);
  }
  startWork("Checking the model " + name, [n, use](const FitWatch& watch) {
    std::vector<std::string> none;
    return [read = readNetwork(n, "", none, watch.stop), use] { use(read); };
  });
}

// What named the training names the file from then on.
void MainWindow::saveNetwork() {
  const NetworkTrainingAnswer trained = bench_->ui.training;  // as it is now: the dialog may stay open for long
  if (!trained.network || !trained.progress.state) {
    bench_->fail("There is no trained network yet: train one in its card on the right.");
    canvas_->requestFrame(3);
    return;
  }
  const std::string path =
      askWhereToSave(QStringLiteral("Save network"), kNetworkFilter, QStringLiteral("network"), QStringLiteral("npz"))
          .toStdString();
  if (path.empty()) return;
  try {
    writeLearned(path, *trained.request, *trained.progress.state);
    NetworkFile saved;
    saved.file = path;
    std::vector<std::string> warnings;
    saved = readNetwork(saved, "", warnings);
    const auto rename = [&](NetworkFile& n) {
      if (n.file != kTrainedHere) return;
      const int snapshot = n.snapshot;
      n = saved;
      n.snapshot = snapshot;
    };
    for (Experiment& e : bench_->document.session.panes) {
      rename(e.model.network);
      for (Term& t : e.guidance) rename(t.network);
    }
    bench_->document.commit();
    bench_->notice("Saved the network as " + path);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  canvas_->requestFrame(3);
}

}  // namespace gs
