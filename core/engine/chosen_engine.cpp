#include "engine/chosen_engine.h"

#include <array>
#include <new>
#include <utility>

namespace gs {
namespace {

constexpr std::array<std::string_view, 3> kNames{"auto", "cpu", "opengl"};

}  // namespace

std::optional<EngineChoice> engineChoice(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return EngineChoice(i);
  return std::nullopt;
}
std::string_view nameOf(EngineChoice choice) { return kNames[std::size_t(choice)]; }

ChosenEngine::ChosenEngine(EngineChoice choice, Make make, std::function<void(const std::string&)> say,
                           std::unique_ptr<Engine> cpu)
    : make_(std::move(make)), say_(std::move(say)), cpu_(std::move(cpu)), choice_(choice) {}

void ChosenEngine::choose(EngineChoice choice) {
  std::lock_guard lock(mutex_);
  choice_ = choice;
  decided_ = false;
  said_.clear();
}
EngineChoice ChosenEngine::choice() const {
  std::lock_guard lock(mutex_);
  return choice_;
}

void ChosenEngine::sayOnce(const std::string& text) const {
  {
    std::lock_guard lock(mutex_);
    if (said_ == text) return;
    said_ = text;
  }
  if (say_) say_(text);
}

std::shared_ptr<GlEngine> ChosenEngine::gl() const {
  std::lock_guard making(making_);
  EngineChoice choice;
  std::shared_ptr<GlEngine> made;
  {
    std::lock_guard lock(mutex_);
    if (choice_ == EngineChoice::Cpu) return nullptr;
    if (decided_) return gl_;
    choice = choice_;
    made = gl_;
  }
  std::string why;
  if (!made) {
    try {
      made = make_(choice == EngineChoice::Auto);
    } catch (const std::bad_alloc&) {
      why = "there is not enough memory";
    } catch (const std::exception& e) {
      why = e.what();
    }
  }
  // On the processor the CPU engine is many times faster.
  if (made && choice == EngineChoice::Auto && made->software()) made = nullptr;
  {
    std::lock_guard lock(mutex_);
    if (choice_ != choice) return choice_ == EngineChoice::Cpu ? nullptr : made;  // another choice, meanwhile
    gl_ = made;
    decided_ = true;
  }
  if (!why.empty()) sayOnce("The OpenGL engine cannot be used: " + why + ". The CPU engine computes instead.");
  return made;
}

void ChosenEngine::failed(const std::shared_ptr<GlEngine>& engine, const std::string& why) const {
  {
    std::lock_guard lock(mutex_);
    if (gl_ == engine) gl_ = nullptr;
  }
  sayOnce("The OpenGL engine stopped: " + why + ". The CPU engine goes on.");
}

template <class F, class G>
auto ChosenEngine::compute(F onGl, G onCpu, bool samples) const {
  if (const std::shared_ptr<GlEngine> engine = gl()) {
    try {
      auto result = onGl(*engine);
      std::lock_guard lock(mutex_);
      onGl_ = onGl_ || samples;
      return result;
    } catch (const std::bad_alloc&) {
      failed(engine, "the graphics device has not enough memory");
    } catch (const DeviceError& e) {
      failed(engine, e.what());
    }
  }
  {
    std::lock_guard lock(mutex_);
    onGl_ = false;
  }
  return onCpu();
}

std::string ChosenEngine::name() const {
  std::lock_guard lock(mutex_);
  return onGl_ && gl_ ? gl_->name() : cpu_->name();
}
std::string ChosenEngine::description() const {
  std::lock_guard lock(mutex_);
  return onGl_ && gl_ ? gl_->description() : cpu_->description();
}

Support ChosenEngine::supports(const Plan& plan) const { return cpu_->supports(plan); }

std::shared_ptr<const Frame> ChosenEngine::sample(const Plan& plan, ParticleRange range, std::stop_token stop) const {
  if (const std::shared_ptr<GlEngine> engine = gl())
    if (const Support support = engine->supports(plan); !support.ok) {
      sayOnce("The OpenGL engine cannot do this: " + support.reason + ". The CPU engine computes it.");
      auto frame = cpu_->sample(plan, range, stop);
      std::lock_guard lock(mutex_);
      onGl_ = false;
      return frame;
    }
  return compute([&](const GlEngine& e) { return e.sample(plan, range, stop); },
                 [&] { return cpu_->sample(plan, range, stop); }, true);
}

DensityField ChosenEngine::density(const Mixture& mixture, NoiseLevel level, const FieldGrid& grid,
                                   std::stop_token stop) const {
  return cpu_->density(mixture, level, grid, stop);
}

PointValues ChosenEngine::pointValues(const Plan& plan, const Frame& frame, int step, std::stop_token stop) const {
  if (!frame.device) return cpu_->pointValues(plan, frame, step, stop);
  return compute([&](const GlEngine& e) { return e.pointValues(plan, frame, step, stop); },
                 [&] { return cpu_->pointValues(plan, frame, step, stop); });
}

DensityField ChosenEngine::shownDensity(const Mixture& mixture, NoiseLevel level, const FieldGrid& grid,
                                        std::stop_token stop) const {
  return compute([&](const GlEngine& e) { return e.shownDensity(mixture, level, grid, stop); },
                 [&] { return cpu_->density(mixture, level, grid, stop); });
}

std::optional<SampleSums> ChosenEngine::sums(const Frame& frame, std::stop_token stop) const {
  if (!frame.device) return std::nullopt;
  return compute([&](const GlEngine& e) { return e.sums(frame, stop); },
                 []() -> std::optional<SampleSums> { return std::nullopt; });
}

std::optional<Outside> ChosenEngine::outside(const Frame& frame, const RowsAt& at, Vec2 middle, Vec2 reach) const {
  if (!frame.device) return std::nullopt;
  return compute([&](const GlEngine& e) { return e.outside(frame, at, middle, reach); },
                 []() -> std::optional<Outside> { return std::nullopt; });
}

std::optional<std::vector<int>> ChosenEngine::near(const Frame& frame, const RowsAt& at, std::span<const Vec2> outline,
                                                   double reach, std::stop_token stop) const {
  if (!frame.device) return std::nullopt;
  return compute([&](const GlEngine& e) { return e.near(frame, at, outline, reach, stop); },
                 []() -> std::optional<std::vector<int>> { return std::nullopt; });
}

bool ChosenEngine::keeps(const Frame& frame) const {
  std::lock_guard lock(mutex_);
  return !frame.device || (gl_ && gl_->keeps(frame));
}

Transfers ChosenEngine::transfers() const {
  std::lock_guard lock(mutex_);
  return gl_ ? gl_->transfers() : Transfers{};
}

}  // namespace gs
