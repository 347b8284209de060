#include "style.h"

#include <QFontDatabase>
#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

#include <cmath>
#include <cstring>

#include "assets.h"

namespace gs {
namespace {

QString css(Rgb c) { return QStringLiteral("rgb(%1,%2,%3)").arg(c.r).arg(c.g).arg(c.b); }
Rgb mix(Rgb a, Rgb b, double w) {
  const auto m = [w](int x, int y) { return std::uint8_t(std::lround(x + (y - x) * w)); };
  return {m(a.r, b.r), m(a.g, b.g), m(a.b, b.b)};
}
QColor color(Rgb c) { return QColor(c.r, c.g, c.b); }

// @name is a colour, {n} is n times the font size in pixels.
constexpr const char* kSheet = R"(
QMainWindow, QMenuBar, QToolBar, QStatusBar, QDialog, QMessageBox { background: @canvas; color: @text; }
* { font-family: "Inter"; font-size: {1}px; color: @text; }
QMenuBar { padding: {0.15}px {0.5}px; border: none; }
QMenuBar::item { padding: {0.3}px {0.75}px; background: transparent; border-radius: {0.4}px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: @hover; }
QMenu { background: @card; border: 1px solid @line; padding: {0.3}px; }
QMenu::item { padding: {0.35}px {1.6}px {0.35}px {1.6}px; border-radius: {0.4}px; }
QMenu::item:selected { background: @hover; }
QMenu::item:disabled { color: @other; }
QMenu::separator { height: 1px; background: @line; margin: {0.3}px {0.6}px; }
QMenu::indicator { width: {0.6}px; height: {0.6}px; margin-left: {0.5}px; border-radius: {0.3}px; }
QMenu::indicator:checked { background: @guided; }
QToolBar { border: none; border-bottom: 1px solid @line; padding: {0.3}px {0.75}px {0.5}px {0.75}px; spacing: {0.35}px; }
QToolBar::separator { background: transparent; width: {0.9}px; }
QToolBar::handle { image: none; width: 0; }
QToolButton { background: @card; border: 1px solid @line; border-radius: {0.45}px; padding: {0.28}px {0.55}px; }
QToolButton:hover { background: @hover; }
QToolButton:focus { border-color: @text; }
QToolButton:pressed { background: @line; }
QToolButton[toggle="true"] { background: transparent; color: @secondary; border-color: @faint; }
QToolButton[toggle="true"]:hover { background: @hover; }
QToolButton[toggle="true"]:checked { background: @hover; border-color: @strong; color: @text; }
QToolButton:disabled { color: @other; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton#play { background: @guided; border-color: @guided; color: @onGuided; font-weight: 600; min-width: {4}px; }
QToolButton#qt_toolbar_ext_button { padding: 0; min-width: {1.2}px; }
QStatusBar { border-top: 1px solid @line; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: @secondary; padding: {0.15}px {0.75}px; }
QPushButton { background: @card; border: 1px solid @line; border-radius: {0.45}px; padding: {0.35}px {1}px; }
QPushButton:hover { background: @hover; }
QPushButton:default { background: @guided; border-color: @guided; color: @onGuided; font-weight: 600; }
QPushButton:default:disabled { background: @card; border-color: @line; }
QPushButton:focus { border-color: @text; }
QLineEdit, QComboBox, QListView, QTreeView, QTextEdit, QAbstractSpinBox { background: @card;
  border: 1px solid @line; border-radius: {0.4}px; padding: {0.2}px; selection-background-color: @guided;
  selection-color: @onGuided; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled, QCheckBox:disabled, QPushButton:disabled {
  color: @other; }
QCheckBox::indicator { width: {0.8}px; height: {0.8}px; border: 1px solid @strong; border-radius: {0.25}px;
  background: @card; }
QCheckBox::indicator:checked { background: @guided; border-color: @guided; }
QProgressBar { background: @card; border: 1px solid @line; border-radius: {0.3}px; max-height: {0.7}px; }
QProgressBar::chunk { background: @guided; border-radius: {0.2}px; }
* { dialogbuttonbox-buttons-have-icons: 0; }
QMessageBox QLabel#qt_msgboxex_icon_label { max-width: 0; max-height: 0; }
QComboBox QAbstractItemView { background: @card; }
QComboBox::drop-down { border: none; background: transparent; width: {1.6}px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; background: transparent; width: {1.6}px; }
QComboBox::down-arrow, QAbstractSpinBox::down-arrow, QAbstractSpinBox::up-arrow { width: 0; height: 0;
  border-left: {0.3}px solid @card; border-right: {0.3}px solid @card; }
QComboBox::down-arrow, QAbstractSpinBox::down-arrow { border-top: {0.35}px solid @secondary; }
QAbstractSpinBox::up-arrow { border-bottom: {0.35}px solid @secondary; }
QHeaderView::section { background: @panel; border: none; border-bottom: 1px solid @line; padding: {0.2}px {0.5}px; }
QToolTip { background: @card; color: @text; border: 1px solid @line; padding: {0.3}px; }
QScrollBar:vertical { background: @panel; width: {0.8}px; margin: 0; }
QScrollBar:horizontal { background: @panel; height: {0.8}px; margin: 0; }
QScrollBar::handle { background: @line; border-radius: {0.3}px; min-height: {2}px; min-width: {2}px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
)";

void drawGlyph(QPainter& p, const char* name, QColor c, double size) {
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(Qt::NoPen);
  p.setBrush(c);
  const double s = size / 16;
  const auto triangle = [&](double x0, double x1) {
    const QPointF points[] = {{x0 * s, 3 * s}, {x1 * s, 8 * s}, {x0 * s, 13 * s}};
    p.drawPolygon(points, 3);
  };
  if (!std::strcmp(name, "play")) {
    triangle(4, 13);
  } else if (!std::strcmp(name, "pause")) {
    p.drawRoundedRect(QRectF(4 * s, 3 * s, 3 * s, 10 * s), s, s);
    p.drawRoundedRect(QRectF(9 * s, 3 * s, 3 * s, 10 * s), s, s);
  } else if (!std::strcmp(name, "forward")) {
    triangle(3, 10);
    p.drawRoundedRect(QRectF(11 * s, 3 * s, 2 * s, 10 * s), s, s);
  } else if (!std::strcmp(name, "back")) {
    triangle(13, 6);
    p.drawRoundedRect(QRectF(3 * s, 3 * s, 2 * s, 10 * s), s, s);
  }
}

}  // namespace

void loadFonts() {
  for (const char* name : {"fonts/Inter-Regular.otf", "fonts/Inter-SemiBold.otf"}) {
    const std::string_view bytes = asset(name);
    QFontDatabase::addApplicationFontFromData(QByteArray(bytes.data(), qsizetype(bytes.size())));
  }
}

QString styleSheet(Theme theme, double scale) {
  const Palette& p = palette(theme);
  const double font = 13 * scale;
  QString out;
  const QString sheet = QString::fromUtf8(kSheet);
  const struct {
    const char* name;
    Rgb value;
  } colors[] = {
      {"canvas", p.canvas},
      {"panel", p.panel},
      {"card", p.card},
      {"text", p.text},
      {"line", p.line},
      {"other", p.other},
      {"secondary", p.secondary},
      {"guided", p.guided},
      {"hover", mix(p.card, p.text, .09)},
      {"faint", mix(p.card, p.text, .1)},
      {"strong", mix(p.card, p.text, .5)},
      {"onGuided", contrastRatio(p.guided, Rgb{0, 0, 0}) > contrastRatio(p.guided, Rgb{255, 255, 255})
                       ? Rgb{0, 0, 0}
                       : Rgb{255, 255, 255}},
  };
  for (qsizetype i = 0; i < sheet.size(); ++i) {
    if (sheet[i] == QLatin1Char('@')) {
      qsizetype end = i + 1;
      while (end < sheet.size() && sheet[end].isLetter()) ++end;
      const QString name = sheet.mid(i + 1, end - i - 1);
      for (const auto& c : colors)
        if (name == QLatin1String(c.name)) out += css(c.value);
      i = end - 1;
    } else if (sheet[i] == QLatin1Char('{') && i + 1 < sheet.size() && sheet[i + 1].isDigit()) {
      const qsizetype end = sheet.indexOf(QLatin1Char('}'), i);
      out += QString::number(std::lround(sheet.mid(i + 1, end - i - 1).toDouble() * font));
      i = end;
    } else {
      out += sheet[i];
    }
  }
  return out;
}

QIcon appIcon() {
  QIcon icon;
  for (const int size : {16, 24, 32, 48, 64, 128, 256}) {
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter p(&pixmap);
    p.setRenderHint(QPainter::Antialiasing);
    p.scale(size / 64.0, size / 64.0);
    const Palette& dark = palette(Theme::Dark);
    p.setPen(Qt::NoPen);
    p.setBrush(color(dark.canvas));
    p.drawRoundedRect(QRectF(1, 1, 62, 62), 14, 14);
    // The tilted law as a teal ring, and a path that the push carries past it: assets/icons/guidescope.svg in small.
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(color(dark.tilted), 3.2, Qt::SolidLine, Qt::RoundCap));
    p.drawEllipse(QPointF(37, 27), 15, 15);
    QPainterPath path(QPointF(9, 54));
    path.cubicTo(QPointF(20, 52), QPointF(30, 40), QPointF(45, 19));
    p.setPen(QPen(color(dark.guided), 4, Qt::SolidLine, Qt::RoundCap));
    p.drawPath(path);
    p.setPen(Qt::NoPen);
    p.setBrush(color(dark.guided));
    p.drawEllipse(QPointF(46, 18), 6.5, 6.5);
    p.end();
    icon.addPixmap(pixmap);
  }
  return icon;
}

QIcon glyph(const char* name, Theme theme, bool onAccent) {
  const Palette& p = palette(theme);
  const bool black = contrastRatio(p.guided, Rgb{0, 0, 0}) > contrastRatio(p.guided, Rgb{255, 255, 255});
  const QColor c = onAccent ? (black ? Qt::black : Qt::white) : color(p.text);
  QIcon icon;
  for (const int size : {16, 32, 64}) {
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    drawGlyph(painter, name, c, size);
    painter.end();
    icon.addPixmap(pixmap);
  }
  return icon;
}

}  // namespace gs
