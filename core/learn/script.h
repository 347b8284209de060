// Somebody's own model as the denoiser of a pane: a TorchScript file with
//     forward(x [N, 2], sigma [N], class [N]) -> D [N, 2]
// of x = x0 + sigma n, class -1 for the unconditional answer; x, sigma and D are float32, class int64. A model is code.
// It is looked at first in a process of its own (guidescope-model-check) with limits of time and memory: what crashes,
// hangs or grows without end there never gets into the program. What has passed runs in this process.
#pragma once
#include <functional>
#include <stop_token>
#include <string>

#include "data/networks.h"
#include "diffusion/network.h"

namespace gs {

struct ScriptLimits {
  int seconds = 20;   // of the processor, and half as much again by the clock
  int memory = 2048;  // MiB beside LibTorch's own
};

// The checks: one tensor [N, 2] of finite float32 at noise levels from 0.002 to 80; the same answer to the same
// question; a point's answer alone, among few and among many the same to 1e-4. Which classes it knows is found by
// asking. Throws InputError "own.pt: forward(x [7, 2], sigma, class 0) answers with the shape [7]; [7, 2] is needed".
// Takes some seconds, most of them LibTorch's start; a stop ends the process that checks and throws FitStopped.
Network checkedScript(const std::string& bytes, const std::string& name, const ScriptLimits& = {},
                      std::stop_token stop = {});

// From now on sessions of this program open such files, where `allowed` says yes to one of this name and SHA-256: it is
// asked before anything of the file runs, on any thread. It may throw InputError to refuse one in words of its own.
void openScriptsWhere(std::function<bool(const std::string& name, const std::string& sha256)> allowed);

}  // namespace gs
