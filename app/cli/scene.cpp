#include "commands.h"

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "data/distributions.h"
#include "diffusion/painted_map.h"
#include "engine/chosen_engine.h"
#include "engine/plan.h"
#include "learn/script.h"
#include "output/provenance.h"
#include "output/files.h"
#include "progress.h"
#include "session/json.h"

namespace gs::cli {

void sayIsCode(const std::string& model) {
  std::cerr << "guidescope-cli: " << model
            << " is a model, and a model is code: it is checked in a process of its own, then it runs in this one\n";
}

namespace {

// As one word of a shell's command line.
std::string shellWord(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

Session openNamed(const std::string& scene) {
  try {
    return openCarried(scene);
  } catch (const TakenByScene& e) {
    throw SessionError(std::string(e.what()) + "; a scene takes it: two-modes --set " + shellWord(e.set));
  }
}

}  // namespace

Session openScene(const SceneOptions& o) {
  openScriptsWhere([allowed = o.allowedModels](const std::string& name, const std::string& sha256) {
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), sha256) == allowed.end())
      throw InputError(name + ": is not run: its SHA-256 is " + sha256 + ", and --allow-model names another");
    sayIsCode(name);
    return true;
  });
  Session session = openNamed(o.scene);
  for (const std::string& set : o.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("--set " + set + ": expected path=value, e.g. guidance.0.omega=3");
    const std::string path = set.substr(0, equals), value = set.substr(equals + 1);
    // A painted reward takes the brightness of a picture.
    if (path.ends_with("reward.map") && value.starts_with("@")) {
      Image image;
      try {
        image = readPng(value.substr(1)).image;
      } catch (const OutputError& e) {
        throw BadInputError(path + ": " + e.what());
      }
      setPath(session, path, PaintedMap::ofPicture(image.rgba, image.width, image.height).text());
    } else {
      setPath(session, path, value);
    }
  }
  validate(session);
  return withPoints(std::move(session), o.scene);
}

Session withPoints(Session session, const std::string& file) {
  Completed whole = completed(std::move(session), std::filesystem::path(file).parent_path().string());
  // What is wrong with a network is said by what asks it, with its place.
  const auto isProblem = [&](const std::string& warning) {
    const auto of = [&](const NetworkFile& n) { return n.network && n.network->problem == warning; };
    return std::any_of(whole.session.panes.begin(), whole.session.panes.end(), [&](const Experiment& e) {
      return of(e.model.network) ||
             std::any_of(e.guidance.begin(), e.guidance.end(), [&](const Term& t) { return of(t.network); });
    });
  };
  for (const std::string& warning : whole.warnings)
    if (!isProblem(warning)) std::cerr << "guidescope-cli: " << warning << '\n';
  return std::move(whole.session);
}

const Experiment& paneOf(const Session& session, const SceneOptions& o) {
  const int pane = o.pane.value_or(0);
  if (pane < 0 || pane >= int(session.panes.size()))
    throw BadInputError("--pane " + std::to_string(pane) + ": this scene has " + std::to_string(session.panes.size()) +
                        (session.panes.size() == 1 ? " pane, 0" : " panes, counted from 0"));
  return session.panes[std::size_t(pane)];
}

std::unique_ptr<Engine> makeEngine(const SceneOptions& o, const gl::Context* drawing) {
  const auto context = [drawing] { return drawing ? gl::Context::shared(*drawing) : gl::Context::surfaceless(); };
  return std::make_unique<ChosenEngine>(
      engineChoice(o.engine).value_or(EngineChoice::Auto),
      [=, budget = o.memoryBudget](bool hardware) {
        return makeGlEngine(context, {.memoryBudget = budget, .hardware = hardware, .readBack = !drawing});
      },
      [](const std::string& text) { std::cerr << "guidescope-cli: " << text << '\n'; },
      makeCpuEngine(0, o.memoryBudget));
}

Run run(const Engine& engine, const Experiment& experiment) {
  const auto mixture = resolve(experiment.distribution);
  Run run;
  run.plan = std::make_shared<const Plan>(compile(experiment, mixture));
  if (const Support support = engine.supports(*run.plan); !support.ok)
    throw BadInputError("the " + engine.name() + " engine cannot do this: " + support.reason);
  // Every particle costs the same, so a small run tells how long the whole one will take.
  constexpr int kProbe = 4096;
  const int count = experiment.particles.count;
  double expected = 0;
  if (count >= 4 * kProbe) expected = engine.sample(*run.plan, kProbe, {})->seconds * count / kProbe;
  const Progress progress("sampling " + std::to_string(count) + " particles", expected);
  run.frame = engine.sample(*run.plan, count, {});
  return run;
}

}  // namespace gs::cli
