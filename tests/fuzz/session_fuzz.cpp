// Any bytes as a session: a SessionError that names a place, or a valid session that survives writing and reading.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "session/json.h"

namespace {

[[noreturn]] void broken(const std::string& what) {
  std::cerr << "session_fuzz: " << what << '\n';
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  gs::Session session;
  try {
    session = gs::parseSession(bytes);
  } catch (const gs::SessionError& e) {
    if (std::string_view(e.what()).empty()) broken("an error without words");
    return 0;
  }
  try {
    gs::validate(session);
    const std::string text = gs::toJson(session);
    const gs::Session again = gs::parseSession(text);
    if (!(again == session)) broken("reading back gives another session: " + text);
    if (gs::toJson(again) != text) broken("writing again gives another text: " + text);
  } catch (const gs::SessionError& e) {
    broken(std::string("a session that was read is refused: ") + e.what());
  }
  return 0;
}
