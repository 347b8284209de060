// A sheet over a dimmed interface, with a title and a close button; Escape or a click beside it closes.
#pragma once
#include "widgets.h"

namespace gs::ui {

// True: draw the content (it scrolls), then call endOverlay. Clears `open` when it is closed.
bool beginOverlay(const char* id, float width, float height, std::string_view heading, bool& open);
void endOverlay();

}  // namespace gs::ui
