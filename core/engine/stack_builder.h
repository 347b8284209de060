// How a stack is put together: models, branches of them, weights at every level; and what each kind of term adds
// (stack_terms.cpp). Inside stack*.cpp only.
#pragma once
#include <memory>
#include <vector>

#include "engine/stack.h"

namespace gs {

class StackBuilder {
 public:
  StackBuilder(const Plan&, const Plan* previous, bool quick);
  Stack take();

 private:
  using Weights = std::vector<double>;  // [level]

  // Places in out_.models; what is there already is not made again. Scales: the noise levels at which it is asked.
  int model(std::shared_ptr<const Mixture>, double broaden, int label, Weights scale = {}, int other = kUnconditional);
  int network(const NetworkFile&, Weights scale = {});
  int ofModel(Weights scale);  // the sampled one, at its own noise levels or at others

  // Places in out_.branches.
  int branch(PlanBranch);
  int branch(int model, double a, double b, Weights gains = {});
  int branchOf(int network, int label, Weights gains = {});  // a network's denoiser of a class or of none
  int blended(int model, double leak, Weights gains = {});
  int whole();
  int ofClass(int label);
  int ofCondition();

  static std::size_t stepAt(const std::vector<GridPoint>&, double ratio);  // whose noise levels enclose this one
  Weights weightsOf(const Term&) const;
  static Weights times(double share, Weights);
  Weights during(bool LevelPart::*part, Weights) const;
  Weights finite(Weights) const;  // where a push makes no sense at pure noise
  void fade(const Term&);

  // weight (D_plus - D_minus) of branches: `push` with branch 0 as the model's own answer, which may leak; `add` of
  // these denoisers.
  void push(int plus, int minus, const Weights&);
  void add(int plus, int minus, const Weights&);
  PlanShape& shape(ShapeKind, int first, int second, int third, const Weights&);
  // The numbers of every level; the space and the centre of the term.
  void set(PlanShape&, const Term&, double a, double b = 0, double c = 0);

  void term(const Term&);
  void weak(const Term&, const Weights&);
  void noisy(const WeakModel&, const Weights&);
  void reward(const Term&, const Weights&);
  void classifier(const Term&, const Weights&);
  void delayed(const Term&, const Weights&);
  Weights plusPlus(const Term&) const;
  void feedback(const Term&, const Weights&);
  void tracked(const Term&, const Weights&);
  void still();

  int classes() const { return plan_.mixture->classes(); }

  const Plan& plan_;
  const Plan* previous_;  // or null
  const bool quick_;
  const Experiment& e_;
  const std::size_t levels_;
  const bool conditional_;  // there is a condition, and another class
  Stack out_;
  int main_ = 0;
  double leak_ = 0, mixed_ = 0;  // of the model for this condition: of its density and of its denoiser
  bool sumChanged_ = false;      // a shape of the whole sum stands above
  Weights fade_;                 // [level] label noise; empty: none
};

}  // namespace gs
