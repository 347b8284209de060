// Qt's half of the look: a style sheet and icons from the palette, so that Qt and the canvas are one surface.
#pragma once
#include <QIcon>
#include <QString>

#include "render/palette.h"

namespace gs {

void loadFonts();  // Inter, as embedded
QString styleSheet(Theme, double scale);
QIcon appIcon();
// Glyphs drawn for the theme, 16 points high: "play", "pause", "back", "forward".
QIcon glyph(const char* name, Theme, bool onAccent);

}  // namespace gs
