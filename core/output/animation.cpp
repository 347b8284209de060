#include "output/animation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "session/json.h"
#include "session/tree.h"

namespace gs {
namespace {

constexpr std::string_view kStoryboardFormat = "guidescope-storyboard";

std::string_view trimmedPart(std::string_view s) {
  const std::size_t from = s.find_first_not_of(" \t\r\n");
  if (from == s.npos) return {};
  return s.substr(from, s.find_last_not_of(" \t\r\n") - from + 1);
}

std::vector<std::string_view> partsOf(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(trimmedPart(text.substr(at, end == text.npos ? text.npos : end - at)));
    if (end == text.npos) return parts;
    at = end + separator.size();
  }
}

std::optional<double> finiteNumber(std::string_view s) {
  if (s.starts_with('+')) s.remove_prefix(1);
  double v = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || error != std::errc{} || end != s.data() + s.size() || !std::isfinite(v)) return std::nullopt;
  return v;
}

// "3s", "500ms", "3"
std::optional<double> duration(std::string_view s) {
  double unit = 1;
  if (s.ends_with("ms"))
    unit = 1e-3, s.remove_suffix(2);
  else if (s.ends_with('s'))
    s.remove_suffix(1);
  const auto v = finiteNumber(trimmedPart(s));
  if (!v || *v < 0 || *v * unit > Animation::kMaxSeconds) return std::nullopt;
  return *v * unit;
}

std::optional<Ease> easeNamed(std::string_view s) {
  constexpr std::string_view names[] = {"linear", "smooth", "in", "out"};
  for (int i = 0; i < 4; ++i)
    if (names[i] == s) return Ease(i);
  return std::nullopt;
}
std::string_view easeName(Ease e) {
  constexpr std::string_view names[] = {"linear", "smooth", "in", "out"};
  return names[int(e)];
}

std::string fullPath(const std::string& path) {
  return path == "time" || path == "camera" || path.starts_with("camera.") ? "view." + path : path;
}

Move parseMove(std::string_view text, double begin) {
  Move m;
  m.text = shown(text);
  const auto fail = [&](const std::string& what) { throw SessionError("'" + m.text + "': " + what); };
  const auto parts = partsOf(text, ":");
  const bool hold = parts[0] == "hold";
  if (parts.size() < (hold ? 2u : 3u)) fail("expected path:from..to:seconds, e.g. guidance.0.omega:0..6:3s");
  m.begin = begin;
  const std::size_t at = hold ? 1 : 2;
  if (!hold) {
    m.path = fullPath(std::string(parts[0]));
    for (const std::string_view stop : partsOf(parts[1], "..")) {
      const auto v = finiteNumber(stop);
      if (!v) fail("'" + shown(stop) + "' is not a number");
      m.stops.push_back(*v);
    }
    if (m.stops.size() < 2) fail("needs two values, as in 0..6");
  }
  const auto seconds = duration(parts[at]);
  if (!seconds) fail("'" + shown(parts[at]) + "' is not a time of 0 to 3600 seconds, as in 3s");
  m.seconds = *seconds;
  for (std::size_t i = at + 1; i < parts.size(); ++i) {
    const std::string_view word = parts[i];
    if (const auto ease = easeNamed(word)) {
      m.ease = *ease;
    } else if (word == "back") {
      m.back = true;
    } else if (word == "log") {
      m.geometric = true;
      for (const double v : m.stops)
        if (v * m.stops[0] <= 0) fail("log needs values of one sign that are not 0");
    } else if (word.starts_with("after=")) {
      const auto late = duration(word.substr(6));
      if (!late) fail("'" + shown(word) + "' is not a time, as in after=1s");
      m.begin += *late;
    } else {
      fail("'" + shown(word) + "' is not one of linear, smooth, in, out, back, log, after=1s");
    }
  }
  return m;
}

double valueAt(const Move& m, double seconds) {
  double s = m.seconds > 0 ? std::clamp((seconds - m.begin) / m.seconds, 0., 1.) : seconds < m.begin ? 0. : 1.;
  if (m.back) s = s < 0.5 ? 2 * s : 2 - 2 * s;
  s = eased(m.ease, s) * double(m.stops.size() - 1);
  const std::size_t i = std::min(std::size_t(s), m.stops.size() - 2);
  const double a = m.stops[i], b = m.stops[i + 1], mix = s - double(i);
  if (mix <= 0) return a;
  if (mix >= 1) return b;
  return m.geometric ? a * std::pow(b / a, mix) : a + mix * (b - a);
}

void setNumber(Session& s, const std::string& path, double value, bool whole) {
  if (path == "view.time" && value >= 0 && value <= 1)
    s.view.time = value;
  else
    setPath(s, path, numberText(whole ? std::round(value) : value));
}

// Whether a path that takes `a` refuses what lies between whole numbers.
bool takesWholeNumbers(const Session& base, const std::string& path, double a, double b) {
  if (a != std::round(a) || b != std::round(b) || a == b) return false;
  Session s = base;
  try {
    setNumber(s, path, a + (b > a ? 0.5 : -0.5), false);
    return false;
  } catch (const SessionError&) {
    setNumber(s, path, a + (b > a ? 1 : -1), false);
    return true;
  }
}

bool isNumbers(const Node& a, const Node& b) { return a.is(Node::Kind::Number) && b.is(Node::Kind::Number); }

// a a share `s` of the way to b: numbers in between where both have them, anything else stays a's.
void blend(Node& a, const Node& b, double s, bool wholeOnly) {
  if (isNumbers(a, b)) {
    if (a.number == b.number) return;
    double v = a.number + s * (b.number - a.number);
    if (wholeOnly && a.number == std::round(a.number) && b.number == std::round(b.number)) v = std::round(v);
    a = v;
  } else if (a.is(Node::Kind::Object) && b.is(Node::Kind::Object)) {
    const Node *from = a.find("kind"), *to = b.find("kind");
    if (from && to && from->text != to->text) return;
    // These count things, and a part of a thing is not one.
    static constexpr std::string_view kCounts[] = {"steps", "count", "seed",  "label",        "condition",
                                                   "atoms", "drop",  "still", "maxComponents"};
    for (std::size_t i = 0; i < a.keys.size(); ++i)
      if (const Node* other = b.find(a.keys[i]))
        blend(a.items[i], *other, s, std::find(std::begin(kCounts), std::end(kCounts), a.keys[i]) != std::end(kCounts));
  } else if (a.is(Node::Kind::List) && b.is(Node::Kind::List) && a.items.size() == b.items.size()) {
    for (std::size_t i = 0; i < a.items.size(); ++i) blend(a.items[i], b.items[i], s, wholeOnly);
  }
}

// Text names networks and does not hold them: those of the sessions on either side are there.
void takeNetworks(Session& to, const Session& from) {
  std::vector<const NetworkFile*> known;
  const auto visit = [](auto& session, const auto& each) {
    for (auto& e : session.panes) {
      each(e.model.network);
      for (auto& t : e.guidance) each(t.network);
    }
  };
  visit(from, [&](const NetworkFile& n) { known.push_back(&n); });
  visit(to, [&](NetworkFile& n) {
    const auto same = std::find_if(known.begin(), known.end(), [&](const NetworkFile* k) {
      return k->network && k->file == n.file && k->sha256 == n.sha256;
    });
    if (n && !n.network && same != known.end()) n.network = (*same)->network;
  });
}

Session between(const Session& a, const Session& b, double s) {
  if (s <= 0) return a;
  if (s >= 1) return b;
  Node root = toNode(canonical(a), true);
  blend(root, toNode(canonical(b), true), s, false);
  try {
    Session out = fromNode(root, {}, true);
    takeNetworks(out, a);
    takeNetworks(out, b);
    validate(out);
    return out;
  } catch (const SessionError&) {
    return a;  // both are good and what lies between is not: it changes at once, at the end
  }
}

}  // namespace

double eased(Ease e, double s) {
  s = std::clamp(s, 0., 1.);
  switch (e) {
    case Ease::Smooth:
      return s * s * (3 - 2 * s);
    case Ease::In:
      return s * s;
    case Ease::Out:
      return 1 - (1 - s) * (1 - s);
    default:
      return s;
  }
}

Animation parseAnimation(std::string_view text) {
  Animation a;
  for (const std::string_view stage : partsOf(text, ";")) {
    if (stage.empty()) continue;
    const double begin = a.seconds;
    for (const std::string_view part : partsOf(stage, ",")) {
      if (part.empty()) throw SessionError("'" + shown(stage) + "': nothing stands between two commas");
      Move m = parseMove(part, begin);
      a.seconds = std::max(a.seconds, m.begin + m.seconds);
      if (!m.path.empty()) a.moves.push_back(std::move(m));
    }
  }
  if (a.moves.size() > Animation::kMaxMoves) throw SessionError("an animation has at most 64 moves");
  if (a.seconds > Animation::kMaxSeconds) throw SessionError("an animation lasts at most 3600 seconds");
  if (!(a.seconds > 0)) throw SessionError("nothing moves: '" + shown(text) + "' lasts no time");
  return a;
}

Animation storyboard(std::vector<Keyframe> keyframes) {
  if (keyframes.size() < 2 || keyframes.size() > Animation::kMaxKeyframes)
    throw SessionError("a storyboard has 2 to 200 keyframes, not " + std::to_string(keyframes.size()));
  Animation a;
  for (std::size_t i = 0; i < keyframes.size(); ++i) {
    const Keyframe& k = keyframes[i];
    const auto good = [](double v) { return v >= 0 && v <= Animation::kMaxSeconds; };
    if (!good(k.seconds) || !good(k.hold))
      throw SessionError("keyframes." + std::to_string(i) + ": its times are 0 to 3600 seconds");
    a.seconds += k.hold + (i + 1 < keyframes.size() ? k.seconds : 0);
  }
  if (!(a.seconds > 0) || a.seconds > Animation::kMaxSeconds)
    throw SessionError("a storyboard lasts more than 0 and at most 3600 seconds");
  a.keyframes = std::move(keyframes);
  return a;
}

Animation parseStoryboard(std::string_view json) {
  const Node root = parseText(json);
  const Node* format = root.find("format");
  if (!root.is(Node::Kind::Object) || !format || format->text != kStoryboardFormat)
    throw SessionError("this is not a storyboard: \"format\": \"guidescope-storyboard\" is missing");
  const Node* version = root.find("version");
  if (!version || version->number != 1) throw SessionError("version: this program reads storyboards of version 1");
  for (const std::string& key : root.keys)
    if (key != "format" && key != "version" && key != "keyframes") throw SessionError(shown(key) + ": unknown key");
  const Node* list = root.find("keyframes");
  if (!list || !list->is(Node::Kind::List)) throw SessionError("keyframes: a list is needed");
  std::vector<Keyframe> keyframes;
  for (const Node& item : list->items) {
    const std::string place = "keyframes." + std::to_string(keyframes.size());
    if (!item.is(Node::Kind::Object)) throw SessionError(place + ": is not an object");
    Keyframe k;
    bool own = false;
    if (!keyframes.empty()) k.session = keyframes.back().session;
    const auto inside = [&](const std::string& key, auto&& work) {
      try {
        work();
      } catch (const SessionError& e) {
        throw SessionError(place + "." + key + ": " + e.what());
      }
    };
    const Node* sets = nullptr;
    for (std::size_t i = 0; i < item.keys.size(); ++i) {
      const std::string& key = item.keys[i];
      const Node& value = item.items[i];
      if (key == "seconds" || key == "hold") {
        if (!value.is(Node::Kind::Number)) throw SessionError(place + "." + key + ": is not a number");
        (key == "hold" ? k.hold : k.seconds) = value.number;
      } else if (key == "ease") {
        const auto ease = easeNamed(value.text);
        if (!ease) throw SessionError(place + ".ease: is not one of linear, smooth, in, out");
        k.ease = *ease;
      } else if (key == "session" || key == "scene") {
        if (own) throw SessionError(place + ": has a session and a scene, or two");
        own = true;
        inside(key, [&] { k.session = key == "scene" ? scenePreset(value.text) : parseSession(compactText(value)); });
      } else if (key == "set" && value.is(Node::Kind::Object)) {
        sets = &value;
      } else {
        throw SessionError(place + "." + shown(key) + ": is not one of session, scene, set, seconds, hold, ease");
      }
    }
    if (!own && keyframes.empty()) throw SessionError(place + ": the first keyframe needs a session or a scene");
    if (sets)
      for (std::size_t i = 0; i < sets->keys.size(); ++i) {
        const Node& v = sets->items[i];
        inside("set",
               [&] { setPath(k.session, fullPath(sets->keys[i]), v.is(Node::Kind::Text) ? v.text : compactText(v)); });
      }
    keyframes.push_back(std::move(k));
  }
  return storyboard(std::move(keyframes));
}

std::string storyboardJson(const std::vector<Keyframe>& keyframes) {
  Node root = Node::object(), list = Node::list();
  for (const Keyframe& k : keyframes) {
    Node item = Node::object();
    item.add("seconds", k.seconds);
    item.add("hold", k.hold);
    item.add("ease", easeName(k.ease));
    item.add("session", parseText(toJson(k.session)));
    list.items.push_back(std::move(item));
  }
  root.add("format", kStoryboardFormat);
  root.add("version", 1);
  root.add("keyframes", std::move(list));
  return prettyText(root);
}

Motion::Motion(Session base, Animation animation) : base_(std::move(base)), animation_(std::move(animation)) {
  if (!animation_.keyframes.empty()) base_ = animation_.keyframes[0].session;
  for (const Move& m : animation_.moves) {
    try {
      Session s = base_;
      for (const double v : m.stops) setNumber(s, m.path, v, false);
      const auto known = std::find(paths_.begin(), paths_.end(), m.path);
      const std::size_t at = std::size_t(known - paths_.begin());
      if (known == paths_.end()) {
        paths_.push_back(m.path);
        whole_.push_back(false);
      }
      for (std::size_t i = 1; i < m.stops.size(); ++i)
        if (takesWholeNumbers(base_, m.path, m.stops[i - 1], m.stops[i])) whole_[at] = true;
    } catch (const SessionError& e) {
      throw SessionError("'" + m.text + "': " + e.what());
    }
  }
}

int Motion::frames(double seconds, int fps) { return int(std::lround(seconds * fps)) + 1; }

Session Motion::at(double seconds) const {
  seconds = std::clamp(seconds, 0., animation_.seconds);
  if (!animation_.keyframes.empty()) {
    double begin = 0;
    for (std::size_t i = 0; i + 1 < animation_.keyframes.size(); ++i) {
      const Keyframe& k = animation_.keyframes[i];
      const double moves = begin + k.hold, end = moves + k.seconds;
      if (seconds < end)
        return between(k.session, animation_.keyframes[i + 1].session,
                       eased(k.ease, k.seconds > 0 ? (seconds - moves) / k.seconds : 0));
      begin = end;
    }
    return animation_.keyframes.back().session;
  }
  // Of each path the move that began last counts; before any of them the first one's start.
  Session s = base_;
  for (std::size_t p = 0; p < paths_.size(); ++p) {
    const Move* now = nullptr;
    for (const Move& m : animation_.moves)
      if (m.path == paths_[p] && (!now || m.begin <= seconds)) now = &m;
    setNumber(s, paths_[p], valueAt(*now, seconds), whole_[p]);
  }
  return s;
}

}  // namespace gs
