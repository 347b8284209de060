#include <gtest/gtest.h>

#include "session/history.h"

namespace gs {
namespace {

Session withOmega(double omega) {
  Session s;
  s.panes[0].guidance.resize(1);
  s.panes[0].guidance[0].omega = omega;
  return s;
}

TEST(History, AGestureIsOneEntry) {
  History h(withOmega(0));
  Session s = withOmega(0);
  for (int i = 1; i <= 50; ++i) s.panes[0].guidance[0].omega = 0.05 * i;  // a drag commits only its end
  EXPECT_TRUE(h.commit(s));
  EXPECT_FALSE(h.commit(s));
  EXPECT_EQ(h.undoText(), "guidance.0.omega = 2.5");
  EXPECT_EQ(h.undo(s), withOmega(0));
  EXPECT_FALSE(h.canUndo());
  EXPECT_EQ(h.redoText(), "guidance.0.omega = 2.5");
  EXPECT_EQ(h.redo(withOmega(0)), s);
  EXPECT_FALSE(h.canRedo());
}

TEST(History, TimeAndCameraRideAlong) {
  History h(withOmega(0));
  Session s = withOmega(0);
  s.view.time = 0.5;
  s.view.camera = {{1, 2}, 3};
  EXPECT_FALSE(h.commit(s));
  s.panes[0].guidance[0].omega = 1;
  EXPECT_TRUE(h.commit(s));
  EXPECT_EQ(h.undoText(), "guidance.0.omega = 1");
  s.view.time = 0.25;
  const Session back = h.undo(s);
  EXPECT_EQ(back.panes[0].guidance[0].omega, 0);
  EXPECT_EQ(back.view.time, 0.25);
  EXPECT_EQ(back.view.camera, s.view.camera);
}

TEST(History, ThemeAndInterfaceScaleRideAlong) {
  History h(withOmega(0));
  Session s = withOmega(1);
  EXPECT_TRUE(h.commit(s));
  s.view.theme = Theme::Projector;
  s.view.uiScale = 1.5;
  EXPECT_FALSE(h.commit(s));
  const Session back = h.undo(s);
  EXPECT_EQ(back.panes[0].guidance[0].omega, 0);
  EXPECT_EQ(back.view.theme, Theme::Projector);
  EXPECT_EQ(back.view.uiScale, 1.5);
  Session light = back;
  light.view.theme = Theme::Light;
  EXPECT_TRUE(h.canRedo());
  EXPECT_FALSE(h.commit(light));
  EXPECT_TRUE(h.canRedo());  // another theme does not drop what was undone
  EXPECT_EQ(h.redo(light).view.theme, Theme::Light);
}

TEST(History, ANewEntryDropsWhatWasUndone) {
  History h(withOmega(0));
  h.commit(withOmega(1));
  h.commit(withOmega(2));
  EXPECT_EQ(h.undo(withOmega(2)), withOmega(1));
  EXPECT_TRUE(h.commit(withOmega(3)));
  EXPECT_FALSE(h.canRedo());
  EXPECT_EQ(h.redo(withOmega(3)), withOmega(3));
  EXPECT_EQ(h.undo(withOmega(3)), withOmega(1));
  EXPECT_EQ(h.undo(withOmega(1)), withOmega(0));
  EXPECT_EQ(h.undo(withOmega(0)), withOmega(0));
}

TEST(History, WhatWasNotCommittedIsNotLost) {
  History h(withOmega(0));
  EXPECT_EQ(h.undo(withOmega(4)), withOmega(0));
  EXPECT_EQ(h.redo(withOmega(0)), withOmega(4));
}

TEST(History, IsBounded) {
  History h(withOmega(0));
  const int n = int(History::kMaxEntries) + 100;
  for (int i = 1; i <= n; ++i) h.commit(withOmega(0.01 * i));
  Session s = h.last();
  int undone = 0;
  while (h.canUndo()) {
    s = h.undo(s);
    ++undone;
  }
  EXPECT_EQ(undone, int(History::kMaxEntries) - 1);
  EXPECT_EQ(s, withOmega(0.01 * (n - undone)));
}

}  // namespace
}  // namespace gs
