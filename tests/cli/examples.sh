#!/usr/bin/env bash
# A film, a figure and a page, as a person would make them: examples.sh PROGRAM FOLDER. They stay there to be looked at.
set -euo pipefail
program=$1 out=$2
rm -rf "$out"
mkdir -p "$out"
"$program" render two-modes -o "$out/film.mp4" --size 640x400 --fps 24 --caption --title "Guidance pushes modes apart" \
  --animate "time:1..0:1s; guidance.0.omega:0..6:1s" --set guidance.0.omega=0
"$program" render two-modes -o "$out/figure.svg" --grid guidance.0.omega=0,2,6 --inches 6.75
"$program" render two-modes -o "$out/page.html" --grid guidance.0.omega=0,1,2,4,8
"$program" check "$out/film.mp4" "$out/figure.svg" "$out/page.html"
[ "$(stat -c %s "$out/page.html")" -lt 3000000 ]
