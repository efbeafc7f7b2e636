// Opens pages in headless Chromium and asks of each what a person expects of it.
//   node pages.mjs TOOLS NAME=report.html ...
import { createRequire } from "node:module";
import { readFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
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

async function map(page, broken) {
  const places = () => page.locator("#map-reps circle").evaluateAll((dots) => dots.map((dot) => dot.getAttribute("cx") + "," + dot.getAttribute("cy")));
  const slider = page.locator("#map-time"), clock = page.locator("#map-clock");
  await slider.focus();
  await page.keyboard.press("Home");
  const [home, early] = [await places(), await clock.textContent()];
  assert.ok(home.length > 0, "there are reps on the map");
  await slider.evaluate((input) => { input.value = (Number(input.min) + Number(input.max)) / 2; input.dispatchEvent(new Event("input")); });
  assert.notDeepEqual(await places(), home, "the slider moves reps");
  assert.notEqual(await clock.textContent(), early);
  assert.match(await page.locator("#map-says").textContent(), /driving.*at a visit/);
  await page.locator("#map-reps circle").first().dispatchEvent("pointermove", { bubbles: true });
  await slider.focus();
  await page.keyboard.press("Home");
  await page.locator("#map-play").click();
  await page.waitForFunction(() => document.getElementById("map-time").value > Number(document.getElementById("map-time").min) + Math.min(600, (document.getElementById("map-time").max - document.getElementById("map-time").min) / 20));
  assert.equal(await page.locator("#map-play").textContent(), "Pause");
  await page.locator("#map-play").click();
  const held = await slider.inputValue();
  await page.waitForTimeout(150);
  assert.equal(await slider.inputValue(), held, "it stands still when it is paused");
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

  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await background(page), "rgb(255, 255, 255)", "paper is white");
  const pdf = (await page.pdf({ format: "A4", printBackground: false })).toString("latin1");
  assert.ok((pdf.match(/\/Type\s*\/Page\b/g) ?? []).length >= 1, "it prints");
  quiet();
  await page.close();

  const phone = await open(file, { width: 390, height: 844, scheme: "dark" });
  assert.ok((await overflows(phone.page)) <= 0, "nothing scrolls sideways on a phone");
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

/** A page that is no run's. */
async function looksOtherwise(name, file) {
  const opened = await open(file, { width: 1280, scheme: "light" });
  assert.ok((await opened.page.locator("h1").count()) > 0, "it has a title");
  await isAccessible(opened.page, "in light");
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
