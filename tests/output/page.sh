#!/usr/bin/env bash
# The interactive page in a real browser: it plays to its end, scrubs and chooses inside an iframe, and the console stays
# empty. page.sh PROGRAM
set -euo pipefail
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$program" render two-modes -o "$folder/page.html" --set particles.count=500 --set schedule.steps=16
# A browser without a screen paints a few frames only: a timer stands in for them, on the browser's virtual clock.
sed -i 's#<head>#<head><script>requestAnimationFrame = f => setTimeout(() => f(performance.now()), 16)</script>#' "$folder/page.html"
# What is written on the canvas, for those who cannot see it.
sed -i 's#</head>#<script>const written = new Set, fill = CanvasRenderingContext2D.prototype.fillText; CanvasRenderingContext2D.prototype.fillText = function (...a) { written.add(a[0]); document.documentElement.dataset.written = [...written].join("|"); fill.apply(this, a); }</script></head>#' \
  "$folder/page.html"
# Inside a slide: what it says goes to the page around it.
sed 's#</body>#<script>guidescope.seek(10); guidescope.choose(4); setTimeout(() => parent.postMessage(JSON.stringify(guidescope.state()), "*"), 300)</script></body>#' \
  "$folder/page.html" >"$folder/inner.html"
cat >"$folder/slide.html" <<'HTML'
<!DOCTYPE html><html><body><iframe src="inner.html" width="960" height="600"></iframe>
<script>addEventListener('message', e => { document.body.dataset.said = e.data; });</script></body></html>
HTML
look() {
  chromium --headless --no-sandbox --disable-gpu --virtual-time-budget=9000 --enable-logging=stderr --dump-dom "file://$folder/$1" \
    2>"$folder/errors"
  if grep CONSOLE "$folder/errors"; then return 1; fi
}
look page.html >"$folder/dom"
grep -q 't = 0.00' "$folder/dom"
grep -q '>Play</button>' "$folder/dom"
grep -q 'data-written="[^"]*|pₜ(x), the data|[^"]*p(x), the data' "$folder/dom"  # noised on the way, and at the end not
look slide.html | grep -q 'data-said="{&quot;at&quot;:10,&quot;value&quot;:4,&quot;playing&quot;:false'
echo "The page plays, scrubs and chooses in $(chromium --version)"
