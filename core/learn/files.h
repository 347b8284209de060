// What was trained, in files: NPZ with the weights by their names, what the optimiser remembers, and "meta.json", which
// says how they were made. NumPy reads them; nothing in them is code.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "learn/learn.h"
#include "session/session.h"

namespace gs {

// The scene and settings of a request as a session of one pane.
Session sessionOf(const LearnRequest&);
// "meta.json": format, kind, classes and that session.
std::string learnedMeta(const LearnRequest&);
// Written to a temporary and renamed. Throws OutputError.
void writeLearned(const std::string& path, const LearnRequest&, const Arrays& state);

// Arrays alone, JSON ones as text, in the same way: of a network what sessions name.
void writeArrays(const std::string& path, const Arrays&);

struct LearnedFile {
  LearnRequest request;  // as it was; `resume` is the state
  std::string sha256;    // of the file
};
// Throws InputError naming the file and the member: no NPZ, damaged, no guidescope weights, of another kind, arrays
// missing or of another shape, a session that cannot be read.
LearnedFile readLearned(std::string_view bytes, const std::string& name, LearnKind);
LearnedFile readLearnedFile(const std::string& path, LearnKind);

// What a file was trained as; nothing where it is no NPZ of weights that Guidescope trained.
std::optional<LearnKind> learnedKind(const std::string& path);

// The weight of a file as a session keeps it, with its name and checksum.
LearnedWeights learnedWeights(const LearnedFile&, std::string name);

}  // namespace gs
