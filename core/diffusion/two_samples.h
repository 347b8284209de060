// How far apart two sets of points in the plane are, each number with a standard error and the Monte Carlo floor of two
// sets of one law. Points are [sample][2], finite, at least 2 a set. Whatever was stopped answers NaN. Pure functions;
// the caller chooses the thread.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <stop_token>
#include <vector>

namespace gs {

struct Distance {
  double value = std::numeric_limits<double>::quiet_NaN();
  double se = 0;     // standard error of value
  double floor = 0;  // what the estimator shows for two sets of one law
};

// 2 E|x-y| - E|x-x'| - E|y-y'|, unbiased, so that it may be negative. The floor is the standard deviation that two sets
// of y's law with these sizes show around 0, from 200 random splits of (at most 512 of) y.
Distance energyDistance(std::span<const float> x, std::span<const float> y, std::uint64_t seed,
                        std::stop_token stop = {});

// Maximum mean discrepancy, squared: E k(x,x') + E k(y,y') - 2 E k(x,y) as a U-statistic (unbiased, may be negative);
// k is the mean of exp(-d^2 / (2 h^2)) over kMmdBandwidths times the root mean square spread of y (JMLR 13:723, eq. 3).
// se and floor as for the energy distance.
inline constexpr double kMmdBandwidths[] = {.125, .25, .5, 1, 2};
Distance mmd(std::span<const float> x, std::span<const float> y, std::uint64_t seed, std::stop_token stop = {});
// The spread that its bandwidths are multiples of: sqrt(tr Cov(y) / 2).
double mmdScale(std::span<const float> y);

// Sliced Wasserstein distance: root of the mean over 64 fixed directions of the squared W2 of the projections
// (1304.4813, definition 2). Of sets of different sizes the first points are taken. Biased upwards by about its floor.
// se from the transport potentials; the floor is left at 0.
Distance slicedWasserstein(std::span<const float> x, std::span<const float> y, std::stop_token stop = {});

// Exact W2 between the first kMatched points of both sets by the assignment that minimises the mean squared distance
// (shortest augmenting paths, Computing 38:325). partner[i]: the point of y that x_i goes to. se from the dual
// potentials; biased upwards by about its floor, which is left at 0.
inline constexpr int kMatched = 512;
struct Matching : Distance {
  std::vector<int> partner;  // [min(kMatched, sizes)]; empty when stopped
};
Matching matchedWasserstein(std::span<const float> x, std::span<const float> y, std::stop_token stop = {});

// Nearest neighbours, k = 5 (2002.09797, eqs. 1-4); x are the generated points, y the real ones. precision: share of x
// inside the ball of a point of y; recall: share of y inside the ball of a point of x; density: the mean number of such
// balls that x lies in over k; coverage: share of y whose ball holds a point of x. A point's ball reaches to its k-th
// neighbour in its own set. At equal laws and sizes density has mean 1 and coverage
// 1 - prod_{i<k} (m - 1 - i) / (n + m - 1 - i). Standard errors are those of independent points.
// entropy: Kozachenko-Leonenko, psi(n) - psi(k) + ln pi + (2 / n) sum ln r_i, in nats (1602.05220, eq. 2.1); NaN where
// k + 1 points coincide.
inline constexpr int kNeighbours = 5;
struct Neighbourhood {
  Distance precision, recall, density, coverage;  // floors are left at 0
  Distance entropyX, entropyY;
};
Neighbourhood neighbourhood(std::span<const float> x, std::span<const float> y, std::stop_token stop = {});

}  // namespace gs
