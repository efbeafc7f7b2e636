(() => {
  "use strict";
  const root = document.documentElement, tip = document.getElementById("tip");
  const all = (what, within = document) => [...within.querySelectorAll(what)];

  // The theme: the system's, until somebody wants the other one.
  const toggle = document.getElementById("theme"), system = matchMedia("(prefers-color-scheme: dark)");
  const keep = { get: () => { try { return localStorage.getItem("theme"); } catch { return null; } },
    set: (theme) => { try { localStorage.setItem("theme", theme); } catch { /* it lasts as long as the page */ } } };
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const told = () => toggle.setAttribute("aria-pressed", String(isDark()));
  if (keep.get()) root.dataset.theme = keep.get();
  toggle.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; keep.set(root.dataset.theme); told(); });
  system.addEventListener("change", told);
  told();

  // Words beside the pointer, or beside what has the focus.
  const say = (text, x, y) => {
    tip.textContent = text;
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    tip.style.left = Math.max(8, Math.min(x + 14, innerWidth - box.width - 8)) + "px";
    tip.style.top = (y + box.height + 24 < innerHeight ? y + 16 : Math.max(8, y - box.height - 12)) + "px";
  };
  const hush = () => { tip.hidden = true; };
  const beside = (element) => { const box = element.getBoundingClientRect(); say(element.dataset.tip, box.left + 12, box.bottom - 8); };
  document.addEventListener("pointermove", (event) => {
    const of = event.target.closest?.("[data-tip]");
    if (of) say(of.dataset.tip, event.clientX, event.clientY);
    else if (!event.target.closest?.(".field")) hush();
  });
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-tip]:focus-visible")) beside(event.target); });
  document.addEventListener("focusout", hush);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hush(); });
  addEventListener("scroll", hush, { passive: true });
  window.fieldday = { say, hush };

  // Charts: what is at a column stands in a row of their table.
  for (const figure of all("figure.chart")) {
    const plot = figure.querySelector(".plot"), field = figure.querySelector(".field"), cursor = figure.querySelector(".cursor");
    const heads = all("thead th", figure).map((th) => th.textContent), rows = all("tbody tr", figure);
    // Where a column stands: evenly, or on an axis of numbers.
    const places = rows.map((row, i) => row.dataset.at === undefined ? (i + 0.5) / rows.length : Number(row.dataset.at));
    const nearest = (x) => places.reduce((best, place, i) => Math.abs(place - x) < Math.abs(places[best] - x) ? i : best, 0);
    let at = -1;
    const show = (column, x, y) => {
      if (!rows.length) return;
      at = Math.max(0, Math.min(rows.length - 1, column));
      cursor.setAttribute("d", `M${places[at] * 1000} 0v1000`);
      cursor.setAttribute("visibility", "visible");
      const cells = [...rows[at].children].map((cell) => cell.textContent);
      const values = cells.slice(1).map((cell, i) => `${heads[i + 1]}: ${cell}`);
      const box = field.getBoundingClientRect();
      say([cells[0], ...values].join("\n"), x ?? box.left + places[at] * box.width, y ?? box.top + 20);
    };
    const leave = () => { cursor.setAttribute("visibility", "hidden"); hush(); };
    field.addEventListener("pointermove", (event) => {
      const box = field.getBoundingClientRect();
      show(nearest((event.clientX - box.left) / box.width), event.clientX, event.clientY);
    });
    field.addEventListener("pointerleave", leave);
    plot.addEventListener("blur", leave);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e6, End: 1e6 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      show(at < 0 && step > 0 && step < 1e6 ? 0 : at + step);
    });
  }

  // Lines to paste.
  for (const button of all("button[data-copy]")) {
    button.addEventListener("click", async () => {
      const text = button.dataset.copy;
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = Object.assign(document.createElement("textarea"), { value: text });
        document.body.append(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    });
  }

  // Which section is read.
  const links = new Map(all(".toc a").map((link) => [link.hash.slice(1), link]));
  if (links.size && "IntersectionObserver" in window) {
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries.filter((entry) => entry.isIntersecting)) {
        links.forEach((link) => link.removeAttribute("aria-current"));
        links.get(entry.target.id)?.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-15% 0px -75% 0px" });
    links.forEach((_, id) => { const section = document.getElementById(id); if (section) watch.observe(section); });
  }
})();
