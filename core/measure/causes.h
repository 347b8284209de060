// What made the numbers: guidance, and the solver's finite steps, told apart by runs that differ in one thing at a time
// and share seed and start; and the law that the converged sampler has.
#pragma once
#include <stop_token>
#include <string>
#include <vector>

#include "diffusion/metrics.h"
#include "engine/engine.h"

namespace gs {

// The same experiment with the finest steps: Runge-Kutta for deterministic samplers, the exponential solver with the
// same churn for the others, both with Schedule's most steps and at most `most` particles.
Experiment converged(const Experiment&, int most);
Experiment withoutGuidance(Experiment);
// Without guidance and without faults of the model: it samples the data law.
Experiment exactAndPlain(Experiment);

// One number split by its causes: value = data + chance + model + guidance + solver. `data` is the data law's p(x|c),
// `chance` what finitely many particles and the start make of it (the converged run of the exact model without
// guidance), `model` what faults of the sampled model add to that, `guidance` what the stack adds (converged), `solver`
// what its finite steps add.
struct Cause {
  std::string name, label;
  double value = 0, valueSe = 0;   // valueSe: of `value` as a number of this run, or the floor
  double data = 0, dataError = 0;  // dataError: of a quadrature; 0: a closed form
  double chance = 0, chanceSe = 0, model = 0, modelSe = 0, guidance = 0, guidanceSe = 0, solver = 0, solverSe = 0;
};
struct Causes {
  std::vector<Cause> rows;      // mean_x, mean_y, cov_xx, cov_yy, log_posterior, accuracy
  std::vector<Metric> metrics;  // "guidance_effect", "solver_error", "kl_conditional": see causeList()
  std::string note;             // what could not be told, and why
};
// `most`: particles of the three further runs (>= 64). Denoisers are exact here, so that no model error takes part.
// Empty when stopped. Throws what Engine::sample throws.
Causes causes(const Engine&, const Plan&, const Frame&, int most, std::stop_token);

// "model_calls", "seconds", and what causes() measures, for `list metrics`.
std::vector<MetricInfo> causeList();

// Root mean square distance of the same particles in two runs, [particle][2] each, without those that are lost; at
// least two have to be left.
Metric displacement(const char* name, const char* label, std::span<const float> a, std::span<const float> b,
                    const std::vector<char>& lost);

// pathMetrics of a frame's first particles (at most 4096), and what it cost: "model_calls", "seconds".
std::vector<Metric> pathMetrics(const Frame&, std::stop_token);
std::vector<Metric> costMetrics(const Frame&);

// log q of the sampler's own law at the ends of a deterministic run, by the instantaneous change of variables along the
// Runge-Kutta steps of `plan` (1806.07366, eq. 8; the first step from pure noise and the last one to the data by the
// determinant of their map), of at most `most` particles. The divergence of D^ comes from central differences.
struct FollowedLaw {
  double ratio = 0;                // sigma / alpha, 0 at the ends
  std::vector<Vec2> at;            // y = x / alpha
  std::vector<double> logDensity;  // of y
};
// The law at the ends, or with `everyStep` at every level from the first finite one on, noise first. Plans of other
// solvers and plans that remember are refused with std::invalid_argument. Empty when stopped.
std::vector<FollowedLaw> followLaw(const Plan&, const Frame&, int most, bool everyStep, std::stop_token);
// KL(sampler || p_t(x|c)) = mean(log q - log p_t(x|c)) of such a law at its level.
Metric divergenceToConditional(const Plan&, const FollowedLaw&);
// The same of the converged sampler of a plan, of as many of `most` paths as cost about a second, on a plan of its own.
struct ConvergedLaw {
  Plan plan;
  std::vector<FollowedLaw> states;
};
ConvergedLaw convergedLaw(const Engine&, const Plan&, int most, bool everyStep, std::stop_token);

}  // namespace gs
