// The trainers of the module, each in a file of its own.
#pragma once
#include "learn/module.h"

namespace gs {

std::unique_ptr<Trainer> makeOmegaTrainer(const LearnRequest&);
std::vector<double> torchOmega(const LearnRequest&, const Arrays& state, const std::vector<double>& queries);
std::vector<double> torchGradient(const LearnRequest&, int step, const std::vector<double>& omega);
std::unique_ptr<Trainer> makeDenoiserTrainer(const LearnRequest&);
std::vector<double> torchDenoiser(const NetworkFile&, const std::vector<double>& queries);
EagerSeconds torchEagerSeconds(const NetworkFile& main, const NetworkFile& weak, int particles, int steps, int threads);
void setTorchThreads(int);  // of LibTorch and its matrix products, for the whole process
ScriptFacts checkTorchScript(const std::string& bytes);
std::shared_ptr<const ScriptedDenoiser> openTorchScript(const std::string& bytes);
std::string compileTorchScript(const std::string& methods);

}  // namespace gs
