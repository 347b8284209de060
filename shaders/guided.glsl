// D^ at y: the sums of every model's groups, blended into the branches; `guided` of core/engine/block-inl.h.
layout(std430, binding = GS_PASSES) readonly buffer Passes { DevicePass passes[]; };
layout(std430, binding = GS_USES) readonly buffer Uses { DeviceUse uses[]; };

void addRows(int rows, int groupA, int components, F yx, F yy, inout GsSums A, inout GsSums B) {
  for (int k = 0; k < min(groupA, components); ++k) gsAddRow(rows, k, yx, yy, A);
  for (int k = max(groupA, 0); k < components; ++k) gsAddRow(rows, k, yx, yy, B);
}

void groupSums(int rows, int groupA, int components, F yx, F yy, out GsSums A, out GsSums B) {
  A.top = F(-1e30);
  A.z = F(0.0);
  A.vx = F(0.0);
  A.vy = F(0.0);
  B = A;
#ifdef GS_TILE_ROWS
  for (int first = 0; first < components; first += GS_TILE_ROWS) {
    int count = min(components - first, GS_TILE_ROWS);
    gsLoadTile(rows + first, count);
    addRows(0, groupA - first, count, yx, yy, A, B);
  }
#else
  addRows(rows, groupA, components, yx, yy, A, B);
#endif
}

// The level, and so the way through this function, is the same for all invocations.
void guided(DeviceLevel level, F yx, F yy, out F dx, out F dy) {
  F gx = F(0.0), gy = F(0.0);
  for (int p = level.firstPass; p < level.firstPass + level.passes; ++p) {
    DevicePass pass = passes[p];
    GsSums A, B;
    groupSums(pass.rows, pass.groupA, pass.components, yx, yy, A, B);
    GsSums scaled = A;
    if (pass.components != pass.groupA) {
      F scaleA, scaleB;
      gsCommonScale(A.top, B.top, scaleA, scaleB);
      scaled.z = A.z * scaleA;
      scaled.vx = A.vx * scaleA;
      scaled.vy = A.vy * scaleA;
      B.z = B.z * scaleB;
      B.vx = B.vx * scaleB;
      B.vy = B.vy * scaleB;
    }
    for (int u = pass.firstUse; u < pass.firstUse + pass.uses; ++u) {
      DeviceUse use = uses[u];
      if (use.b == 0.0)
        gsAddOne(A, use.coefficient, gx, gy);
      else
        gsAddBlend(scaled, B, use.a, use.b, use.coefficient, gx, gy);
    }
  }
  dx = gsFma(level.gain, gx, yx);
  dy = gsFma(level.gain, gy, yy);
}
