// The engine that the user asks for, and what goes on when it cannot: the OpenGL engine where there is hardware for it,
// the CPU engine everywhere else and after every fault.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/gl_engine.h"

namespace gs {

enum class EngineChoice { Auto, Cpu, OpenGl };
std::optional<EngineChoice> engineChoice(std::string_view name);  // "auto", "cpu", "opengl"
std::string_view nameOf(EngineChoice);

class ChosenEngine final : public Engine {
 public:
  // `make` is called on a worker, when the OpenGL engine is needed first, with true where only hardware will do (null
  // is right then on a software driver), and may throw. `say` gets, on a worker, every sentence that the user should
  // read: once when an engine cannot go on, once for each reason why it is not used.
  using Make = std::function<std::unique_ptr<GlEngine>(bool hardware)>;
  ChosenEngine(EngineChoice, Make make, std::function<void(const std::string&)> say,
               std::unique_ptr<Engine> cpu = makeCpuEngine());

  // From now on, any thread; an OpenGL engine that had failed is made anew.
  void choose(EngineChoice);
  EngineChoice choice() const;

  // Of the engine that computed last; at first of the CPU engine.
  std::string name() const override;
  std::string description() const override;
  // What one engine does not support the other does.
  Support supports(const Plan&) const override;
  std::shared_ptr<const Frame> sample(const Plan&, ParticleRange, std::stop_token) const override;
  DensityField density(const Mixture&, NoiseLevel, const FieldGrid&, std::stop_token) const override;
  PointValues pointValues(const Plan&, const Frame&, int step, std::stop_token) const override;
  DensityField shownDensity(const Mixture&, NoiseLevel, const FieldGrid&, std::stop_token) const override;
  std::optional<SampleSums> sums(const Frame&, std::stop_token) const override;
  std::optional<Outside> outside(const Frame&, const RowsAt&, Vec2 middle, Vec2 reach) const override;
  std::optional<std::vector<int>> near(const Frame&, const RowsAt&, std::span<const Vec2> outline, double reach,
                                       std::stop_token) const override;
  bool keeps(const Frame&) const override;
  Transfers transfers() const override;

 private:
  std::shared_ptr<GlEngine> gl() const;  // null: the CPU computes
  void failed(const std::shared_ptr<GlEngine>&, const std::string& why) const;
  void sayOnce(const std::string&) const;
  template <class F, class G>
  auto compute(F onGl, G onCpu, bool samples = false) const;

  const Make make_;
  const std::function<void(const std::string&)> say_;
  const std::unique_ptr<Engine> cpu_;
  mutable std::mutex making_;  // held while an engine is made, which takes a while
  mutable std::mutex mutex_;
  EngineChoice choice_;
  mutable bool decided_ = false;
  mutable bool onGl_ = false;  // what computed last
  mutable std::shared_ptr<GlEngine> gl_;
  mutable std::string said_;
};

}  // namespace gs
