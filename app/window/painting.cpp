// The window's part of painted rewards: a picture's brightness as the map.
#include <QFileDialog>

#include "diffusion/painted_map.h"
#include "main_window.h"
#include "output/files.h"

namespace gs {

void MainWindow::paintFromPicture() {
  Experiment& e = bench_->document.session.panes[std::size_t(bench_->ui.activePane)];
  const int term = bench_->ui.activeTerm;
  if (term < 0 || term >= int(e.guidance.size()) || e.guidance[std::size_t(term)].kind != TermKind::Reward) {
    bench_->fail("There is no reward to paint: choose a reward term of the stack first.");
    canvas_->requestFrame(3);
    return;
  }
  QFileDialog dialog(this, QStringLiteral("Paint reward from picture"), folder(), QStringLiteral("Pictures (*.png)"));
  dialog.setFileMode(QFileDialog::ExistingFile);
  if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return;
  try {
    const Image image = readPng(dialog.selectedFiles().constFirst().toStdString()).image;
    Reward& r = e.guidance[std::size_t(term)].reward;
    const Camera& camera = bench_->document.session.view.camera;
    // Where somebody has already painted, the picture takes that place.
    if (r.kind != RewardKind::Painted || r.map.empty()) r.center = camera.center, r.radius = camera.height / 2;
    r.kind = RewardKind::Painted;
    r.map = PaintedMap::ofPicture(image.rgba, image.width, image.height).text();
    bench_->document.commit();
  } catch (const std::exception& error) {
    bench_->fail(error.what());
  }
  canvas_->requestFrame(3);
}

}  // namespace gs
