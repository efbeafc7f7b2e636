(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const $ = (id) => document.getElementById(id);
  const svg = $("map-svg"), slider = $("map-time"), clock = $("map-clock"), play = $("map-play"), says = $("map-says");
  const make = (name, attributes, parent, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const html = (name, attributes, parent, text) => {
    const element = Object.assign(document.createElement(name), attributes);
    if (text !== undefined) element.textContent = text;
    parent.append(element);
    return element;
  };
  const path = (ring) => "M" + ring.map(([x, y]) => `${x} ${-y}`).join("L") + "Z";
  const counted = (n, one, many) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
  const day = 86400, hour = 3600;
  let tenant, from = 0, until = 1, span = 1, dots = [], pins = [], unit = 1, timer = 0;

  // The territory's own clock: moments are seconds since the series begins, and clocks may change within the day.
  const clockOf = () => (tenant.clock.length ? tenant.clock : [[0, data.offset_s]]);
  const zone = () => tenant.zone || data.zone;
  const ahead = (t) => clockOf().reduce((found, [since, offset]) => (since <= t || found === null ? offset : found), null);
  const local = (t) => data.starts_at + t + ahead(t);
  const later = (t) => Math.floor(local(t) / day) - Math.floor(local(from) / day);
  // A trial of minutes is told by the second.
  const clockAt = (t, seconds) => new Date(local(t) * 1000).toISOString().slice(11, seconds ? 19 : 16);
  const time = (t) => (later(t) > 0 ? `+${later(t)} d ` : "") + clockAt(t, span <= 2 * hour);
  const fromUtc = (t) => {
    const minutes = Math.round(ahead(t) / 60), of = Math.abs(minutes);
    return `UTC${minutes < 0 ? "−" : "+"}${Math.floor(of / 60)}${of % 60 ? ":" + String(of % 60).padStart(2, "0") : ""}`;
  };

  // Moments at which the local clock shows a whole multiple of so many seconds.
  const whole = (step) => {
    const moments = [];
    clockOf().forEach(([since, offset], i, all) => {
      const next = i + 1 < all.length ? all[i + 1][0] : Infinity, first = Math.max(from, i ? since : -Infinity);
      const shift = data.starts_at + offset;
      for (let t = Math.ceil((first + shift) / step) * step - shift; t <= until && t < next; t += step) moments.push(t);
    });
    return moments;
  };
  const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, hour, 2 * hour, 3 * hour, 4 * hour, 6 * hour, 12 * hour, day];
  const hours = () => {
    const axis = $("map-hours"), px = (axis.clientWidth || 600) / span;
    axis.replaceChildren();
    const step = STEPS.find((step) => step * px >= (step < 60 ? 76 : 58)) ?? day;
    const named = new Set(whole(step)), ticks = step > hour ? whole(hour) : [...named];
    let free = -Infinity;
    for (const t of ticks) {
      const tick = html("i", { className: named.has(t) ? "" : "minor" }, axis), at = (t - from) / span;
      tick.style.left = `${at * 100}%`;
      if (!named.has(t)) continue;
      const midnight = later(t) > 0 && local(t) % day === 0;
      const words = html("span", {}, axis, midnight ? `+${later(t)} d` : clockAt(t, step < 60));
      // Beside the ends words stand a little to the side of their tick; where clocks change they may have no room.
      const half = words.getBoundingClientRect().width / 2, wide = axis.clientWidth + 12;
      const middle = Math.max(half - 6, Math.min(wide - 6 - half, at * axis.clientWidth));
      if (middle - half < free) { words.remove(); continue; }
      words.style.left = `${middle}px`;
      free = middle + half + 6;
    }
    const [first, final] = [fromUtc(from), fromUtc(until)];
    $("map-zone").textContent = `Hours of ${zone()}, ${first === final ? first : `${first}, later ${final}`}.`;
  };

  // A bar of a round length in kilometres and one in miles. A unit of the drawing is ten metres, in the territory's own plane.
  const scale = (w, s) => {
    const group = $("map-scale"), most = Math.min(150, (svg.clientWidth || 900) * 0.35) * unit;
    group.replaceChildren();
    const round = (metres) => {
      const lengths = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500];
      return lengths.filter((length) => length * metres / 10 <= most).at(-1) ?? lengths[0];
    };
    const [km, mi] = [round(1000), round(1609.344)], [kmLong, miLong] = [km * 100, mi * 160.9344];
    const [x, y] = [w + 12 * unit, -s - 28 * unit], line = (long, up) => `M${x} ${y + up * 6 * unit}V${y}H${x + long}v${up * 6 * unit}`;
    make("rect", { class: "paper", x: x - 8 * unit, y: y - 22 * unit, width: Math.max(kmLong, miLong) + 50 * unit, height: 44 * unit, rx: 4 * unit }, group);
    make("path", { class: "length km", d: line(kmLong, -1) }, group);
    make("path", { class: "length mi", d: line(miLong, 1) }, group);
    make("text", { x: x + kmLong + 5 * unit, y: y - 3 * unit, "font-size": 11 * unit }, group, `${km} km`);
    make("text", { x: x + miLong + 5 * unit, y: y + 12 * unit, "font-size": 11 * unit }, group, `${mi} mi`);
    group.setAttribute("aria-label", `Scale: bars of ${km} km and ${mi} mi`);
    Object.assign(group.dataset, { km, mi });
  };

  // The city in the middle, and as many ZIP areas around it as have room.
  const names = ([w, s, e, n]) => {
    const group = $("map-names"), taken = [$("map-scale").getBBox()], gap = 10 * unit;
    group.replaceChildren();
    const free = (box) => box.x > w && box.x + box.width < e && box.y > -n && box.y + box.height < -s &&
      taken.every((of) => box.x > of.x + of.width + gap || of.x > box.x + box.width + gap || box.y > of.y + of.height + gap || of.y > box.y + box.height + gap);
    const put = (x, y, words, kind, size) => {
      const text = make("text", { class: kind, x, y: -y, "font-size": size * unit, "text-anchor": "middle" }, group, words);
      const box = text.getBBox();
      if (free(box)) taken.push(box); else text.remove();
    };
    put(0, 0, tenant.metro, "city", 15);
    tenant.towns.forEach(([x, y], i) => { if (tenant.town_names[i]) put(x, y, tenant.town_names[i], "zip", 11); });
  };

  // The slider goes from the first moment of the territory's reps to their last, and stays where it is if it can.
  const days = () => {
    const moments = tenant.reps.flatMap((rep) => rep.way.filter((_, i) => i % 4 === 0));
    from = moments.reduce((least, t) => Math.min(least, t), moments[0] ?? 0);
    until = moments.reduce((most, t) => Math.max(most, t), from + 1);
    span = until - from;
    const before = slider.dataset.set ? Number(slider.value) : NaN;
    Object.assign(slider, { min: from, max: until, step: span > 2 * hour ? 60 : span > 600 ? 5 : 1 });
    slider.value = before >= from && before <= until ? before : from + Math.round(span * 0.4);
    slider.dataset.set = "yes";
  };

  const draw = () => {
    tenant = data.tenants[Number($("map-tenant").value)];
    days();
    const land = $("map-land");
    for (const group of [land, $("map-reps"), $("map-pins")]) group.replaceChildren();
    // The view holds everybody's ways, and is as wide for its height as the sheet is.
    let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
    const reach = (x, y) => { w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y); };
    tenant.visits.forEach(([x, y]) => reach(x, y));
    tenant.reps.forEach((rep) => { for (let i = 0; i < rep.way.length; i += 4) reach(rep.way[i + 1], rep.way[i + 2]); });
    if (w > e) tenant.land.forEach(([x, y]) => reach(x, y));
    const edge = Math.max(e - w, n - s, 200) * 0.06, [width, height] = [svg.clientWidth || 900, svg.clientHeight || 500];
    unit = Math.max((e - w + 2 * edge) / width, (n - s + 2 * edge) / height);
    const [x, y] = [(w + e) / 2, (s + n) / 2];
    [w, s, e, n] = [x - width / 2 * unit, y - height / 2 * unit, x + width / 2 * unit, y + height / 2 * unit];
    svg.setAttribute("viewBox", `${w} ${-n} ${e - w} ${n - s}`);
    make("path", { class: "land", d: path(tenant.land) }, land);
    tenant.towns.forEach(([x, y, r]) => make("circle", { class: "town", cx: x, cy: -y, r: Math.min(r, 40 * unit), opacity: 0.35 }, land));
    tenant.fast.forEach((ring) => make("path", { class: "fast", d: path(ring) }, land));
    tenant.holes.forEach((hole) => make("path", { class: hole.dead ? "hole" : "hole weak", d: path(hole.ring) }, land));
    tenant.visits.forEach(([x, y]) => make("circle", { class: "visit", cx: x, cy: -y, r: 3 * unit }, land));
    scale(w, s);
    names([w, s, e, n]);
    dots = tenant.reps.map((rep) => make("circle", { class: "rep", r: 5 * unit, "data-tip": rep.name }, $("map-reps")));
    pins = tenant.pins.map((pin) => make("path", {
      class: "pin", transform: `translate(${pin.x} ${-pin.y}) scale(${unit})`, d: "M0 0L-7 -14H7Z",
      "data-tip": `${pin.rule}\n${pin.who}, ${time(pin.t)}`,
    }, $("map-pins")));
    pins.forEach((pin, i) => pin.addEventListener("click", () => { location.hash = "rule-" + tenant.pins[i].rule; }));
    hours();
    show();
    byHour();
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
  const within = (times, t) => {
    for (let i = 0; i < times.length; i += 2) if (times[i] <= t && t < times[i + 1]) return true;
    return false;
  };
  const waiting = (rep, t) => {
    let found = 0;
    for (let i = 0; i < rep.queue.length && rep.queue[i] <= t; i += 2) found = rep.queue[i + 1];
    return found;
  };

  // What reps do, one at a time: the class of the dot, and the words.
  const DOES = [["drive", "driving"], ["record", "recording"], ["visit-now", "at a visit"], ["between", "between visits"], ["home", "at home"], ["over", "done for the day"]];
  const PLACES = [4, 0, 2, 3, 5];
  const state = (rep, t) => {
    const at = place(rep, t);
    if (!at) return null;
    const does = at.then === 2 && within(rep.recording, t) ? 1 : PLACES[at.then];
    return { ...at, does, off: within(rep.offline, t), queued: waiting(rep, t) };
  };
  const phone = ({ off, queued }) => [off && "without network", queued && `${queued} queued`].filter(Boolean).join(", ");
  const short = (rep) => (rep.name.startsWith(tenant.name + "/") ? rep.name.slice(tenant.name.length + 1) : rep.name);
  const NAMED = 6;
  const listed = (cell, all) => {
    cell.replaceChildren();
    // One more has as much room as the words for it.
    const shown = all.length > NAMED + 1 ? NAMED : all.length;
    all.slice(0, shown).forEach((name, i) => { cell.append(i ? ", " : ""); html("span", {}, cell, name); });
    cell.append(shown < all.length ? ` and ${all.length - shown} more` : all.length ? "" : "–");
  };
  const tally = (t) => {
    const states = tenant.reps.map((rep) => state(rep, t)), there = states.filter(Boolean);
    const doing = DOES.map((_, does) => there.filter((of) => of.does === does).length);
    const off = there.filter((of) => of.off), queued = there.reduce((sum, of) => sum + of.queued, 0);
    return { states, doing, off: off.length, queued, broken: tenant.pins.filter((pin) => pin.t <= t).length };
  };

  let toldAt = 0;
  const tell = (t, { states, doing, off, queued, broken }) => {
    const parts = DOES.map(([, words], i) => [doing[i], words]).filter(([n]) => n).map(([n, words]) => `${n.toLocaleString("en")} ${words}`);
    const violations = tenant.pins.length ? ` ${broken} of ${counted(tenant.pins.length, "violation", "violations")} so far.` : "";
    says.textContent = `${time(t)} in ${tenant.metro}: ${parts.join(", ") || "no rep is there yet"}; ${off} without network, ${counted(queued, "action", "actions")} queued.${violations}`;
    const rows = $("map-who").children;
    const list = (row, is, more) => {
      const named = states.flatMap((of, i) => (of && is(of) ? [short(tenant.reps[i]) + more(of)] : []));
      listed(rows[row].lastElementChild, named);
    };
    DOES.forEach((_, does) => list(does, (of) => of.does === does, (of) => (phone(of) ? ` (${phone(of)})` : "")));
    list(DOES.length, (of) => of.off, (of) => (of.queued ? ` (${of.queued} queued)` : ""));
    list(DOES.length + 1, (of) => !of.off && of.queued, (of) => ` (${of.queued})`);
  };
  const show = () => {
    const t = Number(slider.value), now = tally(t);
    now.states.forEach((of, i) => {
      const dot = dots[i];
      dot.setAttribute("visibility", of ? "visible" : "hidden");
      if (!of) return;
      dot.setAttribute("cx", of.x.toFixed(1));
      dot.setAttribute("cy", (-of.y).toFixed(1));
      dot.setAttribute("class", `rep ${DOES[of.does][0]}${of.off ? " off" : ""}`);
      dot.dataset.tip = `${tenant.reps[i].name}\n${[DOES[of.does][1], phone(of)].filter(Boolean).join(", ")}`;
    });
    tenant.pins.forEach((pin, i) => pins[i].setAttribute("class", pin.t <= t ? "pin" : "pin later"));
    clock.textContent = time(t);
    slider.setAttribute("aria-valuetext", `${time(t)}, ${zone()}`);
    // While it plays, words that change with every frame could not be read.
    if (timer && performance.now() - toldAt < 200) return;
    toldAt = performance.now();
    tell(t, now);
  };

  // The same for who does not play it: a row a whole hour.
  const byHour = () => {
    const body = $("map-by-hour");
    body.replaceChildren();
    const step = STEPS.find((step) => step >= Math.min(hour, span / 12)) ?? hour;
    const moments = [...new Set([from, ...whole(step), until])];
    for (const t of moments) {
      const { doing, off, queued } = tally(t), row = html("tr", {}, body);
      html("th", { scope: "row" }, row, time(t));
      for (const n of [...doing, off, queued]) html("td", { className: "n" }, row, n.toLocaleString("en"));
    }
  };

  const stop = () => {
    cancelAnimationFrame(timer);
    timer = 0;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
    says.setAttribute("aria-live", "polite");
    show();
  };
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= until - Number(slider.step)) slider.value = from;
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
    // A screen reader would never come to an end of what passes by.
    says.setAttribute("aria-live", "off");
  });
  slider.addEventListener("input", () => { if (timer) stop(); show(); });
  $("map-tenant").addEventListener("change", () => { if (timer) stop(); draw(); });
  addEventListener("resize", draw);

  draw();
})();
