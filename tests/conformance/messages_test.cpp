// What the OpenGL driver had to say about everything that this program's tests computed: nothing.
#include <gtest/gtest.h>

#include "conformance/engines.h"

namespace conformance {
namespace {

class DriverMessages : public testing::Environment {
 public:
  void TearDown() override {
    for (const auto& engine : glEngines())
      for (const std::string& message : engine->messages()) ADD_FAILURE() << engine->description() << ": " << message;
  }
};
const testing::Environment* const kDriverMessages = testing::AddGlobalTestEnvironment(new DriverMessages);

}  // namespace
}  // namespace conformance
