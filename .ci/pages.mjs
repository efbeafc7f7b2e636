// Opens pages in headless Chromium and asks of each what a person expects of it.
//   node pages.mjs TOOLS NAME=report.html ...
import { createRequire } from "node:module";
import { existsSync, readFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import assert from "node:assert/strict";

const [tools, ...named] = process.argv.slice(2);
const require = createRequire(join(resolve(tools), "node_modules", "x.js"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const shots = join(tools, "shots");
mkdirSync(shots, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), "fieldday-pages-"));
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launchPersistentContext(profile, { executablePath: "/usr/bin/chromium", headless: true, args });

/** A page of its own, and everything that it says or asks for. */
async function open(file, { width, height = 900, scheme }) {
  const page = await browser.newPage();
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  const said = [], asked = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  const quiet = () => {
    assert.deepEqual(said, [], "the console is empty");
    assert.deepEqual(asked.filter((url) => !url.startsWith("data:")), [pathToFileURL(file).href], "nothing is loaded but the file");
  };
  return { page, quiet };
}

async function isAccessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = found.violations.map((rule) => `${rule.id}: ${rule.help}\n    ${rule.nodes.slice(0, 4).map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? "")).join("\n    ")}`);
  assert.deepEqual(told, [], `axe-core finds nothing ${what}`);
}

const tip = (page) => page.locator("#tip");
const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function charts(page) {
  const figure = page.locator("figure.chart").first();
  await figure.scrollIntoViewIfNeeded();
  await figure.locator(".field").hover();
  assert.match(await tip(page).textContent(), /p50|:/, "a chart under the pointer shows values");
  assert.ok(await tip(page).isVisible());
  await figure.locator(".plot").focus();
  await page.keyboard.press("Home");
  const first = await tip(page).textContent();
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await tip(page).textContent(), first, "arrow keys go through the values");
  assert.equal(await figure.locator(".cursor").getAttribute("visibility"), "visible");
  await page.keyboard.press("Escape");
  assert.ok(!(await tip(page).isVisible()));
  // The pointer's words are the table's.
  const row = await figure.locator("tbody tr").nth(1).evaluate((tr) => [...tr.children].map((cell) => cell.textContent));
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  const words = await tip(page).textContent();
  assert.ok(row.every((cell) => words.includes(cell)), `${words} has ${row}`);
  const bar = page.locator(".bars .track[data-tip]").first();
  await bar.hover();
  assert.match(await tip(page).textContent(), /p99 .*samples/, "a bar under the pointer shows its percentiles");
}

/** Words beside one another, of which none may stand over another: what they say, for those that do. */
const overlapping = (page, which) => page.evaluate((which) => {
  const over = [], groups = new Map();
  for (const words of document.querySelectorAll(which)) {
    const box = words.getBoundingClientRect(), beside = groups.get(words.parentElement) ?? [];
    if (!box.width) continue;
    for (const [said, other] of beside) {
      if (box.left < other.right - 0.5 && other.left < box.right - 0.5 && box.top < other.bottom - 0.5 && other.top < box.bottom - 0.5) over.push(`${said} and ${words.textContent}`);
    }
    groups.set(words.parentElement, [...beside, [words.textContent, box]]);
  }
  return over;
}, which);

/** The scale, names and hours of the map, which are drawn anew for every width. */
async function sheet(page) {
  const scale = await page.locator("#map-svg").evaluate((svg) => {
    const group = svg.querySelector("#map-scale");
    if (!group?.querySelector(".length.km")) return null;
    const pixels = svg.getScreenCTM().a, sheet = svg.getBoundingClientRect();
    const bar = (which) => group.querySelector(`.length.${which}`).getBBox().width * pixels;
    const own = group.getBoundingClientRect();
    return { says: group.textContent, km: Number(group.dataset.km), mi: Number(group.dataset.mi), kmLong: bar("km"), miLong: bar("mi"), pixels,
      inside: own.left >= sheet.left && own.right <= sheet.right && own.top >= sheet.top && own.bottom <= sheet.bottom };
  });
  assert.ok(scale, "the map has a scale bar");
  assert.ok(scale.says.includes(`${scale.km} km`) && scale.says.includes(`${scale.mi} mi`), "the scale bar says how long it is");
  assert.ok(scale.inside && scale.kmLong > 25 && scale.miLong > 25, "the scale bar can be seen");
  // The drawing's unit is ten metres.
  assert.ok(Math.abs(scale.kmLong / (scale.km * 100 * scale.pixels) - 1) < 0.01, "the bar is as long as it says");
  assert.ok(Math.abs(scale.miLong / scale.mi / (scale.kmLong / scale.km) - 1.609344) < 0.01, "a mile is 1.609 km");
  assert.equal(await page.locator("#map-names .city").count(), 1, "the city has its name");
  assert.ok((await page.locator("#map-names .zip").count()) > 2, "places have names");
  assert.deepEqual(await overlapping(page, "#map-names text"), [], "no name stands over another");

  assert.match(await page.locator("#map-zone").textContent(), /^Hours of [A-Z]\w+.*, UTC[+−]\d/, "the hours' zone is named");
  assert.deepEqual(await overlapping(page, "#map-hours span"), [], "no hour stands over another");
  const hours = await page.locator("#map-hours span").allTextContents();
  assert.ok(hours.length > 2 && hours.every((hour) => /^(\d\d:00|\+\d d)$/.test(hour)), `ticks are whole hours: ${hours}`);
  // The tick of an hour is where the slider says that hour.
  const tick = await page.locator("#map-hours").evaluate((axis) => {
    const words = [...axis.querySelectorAll("span")].find((span, i) => i > 0 && span.textContent.includes(":"));
    const of = (element) => { const box = element.getBoundingClientRect(); return box.left + box.width / 2; };
    const box = axis.getBoundingClientRect(), near = [...axis.querySelectorAll("i")].sort((a, b) => Math.abs(of(a) - of(words)) - Math.abs(of(b) - of(words)))[0];
    return { hour: words.textContent, at: (near.getBoundingClientRect().left - box.left) / box.width };
  });
  await page.locator("#map-time").evaluate((input, at) => { input.value = Number(input.min) + at * (input.max - input.min); input.dispatchEvent(new Event("input")); }, tick.at);
  const minutes = (text) => { const [, h, m] = text.match(/(\d\d):(\d\d)/).map(Number); return h * 60 + m; };
  const said = await page.locator("#map-clock").textContent();
  assert.ok(Math.abs(minutes(said) - minutes(tick.hour)) <= 2, `at the tick of ${tick.hour} it is ${said}`);
}

async function map(page, broken) {
  const places = () => page.locator("#map-reps circle").evaluateAll((dots) => dots.map((dot) => dot.getAttribute("cx") + "," + dot.getAttribute("cy")));
  const slider = page.locator("#map-time"), clock = page.locator("#map-clock"), says = page.locator("#map-says");
  const to = (share) => slider.evaluate((input, share) => { input.value = Number(input.min) + (input.max - input.min) * share; input.dispatchEvent(new Event("input")); }, share);
  const reps = await page.locator("#map-reps circle").count();
  const named = () => page.locator("#map-who > div:nth-child(-n+6) dd").evaluateAll((cells) => cells.map((cell) => cell.querySelectorAll("span").length + Number(cell.textContent.match(/and (\d+) more/)?.[1] ?? 0)).reduce((a, b) => a + b, 0));
  await slider.focus();
  await page.keyboard.press("Home");
  const [home, early] = [await places(), await clock.textContent()];
  assert.ok(home.length > 0, "there are reps on the map");
  const told = new Set();
  for (const share of [0, 0.2, 0.4, 0.5, 0.6, 0.8, 1]) {
    await to(share);
    const text = await says.textContent();
    assert.ok(text.startsWith(`${await clock.textContent()} in `), `the status is that of the slider's time: ${text}`);
    assert.equal(await named(), reps, "every rep does something");
    told.add(text.slice(text.indexOf(":", 6)));
  }
  assert.ok(told.size > 3, "what reps do changes over the day");
  assert.match([...told].join("\n"), /driving[^]*recording|recording[^]*driving/);
  await to(0.5);
  assert.notDeepEqual(await places(), home, "the slider moves reps");
  assert.notEqual(await clock.textContent(), early);
  await page.locator("#map-reps circle").first().dispatchEvent("pointermove", { bubbles: true });
  await slider.focus();
  await page.keyboard.press("Home");
  const atHome = await says.textContent();
  await page.locator("#map-play").click();
  await page.waitForFunction(() => document.getElementById("map-time").value > Number(document.getElementById("map-time").min) + Math.min(600, (document.getElementById("map-time").max - document.getElementById("map-time").min) / 20));
  assert.equal(await page.locator("#map-play").textContent(), "Pause");
  await page.waitForTimeout(300);
  const playing = await page.evaluate(() => [document.getElementById("map-says").textContent, document.getElementById("map-clock").textContent]);
  assert.notEqual(playing[0].slice(0, 5), atHome.slice(0, 5), "the status follows the playback");
  await page.locator("#map-play").click();
  const held = await slider.inputValue();
  assert.ok((await says.textContent()).startsWith(`${await clock.textContent()} in `), "the status is that of the time at which it was paused");
  await page.waitForTimeout(150);
  assert.equal(await slider.inputValue(), held, "it stands still when it is paused");
  assert.ok((await page.locator("#map-by-hour tr").count()) > 4, "the day stands hour by hour, too");
  await sheet(page);
  const choices = await page.locator("#map-tenant option").count();
  if (choices > 1) {
    const before = await page.locator("#map-land .land").getAttribute("d");
    await page.locator("#map-tenant").selectOption(String(choices - 1 === Number(await page.locator("#map-tenant").inputValue()) ? 0 : choices - 1));
    assert.notEqual(await page.locator("#map-land .land").getAttribute("d"), before, "another territory is drawn");
  }
  if (broken) {
    const chosen = await page.locator("#map-tenant option").evaluateAll((options) => options.findIndex((option) => option.textContent.includes("violation")));
    assert.ok(chosen >= 0, "violations are pinned");
    await page.locator("#map-tenant").selectOption(String(chosen));
    assert.ok((await page.locator("#map-pins .pin").count()) > 0);
  }
}

/** What holds of any page: both themes, print, a phone, and nothing that scrolls sideways. */
async function everywhere(name, file, { page, quiet }) {
  const light = await background(page);
  await page.locator("#theme").click();
  assert.notEqual(await background(page), light, "the other theme has another paper");
  assert.equal(await page.locator("#theme").getAttribute("aria-pressed"), "true");
  await isAccessible(page, "in dark");
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(shots, `${name}-dark.png`), fullPage: true });
  await page.locator("#theme").click();
  assert.equal(await background(page), light);
  await page.screenshot({ path: join(shots, `${name}-light.png`), fullPage: true });
  assert.ok((await overflows(page)) <= 0, "nothing scrolls sideways");
  assert.deepEqual(await overlapping(page, ".words .x"), [], "no label below a chart stands over another");

  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await background(page), "rgb(255, 255, 255)", "paper is white");
  const pdf = (await page.pdf({ format: "A4", printBackground: false })).toString("latin1");
  assert.ok((pdf.match(/\/Type\s*\/Page\b/g) ?? []).length >= 1, "it prints");
  quiet();
  await page.close();

  const phone = await open(file, { width: 380, height: 844, scheme: "dark" });
  assert.ok((await overflows(phone.page)) <= 0, "nothing scrolls sideways on a phone");
  assert.deepEqual(await overlapping(phone.page, ".words .x"), [], "no label below a chart stands over another on a phone");
  if ((await phone.page.locator("#map").count()) > 0) await sheet(phone.page);
  await isAccessible(phone.page, "on a phone, in dark");
  await phone.page.screenshot({ path: join(shots, `${name}-phone.png`), fullPage: true });
  phone.quiet();
  await phone.page.close();
}

async function looks(name, file) {
  const { page, quiet } = await open(file, { width: 1280, scheme: "light" });
  const has = async (id) => (await page.locator(`#${id}`).count()) > 0;
  const wanted = {
    good: ["endpoints", "day", "queues", "felt", "rules", "map", "facts"],
    bad: ["endpoints", "day", "rules", "violations", "map", "facts"],
    empty: ["rules", "facts"],
    interrupted: ["rules", "facts"],
    killed: ["endpoints", "day", "rules", "map", "facts"],
  }[name] ?? [];
  for (const id of ["verdict", ...wanted]) assert.ok(await has(id), `there is a section ${id}`);
  const cut = name === "interrupted" || name === "killed";
  assert.equal((await page.getByText("did not come to its end").count()) > 0, cut, "it says whether the run is complete");
  const links = await page.locator('a[href^="#"]').evaluateAll((all) => all.map((link) => link.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id)));
  assert.deepEqual(links, [], "links within the page lead somewhere");
  await isAccessible(page, "in light");
  if (await has("day")) await charts(page);
  if (await has("map")) await map(page, name === "bad");
  if (name === "bad") {
    assert.ok((await page.locator(".sequence svg").count()) > 1, "violations are drawn");
    assert.ok((await page.locator(".sequence svg .msg").count()) > 4);
  }
  const rule = page.locator(".rule-cell").first();
  await rule.focus();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  assert.ok((await tip(page).textContent()).length > 20, "a rule with the focus says its sentence");
  await page.locator("button[data-copy]").first().click();
  await page.getByText("Copied").waitFor();
  await everywhere(name, file, { page, quiet });
}

/** A page that is no run's: the answer first, as on a run's, then numbers; lines to paste; links that lead to reports. */
async function looksOtherwise(name, file) {
  const opened = await open(file, { width: 1200, scheme: "light" }), { page } = opened;
  const answer = page.locator("section#verdict");
  assert.equal(await page.locator("main > :first-child").getAttribute("id"), "verdict", "the answer comes first");
  assert.ok((await answer.locator("h1").textContent()).length > 10 && (await answer.locator(".word").textContent()).length > 2, "the verdict is a sentence");
  // A simulation has no numbers apart: its answer has them.
  if (name !== "simulated" && name !== "table") {
    const numbers = await answer.locator(".grid").boundingBox();
    assert.ok(numbers && numbers.y + numbers.height < 900, "the numbers that matter are on the first screen");
    const line = page.locator("button[data-copy]").first();
    assert.match(await line.getAttribute("data-copy"), /^fieldday \w+/, "there is a line to paste");
    await line.click();
    await page.getByText("Copied").waitFor();
  }
  if (name === "trend" || name === "comparison") {
    const reports = await page.locator('a[href$="report.html"]').evaluateAll((links) => links.map((link) => link.href));
    assert.ok(reports.length > 1, "runs have links to their reports");
    for (const report of reports) assert.ok(existsSync(fileURLToPath(report)), `${report} is there`);
  }
  if (name === "trend") {
    const [sparks, endpoints] = [await page.locator("svg.spark").count(), await page.locator("figure.chart").count()];
    assert.ok(sparks >= endpoints && endpoints > 5, "each endpoint has small lines");
    const dates = await page.locator("figure.chart").first().locator(".x.desk").allTextContents();
    assert.match(dates[0], /^\d+ [A-Z][a-z]{2} \d{4}$/, "the first label is a date with its year");
    assert.ok(dates.length > 1 && dates.length <= 8, `there are few dates: ${dates}`);
  }
  await isAccessible(page, "in light");
  await everywhere(name, file, opened);
}
const noRuns = ["trend", "comparison", "capacity", "simulated", "table"];

let failed = 0;
for (const [name, file] of named.map((pair) => pair.split("="))) {
  const began = Date.now();
  try {
    await (noRuns.includes(name) ? looksOtherwise : looks)(name, resolve(file));
    console.log(`ok: ${name}, ${((Date.now() - began) / 1000).toFixed(1)} s`);
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${name}: ${error.message}\n${error.stack?.split("\n").find((line) => line.includes("pages.mjs:")) ?? ""}`);
  }
}
await browser.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
