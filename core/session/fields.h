// One table of fields per struct. It drives JSON, validation, --set, sliders with tooltips and reset, property-test
// generators, the parameter table of the README and the undo text. Adding a parameter is one line here plus its use.
//
//   template <class S, class V> requires Is<S, Sampler>   // S may be const
//   void fields(S& s, V&& v) { v(field("churn", "Churn").range(0, 8).sym("κ").about("..."), s.churn); }
//
// A visitor is called with (const Field&, member&) for every member, in the order of the file and of the panel. Members
// are double, int, std::uint32_t, bool, std::string, enums of enums.h, Vec2, Sym2, structs with a table of their own,
// vectors of such structs or of short texts, and Box<Mixture>. Defaults are those of a default-constructed struct.
// type.h shows the tables without the types of their members; only type.cpp visits them.
#pragma once
#include <string_view>
#include <vector>

#include "session/enums.h"
#include "session/field.h"
#include "session/fields_experiment.h"
#include "session/fields_training.h"
#include "session/fields_view.h"
#include "session/session.h"

namespace gs {

template <class S, class V>
requires Is<S, Session>
void fields(S& s, V&& v) {
  v(field("name", "Name").range(0, 200).about("The title of the scene."), s.name);
  v(field("notes", "Notes").range(0, 4000).about("Plain text that is shown with the scene."), s.notes);
  v(field("panes", "Panes").range(1, Session::kMaxPanes).about("The experiments, side by side."), s.panes);
  v(field("view", "View").about("How it is shown; nothing here changes a trajectory."), s.view);
  v(field("training", "Training").about("What is told to a training that is started; no picture hangs on it."),
    s.training);
}

}  // namespace gs
