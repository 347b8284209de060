// What moves in an animation: parameters along time, or a storyboard of sessions. A pure function from seconds to a
// session, so that frame k shows exactly k / fps.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "session/session.h"

namespace gs {

enum class Ease { Linear, Smooth, In, Out };
// 0 -> 0, 1 -> 1; Smooth is 3 s^2 - 2 s^3, In s^2, Out 1 - (1 - s)^2.
double eased(Ease, double s);

// One number on its way: through `stops`, evenly in the eased time, from `begin` on for `seconds`.
struct Move {
  std::string text;           // as it was written, for errors
  std::string path;           // "guidance.0.omega"; "time" and "camera..." stand for view.time and view.camera...
  std::vector<double> stops;  // at least 2
  double begin = 0, seconds = 0;
  Ease ease = Ease::Smooth;
  bool back = false;       // there in the first half of the seconds and back in the second
  bool geometric = false;  // equal factors in equal times
  bool operator==(const Move&) const = default;
};

// A session that is held for `hold` seconds; then it becomes the next one's in `seconds`.
struct Keyframe {
  Session session;
  double seconds = 2, hold = 0.5;
  Ease ease = Ease::Smooth;
  bool operator==(const Keyframe&) const = default;
};

struct Animation {
  static constexpr double kMaxSeconds = 3600;
  static constexpr std::size_t kMaxMoves = 64, kMaxKeyframes = 200;
  std::vector<Move> moves;          // or else
  std::vector<Keyframe> keyframes;  // at least 2
  double seconds = 0;               // the whole
  bool operator==(const Animation&) const = default;
};

// "time:1..0:4s, guidance.0.omega:0..6:3s; hold:1s; time:0..1:2s:linear": what commas join moves together, what comes
// after a semicolon moves after all before it. More stops: "time:1..0..1:4s"; options: linear, smooth, in, out, back,
// log, after=0.5s. Throws SessionError that quotes the part at fault.
Animation parseAnimation(std::string_view text);

// {"format":"guidescope-storyboard","version":1,"keyframes":[{"seconds":2,"hold":0.5,"ease":"smooth","session":{...}}]}
// A keyframe may name a "scene" (a preset) instead of holding its session, and may "set" paths: {"time": 0.5}, on top
// of its own scene or else of the keyframe before. Throws SessionError that names the keyframe.
Animation parseStoryboard(std::string_view json);
std::string storyboardJson(const std::vector<Keyframe>&);
Animation storyboard(std::vector<Keyframe>);  // with the whole's seconds; throws SessionError for fewer than 2

// An animation of a session, checked: every stop is a value that its path takes. Throws SessionError.
class Motion {
 public:
  Motion(Session base, Animation);
  // The last frame shows the end.
  static int frames(double seconds, int fps);
  int frames(int fps) const { return frames(animation_.seconds, fps); }
  Session at(double seconds) const;  // beyond the end: the end
  double seconds() const { return animation_.seconds; }
  const Session& base() const { return base_; }
  // Paths that move, each once, as files name them.
  const std::vector<std::string>& paths() const { return paths_; }

 private:
  Session base_;
  Animation animation_;
  std::vector<std::string> paths_;
  std::vector<bool> whole_;  // [path] takes whole numbers only
};

}  // namespace gs
