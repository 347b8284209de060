// What the OpenGL engine finds out about frames and laws on its device. Inside the engine room only. Each cuts its work
// into dispatches and lets others of the device in between; called on workers.
#pragma once
#include <memory>
#include <optional>
#include <stop_token>

#include "engine/engine.h"
#include "engine/gl_device.h"

namespace gs {

// Colours of the particles of a frame of this device; none: they do not fit into one buffer.
std::optional<PointValues> devicePoints(const std::shared_ptr<GlDevice>&, const Plan&, const Frame&, int step,
                                        const std::stop_token&);
// The data law on a grid; none as above. Empty when stopped.
std::optional<DensityField> deviceDensity(const std::shared_ptr<GlDevice>&, const Mixture&, NoiseLevel,
                                          const FieldGrid&, const std::stop_token&);
// Of a frame's last row; none: stopped, or the law does not fit.
std::optional<SampleSums> deviceSums(const std::shared_ptr<GlDevice>&, const Frame&, const std::stop_token&);
// Of the first 2^17 particles.
Outside deviceOutside(const std::shared_ptr<GlDevice>&, const Frame&, const RowsAt&, Vec2 middle, Vec2 reach);
// Engine::near.
std::vector<int> deviceNear(const std::shared_ptr<GlDevice>&, const Frame&, const RowsAt&,
                            std::span<const Vec2> outline, double reach, const std::stop_token&);

}  // namespace gs
