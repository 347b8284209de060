#!/usr/bin/env bash
# A film, a figure and a page, as a person would make them, and the README's lines for NumPy as they stand there:
# examples.sh PROGRAM FOLDER README. They stay there to be looked at.
set -euo pipefail
program=$1 out=$2 readme=$3
rm -rf "$out"
mkdir -p "$out"
"$program" render two-modes -o "$out/film.mp4" --size 640x400 --fps 24 --caption --title "Guidance pushes modes apart" \
  --animate "time:1..0:1s; guidance.0.omega:0..6:1s" --set guidance.0.omega=0
"$program" render two-modes -o "$out/figure.svg" --grid guidance.0.omega=0,2,6 --inches 6.75
"$program" render two-modes -o "$out/page.html" --grid guidance.0.omega=0,1,2,4,8
"$program" check "$out/film.mp4" "$out/figure.svg" "$out/page.html"
[ "$(stat -c %s "$out/page.html")" -lt 3000000 ]

lines=$(awk '/^### Data/ { on = 1; next } on && /^#/ { exit } on && /^    / { print substr($0, 5) }' "$readme")
# The command that makes the file is in the first line's comment.
command=$(grep -o 'guidescope-cli sample .*' <<<"$lines")
read -ra words <<<"${command#guidescope-cli }"
cd "$out"
"$program" "${words[@]}"
python=python3
"$python" -c "import numpy" 2>/dev/null || python=/usr/bin/python3
said=$("$python" -c "$lines")
echo "$said"
grep -Eqx '[01](\.[0-9]+)? [01]\.[0-9]+' <<<"$(head -1 <<<"$said")"
grep -Eq '^spread of the data \[[0-9.]+ +[0-9.]+\] at t = 0\.0 weights \[2\.' <<<"$said"
