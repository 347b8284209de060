// D^ at a level with shapes or networks: every denoiser as a point, their linear combination, then rule by rule.
// Included by block-inl.h; `guidedShaped` of shaders/guided.glsl.
static_assert(GS_SHAPE_PUSH == int(ShapeKind::Push) && GS_SHAPE_POWER == int(ShapeKind::Power) &&
              GS_SHAPE_MAMBO == int(ShapeKind::Mambo) && GS_SHAPE_ADAPTIVE == int(ShapeKind::Adaptive) &&
              GS_SHAPE_PERPENDICULAR == int(ShapeKind::Perpendicular) && GS_SHAPE_DYNAMIC == int(ShapeKind::Dynamic) &&
              GS_SHAPE_FEEDBACK == int(ShapeKind::Feedback) && GS_SHAPE_TEMPERATURE == int(ShapeKind::Temperature) &&
              GS_SHAPE_ZERO == int(ShapeKind::Zero) && GS_SHAPE_STILL == int(ShapeKind::Still) &&
              GS_SHAPE_TANGENTIAL == int(ShapeKind::Tangential) && GS_SHAPE_RECTIFIED == int(ShapeKind::Rectified) &&
              GS_SHAPE_APG == int(ShapeKind::Apg) && GS_SHAPE_RESCALE == int(ShapeKind::Rescale) &&
              GS_SHAPE_THRESHOLD == int(ShapeKind::Threshold) && GS_SHAPE_NOISE == int(ShapeKind::Noise) &&
              GS_SHAPE_CHARACTERISTIC == int(ShapeKind::Characteristic) && GS_SHAPE_SUM == int(ShapeKind::Sum) &&
              GS_SHAPE_TRACKED == int(ShapeKind::Tracked));

template <bool kMemory>
GS_CALL void guidedAgain(const Level<GS_REAL>& level, F yx, F yy, F memoryX, F memoryY, F& dx, F& dy);

// D - y of a network.
GS_CALL void networkPull(const NetworkPass<GS_REAL>& n, const GS_REAL* block, F yx, F yy, F& px, F& py) {
  gsNetworkPull(n.weights, block, n.width, n.layers, n.activation, yx, yy, px, py);
}

// The same of a denoiser that is code, for a few points: engine/staged.h asks it for many.
GS_CALL void scriptedPull(const ScriptedDenoiser& script, const Use<GS_REAL>& use, F yx, F yy, F& px, F& py) {
  alignas(64) GS_REAL bx[kLanes], by[kLanes];
  gsStore(yx, bx);
  gsStore(yy, by);
  float y[2 * kLanes], d[2 * kLanes];
  for (int i = 0; i < kLanes; ++i) y[2 * i] = float(bx[i]), y[2 * i + 1] = float(by[i]);
  script.denoise(y, kLanes, use.ratio, use.label, d);
  for (int i = 0; i < kLanes; ++i) bx[i] = GS_REAL(d[2 * i]) - bx[i], by[i] = GS_REAL(d[2 * i + 1]) - by[i];
  px = gsLoad(bx);
  py = gsLoad(by);
}

// memory: what the shapes keep from step to step. given [use][x, y][stride]: the pulls of denoisers that are
// code, where they are known already.
GS_CALL void guidedShaped(const Level<GS_REAL>& level, F yx, F yy, GsMemory& memory, F& dx, F& dy,
                          const GS_REAL* given = nullptr, std::size_t stride = 0) {
  GsPair at[kMostDenoisers];
  F logs[kMostDenoisers];
  const GsPair y = gsPair(yx, yy);
  const F tiny = F(1e-35);
  int count = 0;
  for (const Pass<GS_REAL>& pass : level.passes) {
    if (pass.network) {
      for (int i = 0; i < pass.uses; ++i) {
        const Use<GS_REAL>& use = level.uses[std::size_t(pass.firstUse + i)];
        F px, py;
        if (pass.network.weights)
          networkPull(pass.network, use.block, yx, yy, px, py);
        else if (given)
          px = gsLoad(given + 2 * std::size_t(pass.firstUse + i) * stride),
          py = gsLoad(given + (2 * std::size_t(pass.firstUse + i) + 1) * stride);
        else
          scriptedPull(*pass.network.script, use, yx, yy, px, py);
        at[count] = gsPair(gsFma(F(use.gain), px, yx), gsFma(F(use.gain), py, yy));
        logs[count] = F(0.0);  // it has no density, and no rule that asks for one
        ++count;
      }
      continue;
    }
    GsSums a, b;
    passSums(pass, yx, yy, a, b);
    F scaleA = F(1.0), scaleB = F(0.0);
    if (pass.components != pass.groupA) gsCommonScale(a.top, b.top, scaleA, scaleB);
    for (int i = 0; i < pass.uses; ++i) {
      const Use<GS_REAL>& use = level.uses[std::size_t(pass.firstUse + i)];
      // One group alone needs no common maximum.
      const bool ownA = use.b == GS_REAL(0), ownB = use.a == GS_REAL(0);
      const F wa = ownA ? F(1.0) : ownB ? F(0.0) : F(use.a) * scaleA;
      const F wb = ownB ? F(1.0) : ownA ? F(0.0) : F(use.b) * scaleB;
      const F z = gsFma(wa, a.z, wb * b.z);
      const F gain = F(level.gain * use.gain) / z;
      at[count] = gsPair(gsFma(gain, gsFma(wa, a.vx, wb * b.vx), yx), gsFma(gain, gsFma(wa, a.vy, wb * b.vy), yy));
      logs[count] = (ownA ? a.top : ownB ? b.top : gsMax(a.top, b.top)) + gsLog2(gsMax(z, tiny));
      ++count;
    }
  }
  GsPair sum = gsPair(F(0.0), F(0.0));
  for (int i = 0; i < count; ++i)
    if (level.uses[std::size_t(i)].coefficient != GS_REAL(0))
      sum = gsAlong(sum, F(level.uses[std::size_t(i)].coefficient), at[i]);
  GsPair push = gsMinus(sum, at[0]);
  for (const ShapeOf<GS_REAL>& s : level.shapes) {
    GsPair first = at[s.first], second = at[s.second], third = at[s.third];
    if (s.kind == ShapeKind::Characteristic) {
      const Level<GS_REAL>* const alone = level.alone.data() + s.elsewhere;
      GsPair u = gsPair(F(0.0), F(0.0));
      for (int k = 0; k < int(s.b); ++k) {
        u = gsTowardsAgreement(u, F(s.a), first, second);
        const GsPair own = gsAlong(y, F(s.weight), u), other = gsAlong(own, F(1.0), u);
        guidedAgain<true>(alone[0], own.x, own.y, F(0.0), F(0.0), first.x, first.y);
        guidedAgain<true>(alone[1], other.x, other.y, F(0.0), F(0.0), second.x, second.y);
      }
    }
    if (s.kind == ShapeKind::Rectified) {
      const Pass<GS_REAL>& pass = level.passes.front();
      const Use<GS_REAL>& own = level.uses.front();
      GsPair slope = gsPair(F(1.0), F(1.0));
      gsAddSlope(pass.rows, 0, pass.groupA, yx, yy, logs[0], F(own.b == GS_REAL(0) ? GS_REAL(1) : own.a), F(level.gain),
                 slope);
      if (own.b != GS_REAL(0))
        gsAddSlope(pass.rows, pass.groupA, pass.components, yx, yy, logs[0], F(own.b), F(level.gain), slope);
      // - sh^2 s (s . 1), where sh^2 s = D - y
      const GsPair pull = gsMinus(at[0], y);
      third = gsAlong(slope, -(pull.x + pull.y) * F(GS_REAL(2 * std::numbers::ln2) / level.gain), pull);
    }
    GsRule rule;
    rule.weight = F(s.weight);
    rule.a = F(s.a);
    rule.b = F(s.b);
    rule.c = F(s.c);
    rule.toY = F(s.toY);
    rule.toD = F(s.toD);
    rule.centerX = F(s.centerX);
    rule.centerY = F(s.centerY);
    GsMemory kept = memory;
    gsShape(int(s.kind), rule, y, at[0], first, second, third, logs[s.first], logs[s.second], push, kept);
    if (s.c != GS_REAL(0)) memory = kept;
  }
  dx = at[0].x + push.x;
  dy = at[0].y + push.y;
}

static_assert(GS_MOST_WIDTH == NetworkShape::kMostWidth && GS_SILU == int(Activation::Silu) &&
              GS_RELU == int(Activation::Relu) && GS_TANH == int(Activation::Tanh));

#ifdef GS_DOUBLE
// The push of the shapes at pure noise, where every denoiser is a constant: points and the masses of the blends.
// memory: what a tracked posterior takes along from there, for a step that begins at y = 0.
static inline Vec2 shapedAtPureNoise(const std::vector<ShapeOf<double>>& shapes, const std::vector<Vec2>& denoisers,
                                     const std::vector<double>& masses, Vec2 sum, GsMemory& memory) {
  const auto at = [&](int i) { return gsPair(denoisers[std::size_t(i)].x, denoisers[std::size_t(i)].y); };
  GsPair push = gsPair(sum.x - denoisers[0].x, sum.y - denoisers[0].y);
  for (const ShapeOf<double>& s : shapes) {
    const GsRule rule{s.weight, s.a, s.b, s.c, s.toY, s.toD, s.centerX, s.centerY};
    // The posterior of the data at pure noise is the prior: the Jacobian is 0.
    const GsPair third = s.kind == ShapeKind::Rectified ? gsPair(0, 0) : at(s.third);
    GsMemory kept = gsMemory(0, 0);
    gsShape(int(s.kind), rule, gsPair(0, 0), at(0), at(s.first), at(s.second), third,
            std::log2(masses[std::size_t(s.first)]), std::log2(masses[std::size_t(s.second)]), push, kept);
    if (s.kind == ShapeKind::Tracked && s.c != 0) memory = kept;
  }
  return {denoisers[0].x + push.x, denoisers[0].y + push.y};
}
#endif
