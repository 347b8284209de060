// A plan as the tables that shaders/block.comp reads. Inside the engine room only.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/plan.h"
#include "shaders/shared.h"

namespace gs {

// Of the row table: the rows of a model at all levels, or those of its leaves (engine/leaves.h).
struct TablePart {
  std::shared_ptr<const std::vector<ComponentRow>> rows;
  std::shared_ptr<const LeafTables> leaves;  // in place of rows: for every level the bounds of its leaves, a row each
                                             // (centre, half size, least, most), and their components, kLeaf rows each
  std::size_t size() const;                  // in rows
  void write(std::vector<ComponentRow>&) const;  // appends them
  bool operator==(const TablePart&) const = default;
};

struct DeviceTables {
  // waves: how many times more leaves a particle has to wait for than it meets, because those beside it meet others;
  // 0: leaves are not used.
  explicit DeviceTables(const Plan&, double waves = 0);

  std::vector<TablePart> parts;  // the row table: these one after another
  std::vector<shader::DevicePass> passes;
  std::vector<shader::DeviceUse> uses;
  std::vector<shader::DeviceStep> steps;  // `row` is left to the run
  std::vector<int> pointOf;               // [step 0..steps]: engine/program.h
  std::vector<shader::DeviceStart> starts;
  shader::DeviceLevel guided{}, main{};  // at the first level: D^, and the denoiser without guidance
  bool shaped = false;                   // a level has shapes or networks ...
  bool networks = false;                 // ... networks
  bool leaves = false;                   // ... leaves
  shader::Run run{};                     // what does not depend on the dispatch
  std::vector<double> stepCost;          // [step]: components summed for one particle, and an allowance for all else
  std::size_t bytes() const;             // of the smaller tables
};

// Bytes of the row table of a plan, without leaves.
std::size_t rowTableBytes(const Plan&);
// Of its leaves.
std::size_t leafTableBytes(const Plan&);

}  // namespace gs
