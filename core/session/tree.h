// Session values as trees of text and back, and the checks that both share.
#pragma once
#include <string>
#include <string_view>

#include "session/field.h"
#include "session/session.h"
#include "session/text.h"

namespace gs {

// Where a value is: "panes.0.guidance.1". Parts are added for as long as a Part lives.
class Place {
 public:
  const std::string& text() const { return text_; }
  [[noreturn]] void fail(const std::string& message) const;  // throws SessionError "place: message"

  class Part {
   public:
    Part(Place& place, std::string_view name) : place_(place), length_(place.text_.size()) {
      if (length_ > 0) place.text_ += '.';
      place.text_ += name;
    }
    Part(Place& place, std::size_t index) : Part(place, std::to_string(index)) {}
    ~Part() { place_.text_.resize(length_); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    Place& place_;
    std::size_t length_;
  };

 private:
  std::string text_;
};

// `everything`: also fields that the kind does not use (for paths); files leave them out.
Node toNode(const Session&, bool everything);
// Fields that the kind does not use must hold their default, except below `prune`, where they are dropped: there the
// kind has just been changed. `words`: what a person writes ("--set"): text fields also take numbers and true or false;
// and what hangs on a switch or a text that is off or empty is refused, while of files it is dropped.
Session fromNode(const Node&, std::string_view prune = {}, bool words = false);

// Throw with the place when a value is outside the field's range.
void checkNumber(const Place&, const Field&, double value);
void checkCount(const Place&, const Field&, std::size_t count);
void checkText(const Place&, const Field&, std::string_view value);
std::string rangeText(const Field&);  // "-1..20", "0..63 or none"

}  // namespace gs
