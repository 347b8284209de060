#include "output/provenance.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <vector>

#include "data/networks.h"
#include "output/files.h"
#include "output/temporary.h"
#include "output/video.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

constexpr std::uintmax_t kMostBytes = 300u << 20;
constexpr std::size_t kMostText = std::size_t(32) << 20;
constexpr std::string_view kHtmlTag = "<script type=\"application/json\" id=\"guidescope-session\">";
constexpr std::string_view kSvgTag = "<metadata id=\"guidescope-session\">";
constexpr std::string_view kCommentHead = "guidescope-session\n";

std::string_view textOf(std::span<const std::byte> b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

std::string enclosed(std::string_view text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == text.npos) return {};
  const std::size_t begin = at + from.size(), end = text.find(to, begin);
  return end == text.npos || end - begin > kMostText ? std::string() : std::string(text.substr(begin, end - begin));
}

std::string xmlUnescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '&') {
      static constexpr std::pair<std::string_view, char> kNames[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}};
      const auto* name = std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& n) {
        return std::string_view(text).substr(i, n.first.size()) == n.first;
      });
      if (name != std::end(kNames)) {
        out += name->second;
        i += name->first.size() - 1;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

// A hexadecimal string of a PDF, <FEFF 007B ...>: UTF-16, which cairo writes wherever there is a line break.
std::string pdfHexText(std::string_view hex) {
  std::string out;
  unsigned unit = 0;
  int digits = 0;
  for (const char c : hex.substr(0, 4 * kMostText)) {
    const int v = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                         : -1;
    if (c == '>') break;
    if (v < 0) continue;
    unit = unit << 4 | unsigned(v);
    if (++digits < 4) continue;
    if (unit < 0x80) out += char(unit);  // JSON of ours is ASCII; the mark of the byte order is not
    unit = 0;
    digits = 0;
  }
  return out;
}

// The first string after "/Subject": a literal (...) with its escapes (ISO 32000-1, 7.3.4.2), or a hexadecimal one.
std::string pdfSubject(std::string_view pdf) {
  for (std::size_t at = 0; (at = pdf.find("/Subject", at)) != pdf.npos;) {
    at += 8;
    while (at < pdf.size() && (pdf[at] == ' ' || pdf[at] == '\n' || pdf[at] == '\r')) ++at;
    if (at < pdf.size() && pdf[at] == '<') {
      const std::string text = pdfHexText(pdf.substr(at + 1));
      return text.find(kSessionKey) == text.npos ? std::string() : text;
    }
    if (at >= pdf.size() || pdf[at] != '(') continue;
    std::string out;
    int depth = 1;
    for (++at; at < pdf.size() && out.size() <= kMostText; ++at) {
      char c = pdf[at];
      if (c == '\\' && at + 1 < pdf.size()) {
        c = pdf[++at];
        if (c >= '0' && c <= '7') {
          int code = 0;
          for (int n = 0; n < 3 && at < pdf.size() && pdf[at] >= '0' && pdf[at] <= '7'; ++n, ++at)
            code = 8 * code + (pdf[at] - '0');
          --at;
          out += char(code);
        } else if (c == 'n') {
          out += '\n';
        } else if (c == 'r') {
          out += '\r';
        } else if (c == 't') {
          out += '\t';
        } else if (c != '\n') {
          out += c;
        }
        continue;
      }
      depth += c == '(' ? 1 : c == ')' ? -1 : 0;
      if (depth == 0) return out.find(kSessionKey) == out.npos ? std::string() : out;
      out += c;
    }
    return {};
  }
  return {};
}

// Where the blocks of a GIF begin: after its header and global palette. 0: it is none.
std::size_t gifBlocks(std::string_view gif) {
  if (gif.size() < 13 || !gif.starts_with("GIF8")) return 0;
  const auto flags = static_cast<unsigned char>(gif[10]);
  const std::size_t at = 13 + (flags & 0x80 ? std::size_t(3) << ((flags & 7) + 1) : 0);
  return at <= gif.size() ? at : 0;
}

std::string gifComment(std::string_view gif) {
  std::size_t at = gifBlocks(gif);
  if (at == 0) return {};
  const auto byte = [&](std::size_t i) { return i < gif.size() ? static_cast<unsigned char>(gif[i]) : 0u; };
  // Blocks of up to 255 bytes behind their length, until one of length 0.
  const auto blocks = [&](std::string* into) {
    while (byte(at) != 0) {
      if (into && into->size() <= kMostText + kCommentHead.size()) into->append(gif.substr(at + 1, byte(at)));
      at += byte(at) + 1;
    }
    ++at;
  };
  while (at < gif.size()) {
    if (byte(at) == 0x21) {  // an extension
      const bool comment = byte(at + 1) == 0xFE;
      std::string text;
      at += 2;
      blocks(comment ? &text : nullptr);
      if (comment && text.starts_with(kCommentHead)) return text.substr(kCommentHead.size());
    } else if (byte(at) == 0x2C) {  // a picture
      const unsigned flags = byte(at + 9);
      at += 11 + (flags & 0x80 ? std::size_t(3) << ((flags & 7) + 1) : 0);
      blocks(nullptr);
    } else {
      return {};
    }
  }
  return {};
}

std::string npzMember(std::span<const std::byte> bytes) {
  // libzip allocates for every entry of the directory before anything can be asked.
  constexpr int kMaxEntries = 1000;
  const std::string_view text = textOf(bytes);
  int entries = 0;
  for (std::size_t at = 0; (at = text.find("PK\x01\x02", at)) != text.npos; at += 4)
    if (++entries > kMaxEntries) throw OutputError("has more than 1000 members");
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  zip_t* zip = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  zip_error_fini(&error);
  if (!zip) {
    if (source) zip_source_free(source);
    throw OutputError("is not a readable NPZ (zip) file");
  }
  std::string data;
  zip_stat_t info;
  const zip_int64_t index = zip_name_locate(zip, "session.npy", 0);
  if (index >= 0 && zip_stat_index(zip, zip_uint64_t(index), 0, &info) == 0 && (info.valid & ZIP_STAT_SIZE) &&
      info.size > 10 && info.size <= kMostText)
    if (zip_file_t* file = zip_fopen_index(zip, zip_uint64_t(index), 0)) {
      data.resize(std::size_t(info.size));
      std::size_t done = 0;
      zip_int64_t n = 0;
      while (done < data.size() && (n = zip_fread(file, data.data() + done, data.size() - done)) > 0)
        done += std::size_t(n);
      if (done < data.size()) data.clear();
      zip_fclose(file);
    }
  zip_discard(zip);
  if (data.size() < 10 || !data.starts_with("\x93NUMPY\x01")) return {};
  const std::size_t begin =
      10 + std::size_t(static_cast<unsigned char>(data[8])) + (std::size_t(static_cast<unsigned char>(data[9])) << 8);
  return begin <= data.size() && data.substr(10, begin - 10).find("|u1") != data.npos ? data.substr(begin) : "";
}

std::uint32_t pngSum(std::string_view bytes) {  // CRC-32 of ISO 3309, as PNG has it
  std::uint32_t sum = ~0u;
  for (const char c : bytes) {
    sum ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) sum = (sum >> 1) ^ (sum & 1 ? 0xEDB88320u : 0);
  }
  return ~sum;
}

std::string bigEndian(std::size_t v) { return {char(v >> 24), char(v >> 16), char(v >> 8), char(v)}; }

std::string pngTextChunk(const std::string& session) {
  const std::string body = "iTXt" + std::string(kSessionKey) + std::string(5, '\0') + session;
  return bigEndian(body.size() - 4) + body + bigEndian(pngSum(body));
}

std::string gifCommentBlock(const std::string& session) {
  std::string text = std::string(kCommentHead) + session, block = "\x21\xFE";
  for (std::size_t at = 0; at < text.size(); at += 255) {
    const std::string part = text.substr(at, 255);
    block += char(part.size());
    block += part;
  }
  return block + '\0';
}

std::string firstBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string head(4096, '\0');
  in.read(head.data(), std::streamsize(head.size()));
  head.resize(std::size_t(std::max<std::streamsize>(in.gcount(), 0)));
  return head;
}

// Two numbers at least, and one word that is none at most, whatever stands between them.
bool isRowOfNumbers(std::string_view line) {
  constexpr std::string_view kBetween = ",;\t\r \"";
  int numbers = 0, others = 0;
  for (std::size_t at = 0; (at = line.find_first_not_of(kBetween, at)) != line.npos;) {
    std::string_view word = line.substr(at, std::min(line.find_first_of(kBetween, at), line.size()) - at);
    at += word.size();
    if (word.size() > 1 && word[0] == '+') word.remove_prefix(1);
    double value;
    const auto end = std::from_chars(word.data(), word.data() + word.size(), value);
    ++(end.ec == std::errc() && end.ptr == word.data() + word.size() ? numbers : others);
  }
  return numbers >= 2 && others <= 1;
}

// Rows of numbers: by its first two lines, the first of which may be one of names.
bool looksLikeTable(std::string_view head) {
  for (int lines = 0; lines < 2 && !head.empty();) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == line.npos || line[first] == '#') continue;
    if (isRowOfNumbers(line)) return true;
    ++lines;
  }
  return false;
}

// Throws where a file is no session and carries none: says what it is, and how a scene takes it.
void requireScene(const std::string& path, std::string_view head) {
  const std::string asData = "distribution=" + compactText({{"kind", "points"}, {"file", path}});
  if (isScriptFile(path) || isNetworkFile(path))
    throw TakenByScene(path + ": is no scene but a model", "model.network.file=" + path);
  const auto carrier = carrierOf(head);
  if (carrier == Carrier::Npz) throw TakenByScene(path + ": there is no session inside. It may hold points", asData);
  if (carrier) throw SessionError(path + ": there is no session inside. What Guidescope writes has one.");
  if (head.starts_with("\x93NUMPY")) throw TakenByScene(path + ": is no scene but an array, of points perhaps", asData);
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == head.npos || head[first] == '{' || head[first] == '[') return;
  if (head.find('\0') == head.npos && looksLikeTable(head.substr(first)))
    throw TakenByScene(path + ": is no scene; it looks like a table of points", asData);
  throw SessionError(path + ": is no scene: a session is a JSON object, which begins with {");
}

}  // namespace

std::string_view carrierName(Carrier c) {
  constexpr std::string_view names[] = {"png", "gif", "mp4", "webm", "svg", "pdf", "html", "npz"};
  return names[int(c)];
}

std::optional<Carrier> carrierOf(std::string_view head) {
  if (head.starts_with("\x89PNG")) return Carrier::Png;
  if (head.starts_with("GIF8")) return Carrier::Gif;
  if (head.size() > 8 && head.substr(4, 4) == "ftyp") return Carrier::Mp4;
  if (head.starts_with("\x1A\x45\xDF\xA3")) return Carrier::WebM;
  if (head.starts_with("%PDF-")) return Carrier::Pdf;
  if (head.starts_with("PK\x03\x04") || head.starts_with("PK\x05\x06")) return Carrier::Npz;
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first == head.npos || head[first] != '<') return std::nullopt;
  std::string lower(head.substr(first, 4096));
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = char(c + 32);
  if (lower.starts_with("<!doctype html") || lower.starts_with("<html")) return Carrier::Html;
  return lower.find("<svg") != lower.npos ? std::optional(Carrier::Svg) : std::nullopt;
}

std::optional<Carrier> carrierOfFile(const std::string& path) { return carrierOf(firstBytes(path)); }

std::string sessionInBytes(Carrier c, std::span<const std::byte> bytes) {
  std::string text;
  switch (c) {
    case Carrier::Png:
      text = decodePng(bytes).session;
      break;
    case Carrier::Gif:
      text = gifComment(textOf(bytes));
      break;
    case Carrier::Svg:
      text = xmlUnescaped(enclosed(textOf(bytes), kSvgTag, "</metadata>"));
      break;
    case Carrier::Html:
      text = enclosed(textOf(bytes), kHtmlTag, "</script>");
      break;
    case Carrier::Pdf:
      text = pdfSubject(textOf(bytes));
      break;
    case Carrier::Npz:
      text = npzMember(bytes);
      break;
    default:
      throw OutputError("a video is read from its file");
  }
  if (text.size() > kMostText) throw OutputError("the session inside has more than 32 MiB");
  return text;
}

std::string sessionInFile(const std::string& path) {
  const auto carrier = carrierOfFile(path);
  if (!carrier) return {};
  if (*carrier == Carrier::Mp4 || *carrier == Carrier::WebM) return videoMetadata(path, kSessionKey);
  const std::vector<std::byte> bytes = readFileBounded(path, kMostBytes);
  try {
    return sessionInBytes(*carrier, bytes);
  } catch (const OutputError& e) {
    throw OutputError(path + ": " + e.what());
  }
}

Session openCarried(const std::string& path) {
  const std::string head = firstBytes(path), text = sessionInFile(path);
  if (text.empty()) {
    const auto& scenes = scenePresets();
    const bool preset = std::any_of(scenes.begin(), scenes.end(), [&](const auto& p) { return p.name == path; });
    if (!head.empty() && !preset) requireScene(path, head);
    return openScene(path);
  }
  try {
    return parseSession(text);
  } catch (const SessionError& e) {
    throw SessionError(path + ": the session inside: " + e.what());
  }
}

void commitWithSession(const Temporary& made, const std::string& path, const std::string& session) {
  std::string head = firstBytes(made.path());
  std::ifstream in(made.path(), std::ios::binary);
  in.seekg(std::streamoff(head.size()));
  const bool gif = head.starts_with("GIF8");
  constexpr std::size_t kAfterHeader = 8 + 25;  // PNG's signature and IHDR
  const std::size_t at = gif ? gifBlocks(head) : kAfterHeader;
  if (at == 0 || at > head.size()) throw OutputError(path + ": the encoder wrote no picture");
  head.insert(at, gif ? gifCommentBlock(session) : pngTextChunk(session));
  Temporary out(path);
  std::ofstream to(out.path(), std::ios::binary | std::ios::trunc);
  to.write(head.data(), std::streamsize(head.size()));
  std::vector<char> block(std::size_t(1) << 20);
  for (;;) {
    in.clear();
    in.read(block.data(), std::streamsize(block.size()));
    if (in.gcount() <= 0) break;
    to.write(block.data(), in.gcount());
  }
  to.close();
  if (!to) throw OutputError(path + ": cannot be written: the disk may be full");
  out.commit();
}

std::string xmlEscaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

std::string scriptEscaped(std::string_view json) {
  std::string out;
  for (const char c : json) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

std::string asciiJson(std::string_view json) {
  std::string out;
  const auto unit = [&](unsigned v) {
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u";
    for (int s = 12; s >= 0; s -= 4) out += digits[(v >> s) & 15];
  };
  while (!json.empty()) {
    const auto b = static_cast<unsigned char>(json[0]);
    if (b < 0x80) {
      out += json[0];
      json.remove_prefix(1);
      continue;
    }
    const std::size_t n = std::min<std::size_t>(b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2, json.size());
    unsigned c = b & (0xFFu >> (n + 1));
    for (std::size_t i = 1; i < n; ++i) c = (c << 6) | (static_cast<unsigned char>(json[i]) & 0x3F);
    json.remove_prefix(n);
    if (c >= 0x10000) {
      unit(0xD800 + ((c - 0x10000) >> 10));
      unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
      unit(c);
    }
  }
  return out;
}

}  // namespace gs
