// The kernel text's types and functions for GLSL 4.50: include this before the others. The rows of all components lie in
// one buffer of floats, six to a row; GS_ROWS is the number of the first row. With GS_TILE_ROWS the functions read the
// rows from shared memory instead, where the shader puts that many of them at a time (gsLoadTile).
#define F float
#define U uint
#define GS_FN
#define GS_OUT(T) out T
#define GS_INOUT(T) inout T
#define GS_ROWS int
#define GS_CONSTANT float

#ifndef GS_ROWS_BINDING
#define GS_ROWS_BINDING 0
#endif
layout(std430, binding = GS_ROWS_BINDING) readonly buffer GsRows { float gsRows[]; };

#ifdef GS_TILE_ROWS
shared float gsTile[GS_TILE_ROWS * 6];
#define GS_NUMBERS gsTile
// Rows first .. first + count - 1 of the buffer become rows 0 .. count - 1. In uniform control flow only; the shader has
// gsMeet (shaders/meet.glsl) before this text.
void gsLoadTile(int first, int count) {
  gsMeet();
  for (int i = int(gl_LocalInvocationIndex); i < count * 6; i += int(gl_WorkGroupSize.x))
    gsTile[i] = gsRows[first * 6 + i];
  gsMeet();
}
#else
#define GS_NUMBERS gsRows
#endif

F gsMeanX(int rows, int k) { return GS_NUMBERS[(rows + k) * 6]; }
F gsMeanY(int rows, int k) { return GS_NUMBERS[(rows + k) * 6 + 1]; }
F gsPxx(int rows, int k) { return GS_NUMBERS[(rows + k) * 6 + 2]; }
F gsPxy(int rows, int k) { return GS_NUMBERS[(rows + k) * 6 + 3]; }
F gsPyy(int rows, int k) { return GS_NUMBERS[(rows + k) * 6 + 4]; }
F gsLogNorm(int rows, int k) { return GS_NUMBERS[(rows + k) * 6 + 5]; }

// Numbers of a network lie in the same buffer.
#define GS_WEIGHTS int
F gsNumber(int first, int i) { return gsRows[first + i]; }

F gsFma(F a, F b, F c) { return fma(a, b, c); }
F gsFnma(F a, F b, F c) { return fma(-a, b, c); }
F gsMin(F a, F b) { return min(a, b); }
F gsMax(F a, F b) { return max(a, b); }
F gsSqrt(F a) { return sqrt(a); }
F gsAbs(F a) { return abs(a); }
F gsRound(F a) { return roundEven(a); }
bool gsLess(F a, F b) { return a < b; }
F gsSelect(bool mask, F yes, F no) { return mask ? yes : no; }
F gsFloat(U a) { return float(a); }
U gsBits(F a) { return floatBitsToUint(a); }
F gsFromBits(U a) { return uintBitsToFloat(a); }
void gsMulWide(U a, U b, out U high, out U low) { umulExtended(a, b, high, low); }
F gsSplitExponent(F x, out U scale) {
  F n = roundEven(x);
  scale = uint(int(n)) << 23;
  return x - n;
}
F gsScaled(F p, U scale) { return uintBitsToFloat(floatBitsToUint(p) + scale); }
