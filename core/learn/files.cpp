#include "learn/files.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "data/distributions.h"
#include "data/sha256.h"
#include "learn/omega_network.h"
#include "output/files.h"
#include "session/json.h"
#include "session/text.h"

namespace gs {
namespace {

constexpr const char* kWeightsFormat = "guidescope-weights";
constexpr std::size_t kMaxWeightsFile = std::size_t(64) << 20;

}  // namespace

Session sessionOf(const LearnRequest& r) {
  Session s;
  s.panes = {r.experiment};
  s.training.omega = r.omega;
  s.training.denoiser = r.net;
  return s;
}

std::string learnedMeta(const LearnRequest& r) {
  Node meta = Node::object();
  meta.add("format", kWeightsFormat);
  meta.add("kind", nameOf(r.kind));
  meta.add("session", parseText(toJson(sessionOf(r))));
  return prettyText(meta);
}

void writeArrays(const std::string& path, const Arrays& arrays) {
  std::vector<NpzMember> members;
  for (const NamedArray& a : arrays)
    members.push_back(a.name.ends_with("json")
                          ? NpzMember{a.name, "|u1", {a.text.size()}, std::as_bytes(std::span(a.text))}
                          : NpzMember{a.name, "<f4", a.shape, std::as_bytes(std::span(a.values))});
  writeNpz(path, members);
}

void writeLearned(const std::string& path, const LearnRequest& r, const Arrays& state) {
  Arrays all = state;
  all.push_back({"meta.json", {}, {}, learnedMeta(r)});
  writeArrays(path, all);
}

LearnedFile readLearned(std::string_view bytes, const std::string& name, LearnKind kind) {
  LearnedFile out;
  out.sha256 = sha256(bytes);
  LearnRequest& r = out.request;
  r.resume = readArrays(bytes, name);
  r.kind = kind;
  const NamedArray* meta = find(r.resume, "meta.json");
  if (!meta) throw InputError(name + ": has no meta.json; these are no weights that Guidescope trained");
  try {
    const Node n = parseText(meta->text);
    const Node *format = n.find("format"), *of = n.find("kind"), *session = n.find("session");
    if (!n.is(Node::Kind::Object) || !format || format->text != kWeightsFormat || !of || !session)
      throw SessionError("says nothing of weights that Guidescope trained");
    if (of->text != nameOf(kind))
      throw SessionError("was trained as '" + shown(of->text) + "'; '" + std::string(nameOf(kind)) + "' is needed");
    const Session s = parseSession(compactText(*session));
    r.experiment = s.panes.front();
    r.omega = s.training.omega;
    r.net = s.training.denoiser;
  } catch (const SessionError& e) {
    throw InputError(name + ":meta.json: " + e.what());
  }
  std::erase_if(r.resume, [](const NamedArray& a) { return a.name == "meta.json"; });
  if (kind != LearnKind::Omega) return out;
  try {
    OmegaNetwork::of(r.omega, resolve(r.experiment.distribution)->classes(), r.resume);
  } catch (const InputError& e) {
    throw InputError(name + ":" + e.what());
  }
  return out;
}

namespace {

std::string bytesOf(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw InputError(path + ": cannot be opened: " + std::strerror(errno));
  std::string bytes(kMaxWeightsFile + 1, '\0');
  in.read(bytes.data(), std::streamsize(bytes.size()));
  if (in.bad()) throw InputError(path + ": cannot be read: " + std::strerror(errno));
  bytes.resize(std::size_t(in.gcount()));
  if (bytes.size() > kMaxWeightsFile) throw InputError(path + ": has more than 64 MiB");
  return bytes;
}

}  // namespace

LearnedFile readLearnedFile(const std::string& path, LearnKind kind) { return readLearned(bytesOf(path), path, kind); }

std::optional<LearnKind> learnedKind(const std::string& path) {
  try {
    const Arrays arrays = readArrays(bytesOf(path), path);
    const NamedArray* meta = find(arrays, "meta.json");
    if (!meta) return std::nullopt;
    const Node n = parseText(meta->text);
    const Node *format = n.find("format"), *of = n.find("kind");
    if (format && of && format->text == kWeightsFormat)
      for (const LearnKind kind : {LearnKind::Omega, LearnKind::Denoiser, LearnKind::Reward})
        if (of->text == nameOf(kind)) return kind;
  } catch (const std::runtime_error&) {  // whatever it is, no weights
  }
  return std::nullopt;
}

LearnedWeights learnedWeights(const LearnedFile& f, std::string name) {
  LearnedWeights w = learnedWeights(f.request, f.request.resume, std::move(name));
  w.sha256 = f.sha256;
  return w;
}

}  // namespace gs
