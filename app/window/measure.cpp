#include "measure.h"

#include <QCoreApplication>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QMouseEvent>
#include <QScreen>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numbers>

#include "engine/spinning.h"
#include "session/json.h"

namespace gs {
namespace {

constexpr int kMouseMs = 8;              // a mouse of 125 Hz
constexpr double kRoundTrip = 2.5;       // seconds there and back
constexpr double kLow = .1, kHigh = .9;  // of the track
constexpr int kCalmFrames = 4;

double rounded(double v) { return std::round(v * 100) / 100; }

}  // namespace

DragMeasurement::DragMeasurement(Canvas& canvas, Workbench& bench, const Options& options,
                                 std::function<void(int)> done)
    : canvas_(canvas),
      bench_(bench),
      seconds_(options.seconds),
      parameter_(options.parameter),
      json_(options.json),
      done_(std::move(done)) {
  mouse_.setTimerType(Qt::PreciseTimer);
  mouse_.setInterval(kMouseMs);
  connect(&mouse_, &QTimer::timeout, this, [this] { move(); });
}

void DragMeasurement::framePainted() {
  if (stage_ != Stage::Waiting) return;
  // While points are read and fitted, the window shows something else.
  calm_ = bench_.settled() && bench_.ui.work.empty() ? calm_ + 1 : 0;
  if (calm_ < kCalmFrames) return canvas_.requestFrame();
  try {
    double value = 0;
    const std::string text = getPath(bench_.document.session, parameter_);
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc())
      return giveUp(3, parameter_ + " is no number");
  } catch (const SessionError& e) {
    return giveUp(3, e.what());
  }
  for (const ControlRect& c : canvas_.interface().controls)
    if (c.path == parameter_) slider_ = c.rect;
  if (slider_.width <= 0 || slider_.y + slider_.height > canvas_.height() * canvas_.devicePixelRatio())
    return giveUp(4, "the window shows no slider for " + parameter_ + "; a larger --size may");
  stage_ = Stage::Dragging;
  cores_ = spinningCores();
  canvas_.finishFrames();
  canvas_.meter() = DragMeter(std::numeric_limits<double>::infinity());
  clock_.start();
  mouse(QEvent::MouseMove, kLow, false);
  mouse(QEvent::MouseButtonPress, kLow, true);
  lastTurn_ = clock_.nsecsElapsed();
  mouse_.start();
}

void DragMeasurement::giveUp(int code, const std::string& why) {
  std::fprintf(stderr, "guidescope: --measure-drag: %s\n", why.c_str());
  stage_ = Stage::Over;
  done_(code);
}

void DragMeasurement::mouse(QEvent::Type type, double u, bool held) {
  const double ratio = canvas_.devicePixelRatio();
  const QPointF at((slider_.x + u * slider_.width) / ratio, (slider_.y + slider_.height / 2.) / ratio);
  QMouseEvent e(type, at, canvas_.mapToGlobal(at), type == QEvent::MouseMove ? Qt::NoButton : Qt::LeftButton,
                held ? Qt::LeftButton : Qt::NoButton, Qt::NoModifier);
  QCoreApplication::sendEvent(&canvas_, &e);
}

void DragMeasurement::move() {
  const qint64 now = clock_.nsecsElapsed();
  longestTurn_ = std::max(longestTurn_, now - lastTurn_);
  lastTurn_ = now;
  const double t = double(now) / 1e9;
  if (t >= seconds_) return finish();
  ++moves_;
  mouse(QEvent::MouseMove, kLow + (kHigh - kLow) * (.5 - .5 * std::cos(2 * std::numbers::pi * t / kRoundTrip)), true);
}

void DragMeasurement::finish() {
  mouse_.stop();
  stage_ = Stage::Over;
  const Pace p = canvas_.meter().pace();
  mouse(QEvent::MouseButtonRelease, kLow, false);
  cores_ = rounded(std::min(cores_, spinningCores()));
  std::vector<float> plan, compute, interface, upload, draw, present, device;
  for (const FrameTimes& f : canvas_.meter().frames()) {
    interface.push_back(f.interface), upload.push_back(f.upload), draw.push_back(f.draw), present.push_back(f.present);
    plan.push_back(f.plan), compute.push_back(f.compute), device.push_back(f.device);
  }
  const auto median = [](std::vector<float>& v) { return rounded(spread(std::move(v)).median); };
  QJsonObject stages;
  stages[u"interface_ms"] = median(interface);
  stages[u"plan_ms"] = median(plan);
  stages[u"compute_ms"] = median(compute);
  stages[u"upload_ms"] = median(upload);
  stages[u"draw_ms"] = median(draw);
  stages[u"present_ms"] = median(present);
  stages[u"device_ms"] = median(device);
  const Experiment& e = bench_.document.session.panes[0];
  QJsonObject out;
  out[u"scene"] = QString::fromStdString(bench_.document.session.name);
  const auto& frame = bench_.active().frame;
  const int calls = frame ? frame->modelCalls : 0;
  out[u"parameter"] = QString::fromStdString(parameter_);
  out[u"particles"] = e.particles.count;
  out[u"model_calls"] = calls;
  out[u"steps"] = e.schedule.steps;
  out[u"engine"] = QString::fromStdString(frame ? frame->engine : bench_.engineDescription());
  out[u"device"] = canvas_.glDescription();
  out[u"width"] = int(canvas_.width() * canvas_.devicePixelRatio());
  out[u"height"] = int(canvas_.height() * canvas_.devicePixelRatio());
  out[u"screen_hz"] = canvas_.screen() ? rounded(canvas_.screen()->refreshRate()) : 0;
  out[u"seconds"] = rounded(double(clock_.nsecsElapsed()) / 1e9);
  out[u"mouse_events"] = moves_;
  out[u"answers_per_second"] = rounded(p.answers);
  out[u"frames_per_second"] = rounded(p.frames);
  out[u"latency_ms"] = QJsonObject{{QStringLiteral("median"), rounded(p.latency.median)},
                                   {QStringLiteral("p95"), rounded(p.latency.p95)},
                                   {QStringLiteral("max"), rounded(p.latency.max)}};
  out[u"blocked_by_compute_ms"] = rounded(p.longestExchange);
  out[u"longest_frame_ms"] = rounded(p.longestFrame);
  out[u"longest_turn_ms"] = rounded(double(longestTurn_) / 1e6);
  out[u"spinning_cores"] = rounded(cores_);
  out[u"counts"] = cores_ >= kEnoughSpinning;
  out[u"stages"] = stages;
  std::printf(
      "%s, %s: %d denoiser calls a path, %.1f answers a second, %.1f frames a second; from event to picture %.1f ms "
      "(median), %.1f (95 %%), "
      "%.1f (longest); window kept waiting by computing at most %.1f ms; %s; %s; two spinning threads got %.2f "
      "cores%s\n",
      bench_.document.session.name.c_str(), parameter_.c_str(), calls, p.answers, p.frames, p.latency.median,
      p.latency.p95, p.latency.max, p.longestExchange, qPrintable(out[u"engine"].toString()),
      qPrintable(canvas_.glDescription()), cores_,
      cores_ >= kEnoughSpinning ? "" : ", too few for these figures to count");
  std::fflush(stdout);
  int code = 0;
  if (!json_.empty()) {
    QFile file(QString::fromStdString(json_));
    const QByteArray text = QJsonDocument(out).toJson();
    if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
      std::fprintf(stderr, "guidescope: --json: %s: %s\n", json_.c_str(), qPrintable(file.errorString()));
      code = 4;
    }
  }
  done_(code);
}

}  // namespace gs
