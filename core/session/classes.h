// What the classes of a data law are called: the one source for panels, legends, captions and the command line.
#pragma once
#include <string>
#include <string_view>

#include "session/experiment.h"

namespace gs {

// "cat" where the data name their classes, "N₂" for the second N of the preset "letters", otherwise A, B, ... Z, AA,
// ...; "∅" for kUnconditional. At most `most` characters (>= 1), the last one an ellipsis where the name is longer.
std::string className(const Distribution&, int label, int most = 64);

// At most `most` characters (>= 1), the last one an ellipsis where the text is longer.
std::string shortened(std::string text, int most);
std::string subscript(int number);  // "₁₂"

// The label of the law that a reward reweights.
int baseOf(const Reward&, int condition);

// A name of a file as `distribution.classes` can hold it: UTF-8, one line, at most Distribution::kMaxClassName bytes.
std::string classNameFrom(std::string_view text);

// Whether a character of a word leaves a gap instead of being a letter of its own.
bool isBlankLetter(std::string_view character);

}  // namespace gs
