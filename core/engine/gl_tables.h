// A plan as the tables that shaders/block.comp reads. Inside the engine room only.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/plan.h"
#include "shaders/shared.h"

namespace gs {

struct DeviceTables {
  explicit DeviceTables(const Plan&);

  std::vector<std::shared_ptr<const std::vector<ComponentRow>>> models;  // the row table: these one after another
  std::vector<shader::DevicePass> passes;
  std::vector<shader::DeviceUse> uses;
  std::vector<shader::DeviceStep> steps;  // `row` is left to the run
  std::vector<int> pointOf;               // [step 0..steps]: engine/program.h
  std::vector<shader::DeviceStart> starts;
  shader::DeviceLevel guided{}, main{};  // at the first level: D^, and the denoiser without guidance
  bool shaped = false;                   // a level has shapes or networks ...
  bool networks = false;                 // ... networks
  shader::Run run{};                     // what does not depend on the dispatch
  std::vector<double> stepCost;          // [step]: components summed for one particle, and an allowance for all else
  std::size_t rowCount() const;
  // Of the smaller tables.
  std::size_t bytes() const;
};

// Bytes of the row table of a plan.
std::size_t rowTableBytes(const Plan&);

}  // namespace gs
