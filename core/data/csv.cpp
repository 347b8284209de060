#include <array>
#include <charconv>

#include "data/points.h"

namespace gs {
namespace {

constexpr int kMaxColumns = 3;

struct Token {
  std::string text;
  std::size_t column = 1;  // in characters, from 1
  bool quotes = false;
};

// A place in a file: every error names it.
struct Place {
  const std::string& file;
  std::size_t line;
  [[noreturn]] void fail(std::size_t column, const std::string& what) const {
    throw InputError(file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": " + what);
  }
};

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

// Characters, not bytes, up to a position: editors count so.
std::size_t columnOf(std::string_view line, std::size_t position) {
  std::size_t column = 1;
  for (std::size_t i = 0; i < position; ++i) column += (static_cast<unsigned char>(line[i]) & 0xC0) != 0x80;
  return column;
}

// The character between fields, or ' ' for any run of blanks: the first of ; tab , that is in the line outside quotes.
// A tab beside other blanks is one of the blanks.
char separatorOf(std::string_view line) {
  line = trimmed(line);
  for (const char candidate : {';', '\t', ','}) {
    bool inside = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"') inside = !inside;
      if (line[i] != candidate || inside) continue;
      if (candidate != '\t' || (!blank(line[i - 1]) && !blank(line[i + 1]))) return candidate;
    }
  }
  return ' ';
}

std::vector<Token> split(std::string_view line, char separator, const Place& place) {
  std::vector<Token> tokens;
  std::size_t i = 0;
  for (;;) {
    while (i < line.size() && blank(line[i]) && line[i] != separator) ++i;
    if (separator == ' ') {
      while (i < line.size() && blank(line[i])) ++i;
      if (i >= line.size()) break;
    }
    Token t;
    t.column = columnOf(line, i);
    if (i < line.size() && line[i] == '"') {
      t.quotes = true;
      bool closed = false;
      for (++i; i < line.size() && !closed; ++i) {
        if (line[i] != '"')
          t.text += line[i];
        else if (i + 1 < line.size() && line[i + 1] == '"')
          t.text += line[i++];
        else
          closed = true;
      }
      if (!closed) place.fail(t.column, "the quote is not closed on its line");
      while (i < line.size() && blank(line[i]) && line[i] != separator) ++i;
      if (i < line.size() && line[i] != separator && !(separator == ' ' && blank(line[i - 1])))
        place.fail(columnOf(line, i), "text after a closing quote");
    } else {
      const std::size_t begin = i;
      while (i < line.size() && line[i] != separator && !(separator == ' ' && blank(line[i]))) ++i;
      t.text = trimmed(line.substr(begin, i - begin));
    }
    tokens.push_back(std::move(t));
    if (tokens.size() > std::size_t(kMaxColumns))
      place.fail(tokens.back().column, "more than 3 columns; two numbers and a label at most are needed");
    if (separator == ' ') continue;
    if (i >= line.size()) break;
    ++i;  // the separator; after it a field follows even at the end of the line
  }
  return tokens;
}

std::optional<double> parseNumber(std::string_view text) {
  // from_chars takes no plus sign.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// Whether somebody meant a number: "1,5" in a first line is a mistake, no header.
bool numberLike(std::string_view text) {
  return parseNumber(text) ||
         (!text.empty() && std::string_view("0123456789+-.").find(text[0]) != std::string_view::npos);
}

double number(const std::vector<Token>& row, std::size_t column, const Place& place) {
  const Token& t = row[column];
  const auto value = parseNumber(t.text);
  if (!value) {
    if (t.text.empty()) place.fail(t.column, "a number is missing");
    std::string hint;
    const std::size_t comma = t.text.find(',');
    if (comma != std::string::npos) {
      std::string dotted = t.text;
      dotted[comma] = '.';
      if (parseNumber(dotted)) hint = "; use a decimal point";
    }
    // "cat,1,2": the other two are the point.
    if (hint.empty() && row.size() == 3 && !numberLike(t.text) && parseNumber(row[1 - column].text) &&
        parseNumber(row[2].text))
      hint = "; a label belongs in the third column, after x and y";
    place.fail(t.column, inQuotes(t.text) + " is not a number" + hint);
  }
  if (const auto problem = coordinateProblem(*value)) place.fail(t.column, inQuotes(t.text) + " " + *problem);
  return *value;
}

// Calls row(line, place) for every line that is neither empty nor a comment. Lines end with LF, CR LF or CR.
template <class Row>
void forEachLine(std::string_view bytes, const std::string& name, Row&& row) {
  Place place{name, 0};
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t end = bytes.find_first_of("\r\n", at);
    if (end == std::string_view::npos) end = bytes.size();
    const std::string_view line = bytes.substr(at, end - at);
    ++place.line;
    at = end + 1;
    if (end + 1 < bytes.size() && bytes[end] == '\r' && bytes[end + 1] == '\n') ++at;
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') continue;
    row(line, place);
  }
}

}  // namespace

PointSet parseCsv(std::string_view bytes, const std::string& name) {
  if (bytes.size() > kMaxPointsFile) throw InputError(name + ": has more than 64 MiB");
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF"))
    throw InputError(name + ":1:1: this is UTF-16 text; save it as UTF-8");
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  PointSet set;
  LabelTable labels;
  bool first = true;
  char separator = ' ';
  std::size_t columns = 0;
  forEachLine(bytes, name, [&](std::string_view line, const Place& place) {
    if (const std::size_t zero = line.find('\0'); zero != std::string_view::npos)
      place.fail(columnOf(line, zero), "a zero byte; this is not a text file");
    if (first) separator = separatorOf(line);
    const std::vector<Token> tokens = split(line, separator, place);
    if (tokens.size() < 2) place.fail(1, "one column only; two numbers are needed");
    const bool header = first && !numberLike(tokens[0].text) && !numberLike(tokens[1].text);
    if (first) columns = tokens.size();
    first = false;
    if (tokens.size() != columns)
      place.fail(tokens.back().column,
                 std::to_string(tokens.size()) + " columns where the first line has " + std::to_string(columns));
    if (header) return;
    if (set.points.size() >= std::size_t(PointSet::kMaxPoints))
      place.fail(1, "more than " + std::to_string(PointSet::kMaxPoints) + " points");
    const double x = number(tokens, 0, place);
    set.points.emplace_back(x, number(tokens, 1, place));
    if (columns < 3) return;
    if (tokens[2].text.empty() && !tokens[2].quotes) place.fail(tokens[2].column, "the label is missing");
    const auto label = labels.number(tokens[2].text);
    if (!label) place.fail(tokens[2].column, inQuotes(tokens[2].text) + " " + tooManyClasses());
    set.labels.push_back(*label);
  });
  if (set.points.empty()) throw InputError(name + ": has no points");
  if (columns < 3)
    labelAll(set);
  else
    labels.finish(set);
  return set;
}

}  // namespace gs
