// Films with the panels around their pictures. No widgets, so that tests reach it.
#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/chosen_engine.h"
#include "output/animation.h"
#include "output/video.h"

namespace gs {

// A film with the panels around its pictures; of `keyframes`, or of moves where there are none. For a worker. The
// program that makes it runs every model that its files name: throws InputError where one of them was not said yes to
// here (requireNetworks), and of a file that is another by the time that it reads it nothing runs. Throws OutputError
// and Stopped. `program`: empty is guidescope-cli beside this program.
void exportWithPanels(const VideoExport&, const std::string& moves, const std::vector<Keyframe>& keyframes,
                      EngineChoice, const std::function<void(const ExportProgress&)>& progress, std::stop_token,
                      const std::string& program = {});

}  // namespace gs
