#version 450 core
// The sums of core/diffusion/sample_sums.h. A group goes through tiles of 64 particles: each invocation measures one of
// them, then each adds all of them to sums of its own, one after another, so that the result hangs on no order.
layout(local_size_x = 64) in;
#include "shared.h"
#include "meet.glsl"
#define GS_ROWS_BINDING GS_TABLE
#include "glsl.inl"
#include "elementary.inl"
#include "mixture.inl"
#include "finite.glsl"

layout(std430, binding = GS_PARTS) readonly buffer Parts { DevicePart parts[]; };
layout(std430, binding = GS_CLASS_ENDS) readonly buffer ClassEnds { int classEnds[]; };
layout(std430, binding = GS_HERE) readonly buffer Here { vec2 here[]; };
layout(std430, binding = GS_TOTALS) buffer Totals { DeviceSum totals[]; };

shared vec3 measured[64];  // u, v, log2 1/p
shared int marks[64];      // kPresent ..., and the part from bit 8 on
const int kPresent = 1, kLost = 2, kOutlier = 4, kCorrect = 8, kOverflowed = 16;
const float kMostLog2 = 497.7298;  // of 1/p: kMostLog / ln 2
const float kFar = 6.492128;       // 9 log2(e) / 2: what an exponent loses three standard deviations away
const int kPowersOfU[14] = int[](1, 0, 2, 1, 0, 3, 2, 1, 0, 4, 3, 2, 1, 0);
const int kPowersOfV[14] = int[](0, 1, 0, 1, 2, 0, 1, 2, 3, 0, 1, 2, 3, 4);

void measure(int lane, int i) {
  measured[lane] = vec3(0.0);
  if (i >= sumsLast) {
    marks[lane] = 0;
    return;
  }
  vec2 x = here[i];
  if (blownUp(x)) {
    marks[lane] = kPresent | kLost;
    return;
  }
  int mark = kPresent, nearest = 0;
  float least = 3e38;
  for (int r = sumsLawFirst; r < sumsLawLast; ++r) {
    F dx = gsMeanX(0, r) - x.x, dy = gsMeanY(0, r) - x.y, pxy = gsPxy(0, r);
    F q = gsFma(dx, gsFma(gsPxx(0, r), dx, pxy * dy), dy * gsFma(gsPyy(0, r), dy, pxy * dx));
    if (q < least) {
      least = q;
      nearest = r - sumsLawFirst;
    }
  }
  if (least > kFar) mark |= kOutlier;
  float logInverse = 0.0;
  if (sumsCondition >= 0) {
    float own = 0.0, top = -1e30, sum = 0.0;
    int best = 0, first = 0;
    for (int c = 0; c < sumsClasses; ++c) {
      F l = max(gsLogSum(0, first, classEnds[c], x.x, x.y), -1e30);
      first = classEnds[c];
      if (l > top) {
        sum = gsFma(sum, gsExp2(top - l), 1.0);
        top = l;
        best = c;
      } else {
        sum += gsExp2(l - top);
      }
      if (c == sumsCondition) own = l;
    }
    logInverse = max(top - own + gsLog2(sum), 0.0);
    if (best == sumsCondition) mark |= kCorrect;
    if (logInverse > kMostLog2) mark |= kOverflowed;
  }
  int part = sumsParts > 1 ? nearest : 0;
  measured[lane] = vec3((x - vec2(parts[part].x, parts[part].y)) * parts[part].perScale, logInverse);
  marks[lane] = mark | part << 8;
}

// x = m 2^e with |m| in [1/2, 1); what is too small for that is 0.
float split(float x, out int e) {
  uint b = floatBitsToUint(x), biased = b >> 23 & 255u;
  e = biased == 0u ? 0 : int(biased) - 126;
  return biased == 0u ? 0.0 : uintBitsToFloat((b & 0x807FFFFFu) | 0x3F000000u);
}
float powerOfTwo(int n) { return n < -126 ? 0.0 : uintBitsToFloat(uint(127 + n) << 23); }  // n <= 0

// + t 2^e, with what rounding loses kept in `low` (Knuth's two-sum).
void add(inout DeviceSum s, float t, int e) {
  if (t == 0.0) return;
  if (e > s.exponent) {
    float shrink = powerOfTwo(s.exponent - e);
    s.high *= shrink;
    s.low *= shrink;
    s.exponent = e;
  } else {
    t *= powerOfTwo(e - s.exponent);
  }
  precise float sum = s.high + t;
  precise float back = sum - s.high;
  precise float lost = (s.high - (sum - back)) + (t - back);
  s.high = sum;
  s.low += lost;
}

// What particle p of the tile adds to a sum.
void addMeasured(int which, int p, inout DeviceSum s) {
  int mark = marks[p];
  if ((mark & kPresent) == 0) return;
  int other = which - sumsParts * GS_PART_SUMS, e = 0, more = 0;
  float t = 0.0;
  if (other < 0) {
    if ((mark & kLost) != 0 || mark >> 8 != which / GS_PART_SUMS) return;
    int power = which % GS_PART_SUMS - 2;
    if (power == -2) {
      t = 1.0;
    } else if (power == -1) {
      t = (mark & kOutlier) != 0 ? 1.0 : 0.0;
    } else {
      float u = split(measured[p].x, e), v = split(measured[p].y, more);
      t = 1.0;
      for (int i = 0; i < kPowersOfU[power]; ++i) t *= u;
      for (int i = 0; i < kPowersOfV[power]; ++i) t *= v;
      e = e * kPowersOfU[power] + more * kPowersOfV[power];
    }
  } else if ((mark & kLost) != 0) {
    if (other == 5) t = 1.0;
  } else if (other < 2) {
    t = split(measured[p].z, e);
    if (other == 1) {
      t *= t;
      e *= 2;
    }
  } else if (other < 4) {
    float l = min(measured[p].z, kMostLog2);
    e = int(ceil(l));
    t = gsExp2(l - float(e));
    if (other == 3) {
      t *= t;
      e *= 2;
    }
  } else if (other == 4) {
    t = (mark & kCorrect) != 0 ? 1.0 : 0.0;
  } else if (other == 6) {
    t = (mark & kOverflowed) != 0 ? 1.0 : 0.0;
  } else if (other == 7) {
    s.high = max(s.high, measured[p].z);
  }
  add(s, t, e);
}

void main() {
  int lane = int(gl_LocalInvocationIndex), group = int(gl_WorkGroupID.x);
  int sums = sumsParts * GS_PART_SUMS + GS_OTHER_SUMS;
  if (sumsTotal == 1) {
    for (int which = lane; which < sums; which += 64) {
      DeviceSum s = DeviceSum(0.0, 0.0, 0);
      for (int g = 0; g < sumsGroups; ++g) {
        DeviceSum more = totals[g * sums + which];
        if (which == sums - 1) {
          s.high = max(s.high, more.high);
        } else {
          add(s, more.high, more.exponent);
          add(s, more.low, more.exponent);
        }
      }
      totals[sumsGroups * sums + which] = s;
    }
    return;
  }
  for (int tile = sumsFirst + group * 64; tile < sumsLast; tile += sumsGroups * 64) {
    gsMeet();
    measure(lane, tile + lane);
    gsMeet();
    for (int which = lane; which < sums; which += 64) {
      DeviceSum s = totals[group * sums + which];
      for (int p = 0; p < 64; ++p) addMeasured(which, p, s);
      totals[group * sums + which] = s;
    }
  }
}
