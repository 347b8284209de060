#!/usr/bin/env bash
# The README's lines of Python, as they stand there, make a model that opens and samples; another one is refused in words.
# own_model.sh PROGRAM README
set -euo pipefail
program=$(realpath "$1") readme=$(realpath "$2")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
awk '/^### Your own model/ { on = 1; next } on && /^#/ { exit } on && /^    / { print substr($0, 5) } on && /^$/' "$readme" >own.py
python=python3
"$python" -c "import torch" 2>/dev/null || python=/usr/bin/python3
"$python" own.py
"$program" check own.pt | tee said
grep -qx 'own.pt: OK (model, TorchScript for 2 classes, and for none)' said

# Its classes are Gaussians of variance 1 around (1, .5) and (-1, .5), its answer without a class is that of one around 0:
# a weight of 1 moves the mean of a class to twice its place, and nothing else.
cat >scene.json <<'JSON'
{"format": "guidescope-session", "version": 1, "panes": [{"condition": 0, "guidance": [{"kind": "cfg", "omega": 1}],
  "model": {"network": {"file": "own.pt"}}, "distribution": {"kind": "mixture", "components": [
    {"class": 0, "weight": 0.5, "mean": [1, 0.5], "covariance": [[1, 0], [0, 1]]},
    {"class": 1, "weight": 0.5, "mean": [-1, 0.5], "covariance": [[1, 0], [0, 1]]}]}}]}
JSON
"$program" metrics scene.json --json >metrics.json
"$python" - <<'PYTHON'
import json
metrics = json.load(open("metrics.json"))
for name, exact in {"mean_x": 2, "mean_y": 1, "cov_xx": 1, "cov_xy": 0, "cov_yy": 1}.items():
    value, se = metrics[name]["value"], metrics[name]["se"]
    print(f"{name} {value:.3f} +- {se:.3f}, exactly {exact}")
    assert abs(value - exact) < 4 * se + 0.01, name
PYTHON

sed 's/return mean .*/return mean[:, 0]/; s/own\.pt/wrong.pt/' own.py >wrong.py
"$python" wrong.py
if "$program" check wrong.pt >said; then exit 1; fi
cat said
grep -qx 'wrong.pt: forward(x \[7, 2\], sigma, class 0) answers with the shape \[7\]; \[7, 2\] is needed' said
