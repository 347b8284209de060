#include "export_dialog.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "document.h"
#include "engine/cpu_engine.h"
#include "export_panels.h"
#include "gl/context.h"
#include "output/figure.h"
#include "output/page.h"
#include "output/studio.h"
#include "output/video.h"
#include "panels/off_screen.h"
#include "session/json.h"

namespace gs {
namespace {

struct ExportKind {
  const char *ending, *label;
};
constexpr ExportKind kKinds[] = {
    {".mp4", "Film, MP4 (H.264)"}, {".webm", "Film, WebM (VP9)"}, {".gif", "Animated GIF"},
    {".apng", "Animated PNG"},     {"-%05d.png", "PNG sequence"}, {".html", "Interactive page (HTML)"},
    {".svg", "Figure, SVG"},       {".pdf", "Figure, PDF"},       {".png", "Figure, PNG"}};
struct SizeChoice {
  const char* label;
  int width, height;
};
constexpr SizeChoice kSizes[] = {{"1920 x 1080 (1080p)", 1920, 1080}, {"1280 x 720 (720p)", 1280, 720},
                                 {"3840 x 2160 (4K)", 3840, 2160},    {"1080 x 1080 (square)", 1080, 1080},
                                 {"1080 x 1920 (9:16)", 1080, 1920},  {"640 x 400 (small)", 640, 400}};
struct MoveChoice {
  const char *label, *text;
};
constexpr MoveChoice kMoves[] = {{"Noise to data", "time:1..0:4s; hold:1s"},
                                 {"Data to noise", "time:0..1:4s; hold:1s"},
                                 {"There and back", "time:1..0:8s:back"},
                                 {"The weight, at the data", "time:0..0:1s, guidance.0.omega:0..8:6s; hold:1s"},
                                 {"Noise to data, then the weight", "time:1..0:4s; guidance.0.omega:0..8:4s; hold:1s"},
                                 {"Storyboard", ""}};
constexpr int kStoryboardMove = int(std::size(kMoves)) - 1;

QString leftWords(double seconds) {
  return seconds < 0    ? QString()
         : seconds < 90 ? QStringLiteral(", %1 s left").arg(std::lround(seconds))
                        : QStringLiteral(", %1 min left").arg(std::lround(seconds / 60));
}

}  // namespace

ExportDialog::ExportDialog(QWidget* parent, std::function<Session()> session, std::function<EngineChoice()> engine,
                           const QString& folder)
    : QDialog(parent), session_(std::move(session)), engine_(std::move(engine)) {
  setWindowTitle(QStringLiteral("Export"));
  worker_.setMaxThreadCount(1);  // one context at a time
  build(folder);
  formatChosen();
}

QString ExportDialog::said() const { return preview_->text(); }

void ExportDialog::giveWay() { setpriority(PRIO_PROCESS, 0, 10); }

ExportDialog::~ExportDialog() {
  stop_.request_stop();
  worker_.waitForDone();
}

void ExportDialog::build(const QString& folder) {
  auto* form = new QFormLayout;
  const auto combo = [&](const QString& label, const auto& choices) {
    auto* c = new QComboBox;
    for (const auto& choice : choices) c->addItem(QString::fromUtf8(choice.label));
    form->addRow(label, c);
    return c;
  };
  path_ = new QLineEdit;
  path_->setObjectName(QStringLiteral("export.path"));
  const std::string name = session_().name;
  path_->setText(folder + QLatin1Char('/') + QString::fromStdString(name.empty() ? "guidescope" : name) +
                 QStringLiteral(".mp4"));
  auto* browse = new QPushButton(QStringLiteral("Choose..."));
  browse->setAutoDefault(false);
  auto* file = new QHBoxLayout;
  file->addWidget(path_, 1);
  file->addWidget(browse);
  form->addRow(QStringLiteral("&File"), file);
  static_cast<QLabel*>(form->labelForField(file))->setBuddy(path_);
  format_ = combo(QStringLiteral("F&ormat"), kKinds);
  moves_ = combo(QStringLiteral("What &moves"), kMoves);
  moves_->setPlaceholderText(QStringLiteral("As written below"));
  animate_ = new QLineEdit(QString::fromLatin1(kMoves[0].text));
  animate_->setObjectName(QStringLiteral("export.animate"));
  animate_->setToolTip(QStringLiteral(
      "path:from..to:seconds. A comma: together; a semicolon: one after the other; hold:1s waits. Options :linear :in "
      ":out :back :log :after=1s."));
  form->addRow(QStringLiteral("Mo&ves"), animate_);
  size_ = combo(QStringLiteral("Si&ze"), kSizes);
  auto* numbers = new QHBoxLayout;
  const auto spin = [&](int lo, int hi, int value, const QString& suffix) {
    auto* s = new QSpinBox;
    s->setRange(lo, hi);
    s->setValue(value);
    s->setSuffix(suffix);
    numbers->addWidget(s);
    return s;
  };
  fps_ = spin(1, 120, 30, QStringLiteral(" frames/s"));
  samples_ = spin(1, 4, 1, QStringLiteral(" x supersampling"));
  quality_ = new QComboBox;
  quality_->addItems({QStringLiteral("Draft: quick"), QStringLiteral("Good: smaller")});
  numbers->addWidget(quality_);
  form->addRow(QStringLiteral("Film"), numbers);
  title_ = new QLineEdit;
  title_->setPlaceholderText(QStringLiteral("A card before the film, if there is text here"));
  form->addRow(QStringLiteral("Title"), title_);
  style_ = new QComboBox;
  style_->addItems({QStringLiteral("Paper: 3.25 in, 8 pt"), QStringLiteral("Slide: 10 in, 18 pt")});
  form->addRow(QStringLiteral("Figure"), style_);
  grid_ = new QLineEdit;
  grid_->setPlaceholderText(QStringLiteral("guidance.0.omega=0,1,2,4; time=1,0.5,0"));
  grid_->setToolTip(QStringLiteral("Panels of a figure: columns, and after a semicolon rows. Of a page: the choice."));
  form->addRow(QStringLiteral("Values"), grid_);
  auto* checks = new QHBoxLayout;
  transparent_ = new QCheckBox(QStringLiteral("Transparent"));
  caption_ = new QCheckBox(QStringLiteral("Formula below"));
  checks->addWidget(transparent_);
  checks->addWidget(caption_);
  panels_ = new QCheckBox(QStringLiteral("With panels"));
  panels_->setObjectName(QStringLiteral("export.panels"));
  checks->addWidget(panels_);
  checks->addStretch();
  form->addRow(QString(), checks);

  auto* whole = new QVBoxLayout(this);
  whole->addLayout(form);
  buildStrip(whole);
  preview_ = new QLabel;
  preview_->setWordWrap(true);
  preview_->setMinimumWidth(520);
  whole->addWidget(preview_);
  bar_ = new QProgressBar;
  bar_->setTextVisible(false);  // the line above says it
  bar_->setVisible(false);
  whole->addWidget(bar_);
  auto* buttons = new QHBoxLayout;
  buttons->addStretch();
  cancel_ = new QPushButton(QStringLiteral("Close"));
  cancel_->setObjectName(QStringLiteral("export.cancel"));
  cancel_->setAutoDefault(false);
  export_ = new QPushButton(QStringLiteral("Export"));
  export_->setObjectName(QStringLiteral("export.start"));
  export_->setDefault(true);
  buttons->addWidget(cancel_);
  buttons->addWidget(export_);
  whole->addLayout(buttons);

  connect(browse, &QPushButton::clicked, this, [this] {
    const QString chosen = QFileDialog::getSaveFileName(this, QStringLiteral("Export to"), path_->text());
    if (!chosen.isEmpty()) path_->setText(chosen);
  });
  connect(path_, &QLineEdit::textChanged, this, [this] { pathEdited(); });
  connect(format_, &QComboBox::activated, this, [this] {
    // The name keeps its stem.
    QString stem = path_->text();
    for (const ExportKind& kind : kKinds)
      if (const QString ending = QString::fromLatin1(kind.ending); stem.endsWith(ending)) {
        stem.chop(ending.size());
        break;
      }
    path_->setText(stem + QString::fromLatin1(kKinds[format_->currentIndex()].ending));
    formatChosen();
  });
  // What is written by hand has no name in the list, unless it is one of its entries.
  connect(animate_, &QLineEdit::textEdited, this, [this](const QString& written) {
    int same = -1;
    for (int i = 0; i < kStoryboardMove; ++i)
      if (written == QLatin1String(kMoves[i].text)) same = i;
    moves_->setCurrentIndex(same);
  });
  connect(moves_, &QComboBox::activated, this, [this](int i) {
    if (i != kStoryboardMove) animate_->setText(QString::fromLatin1(kMoves[i].text));
    formatChosen();
  });
  for (QLineEdit* e : {animate_, grid_}) connect(e, &QLineEdit::textChanged, this, [this] { refresh(); });
  for (QComboBox* c : {size_, style_, quality_}) connect(c, &QComboBox::activated, this, [this] { refresh(); });
  connect(fps_, &QSpinBox::valueChanged, this, [this] { refresh(); });
  connect(transparent_, &QCheckBox::toggled, this, [this] { refresh(); });
  connect(panels_, &QCheckBox::toggled, this, [this] { formatChosen(); });
  connect(export_, &QPushButton::clicked, this, [this] { start(); });
  connect(cancel_, &QPushButton::clicked, this, [this] {
    if (exporting_)
      stop_.request_stop();
    else
      close();
  });
}

// The name's ending says the format, and the format what can be chosen.
void ExportDialog::pathEdited() {
  for (int i = 0; i < int(std::size(kKinds)); ++i)
    if (path_->text().endsWith(QLatin1String(kKinds[i].ending), Qt::CaseInsensitive)) {
      format_->setCurrentIndex(i);
      break;
    }
  formatChosen();
}

void ExportDialog::formatChosen() {
  const std::string path = path_->text().toStdString();
  const auto video = videoFormat(path);
  const bool page = path.ends_with(".html"), figure = !video && !page;
  if (video == VideoFormat::Gif)
    fps_->setMaximum(50);
  else
    fps_->setMaximum(120);
  const bool board = video && moves_->currentIndex() == kStoryboardMove;
  for (QWidget* w : std::initializer_list<QWidget*>{moves_, size_, fps_, samples_, quality_, title_, caption_})
    w->setEnabled(video.has_value());
  animate_->setEnabled(video && !board);
  style_->setEnabled(figure);
  grid_->setEnabled(figure || page);
  transparent_->setEnabled(figure || (video && hasTransparency(*video) && !panels_->isChecked()));
  if (!transparent_->isEnabled()) transparent_->setChecked(false);
  // The strip is wide; without it the dialog is what it was before.
  if (board && isVisible() && !stripBox_->isVisible()) sizeAlone_ = size();
  const bool leaves = !board && stripBox_->isVisible();
  stripBox_->setVisible(board);
  if (leaves) {
    layout()->activate();
    resize(sizeAlone_.isValid() ? sizeAlone_ : sizeHint());
  }
  refresh();
}

QString ExportDialog::moves() const { return moves_->currentText(); }

Animation ExportDialog::animation() const {
  return moves_->currentIndex() == kStoryboardMove ? storyboard(keyframes_)
                                                   : parseAnimation(animate_->text().toStdString());
}

double ExportDialog::filmScale(const Session& session, bool panels) const {
  const SizeChoice& size = kSizes[size_->currentIndex()];
  const double wanted = std::max(0.5, std::round(std::min(size.width, size.height) / 180.) / 4);
  if (!panels) return wanted;
  double interface = session.view.uiScale;
  if (moves_->currentIndex() == kStoryboardMove)
    for (const Keyframe& k : keyframes_) interface = std::max(interface, k.session.view.uiScale);
  for (double scale = wanted; scale >= 0.5; scale -= 0.25)
    if (!panesBesidePanels(1, size.width, size.height, scale * interface).empty()) return scale;
  return 0;
}

void ExportDialog::refresh() {
  if (exporting_) return;
  const bool film = videoFormat(path_->text().toStdString()).has_value(), room = filmScale(session_(), true) > 0;
  panels_->setEnabled(film && room);
  panels_->setToolTip(film && !room
                          ? QStringLiteral("A picture of this size has no room for panels; choose a wider one")
                          : QStringLiteral("The cards, the numbers and the time line around the picture"));
  if (film && !room && panels_->isChecked()) return panels_->setChecked(false);  // comes back here
  try {
    const std::string path = path_->text().toStdString();
    if (videoFormat(path)) {
      const Motion motion(session_(), animation());
      const SizeChoice& size = kSizes[size_->currentIndex()];
      preview_->setText(QStringLiteral("%1 s, %2 frames of %3 x %4 pixels")
                            .arg(motion.seconds())
                            .arg(motion.frames(fps_->value()))
                            .arg(size.width)
                            .arg(size.height));
    } else if (path.ends_with(".html")) {
      preview_->setText(QStringLiteral("One file that plays in any browser, also inside a slide"));
    } else if (figureFormat(path)) {
      preview_->setText(QStringLiteral("Axes, contours, paths and text as vectors; densities at 300 dpi"));
    } else {
      throw SessionError("The name must end in one of .mp4 .webm .gif .apng %05d.png .html .svg .pdf .png");
    }
    export_->setEnabled(true);
  } catch (const std::exception& e) {
    preview_->setText(QString::fromUtf8(e.what()));
    export_->setEnabled(false);
  }
}

void ExportDialog::start() {
  if (exporting_ || !export_->isEnabled()) return;
  const Session session = session_();
  const std::string path = path_->text().toStdString();
  std::function<void(const Engine&, std::stop_token)> job;
  const quint64 number = ++work_;
  // Calls from the worker are queued to this dialog, which waits for the worker before it goes.
  const auto progress = [this, number, last = -1](const ExportProgress& p) mutable {
    const int percent = p.of > 0 ? 100 * p.done / p.of : 0;
    if (percent == last) return;
    last = percent;
    QMetaObject::invokeMethod(
        this,
        [this, number, p, percent] {
          if (number != work_ || !exporting_) return;
          bar_->setRange(0, 100);
          bar_->setValue(percent);
          preview_->setText(QStringLiteral("%1 of %2%3").arg(p.done).arg(p.of).arg(leftWords(p.secondsLeft)));
        },
        Qt::QueuedConnection);
  };
  try {
    std::vector<FigureAxis> axes;
    for (const QString& part : grid_->text().split(QLatin1Char(';'), Qt::SkipEmptyParts))
      axes.push_back(parseFigureAxis(part.trimmed().toStdString()));
    if (const auto format = videoFormat(path)) {
      VideoExport e{.session = session, .animation = animation(), .path = path, .title = title_->text().toStdString()};
      const SizeChoice& size = kSizes[size_->currentIndex()];
      if (!(filmScale(session, panels_->isChecked()) > 0)) return refresh();  // which says why
      e.shot = {.width = size.width,
                .height = size.height,
                .pixelRatio = filmScale(session, panels_->isChecked()),
                .supersampling = samples_->value(),
                .transparent = transparent_->isChecked(),
                .caption = caption_->isChecked()};
      e.video.format = *format;
      e.video.fps = fps_->value();
      e.video.quality = quality_->currentIndex() == 0 ? VideoQuality::Draft : VideoQuality::Good;
      if (panels_->isChecked())
        job = [e, progress, engine = engine_(), moves = animate_->text().toStdString(),
               board = moves_->currentIndex() == kStoryboardMove ? keyframes_ : std::vector<Keyframe>{}](
                  const Engine&, std::stop_token stop) { exportWithPanels(e, moves, board, engine, progress, stop); };
      else
        job = [e, progress](const Engine& engine, std::stop_token stop) { exportVideo(engine, e, progress, stop); };
    } else if (path.ends_with(".html")) {
      PageExport e{.session = session, .over = std::nullopt, .path = path};
      if (!axes.empty()) e.over = axes[0];
      job = [e](const Engine& engine, std::stop_token stop) { exportPage(engine, e, stop); };
    } else {
      FigureExport e{.session = session,
                     .style = style_->currentIndex() == 0 ? paperStyle() : slideStyle(),
                     .axes = axes,
                     .path = path};
      e.style.transparent = transparent_->isChecked();
      job = [e](const Engine& engine, std::stop_token stop) { exportFigure(engine, e, stop); };
    }
  } catch (const std::exception& e) {
    preview_->setText(QString::fromUtf8(e.what()));
    return;
  }
  exporting_ = true;
  stop_ = std::stop_source();
  bar_->setRange(0, 0);
  bar_->setVisible(true);
  export_->setEnabled(false);
  cancel_->setText(QStringLiteral("Cancel"));
  std::string without = notInFiles(session);
  if (videoFormat(path) && moves_->currentIndex() == kStoryboardMove)
    for (const Keyframe& k : keyframes_)
      if (without.empty()) without = notInFiles(k.session);
  worker_.start([this, job, stop = stop_.get_token(), path, without] {
    giveWay();
    QString said = QStringLiteral("Saved as ") + QString::fromStdString(path + without);
    bool good = false;
    try {
      const gl::Context context = gl::Context::surfaceless();
      const auto engine = makeCpuEngine();
      job(*engine, stop);
      good = true;
    } catch (const Stopped&) {
      said = QStringLiteral("Stopped. Nothing was written.");
    } catch (const std::exception& e) {
      said = QString::fromUtf8(e.what());
    }
    QMetaObject::invokeMethod(
        this, [this, said, good] { finished(said, good); }, Qt::QueuedConnection);
  });
}

void ExportDialog::finished(const QString& said, bool good) {
  exporting_ = false;
  bar_->setVisible(false);
  cancel_->setText(QStringLiteral("Close"));
  refresh();
  preview_->setText(said);
  if (good) cancel_->setFocus();
}

}  // namespace gs
