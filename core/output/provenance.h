// The session that every file of ours carries, and how it is found again: PNG and APNG text chunk, GIF comment, MP4 and
// WebM metadata, SVG <metadata>, PDF subject, HTML script tag, NPZ member.
#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "session/json.h"

namespace gs {

class Temporary;

inline constexpr char kSessionKey[] = "guidescope-session";

enum class Carrier { Png, Gif, Mp4, WebM, Svg, Pdf, Html, Npz };
std::string_view carrierName(Carrier);  // "png"
// By the first bytes; none: not a kind of file that may carry a session (a session itself, points, anything).
std::optional<Carrier> carrierOf(std::string_view head);
std::optional<Carrier> carrierOfFile(const std::string& path);  // none also where it cannot be read

// The JSON text inside, empty where there is none. Reads at most 300 MiB of a file (videos: what their metadata needs)
// and gives at most 32 MiB of text. Throws OutputError naming the file.
std::string sessionInFile(const std::string& path);
// The same on bytes, for what is not a video; errors do not name a file.
std::string sessionInBytes(Carrier, std::span<const std::byte>);

// A file that is no scene, but that a scene takes: `set` is the path there and its value, "model.network.file=a.pt".
struct TakenByScene : SessionError {
  TakenByScene(const std::string& what, std::string how) : SessionError(what), set(std::move(how)) {}
  std::string set;
};

// A preset's name, a session file, or any file of ours that carries a session. Throws SessionError, TakenByScene,
// OutputError.
Session openCarried(const std::string& nameOrPath);

// A finished GIF or APNG becomes `path`, with the session put in.
void commitWithSession(const Temporary& made, const std::string& path, const std::string& session);

// JSON as it can stand inside others: XML's character data, an HTML script, a PDF string (ASCII).
std::string xmlEscaped(std::string_view);
std::string scriptEscaped(std::string_view json);
std::string asciiJson(std::string_view json);

}  // namespace gs
