// A libFuzzer program for one of the targets, chosen by GS_FUZZ_TARGET (built with -DGS_FUZZ=ON and clang).
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  gs::fuzz::GS_FUZZ_TARGET(std::as_bytes(std::span(data, size)));
  return 0;
}
