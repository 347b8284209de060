#include <algorithm>
#include <charconv>
#include <optional>

#include "session/json.h"
#include "session/tree.h"
#include "session/type.h"

namespace gs {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  if (path.size() > 500) throw SessionError("'" + shown(path) + "' is too long for a path");
  for (;;) {
    const std::size_t dot = path.find('.');
    parts.emplace_back(path.substr(0, dot));
    if (dot == std::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  for (const std::string& p : parts)
    if (p.empty()) throw SessionError("a path is names and numbers joined by single dots, as in guidance.0.omega");
  return parts;
}

// "panes.0." is implied where the path begins with a field of an experiment.
std::vector<std::string> resolvePath(const Node& root, std::string_view path) {
  std::vector<std::string> parts = split(path);
  if (!root.find(parts[0])) {
    parts.insert(parts.begin(), "0");
    parts.insert(parts.begin(), "panes");
  }
  return parts;
}

std::string join(const std::vector<std::string>& parts, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += '.';
    out += shown(parts[i]);
  }
  return out;
}

// The type of that part of a value of this type; null: it has no such part. What lies within a single value is of its
// type.
const Type* typeOfPart(const Type& type, std::string_view path) {
  if (path.empty() || (type.kind != Type::Kind::Struct && type.kind != Type::Kind::List)) return &type;
  const std::string_view part = path.substr(0, path.find('.'));
  const std::string_view rest = path.substr(std::min(path.size(), part.size() + 1));
  if (type.kind == Type::Kind::List)
    return part.find_first_not_of("0123456789") == part.npos ? typeOfPart(*type.item, rest) : nullptr;
  const Member* const member = type.find(part);
  return member ? typeOfPart(*member->type, rest) : nullptr;
}

// Whether it hangs on this member of a struct which others of its members are used.
bool decides(const Type& owner, std::string_view member) {
  return member == "kind" || std::any_of(owner.members.begin(), owner.members.end(),
                                         [&](const Member& m) { return m.field.with == member; });
}

// The position in a list: "3", or for knots "t" and "value", for plane vectors "x" and "y".
std::optional<std::size_t> indexOf(const Node& list, const std::string& part) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
  if (error == std::errc{} && end == part.data() + part.size()) return index;
  const bool pair = list.items.size() == 2 && list.items[0].is(Node::Kind::Number);
  if (pair && (part == "t" || part == "x")) return 0;
  if (pair && (part == "value" || part == "y")) return 1;
  return std::nullopt;
}

// The node that a path names. Throws where there is none, naming what is there instead.
Node& walk(Node& root, const std::vector<std::string>& parts, std::size_t count) {
  Node* at = &root;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string place = join(parts, i + 1);
    if (at->is(Node::Kind::Object)) {
      const Node* next = at->find(parts[i]);
      if (!next) {
        // At the implied start of a path the names of the session count as well.
        std::vector<std::string_view> known(at->keys.begin(), at->keys.end());
        if (i == 2 && parts[0] == "panes" && parts[1] == "0")
          known.insert(known.end(), root.keys.begin(), root.keys.end());
        throw SessionError(place + ": unknown key; " + nearestOrAll(parts[i], known));
      }
      at = const_cast<Node*>(next);
    } else if (at->is(Node::Kind::List)) {
      const std::optional<std::size_t> index = indexOf(*at, parts[i]);
      if (!index || *index >= at->items.size())
        throw SessionError(place + ": " + join(parts, i) + " has " + std::to_string(at->items.size()) +
                           " entries, counted from 0");
      at = &at->items[*index];
    } else {
      throw SessionError(place + ": " + join(parts, i) + " is a single value");
    }
  }
  return *at;
}

// JSON, or a bare word, or a number as people write it (".5", "+2").
Node readValue(std::string_view text) {
  if (text.size() > kMaxTextBytes) throw SessionError("the value is too long");
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc{} && end == digits.data() + digits.size() && !digits.empty() && !digits.starts_with("+-")) {
    Node n = 0.0;
    n.number = number;
    n.text = text;
    return n;
  }
  const bool json = text == "null" || text == "true" || text == "false" ||
                    (!text.empty() && (text[0] == '{' || text[0] == '[' || text[0] == '"'));
  return json ? parseText(text) : std::string(text);
}

template <class S, class Visit>
void forNetworks(S& session, Visit visit) {
  for (auto& e : session.panes) {
    visit(e.model.network);
    for (auto& t : e.guidance) visit(t.network);
  }
}

// A tree of text holds names of networks only; what was read of the same file goes along.
void keepNetworks(const Session& before, Session& after) {
  forNetworks(after, [&](NetworkFile& n) {
    forNetworks(before, [&](const NetworkFile& old) {
      if (!n.network && old.network && old.file == n.file && old.sha256 == n.sha256) n.network = old.network;
    });
  });
}

}  // namespace

void setPath(Session& session, std::string_view path, std::string_view value) {
  Node root = toNode(canonical(session), true);
  const std::vector<std::string> parts = resolvePath(root, path);
  const std::string place = join(parts, parts.size());
  if (parts[0] == "format" || parts[0] == "version") throw SessionError(place + ": is fixed");

  Node& parent = walk(root, parts, parts.size() - 1);
  const bool append = parent.is(Node::Kind::List) && parts.back() == "+";
  const bool isText = !append && walk(root, parts, parts.size()).is(Node::Kind::Text);
  Node fresh;
  try {
    fresh = readValue(value);
    if (isText && (fresh.is(Node::Kind::List) || fresh.is(Node::Kind::Object))) fresh = std::string(value);
  } catch (const SessionError& e) {
    if (!isText) throw SessionError(place + ": " + e.what());
    fresh = std::string(value);  // text that happens to begin with a bracket or a quote
  }
  std::string prune;
  if (append) {
    if (fresh.is(Node::Kind::Text) && parts[parts.size() - 2] != "classes") {  // a kind
      Node object = Node::object();
      object.add("kind", std::move(fresh));
      fresh = std::move(object);
    }
    parent.items.push_back(std::move(fresh));
  } else {
    Node& node = walk(root, parts, parts.size());
    if (parent.is(Node::Kind::List) && fresh.is(Node::Kind::Null)) {
      parent.items.erase(parent.items.begin() + (&node - parent.items.data()));
    } else {
      const std::string owner = join(parts, parts.size() - 1);
      if (const Type* type = typeOfPart(typeOf<Session>(), owner); type && decides(*type, parts.back())) prune = owner;
      const bool another = node.text != fresh.text;
      node = std::move(fresh);
      // Another file has another checksum, which is known when it has been read.
      if (another && parts.size() > 1 && parts.back() == "file" && parts[parts.size() - 2] == "network")
        for (std::size_t i = 0; i < parent.keys.size(); ++i)
          if (parent.keys[i] == "sha256") parent.items[i] = std::string();
    }
  }
  Session changed = fromNode(root, prune, true);
  validate(changed);
  keepNetworks(session, changed);
  session = std::move(changed);
}

std::string getPath(const Session& session, std::string_view path) {
  Node root = toNode(session, true);
  const std::vector<std::string> parts = resolvePath(root, path);
  return compactText(walk(root, parts, parts.size()));
}

std::string inPane(int pane, std::string_view message) {
  constexpr std::string_view kAlone = "panes.0.";
  std::string_view said = message;
  if (said.starts_with(kAlone)) said.remove_prefix(kAlone.size());
  const std::size_t end = said.find(": ");
  if (end == said.npos || end == 0 || !typeOfPart(typeOf<Experiment>(), said.substr(0, end)))
    return std::string(message);
  return "panes." + std::to_string(pane) + "." + std::string(said);
}

}  // namespace gs
