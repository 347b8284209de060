// What the window says and writes about studies: tables as CSV, and the self-check of its engines.
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QTextBrowser>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

#include "main_window.h"
#include "learn/files.h"
#include "measure/self_check.h"
#include "output/files.h"

namespace gs {
namespace {

QString checkTable(const std::vector<SelfCheck>& checks) {
  const auto number = [](double v) { return std::isfinite(v) ? QString::number(v, 'g', 2) : QStringLiteral("-"); };
  const auto failed = std::count_if(checks.begin(), checks.end(), [](const SelfCheck& c) { return !c.passed; });
  QString html = failed == 0 ? QStringLiteral("<p><b>All %1 checks passed.</b></p>").arg(checks.size())
                             : QStringLiteral("<p><b>%1 of %2 checks failed.</b></p>").arg(failed).arg(checks.size());
  html += QStringLiteral("<table cellpadding='3'>");
  std::string engine;
  for (const SelfCheck& c : checks) {
    if (c.engine != engine)
      html += QStringLiteral("<tr><td colspan='4'><b>%1</b></td></tr>")
                  .arg(QString::fromStdString(engine = c.engine).toHtmlEscaped());
    html += QStringLiteral("<tr><td>%1</td><td>%2</td><td align='right'>%3</td><td align='right'>of %4</td></tr>")
                .arg(c.passed ? QStringLiteral("passed") : QStringLiteral("<b>FAILED</b>"),
                     QString::fromStdString(c.what).toHtmlEscaped(), number(c.value), number(c.bound));
  }
  return html + QStringLiteral("</table><p>The largest deviation that was found, and how large it may be.</p>");
}

}  // namespace

void MainWindow::saveStudy(Command command) {
  const StudyAnswer& s = bench_->ui.study;
  // What is on the screen now; the dialog may stay open for long.
  std::string name, text;
  if (command == Command::SaveSweep) {
    name = "sweep";
    if (s.sweep && !s.sweep->values.empty()) text = csv(*s.sweep);
  } else if (command == Command::SaveFrontier) {
    name = "frontier";
    if (s.frontier && s.frontier->absent.empty()) text = csv(*s.frontier);
  } else if (command == Command::SaveScoreErrors) {
    name = "score error";
    if (s.scoreErrors && !s.scoreErrors->points.empty()) text = csv(*s.scoreErrors);
  } else {
    name = "certificate";
    if (s.certificate && !s.certificate->points.empty()) text = csv(*s.certificate);
  }
  if (text.empty()) {
    bench_->fail("There is no " + name + " yet: switch it on in its card on the right.");
    canvas_->requestFrame(3);
    return;
  }
  const QString what = QString::fromStdString(name);
  const std::string path = askWhereToSave(QStringLiteral("Save ") + what,
                                          QStringLiteral("Comma-separated values (*.csv)"), what, QStringLiteral("csv"))
                               .toStdString();
  if (path.empty()) return;
  try {
    writeFileAtomically(path, std::as_bytes(std::span(text)));
    bench_->notice("Saved the numbers as " + path);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  canvas_->requestFrame(3);
}

void MainWindow::openWeights() {
  const QString path = QFileDialog::getOpenFileName(this, QStringLiteral("Open learned weights"), folder(),
                                                    QStringLiteral("Trained weights (*.npz)"));
  if (path.isEmpty()) return;
  try {
    const LearnedFile file = readLearnedFile(path.toStdString(), LearnKind::Omega);
    Experiment& e = bench_->document.session.panes[std::size_t(bench_->ui.activePane)];
    e = withLearned(e, learnedWeights(file, QFileInfo(path).completeBaseName().toStdString()));
    bench_->notice("The weights of " + path.toStdString() + " are those of the classifier-free term.");
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  canvas_->requestFrame(3);
}

void MainWindow::saveWeights() {
  const LearningAnswer& a = bench_->ui.learning;
  if (!a.request || !a.progress.state) {
    bench_->fail("There are no weights yet: train some in the card \"Learned weight\" on the right.");
    canvas_->requestFrame(3);
    return;
  }
  const LearnRequest request = *a.request;
  const auto state = a.progress.state;
  const std::string path =
      askWhereToSave(QStringLiteral("Save learned weights"), QStringLiteral("Trained weights (*.npz)"),
                     QStringLiteral("weights"), QStringLiteral("npz"))
          .toStdString();
  if (path.empty()) return;
  try {
    writeLearned(path, request, *state);
    bench_->notice("Saved the weights as " + path);
  } catch (const std::exception& e) {
    bench_->fail(e.what());
  }
  canvas_->requestFrame(3);
}

void MainWindow::runSelfCheck() {
  startWork("Checking the engines", [this, chosen = bench_->engine()](const FitWatch& watch) {
    const auto cpu = makeCpuEngine();
    std::vector<const Engine*> engines{cpu.get()};
    if (chosen->name() != cpu->name()) engines.push_back(chosen.get());
    auto checks = selfCheck(
        engines, [&](int done, int of) { watch.progress(double(done) / of); }, watch.stop);
    return [this, checks = std::move(checks)] {
      QDialog dialog(this);
      dialog.setWindowTitle(QStringLiteral("Self-check"));
      auto* text = new QTextBrowser;
      text->setObjectName(QStringLiteral("self-check"));
      text->setHtml(checkTable(checks));
      auto* layout = new QVBoxLayout(&dialog);
      layout->addWidget(text);
      auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
      connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
      layout->addWidget(buttons);
      dialog.resize(dialog.fontMetrics().averageCharWidth() * 100, dialog.fontMetrics().height() * 32);
      dialog.exec();
      backToPicture();
    };
  });
}

}  // namespace gs
