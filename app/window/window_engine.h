// The engine of the window: its OpenGL part has a context of its own that shares objects with the canvas's.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "engine/chosen_engine.h"

class QOffscreenSurface;

namespace gs {

// What the default format must be before the application object is made, together with Qt::AA_ShareOpenGLContexts: the
// engine's context shares with the canvas's through Qt's global one.
void prepareSharing();

// For tests: whether the file exists that this variable of the environment names, which is removed. With
// GUIDESCOPE_LOSE_ENGINE and GUIDESCOPE_LOSE_CANVAS the contexts of the engine and of the canvas count as lost then.
bool lostForTests(const char* variable);

// `surface` was made on the window's thread and outlives the engine. `say`: see ChosenEngine; called on workers.
std::shared_ptr<ChosenEngine> makeWindowEngine(EngineChoice, std::size_t memoryBudget, QOffscreenSurface& surface,
                                               std::function<void(const std::string&)> say);

}  // namespace gs
