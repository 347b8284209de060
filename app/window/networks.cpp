// Files of trained denoisers in the window.
#include <QFileDialog>
#include <QFileInfo>

#include "data/networks.h"
#include "learn/files.h"
#include "main_window.h"

namespace gs {
namespace {

const QString kNetworkFilter = QStringLiteral("Network (*.npz)");

}  // namespace

void MainWindow::openNetwork() {
  const QString path = QFileDialog::getOpenFileName(this, QStringLiteral("Open network"), folder(), kNetworkFilter);
  if (!path.isEmpty()) readNetworkFile(path);
}

// As the model of the active pane.
void MainWindow::readNetworkFile(const QString& path) {
  canvas_->requestFrame(3);
  NetworkFile n;
  n.file = QFileInfo(path).absoluteFilePath().toStdString();
  std::vector<std::string> warnings;
  n = readNetwork(n, "", warnings);
  if (!n.network->problem.empty()) return bench_->fail(n.network->problem);
  bench_->document.session.panes[std::size_t(bench_->ui.activePane)].model.network = n;
  bench_->document.commit();
  bench_->notice("The model of this pane is the network " + QFileInfo(path).fileName().toStdString() + ".");
  remember(path);
}

// What named the training names the file from then on.
void MainWindow::saveNetwork() {
  const NetworkTrainingAnswer trained = bench_->ui.training;  // as it is now: the dialog may stay open for long
  if (!trained.network || !trained.progress.state) {
    bench_->fail("There is no trained network yet: train one in its card on the right.");
    canvas_->requestFrame(3);
    return;
  }
  QFileDialog dialog(this, QStringLiteral("Save network"), folder(), kNetworkFilter);
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(QStringLiteral("npz"));
  const std::string& scene = bench_->document.session.name;
  dialog.selectFile(QString::fromStdString((scene.empty() ? "guidescope" : scene) + " network.npz"));
  if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return;
  const std::string path = dialog.selectedFiles().constFirst().toStdString();
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
