#include "options.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <iostream>

#include "output/files.h"
#include "output/provenance.h"
#include "session/json.h"

namespace gs {
namespace {

std::string ending(const std::string& path) {
  std::string e = std::filesystem::path(path).extension().string();
  std::transform(e.begin(), e.end(), e.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return e;
}

bool parseSize(const std::string& text, std::pair<int, int>& out) {
  const char* end = text.data() + text.size();
  const auto w = std::from_chars(text.data(), end, out.first);
  if (w.ec != std::errc() || w.ptr == end || (*w.ptr != 'x' && *w.ptr != 'X')) return false;
  const auto h = std::from_chars(w.ptr + 1, end, out.second);
  return h.ec == std::errc() && h.ptr == end && out.first >= 320 && out.second >= 240 && out.first <= 16384 &&
         out.second <= 16384;
}

}  // namespace

bool isPointsFile(const std::string& path) {
  const std::string e = ending(path);
  if (e != ".npz") return e == ".csv" || e == ".tsv" || e == ".txt" || e == ".npy";
  try {
    return sessionInFile(path).empty();  // trajectories of ours come with their session
  } catch (const OutputError&) {
    return true;  // reading its points says what is wrong with it
  }
}

Options parseOptions(int argc, char** argv) {
  Options o;
  std::string theme, size, after = "settled";
  bool version = false;
  CLI::App app{"Guidescope: see what guidance does to a diffusion model while you drag it.", "guidescope"};
  app.add_option(
      "scene", o.scene,
      "a scene of the gallery (guidescope-cli list presets), a session or any file that carries one, or points");
  app.add_option("--set", o.set, "change a value of the session, e.g. --set guidance.0.omega=3")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.add_option("--theme", theme, "dark, light, projector or high-contrast")
      ->check(CLI::IsMember({"dark", "light", "projector", "high-contrast"}));
  app.add_option("--size", size, "size of the window, e.g. 1440x900")->type_name("WxH");
  app.add_option("--screenshot", o.screenshot, "write a picture of the whole window as PNG and exit")
      ->type_name("FILE");
  app.add_option("--after", after, "take the screenshot of the first frame or of the settled picture")
      ->check(CLI::IsMember({"first", "settled"}));
  app.add_option("--report", o.report, "append a JSON line about every frame to this file")->type_name("FILE");
  const auto measure = app.add_flag("--measure-drag", o.measureDrag,
                                    "drag a slider for a while, print answers a second and delays, and exit");
  app.add_option("--scene", o.scene, "the scene, as a name before the options");
  app.add_option("--seconds", o.seconds, "how long to drag")->check(CLI::Range(.5, 600.))->needs(measure);
  app.add_option("--parameter", o.parameter, "what --measure-drag drags, e.g. guidance.0.curve.hi; else the weight")
      ->type_name("PATH")
      ->needs(measure);
  app.add_option("--json", o.json, "write the figures of --measure-drag to this file")
      ->type_name("FILE")
      ->needs(measure);
  std::string engine = "auto", budget;
  app.add_option("--engine", engine, "what computes: auto takes OpenGL on a graphics card")
      ->check(CLI::IsMember({"auto", "cpu", "opengl"}));
  app.add_option("--memory-budget", budget,
                 "MiB of trajectories; where they hold fewer than all steps, every few are stored")
      ->type_name("MIB");
  app.add_option("--after-reset", o.afterReset)->group("");  // not for people
  app.add_flag("--version", version, "print the version");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    std::cout << app.help();
    o.exitCode = 0;
    return o;
  } catch (const CLI::ParseError& e) {
    std::cerr << "guidescope: " << e.what() << "\nTry guidescope --help.\n";
    o.exitCode = 2;
    return o;
  }
  if (version) {
    std::cout << "guidescope " GS_VERSION "\n";
    o.exitCode = 0;
  }
  if (theme == "dark") o.theme = Theme::Dark;
  if (theme == "light") o.theme = Theme::Light;
  if (theme == "projector") o.theme = Theme::Projector;
  if (theme == "high-contrast") o.theme = Theme::HighContrast;
  if (std::pair<int, int> wh; !size.empty()) {
    if (parseSize(size, wh)) {
      o.size = wh;
    } else {
      std::cerr << "guidescope: --size: '" << size << "' is not WIDTHxHEIGHT, e.g. 1440x900\n";
      o.exitCode = 2;
    }
  }
  o.engine = engineChoice(engine).value_or(EngineChoice::Auto);
  if (!budget.empty()) {
    int mebibytes = 0;
    const auto [end, error] = std::from_chars(budget.data(), budget.data() + budget.size(), mebibytes);
    if (error == std::errc() && end == budget.data() + budget.size() && mebibytes >= 1 && mebibytes <= 1 << 20) {
      o.memoryBudget = std::size_t(mebibytes) << 20;
    } else {
      std::cerr << "guidescope: --memory-budget: '" << budget << "' is not a number of MiB from 1 to 1048576\n";
      o.exitCode = 2;
    }
  }
  for (const std::string& s : o.set)
    if (s.find('=') == std::string::npos) {
      std::cerr << "guidescope: --set: '" << s << "' has no '=', e.g. guidance.0.omega=3\n";
      o.exitCode = 2;
    }
  o.afterFirst = after == "first";
  if (o.parameter.starts_with("panes.0.")) o.parameter.erase(0, 8);
  if (o.measureDrag && !o.size) o.size = {1280, 800};  // what figures are compared at
  return o;
}

Session startSession(const Options& o, std::string& path) {
  Session s;
  if (o.scene.empty() || isPointsFile(o.scene)) {
    s = scenePreset("two-modes");
  } else {
    s = openCarried(o.scene);
    const auto& scenes = scenePresets();
    if (!carrierOfFile(o.scene) &&
        std::none_of(scenes.begin(), scenes.end(), [&](const ScenePreset& p) { return p.name == o.scene; }))
      path = std::filesystem::absolute(o.scene).string();
  }
  for (const std::string& assignment : o.set) {
    const std::size_t equals = assignment.find('=');
    setPath(s, assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  validate(s);
  return s;
}

}  // namespace gs
