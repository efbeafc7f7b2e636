(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const $ = (id) => document.getElementById(id);
  const svg = $("map-svg"), slider = $("map-time"), clock = $("map-clock"), play = $("map-play"), says = $("map-says");
  const make = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  };
  const path = (ring) => "M" + ring.map(([x, y]) => `${x} ${-y}`).join("L") + "Z";
  const span = data.until - data.from;
  // A trial of minutes is told by the second.
  const time = (t) => new Date((data.offset_s + t) * 1000).toISOString().slice(11, span > 7200 ? 16 : 19);
  let tenant, dots = [], pins = [], unit = 1;

  const draw = () => {
    tenant = data.tenants[Number($("map-tenant").value)];
    const land = $("map-land");
    for (const group of [land, $("map-reps"), $("map-pins")]) group.replaceChildren();
    // The view holds the land and everybody's ways.
    let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
    const reach = (x, y) => { w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y); };
    tenant.visits.forEach(([x, y]) => reach(x, y));
    tenant.reps.forEach((rep) => { for (let i = 0; i < rep.way.length; i += 4) reach(rep.way[i + 1], rep.way[i + 2]); });
    if (w > e) tenant.land.forEach(([x, y]) => reach(x, y));
    const edge = Math.max(e - w, n - s, 200) * 0.06;
    [w, s, e, n] = [w - edge, s - edge, e + edge, n + edge];
    svg.setAttribute("viewBox", `${w} ${-n} ${e - w} ${n - s}`);
    unit = Math.max((e - w) / (svg.clientWidth || 900), (n - s) / (svg.clientHeight || 500));
    make("path", { class: "land", d: path(tenant.land) }, land);
    tenant.towns.forEach(([x, y, r]) => make("circle", { class: "town", cx: x, cy: -y, r: Math.min(r, 40 * unit), opacity: 0.35 }, land));
    tenant.fast.forEach((ring) => make("path", { class: "fast", d: path(ring) }, land));
    tenant.holes.forEach((hole) => make("path", { class: hole.dead ? "hole" : "hole weak", d: path(hole.ring) }, land));
    tenant.visits.forEach(([x, y]) => make("circle", { class: "visit", cx: x, cy: -y, r: 3 * unit }, land));
    dots = tenant.reps.map((rep) => make("circle", { class: "rep", r: 5 * unit, "data-tip": rep.name }, $("map-reps")));
    pins = tenant.pins.map((pin) => make("path", {
      class: "pin", transform: `translate(${pin.x} ${-pin.y}) scale(${unit})`, d: "M0 0L-7 -14H7Z",
      "data-tip": `${pin.rule}\n${pin.who}, ${time(pin.t)}`,
    }, $("map-pins")));
    pins.forEach((pin, i) => pin.addEventListener("click", () => { location.hash = "rule-" + tenant.pins[i].rule; }));
    show();
  };

  // Where a rep is: at its last stop, or between that and the next.
  const place = (rep, t) => {
    const way = rep.way;
    if (!way.length) return null;
    let i = 0;
    while (i + 4 < way.length && way[i + 4] <= t) i += 4;
    const then = t < way[0] ? 0 : way[i + 3];
    if (then !== 1 || i + 4 >= way.length) return { x: way[i + 1], y: way[i + 2], then };
    const share = Math.min(1, Math.max(0, (t - way[i]) / Math.max(1, way[i + 4] - way[i])));
    return { x: way[i + 1] + (way[i + 5] - way[i + 1]) * share, y: way[i + 2] + (way[i + 6] - way[i + 2]) * share, then };
  };
  const isOffline = (rep, t) => {
    for (let i = 0; i < rep.offline.length; i += 2) if (rep.offline[i] <= t && t < rep.offline[i + 1]) return true;
    return false;
  };
  const words = ["at home", "driving", "at a visit", "between visits", "the day is over"];
  const looks = ["home", "drive", "visit-now", "home", "home"];
  const show = () => {
    const t = Number(slider.value), count = [0, 0, 0, 0, 0];
    let offline = 0;
    tenant.reps.forEach((rep, i) => {
      const at = place(rep, t), dot = dots[i];
      dot.setAttribute("visibility", at ? "visible" : "hidden");
      if (!at) return;
      const off = isOffline(rep, t);
      count[at.then] += 1;
      offline += off;
      dot.setAttribute("cx", at.x.toFixed(1));
      dot.setAttribute("cy", (-at.y).toFixed(1));
      dot.setAttribute("class", "rep " + (off ? "off" : looks[at.then]));
      dot.dataset.tip = `${rep.name}\n${words[at.then]}${off ? ", without network" : ""}`;
    });
    tenant.pins.forEach((pin, i) => pins[i].setAttribute("class", pin.t <= t ? "pin" : "pin later"));
    clock.textContent = time(t);
    slider.setAttribute("aria-valuetext", time(t));
    const broken = tenant.pins.filter((pin) => pin.t <= t).length;
    const told = `${time(t)}: ${count[1]} driving, ${count[2]} at a visit, ${count[0] + count[3] + count[4]} at home or between, ${offline} without network` +
      (tenant.pins.length ? `, ${broken} of ${tenant.pins.length} violations so far` : "");
    if (!timer) says.textContent = told;
  };

  let timer = 0;
  const stop = () => {
    cancelAnimationFrame(timer);
    timer = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
    show();
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    const from = Number(slider.min), until = Number(slider.max);
    if (Number(slider.value) >= until) slider.value = from;
    let at = Number(slider.value), before = performance.now();
    const step = (now) => {
      // A day in three quarters of a minute.
      at += (until - from) / 45000 * Math.max(0, now - before);
      before = now;
      slider.value = at;
      show();
      if (at >= until) stop(); else timer = requestAnimationFrame(step);
    };
    timer = requestAnimationFrame(step);
    play.textContent = "Pause";
    play.setAttribute("aria-pressed", "true");
  });
  slider.addEventListener("input", () => { if (timer) stop(); show(); });
  $("map-tenant").addEventListener("change", draw);
  addEventListener("resize", draw);

  slider.min = data.from;
  slider.max = data.until;
  slider.step = span > 7200 ? 60 : span > 600 ? 5 : 1;
  slider.value = data.from + Math.round(span * 0.4);
  draw();
})();
