// guidescope-cli: what the window computes and writes, without a window. Answers go to stdout, everything else to
// stderr.
#include <charconv>
#include <iostream>
#include <new>
#include <system_error>

#include <CLI/CLI.hpp>

#include "bench.h"
#include "commands.h"
#include "data/distributions.h"
#include "interrupt.h"
#include "output/files.h"
#include "session/json.h"

namespace {

using namespace gs::cli;

constexpr const char* kFooter =
    "SCENE is a preset's name (guidescope-cli list presets) or a session file.\n"
    "Exit codes: 0 ok, 1 the pictures differ or a self-check failed, 2 usage, 3 bad input, 4 environment (no OpenGL, "
    "cannot write, no "
    "memory).";

// Numbers through from_chars, so that "0.5" is the same number in every locale.
template <class T>
T number(const std::string& option, const std::string& text, T lo, T hi) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError(option + ": '" + text + "' is not a number");
  if (!(value >= lo && value <= hi)) {
    char low[32], high[32];
    const std::string from(low, std::to_chars(low, low + sizeof low, lo).ptr);
    const std::string to(high, std::to_chars(high, high + sizeof high, hi).ptr);
    throw UsageError(option + ": " + text + " is outside " + from + ".." + to);
  }
  return value;
}

template <class T, class Store>
CLI::Option* addNumber(CLI::App& app, const std::string& option, Store store, T lo, T hi, const std::string& help) {
  return app
      .add_option_function<std::string>(
          option, [=](const std::string& text) { store(number<T>(option, text, lo, hi)); }, help)
      ->type_name("NUMBER")
      ->take_last();
}

void addScene(CLI::App& app, SceneOptions& o) {
  app.add_option("scene", o.scene, "A preset's name or a session file")->required()->type_name("SCENE");
  // One value each, so that a scene may follow.
  app.add_option("--set", o.sets, "Change a value, e.g. guidance.0.omega=3 (list parameters names them all)")
      ->type_name("PATH=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--engine", o.engine, "What computes")
      ->check(CLI::IsMember({"auto", "cpu", "opengl"}))
      ->capture_default_str()
      ->take_last();
  addNumber<int>(
      app, "--memory-budget", [&o](int mebibytes) { o.memoryBudget = std::size_t(mebibytes) << 20; }, 1, 1 << 20,
      "MiB of trajectories; where they hold fewer than all steps, every few are stored");
  app.add_option("--allow-model", o.allowedModels,
                 "Of models that are code (.pt) run this one only, by its SHA-256; again for more")
      ->type_name("SHA256")
      ->check([](const std::string& sum) {
        const bool whole = sum.size() == 64 && sum.find_first_not_of("0123456789abcdef") == std::string::npos;
        return whole ? std::string() : "'" + sum + "' is no SHA-256: 64 digits of 0-9 and a-f";
      })
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  addNumber<int>(
      app, "--pane", [&o](int n) { o.pane = n; }, 0, gs::Session::kMaxPanes - 1, "A pane, from 0");
}

void readSize(RenderOptions& o, const std::string& text) {
  struct Size {
    std::string_view name;
    int width, height;
  };
  for (const Size& s : {Size{"720p", 1280, 720}, Size{"1080p", 1920, 1080}, Size{"4k", 3840, 2160},
                        Size{"square", 1080, 1080}, Size{"9:16", 1080, 1920}})
    if (text == s.name) {
      o.width = s.width;
      o.height = s.height;
      return;
    }
  const std::size_t x = text.find('x');
  if (x == std::string::npos || x == 0 || x + 1 == text.size())
    throw UsageError("--size: '" + text + "' is not like 1280x800, nor 720p, 1080p, 4k, square or 9:16");
  o.width = number("--size", text.substr(0, x), 16, 16384);
  o.height = number("--size", text.substr(x + 1), 16, 16384);
}

int main2(int argc, char** argv) {
  CLI::App app{"See what guidance does to a diffusion model: sample, measure and draw scenes of Guidescope.",
               "guidescope-cli"};
  app.set_version_flag("--version", "guidescope-cli " GS_VERSION);
  app.require_subcommand(1);
  app.footer(kFooter);

  bool json = false;
  const auto addJson = [&json](CLI::App& command) {
    command.add_flag("--json", json, "Print one JSON object and nothing else");
  };

  std::string what;
  CLI::App& list = *app.add_subcommand("list", "What there is to choose from");
  list.add_option("what", what, "What to list")
      ->required()
      ->check(CLI::IsMember(
          {"presets", "schedules", "solvers", "terms", "curves", "engines", "metrics", "distributions", "parameters"}));
  addJson(list);

  SampleOptions sampling;
  CLI::App& sample = *app.add_subcommand("sample", "Compute trajectories and write them as NPZ or CSV");
  addScene(sample, sampling.scene);
  sample.add_option("-o,--output", sampling.output, "The file to write: .csv, anything else is NPZ")
      ->required()
      ->type_name("FILE");
  sample
      .add_option_function<std::string>(
          "--steps",
          [&](const std::string& text) {
            sampling.steps.clear();
            for (std::size_t at = 0; at <= text.size();) {
              const std::size_t comma = std::min(text.find(',', at), text.size());
              sampling.steps.push_back(number("--steps", text.substr(at, comma - at), 0, 100'000));
              if (sampling.steps.size() > 1 && sampling.steps.back() <= *(sampling.steps.end() - 2))
                throw UsageError("--steps: the steps must grow");
              at = comma + 1;
            }
          },
          "Only these states, e.g. 0,16,64; 0 is noise")
      ->type_name("LIST")
      ->take_last();
  addJson(sample);

  MetricsOptions measuring;
  CLI::App& metrics = *app.add_subcommand("metrics", "Compute samples and measure them, with standard errors");
  addScene(metrics, measuring.scene);
  metrics.add_flag("--over-time", measuring.overTime,
                   "Of every state, against the noised law of its level; as CSV or JSON");
  metrics.add_option("--metric", measuring.metrics, "With --over-time: this one only; again for more")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  addJson(metrics);

  bool csv = false;
  const auto addCsv = [&csv](CLI::App& command) {
    command.add_flag("--csv", csv, "Print comma-separated values and nothing else")->excludes("--json");
  };
  addCsv(metrics);
  SweepOptions sweeping;
  CLI::App& sweep = *app.add_subcommand("sweep", "Measure a scene along one or two parameters");
  addScene(sweep, sweeping.scene);
  sweep
      .add_option("--over", sweeping.over,
                  "PATH=LO..HI:log:24, PATH=LO..HI:linear:16 or PATH=A,B,C; a second one makes a table")
      ->required()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  sweep.add_option("--metric", sweeping.metrics, "A name of list metrics; again for more")
      ->type_name("NAME")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  addJson(sweep);
  addCsv(sweep);

  CertificateOptions certifying;
  CLI::App& certificate = *app.add_subcommand(
      "certificate", "E[1/p(c|x)] or E[r(x)] against time, directly and by the integral of 2512.04985");
  addScene(certificate, certifying.scene);
  addJson(certificate);
  addCsv(certificate);

  FrontierOptions pricing;
  CLI::App& frontier =
      *app.add_subcommand("frontier", "E[r(x)] against KL to the base: guidance, exact tilts, best of n");
  addScene(frontier, pricing.scene);
  addJson(frontier);
  addCsv(frontier);

  RenderOptions drawing;
  CLI::App& render =
      *app.add_subcommand("render", "Draw a scene: a picture, an animation, a figure or a page; or compare it");
  addScene(render, drawing.scene);
  render
      .add_option("-o,--output", drawing.output,
                  "What to write, by its ending: .png; .mp4 .webm .gif .apng frames/%05d.png; .svg .pdf; .html")
      ->type_name("FILE");
  render
      .add_option_function<std::string>(
          "--size", [&](const std::string& text) { readSize(drawing, text); },
          "Size in pixels, 1280x800 by default; or 720p, 1080p, 4k, square, 9:16")
      ->type_name("WxH")
      ->take_last();
  addNumber<double>(
      render, "--scale", [&](double v) { drawing.pixelRatio = v; }, 0.25, 8.0,
      "Pixels per point: 2 draws strokes and text twice as large");
  addNumber<double>(
      render, "--time", [&](double v) { drawing.time = v; }, 0.0, 1.0, "Time cursor, 1 noise .. 0 data");
  render
      .add_option("--animate", drawing.animate,
                  "What moves, e.g. \"time:1..0:4s, guidance.0.omega:0..6:3s; hold:1s\"; options :linear :smooth :in "
                  ":out :back :log :after=1s")
      ->type_name("MOVES")
      ->take_last();
  render.add_option("--storyboard", drawing.storyboard, "A file of keyframes instead")->type_name("FILE")->take_last();
  addNumber<int>(
      render, "--fps", [&](int v) { drawing.fps = v; }, 1, 120, "Frames a second, 30 by default (GIF: 25)");
  addNumber<int>(
      render, "--supersampling", [&](int v) { drawing.supersampling = v; }, 1, 4, "Drawn so much larger and averaged");
  render.add_flag("--transparent", drawing.transparent, "The canvas becomes transparent");
  render.add_flag("--caption", drawing.caption, "A line below with the formula and what moves");
  render.add_flag("--panels", drawing.panels, "With the panels of the window and its time line, of pictures and films");
  render.add_flag("--progress", drawing.progress,
                  "For programs: \"progress DONE OF SECONDS-LEFT\" on stderr, by percents");
  render
      .add_option("--call-network", drawing.callNetworks,
                  "For programs: what is drawn and written calls the network of FILE by NAME; again for more")
      ->type_name("NAME=FILE")
      ->check([](const std::string& call) {
        const std::size_t equals = call.find('=');
        const bool whole = equals != std::string::npos && equals > 0 && equals + 1 < call.size();
        return whole ? std::string() : "'" + call + "' is not like NAME=FILE";
      })
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  render.add_option("--title", drawing.title, "A card before the animation")->type_name("TEXT")->take_last();
  render
      .add_option_function<std::string>(
          "--quality", [&](const std::string& q) { drawing.good = q == "good"; },
          "draft (quick to write, the default) or good (slower, smaller)")
      ->check(CLI::IsMember({"draft", "good"}))
      ->take_last();
  render
      .add_option("--grid", drawing.grid,
                  "PATH=A,B,C: panels of a figure in columns, a second one in rows; the choice of a page")
      ->type_name("PATH=VALUES")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  render.add_option("--style", drawing.style, "Of a figure: paper (3.25 in, 8 pt) or slide (10 in, 18 pt)")
      ->check(CLI::IsMember({"paper", "slide"}))
      ->take_last();
  addNumber<double>(
      render, "--inches", [&](double v) { drawing.inches = v; }, 0.5, 60.0, "Width of a figure");
  addNumber<double>(
      render, "--font", [&](double v) { drawing.font = v; }, 3.0, 100.0, "Points of a figure's text");
  addNumber<double>(
      render, "--dpi", [&](double v) { drawing.dpi = v; }, 36.0, 1200.0, "Of what a figure rasterises");
  addNumber<double>(
      render, "--aspect", [&](double v) { drawing.aspect = v; }, 0.2, 5.0, "Width over height of a panel");
  render.add_option("--reference", drawing.reference, "Compare with this PNG; exit 1 where they differ")
      ->type_name("FILE");
  addNumber<int>(
      render, "--max", [&](int v) { drawing.maxDifference = v; }, 0, 255,
      "Largest difference of a channel that counts as the same, 8 by default");
  addNumber<double>(
      render, "--mean", [&](double v) { drawing.meanDifference = v; }, 0.0, 255.0,
      "Largest mean difference that counts as the same, 0.2 by default");
  addJson(render);

  TrainOptions training;
  std::string trained;
  CLI::App& train = *app.add_subcommand("train", "Learn a guidance weight or a denoiser for a scene");
  train.add_option("what", trained, "What to train")
      ->required()
      ->check(CLI::IsMember({"omega", "denoiser", "reward"}))
      ->type_name("KIND");
  addScene(train, training.scene);
  train.add_option("-o,--output", training.output, "The NPZ file to write, checkpoints included")
      ->required()
      ->type_name("FILE");
  train.add_flag("--resume", training.resume, "Go on from the output, where it is there");
  addNumber<double>(
      train, "--checkpoint", [&](double v) { training.checkpoint = v; }, 0.1, 86400.0,
      "Seconds between two checkpoints, 30 by default");
  train.add_option("--session", training.session, "Also write the scene, guided by the learned weight")
      ->type_name("FILE");
  addNumber<int>(
      train, "--compare", [&](int n) { training.compare = n; }, 16, 100000,
      "Measure a weight with so many particles of every class, beside none, the best constant and interval");
  addJson(train);

  std::vector<std::string> files;
  CLI::App& check = *app.add_subcommand(
      "check", "Say whether files can be opened: sessions, points, models, and what render and sample write");
  bool self = false;
  auto* checked = check.add_option("files", files, "Files")->type_name("FILE");
  check.add_flag("--self", self, "Check this machine's engines against closed forms instead")->excludes(checked);
  addJson(check);

  CLI::App& bench = *app.add_subcommand("bench", "Measure the engine on this machine");
  bool films = false;
  bench.add_flag("--export", films, "Measure the drawing and encoding of a film instead");
  addJson(bench);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != 0 && app.get_subcommands().empty() && argc > 1 && argv[1][0] != '-') {
      std::string commands;
      for (const CLI::App* command : app.get_subcommands({}))
        commands += (commands.empty() ? "" : ", ") + command->get_name();
      throw UsageError(std::string("'") + argv[1] + "' is not a command; there are " + commands);
    }
    if (e.get_exit_code() != 0) throw UsageError(std::string(e.what()) + "\nRun with --help for more information.");
    app.exit(e, std::cout, std::cerr);  // --help, --version
    return Ok;
  }

  training.json = json;
  training.kind = trained == "omega"      ? gs::LearnKind::Omega
                  : trained == "denoiser" ? gs::LearnKind::Denoiser
                                          : gs::LearnKind::Reward;
  sampling.json = measuring.json = drawing.json = sweeping.json = certifying.json = pricing.json = json;
  sweeping.csv = certifying.csv = pricing.csv = measuring.csv = csv;
  if (list.parsed()) return runList(what, json, std::cout);
  // What is wrong with the pane that is asked for is said with its place in the session.
  const auto ofPane = [](auto run, const auto& options) {
    try {
      return run(options, std::cout);
    } catch (const std::invalid_argument& e) {
      throw BadInputError(gs::inPane(options.scene.pane.value_or(0), e.what()));
    }
  };
  if (sample.parsed()) return ofPane(runSample, sampling);
  if (metrics.parsed()) return ofPane(runMetrics, measuring);
  if (sweep.parsed()) return runSweep(sweeping, std::cout);
  if (certificate.parsed()) return ofPane(runCertificate, certifying);
  if (frontier.parsed()) return ofPane(runFrontier, pricing);
  if (render.parsed()) return runRender(drawing, std::cout);
  if (train.parsed()) return ofPane(runTrain, training);
  if (check.parsed() && self) return runSelfCheck(json, std::cout);
  if (check.parsed() && files.empty()) throw UsageError("check: FILE or --self is required");
  if (check.parsed()) return runCheck(files, json, std::cout);
  if (films) return runExportBench(json, std::cout);
  return gs::runBench(json, std::cout);
}

// The exit code of an error; the message goes to stderr.
int report(int code, const char* message) {
  std::cerr << "guidescope-cli: " << message << '\n';
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  watchInterrupts();
  try {
    const int code = main2(argc, argv);
    std::cout.flush();
    return std::cout ? code : report(Environment, "cannot write to standard output");
  } catch (const UsageError& e) {
    return report(Usage, e.what());
  } catch (const BadInputError& e) {
    return report(BadInput, e.what());
  } catch (const gs::SessionError& e) {
    return report(BadInput, e.what());
  } catch (const gs::InputError& e) {
    return report(BadInput, e.what());
  } catch (const std::invalid_argument& e) {
    return report(BadInput, e.what());
  } catch (const std::bad_alloc&) {
    return report(Environment, "out of memory");
  } catch (const std::exception& e) {
    return report(Environment, e.what());
  }
}
