// A small network (diffusion/network.h) at one place: matrix times vector, a tile of four outputs at a time, so that the
// four sums stay in registers and every number of the layer below is loaded once for them. Weights lie in that order:
//   [tile of the first layer][2][4], then layer by layer [tile][width][4], then [width][2] for the answer.
// The numbers of a level and a class: toInput, toPull, toAnswer, center x, y, the answer's bias x, y, one spare, and the
// biases [layer][width].
//
// Besides elementary.inl's list this needs GS_WEIGHTS (a pointer, or a place in a buffer) and gsNumber(numbers, i).

const int GS_MOST_WIDTH = 128;
const int GS_LEVEL_HEAD = 8;
const int GS_SILU = 0;
const int GS_RELU = 1;
const int GS_TANH = 2;

GS_FN F gsActivation(int kind, F x) {
  if (kind == GS_RELU) return gsMax(x, F(0.0));
  // x / (1 + e^-x), and 1 - 2 / (1 + e^2x)
  if (kind == GS_SILU) return x / (F(1.0) + gsExp2(gsMin(F(-1.4426950408889634) * x, F(100.0))));
  return F(1.0) - F(2.0) / (F(1.0) + gsExp2(gsMin(F(2.8853900817779268) * x, F(100.0))));
}

// D - y: what the network pulls the place by.
GS_FN void gsNetworkPull(GS_WEIGHTS weights, GS_WEIGHTS level, int width, int layers, int activation, F yx, F yy,
                         GS_OUT(F) px, GS_OUT(F) py) {
  F h[2 * GS_MOST_WIDTH];  // this layer and the next one, in turns
  F fromX = yx - gsNumber(level, 3);
  F fromY = yy - gsNumber(level, 4);
  F inX = gsNumber(level, 0) * fromX;
  F inY = gsNumber(level, 0) * fromY;
  int at = 0;
  for (int o = 0; o < width; ++o) {
    int w = at + (o / 4) * 8 + (o - (o / 4) * 4);
    F sum = gsFma(gsNumber(weights, w), inX, gsNumber(level, GS_LEVEL_HEAD + o));
    h[o] = gsActivation(activation, gsFma(gsNumber(weights, w + 4), inY, sum));
  }
  at = 2 * width;
  int from = 0;
  for (int l = 1; l < layers; ++l) {
    int to = GS_MOST_WIDTH - from;
    int bias = GS_LEVEL_HEAD + l * width;
    for (int o = 0; o < width; o += 4) {
      F s0 = gsNumber(level, bias + o);
      F s1 = gsNumber(level, bias + o + 1);
      F s2 = gsNumber(level, bias + o + 2);
      F s3 = gsNumber(level, bias + o + 3);
      for (int i = 0; i < width; ++i) {
        F x = h[from + i];
        s0 = gsFma(gsNumber(weights, at), x, s0);
        s1 = gsFma(gsNumber(weights, at + 1), x, s1);
        s2 = gsFma(gsNumber(weights, at + 2), x, s2);
        s3 = gsFma(gsNumber(weights, at + 3), x, s3);
        at += 4;
      }
      h[to + o] = gsActivation(activation, s0);
      h[to + o + 1] = gsActivation(activation, s1);
      h[to + o + 2] = gsActivation(activation, s2);
      h[to + o + 3] = gsActivation(activation, s3);
    }
    from = to;
  }
  F answerX = gsNumber(level, 5);
  F answerY = gsNumber(level, 6);
  for (int i = 0; i < width; ++i) {
    answerX = gsFma(gsNumber(weights, at), h[from + i], answerX);
    answerY = gsFma(gsNumber(weights, at + 1), h[from + i], answerY);
    at += 2;
  }
  px = gsFma(gsNumber(level, 2), answerX, gsNumber(level, 1) * fromX);
  py = gsFma(gsNumber(level, 2), answerY, gsNumber(level, 1) * fromY);
}
