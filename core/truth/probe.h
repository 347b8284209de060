// What is known about one place, one particle or a group of particles at a noise level.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace gs {

struct ProbeAnswer {
  Vec2 x{0.0};  // in the schedule's own coordinates
  double t = 0, ratio = 0;
  NoiseLevel level;
  double logDensity = 0, logConditional = 0;  // of x under p_t(x) and p_t(x | c)
  std::vector<double> classPosterior;         // [class]
  struct Estimate {
    enum class Kind { Condition, Whole, Class, Weak, Reward, Guided, Tilted } kind = Kind::Guided;
    std::string name;  // "D(x | A)", "guided"
    int label = -1;    // of Class
    Vec2 at{0.0};      // E[x0 | x] of that model, data units
  };
  std::vector<Estimate> estimates;
  struct Push {
    std::string name;  // of the term
    Vec2 by{0.0};      // data units: what the term adds to the denoiser after those above it
  };
  std::vector<Push> pushes;  // of the terms that are on; they lead from the base to the guided estimate
  Vec2 base{0.0}, guided{0.0};
  Mixture posterior;  // of x0, given x and the condition, under the data law: components reweighted
};
// previous: laws of rewards that are known already. Throws std::invalid_argument as compile() does.
ProbeAnswer probeAt(const Experiment&, std::shared_ptr<const Mixture>, double time, Vec2 x,
                    const Plan* previous = nullptr);

// The way of one particle of a frame, and of its twin without guidance; nullptr when stopped. plan: the frame's.
std::shared_ptr<const ParticleRecord> particleRecord(const Engine&, const Plan& plan, std::shared_ptr<const Frame>,
                                                     int particle, std::stop_token);

// Positions [particle][2] of the first particles (-1: all) between the rows around a time, in the view's coordinates.
// May wait for a device.
std::vector<float> positionsAt(const Frame&, double time, bool normalised, int count = -1);
// Particles within a closed outline of the plane that is seen; -1: none is within `reach` of a point.
std::vector<int> particlesWithin(std::span<const float> positions, std::span<const Vec2> outline);
int nearestParticle(std::span<const float> positions, Vec2 at, double reach);
// Those within an outline, ascending, or the one nearest to a single point. Of a frame on a device only the places of
// particles near it are read. Nothing when stopped.
std::vector<int> chosenParticles(const Engine&, const Frame&, double time, bool normalised,
                                 std::span<const Vec2> outline, double reach, std::stop_token);
// What is known about some of the frame's particles at a time; class posteriors are of so many of them at most.
inline constexpr std::size_t kMostGroupPosteriors = 2000;
Group groupOf(const Frame&, std::vector<int> particles, double time, bool normalised);

// What a person points at; LiveRequest carries it.
struct Inspect {
  bool probe = false;
  Vec2 point{0.0};         // of the plane that is seen
  int marked = -1;         // the particle whose record is asked for
  std::vector<int> group;  // particles whose statistics are asked for
  // A choice by the mouse, answered once for every serial: the particle nearest to a single point, or those within.
  std::vector<Vec2> outline;
  double reach = 0;  // of a single point
  std::uint64_t serial = 0;
  bool operator==(const Inspect&) const = default;
};
struct Inspected {
  std::shared_ptr<const ProbeAnswer> probe;
  std::shared_ptr<const ParticleRecord> record;
  std::shared_ptr<const Group> group;
  std::uint64_t chosenSerial = 0;
  std::vector<int> chosen;  // of that choice
};

}  // namespace gs
