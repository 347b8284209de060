// The storyboard of File > Export: keyframes with their thumbnails, in a strip.
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

#include "engine/cpu_engine.h"
#include "export_dialog.h"
#include "gl/context.h"
#include "output/files.h"
#include "output/studio.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kThumbnailWidth = 128, kThumbnailHeight = 80;

}  // namespace

void ExportDialog::buildStrip(QVBoxLayout* whole) {
  stripBox_ = new QWidget;
  auto* box = new QVBoxLayout(stripBox_);
  box->setContentsMargins(0, 0, 0, 0);
  strip_ = new QListWidget;
  strip_->setViewMode(QListView::IconMode);
  strip_->setFlow(QListView::LeftToRight);
  strip_->setWrapping(false);
  strip_->setMovement(QListView::Static);
  strip_->setIconSize({kThumbnailWidth, kThumbnailHeight});
  strip_->setFixedHeight(kThumbnailHeight + 60);
  strip_->setAccessibleName(QStringLiteral("Keyframes"));
  box->addWidget(strip_);
  auto* row = new QHBoxLayout;
  const auto button = [&](const QString& label, auto&& act) {
    auto* b = new QPushButton(label);
    b->setAutoDefault(false);
    connect(b, &QPushButton::clicked, this, act);
    row->addWidget(b);
    return b;
  };
  const auto chosen = [this] { return strip_->currentRow(); };
  button(QStringLiteral("&Add keyframe"), [this] { addKeyframe(); });
  button(QStringLiteral("Take again"), [this, chosen] {
    if (const int i = chosen(); i >= 0) {
      keyframes_[std::size_t(i)].session = session_();
      drawThumbnail(std::size_t(i));
      refreshStrip();
    }
  });
  const auto move = [this, chosen](int by) {
    const int i = chosen(), j = i + by;
    if (i < 0 || j < 0 || j >= int(keyframes_.size())) return;
    std::swap(keyframes_[std::size_t(i)], keyframes_[std::size_t(j)]);
    std::swap(numbers_[std::size_t(i)], numbers_[std::size_t(j)]);
    std::swap(thumbnails_[std::size_t(i)], thumbnails_[std::size_t(j)]);
    refreshStrip();
    strip_->setCurrentRow(j);
  };
  QPushButton* earlier = button(QStringLiteral("<"), [move] { move(-1); });
  earlier->setObjectName(QStringLiteral("export.earlier"));
  QPushButton* later = button(QStringLiteral(">"), [move] { move(1); });
  // A sign says nothing to whoever hears it.
  for (const auto& [b, words] : {std::pair(earlier, QStringLiteral("Earlier")), {later, QStringLiteral("Later")}}) {
    b->setAccessibleName(words);
    b->setToolTip(words);
  }
  button(QStringLiteral("Remove"), [this, chosen] {
    if (const int i = chosen(); i >= 0) {
      keyframes_.erase(keyframes_.begin() + i);
      numbers_.erase(numbers_.begin() + i);
      thumbnails_.erase(thumbnails_.begin() + i);
      refreshStrip();
    }
  });
  const auto time = [&](const QString& prefix) {
    auto* s = new QDoubleSpinBox;
    s->setRange(0, 600);
    s->setSingleStep(0.25);
    s->setPrefix(prefix);
    s->setSuffix(QStringLiteral(" s"));
    row->addWidget(s);
    connect(s, &QDoubleSpinBox::valueChanged, this, [this, chosen] {
      const int i = chosen();
      if (filling_ || i < 0) return;
      keyframes_[std::size_t(i)].hold = hold_->value();
      keyframes_[std::size_t(i)].seconds = seconds_->value();
      refreshStrip();
    });
    return s;
  };
  hold_ = time(QStringLiteral("hold "));
  seconds_ = time(QStringLiteral("then "));
  ease_ = new QComboBox;
  ease_->addItems({QStringLiteral("linear"), QStringLiteral("smooth"), QStringLiteral("in"), QStringLiteral("out")});
  row->addWidget(ease_);
  connect(ease_, &QComboBox::activated, this, [this, chosen](int e) {
    if (const int i = chosen(); i >= 0) keyframes_[std::size_t(i)].ease = Ease(e);
  });
  button(QStringLiteral("Open..."), [this] { openStoryboard(); });
  button(QStringLiteral("Save..."), [this] { saveStoryboard(); });
  box->addLayout(row);
  whole->addWidget(stripBox_);
  connect(strip_, &QListWidget::currentRowChanged, this, [this](int i) {
    if (i < 0) return;
    filling_ = true;
    hold_->setValue(keyframes_[std::size_t(i)].hold);
    seconds_->setValue(keyframes_[std::size_t(i)].seconds);
    ease_->setCurrentIndex(int(keyframes_[std::size_t(i)].ease));
    filling_ = false;
  });
}

void ExportDialog::addKeyframe() {
  if (keyframes_.size() >= Animation::kMaxKeyframes) return;
  keyframes_.push_back({session_(), 2, 0.5, Ease::Smooth});
  numbers_.push_back(nextNumber_++);
  thumbnails_.emplace_back();
  drawThumbnail(keyframes_.size() - 1);
  moves_->setCurrentIndex(moves_->count() - 1);  // "Storyboard"
  formatChosen();
  refreshStrip();
  strip_->setCurrentRow(int(keyframes_.size()) - 1);
}

void ExportDialog::drawThumbnail(std::size_t i) {
  worker_.start([this, number = numbers_[i], session = keyframes_[i].session]() mutable {
    giveWay();
    QImage image;
    try {
      for (Experiment& e : session.panes) e.particles.count = std::min(e.particles.count, 1000);
      session.view.axes.visible = false;
      const gl::Context context = gl::Context::surfaceless();
      const auto engine = makeCpuEngine(1);
      const Image taken =
          Studio(*engine, Shot{.width = 2 * kThumbnailWidth, .height = 2 * kThumbnailHeight}).take(session);
      image = QImage(taken.rgba.data(), taken.width, taken.height, QImage::Format_RGBA8888).copy();
    } catch (const std::exception&) {
      image = QImage(kThumbnailWidth, kThumbnailHeight, QImage::Format_RGBA8888);
      image.fill(Qt::gray);  // the export itself says what is wrong with it
    }
    QMetaObject::invokeMethod(
        this,
        [this, number, image] {
          const auto at = std::find(numbers_.begin(), numbers_.end(), number);
          if (at == numbers_.end()) return;
          thumbnails_[std::size_t(at - numbers_.begin())] = image;
          refreshStrip();
        },
        Qt::QueuedConnection);
  });
}

void ExportDialog::refreshStrip() {
  const int row = strip_->currentRow();
  strip_->blockSignals(true);
  strip_->clear();
  for (std::size_t i = 0; i < keyframes_.size(); ++i) {
    const Keyframe& k = keyframes_[i];
    const QString text = QStringLiteral("%1: %2 s, then %3 s").arg(i + 1).arg(k.hold).arg(k.seconds);
    QPixmap picture(kThumbnailWidth, kThumbnailHeight);
    if (thumbnails_[i].isNull())
      picture.fill(Qt::gray);  // not drawn yet
    else
      picture = QPixmap::fromImage(thumbnails_[i]);
    strip_->addItem(new QListWidgetItem(QIcon(picture), text));
  }
  strip_->setCurrentRow(std::min(row, int(keyframes_.size()) - 1));
  strip_->blockSignals(false);
  refresh();
}

std::vector<std::pair<QString, QRect>> ExportDialog::places() const {
  std::vector<std::pair<QString, QRect>> out;
  for (const QWidget* w : findChildren<QWidget*>())
    if (w->isVisible() && w->objectName().startsWith(QLatin1String("export.")))
      out.emplace_back(w->objectName(), QRect(w->mapToGlobal(QPoint(0, 0)), w->size()));
  for (int i = 0; strip_->isVisible() && i < strip_->count(); ++i) {
    const QRect r = strip_->visualItemRect(strip_->item(i));
    out.emplace_back(QStringLiteral("export.keyframe.%1").arg(i),
                     QRect(strip_->viewport()->mapToGlobal(r.topLeft()), r.size()));
  }
  return out;
}

void ExportDialog::openStoryboard() {
  const QString file =
      QFileDialog::getOpenFileName(this, QStringLiteral("Open storyboard"), {}, QStringLiteral("Storyboard (*.json)"));
  if (file.isEmpty()) return;
  try {
    QFile in(file);
    if (!in.open(QIODevice::ReadOnly) || in.size() > (32 << 20)) throw SessionError("it cannot be read");
    const QByteArray text = in.readAll();
    keyframes_ = parseStoryboard({text.data(), std::size_t(text.size())}).keyframes;
    numbers_.clear();
    thumbnails_.assign(keyframes_.size(), {});
    for (std::size_t i = 0; i < keyframes_.size(); ++i) numbers_.push_back(nextNumber_++);
    for (std::size_t i = 0; i < keyframes_.size(); ++i) drawThumbnail(i);
    refreshStrip();
  } catch (const std::exception& e) {
    preview_->setText(file + QStringLiteral(": ") + QString::fromUtf8(e.what()));
  }
}

void ExportDialog::saveStoryboard() {
  QFileDialog dialog(this, QStringLiteral("Save storyboard"), {}, QStringLiteral("Storyboard (*.json)"));
  dialog.setAcceptMode(QFileDialog::AcceptSave);
  dialog.setDefaultSuffix(QStringLiteral("json"));
  if (dialog.exec() != QDialog::Accepted) return;
  try {
    const std::string json = storyboardJson(keyframes_);
    writeFileAtomically(dialog.selectedFiles().constFirst().toStdString(), std::as_bytes(std::span(json)));
  } catch (const std::exception& e) {
    preview_->setText(QString::fromUtf8(e.what()));
  }
}

}  // namespace gs
