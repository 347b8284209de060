// Files of trained denoisers: NPZ with the weights by their names, [snapshot] in front, and the shape as JSON. NumPy
// reads them; nothing in them is code.
#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "data/arrays.h"
#include "diffusion/network.h"
#include "session/session.h"

namespace gs {

// Members input, hidden, bias, noise, class, output, outputBias (diffusion/network.h) with the snapshot as first index,
// "steps" [snapshot], "network.json" (the numbers of NetworkShape) and "meta.json"; others are left alone.
Arrays arraysOf(const Network&);
// Throws InputError: "model.npz:hidden: has the shape (3, 64, 64); (12, 3, 64, 64) is needed".
Network networkFrom(const Arrays&, const std::string& name);

// The names of networks that come with the program ("tree").
std::vector<std::string> suppliedNetworks();
// The file's contents and checksum, from a supplied one or a path as in completed(). Where it is missing or damaged its
// contents are the problem alone, and `warnings` gets it; also where the checksum is another than the session says.
// Throws FitStopped where it is stopped; only the check of a model that is code takes so long.
NetworkFile readNetwork(NetworkFile, const std::string& folder, std::vector<std::string>& warnings,
                        std::stop_token stop = {});

// The file is a network, by the name of a member; false also where it cannot be read.
bool isNetworkFile(const std::string& path);

// By its ending (.pt, .pth, .ts) the file is a model that is code.
bool isScriptFile(const std::string& path);
// What makes a network of the bytes of such a file; may throw InputError, and FitStopped where it is stopped. A program
// says it once, before it reads sessions (learn/script.h); where none has, the problem of such a network is that the
// program runs no models.
using ScriptReader = std::function<Network(const std::string& bytes, const std::string& name, const std::string& sha256,
                                           std::stop_token stop)>;
void readScriptsBy(ScriptReader);

// Of all networks that a session names.
void readNetworks(Session&, const std::string& folder, std::vector<std::string>& warnings, std::stop_token stop = {});
bool networksRead(const Session&);

// Before another program reads these files anew and runs what is code: throws InputError "panes.0.model.network:
// own.pt: is a model, ..." with the problem of a network that has one, and of a model that is code also where this
// program has not read it, or its file is another than was read.
void requireNetworks(const Session&);

}  // namespace gs
