#include "session/classes.h"

#include <algorithm>
#include <vector>

#include "session/text.h"

namespace gs {
namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The first character of UTF-8 text.
std::string_view firstCharacter(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && continues(text[length])) ++length;
  return text.substr(0, length);
}

// The letter that is class `label` of a typed word, numbered where the word has it more than once; empty: none.
std::string letterOf(const std::string& word, int label) {
  const std::string text = toUtf8(word);
  std::vector<std::string_view> letters;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view character = firstCharacter(rest);
    rest.remove_prefix(character.size());
    if (!isBlankLetter(character)) letters.push_back(character);
  }
  if (label >= int(letters.size())) return {};
  const std::string_view letter = letters[std::size_t(label)];
  if (std::count(letters.begin(), letters.end(), letter) == 1) return std::string(letter);
  return std::string(letter) + subscript(1 + int(std::count(letters.begin(), letters.begin() + label, letter)));
}

}  // namespace

std::string shortened(std::string name, int most) {
  int characters = 0;
  std::size_t cut = 0;  // where the last one that has room beside an ellipsis ends
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (continues(name[i])) continue;
    if (++characters == most) cut = i;
  }
  return characters <= most ? name : name.substr(0, cut) + "…";
}

std::string subscript(int number) {
  std::string out;
  for (const char digit : std::to_string(number)) out += "\u2080", out.back() = char(out.back() + (digit - '0'));
  return out;
}

bool isBlankLetter(std::string_view character) {
  // The spaces of Unicode; those from U+2000 to U+200B are E2 80 80 to E2 80 8B.
  static constexpr std::string_view kOthers[] = {" ", "\u00A0", "\u1680", "\u202F", "\u205F", "\u3000", "\uFEFF"};
  if (std::find(std::begin(kOthers), std::end(kOthers), character) != std::end(kOthers)) return true;
  return character.size() == 3 && character.starts_with("\xE2\x80") && static_cast<unsigned char>(character[2]) <= 0x8B;
}

std::string className(const Distribution& d, int label, int most) {
  if (label < 0) return "∅";
  std::string name;
  if (d.kind == DistributionKind::Preset) {
    if (d.name == "letters") name = letterOf(d.word, label);
  } else if (label < int(d.classes.size())) {
    name = d.classes[std::size_t(label)];
  }
  if (name.empty())
    for (int n = label + 1; n > 0; n = (n - 1) / 26) name.insert(name.begin(), char('A' + (n - 1) % 26));
  return shortened(std::move(name), most);
}

std::string classNameFrom(std::string_view text) {
  std::string name = toUtf8(text.substr(0, 4 * Distribution::kMaxClassName));
  for (char& c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  if (name.size() > Distribution::kMaxClassName || text.size() > 4 * Distribution::kMaxClassName) {
    std::size_t end = std::min(name.size(), Distribution::kMaxClassName - std::string_view("…").size());
    while (end > 0 && end < name.size() && continues(name[end])) --end;
    name = name.substr(0, end) + "…";
  }
  return name;
}

int baseOf(const Reward& r, int condition) {
  if (r.kind == RewardKind::ClassPosterior) return kUnconditional;
  return r.kind == RewardKind::Cost || r.base == RewardBase::Condition ? condition : kUnconditional;
}

}  // namespace gs
