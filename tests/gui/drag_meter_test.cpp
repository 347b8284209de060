// The drag's figures, from frames and events whose times are given.
#include <gtest/gtest.h>

#include "drag_meter.h"

namespace gs {
namespace {

constexpr std::int64_t kMs = 1'000'000;

Experiment at(double omega) {
  Experiment e;
  e.guidance.push_back({});
  e.guidance[0].omega = omega;
  return e;
}

TEST(DragMeter, LatencyIsFromTheEventToTheFrameThatShowsIt) {
  DragMeter m(1e9);
  const Experiment a = at(1), b = at(2), c = at(3);
  m.asked(a);
  m.finished(0, &a, {});
  m.event(10 * kMs);
  m.asked(b);
  m.finished(26 * kMs, &a, {});  // still the old one
  m.event(30 * kMs);
  m.asked(c);
  m.finished(43 * kMs, &b, {});
  m.finished(59 * kMs, &c, {});
  const Pace p = m.pace();
  EXPECT_FLOAT_EQ(p.latency.max, 33);     // 10 -> 43
  EXPECT_FLOAT_EQ(p.latency.median, 29);  // 30 -> 59
  EXPECT_EQ(p.answers, 0) << "two are no rate";
  EXPECT_NEAR(p.frames, 3 / .059, 1e-9);
}

TEST(DragMeter, RatesAreOfNewAnswersAndOfFrames) {
  DragMeter m(1e9);
  for (int i = 0; i <= 20; ++i) {
    const Experiment shown = at(i / 2);  // each in two frames
    m.finished(i * 10 * kMs, &shown, {});
  }
  EXPECT_NEAR(m.pace().frames, 100, 1e-9);
  EXPECT_NEAR(m.pace().answers, 50, 1e-9);
}

TEST(DragMeter, WhatIsSkippedWaitsForTheNewerOne) {
  DragMeter m(1e9);
  const Experiment a = at(1), b = at(2), c = at(3);
  m.asked(a);
  m.event(0);
  m.asked(b);
  m.event(20 * kMs);
  m.asked(c);
  m.finished(50 * kMs, &c, {});
  EXPECT_FLOAT_EQ(m.pace().latency.max, 50);  // b was never shown by itself
  EXPECT_FLOAT_EQ(m.pace().latency.median, 30);
}

TEST(DragMeter, AWeightThatIsPassedTwiceCountsOnce) {
  DragMeter m(1e9);
  const Experiment a = at(1), b = at(2);
  m.asked(b);
  m.event(0);
  m.asked(a);
  m.event(10 * kMs);
  m.asked(b);
  m.event(20 * kMs);
  m.asked(a);
  m.finished(30 * kMs, &a, {});
  EXPECT_FLOAT_EQ(m.pace().latency.max, 30);
  EXPECT_FLOAT_EQ(m.pace().latency.median, 30) << "the third change is still open";
  m.finished(40 * kMs, &a, {});
  EXPECT_FLOAT_EQ(m.pace().latency.max, 30);
  EXPECT_FLOAT_EQ(m.pace().latency.median, 30) << "10 -> 40 and 20 -> 40 and 0 -> 30: the median is 30";
}

TEST(DragMeter, ChangesWithoutAnEventHaveNoLatency) {
  DragMeter m(1e9);
  const Experiment a = at(1), b = at(2);
  m.asked(a);
  m.asked(b);
  m.finished(5 * kMs, &b, {});
  EXPECT_EQ(m.pace().latency.max, 0);
  m.event(10 * kMs);  // the mouse passes by
  for (int i = 0; i < 5; ++i) m.asked(b);
  m.asked(a);  // much later a file brings another weight
  m.finished(900 * kMs, &a, {});
  EXPECT_EQ(m.pace().latency.max, 0);
}

TEST(DragMeter, OldFiguresAreForgottenAndTheLongestAreKept) {
  DragMeter m(.1);
  const Experiment a = at(1);
  m.finished(0, &a, {.interface = 90});
  m.finished(50 * kMs, &a, {.interface = 3, .exchange = 2, .draw = 4});
  EXPECT_FLOAT_EQ(m.pace().longestFrame, 90);
  m.finished(120 * kMs, &a, {.exchange = 1});
  EXPECT_FLOAT_EQ(m.pace().longestFrame, 9);
  EXPECT_FLOAT_EQ(m.pace().longestExchange, 2);
  EXPECT_EQ(m.frames().size(), 3u);
  for (int i = 0; i < 1000; ++i) m.finished((121 + i) * kMs, &a, {});
  EXPECT_EQ(m.frames().size(), DragMeter::kFrames);
  EXPECT_EQ(m.pace().answers, 0);
}

TEST(Spread, QuantilesAreOnesThatOccurred) {
  EXPECT_EQ(spread({}).max, 0);
  EXPECT_EQ(spread({7}).p95, 7);
  std::vector<float> v;
  for (int i = 100; i >= 1; --i) v.push_back(float(i));
  EXPECT_EQ(spread(v).median, 50);
  EXPECT_EQ(spread(v).p95, 95);
  EXPECT_EQ(spread(v).max, 100);
}

}  // namespace
}  // namespace gs
