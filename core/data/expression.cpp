#include "data/expression.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <memory>
#include <numbers>

#include <muParser.h>

#include "data/distributions.h"

namespace gs {
namespace {

struct TypedReward {
  mu::Parser parser;
  double x = 0, y = 0;
};

std::string rewardNumber(double value) {
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 6).ptr};
}

}  // namespace

LogReward parseReward(const std::string& text, int condition) {
  auto typed = std::make_shared<TypedReward>();
  try {
    typed->parser.DefineVar("x", &typed->x);
    typed->parser.DefineVar("y", &typed->y);
    typed->parser.DefineConst("c", condition);
    typed->parser.DefineConst("pi", std::numbers::pi);
    typed->parser.SetExpr(text);
    typed->parser.Eval();  // parses
  } catch (const mu::ParserError& e) {
    std::string why = e.GetMsg();
    while (!why.empty() && (why.back() == '.' || why.back() == '\n')) why.pop_back();
    if (!why.empty()) why[0] = char(std::tolower(static_cast<unsigned char>(why[0])));
    // muParser's own message names the position of some errors, counted from 0.
    if (const std::size_t at = why.find(" at position"); at != std::string::npos) why.erase(at);
    throw InputError(why + " at position " + std::to_string(std::clamp(int(e.GetPos()), 0, int(text.size())) + 1));
  }
  return [typed](Vec2 at) {
    typed->x = at.x;
    typed->y = at.y;
    const double r = typed->parser.Eval();
    if (!(r >= 0) || std::isinf(r))
      throw InputError("is " + rewardNumber(r) + " at (" + rewardNumber(at.x) + ", " + rewardNumber(at.y) +
                       "), but a reward must not be " + (r < 0 ? "negative" : "infinite or undefined"));
    return r == 0 ? kNoReward : std::log(r);
  };
}

}  // namespace gs
