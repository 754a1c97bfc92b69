/* The explorer of a trace: lights ways, zooms and moves the drawing, and goes back in time.
   Each of it is an address as well, so all of it works without, only less quickly. */

const SCALES = [0.25, 0.35, 0.5, 0.7, 0.85, 1, 1.25, 1.6, 2, 2.5];
const STEP = 160; // pixels of one move
const READABLE = 0.7; // smaller words are not read
const NEAR = 0.85;
let scale = 1;

const frame = () => document.querySelector("[data-graph]");
const drawing = () => frame()?.querySelector("svg");
const nodes = () => [...(drawing()?.querySelectorAll(".net-nodes > *") ?? [])];
const wires = () => [...(drawing()?.querySelectorAll("[data-ends]") ?? [])];
const row = (node) => document.getElementById((node.getAttribute("href") ?? "").slice(1));
const endsOf = (wire) => wire.dataset.ends.split(" ").map(Number);

/* ── Ways ── */

function met(start, onward) {
  const found = new Set([start]);
  for (const one of found) for (const next of onward.get(one) ?? []) found.add(next);
  return found;
}

/* What a node is made of and what it became: the same as the server lights for ?on=. */
function waysThrough(start) {
  const [out, into] = [new Map(), new Map()];
  for (const wire of wires()) {
    const [source, target] = endsOf(wire);
    out.set(source, [...(out.get(source) ?? []), target]);
    into.set(target, [...(into.get(target) ?? []), source]);
  }
  return new Set([...met(start, out), ...met(start, into)]);
}

function show(lit, chosen) {
  const all = nodes();
  all.forEach((node, number) => {
    node.classList.toggle("lit", lit.has(number));
    const line = row(node);
    line?.classList.toggle("lit", lit.has(number));
    if (number === chosen) line?.setAttribute("aria-current", "true");
    else line?.removeAttribute("aria-current");
  });
  for (const wire of wires()) wire.classList.toggle("lit", endsOf(wire).every((end) => lit.has(end)));
  document.getElementById("way")?.remove();
}

function light(id) {
  const all = nodes();
  const number = all.findIndex((node) => node.getAttribute("href") === `#${id}`);
  if (number < 0) return;
  const lit = waysThrough(number);
  show(lit, number);
  const line = document.getElementById(id);
  const button = line.querySelector("button[name=on]");
  const rows = [...lit].filter((one) => all[one].hasAttribute("href")).length;
  const told = document.querySelector("[data-told]");
  told.textContent = told.dataset.told.replace("{count}", rows).replace("{name}", button.textContent)
    .replace("{total}", all.filter((node) => node.hasAttribute("href")).length);
  const address = new URL(location);
  address.searchParams.set("on", button.value);
  history.replaceState(null, "", address.search);
  const full = document.querySelector("[data-full]");
  full.href = `${address.search}#way`;
  full.hidden = "group" in line.dataset;
  keepInSight(line.closest(".table-frame"), line);
  keepInSight(frame(), all[number]);
}

/* The address is the page's own but for its fragment, so the browser alone would not ask for it again. */
function readInFull(event) {
  event.preventDefault();
  history.replaceState(null, "", event.target.href);
  location.reload();
}

function clear() {
  if (!document.querySelector("#answer .lit")) return false;
  show(new Set());
  document.querySelector("[data-told]").textContent = "";
  document.querySelector("[data-full]").hidden = true;
  history.replaceState(null, "", document.getElementById("answer").dataset.clear);
  return true;
}

/* Scrolls a frame, never the page. */
function keepInSight(box, what) {
  if (box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth) return;
  const [outer, inner] = [box.getBoundingClientRect(), what.getBoundingClientRect()];
  if (inner.top < outer.top || inner.bottom > outer.bottom) {
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
  }
  if (inner.left < outer.left || inner.right > outer.right) {
    box.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
  }
}

/* ── Zoom and move ── */

function zoom(to) {
  const [box, image] = [frame(), drawing()];
  const { width, height } = image.viewBox.baseVal;
  const middle = [(box.scrollLeft + box.clientWidth / 2) / scale, (box.scrollTop + box.clientHeight / 2) / scale];
  scale = to;
  image.setAttribute("width", Math.round(width * scale));
  image.setAttribute("height", Math.round(height * scale));
  box.scrollTo(middle[0] * scale - box.clientWidth / 2, middle[1] * scale - box.clientHeight / 2);
}

function fitting() {
  const { width, height } = drawing().viewBox.baseVal;
  return Math.min(1, frame().clientWidth / width, frame().clientHeight / height);
}

const ACTS = {
  in: () => zoom(SCALES.find((one) => one > scale + 0.01) ?? scale),
  out: () => zoom(SCALES.findLast((one) => one < scale - 0.01) ?? scale),
  fit: () => zoom(fitting()),
  left: () => frame().scrollBy(-STEP, 0),
  right: () => frame().scrollBy(STEP, 0),
  up: () => frame().scrollBy(0, -STEP),
  down: () => frame().scrollBy(0, STEP),
};
const KEYS = { "+": "in", "=": "in", "-": "out", "0": "fit" };

/* A new drawing is seen whole where its words stay readable, else around its start. */
function begin() {
  if (!drawing()) return;
  document.querySelector(".net-buttons").hidden = false;
  scale = 1;
  const across = frame().clientWidth / drawing().viewBox.baseVal.width;
  zoom(across < READABLE ? NEAR : Math.min(1, across));
  const start = document.querySelector(".net-node.start");
  const chosen = document.querySelector("#table tr[aria-current]");
  if (start) keepInSight(frame(), start);
  if (chosen) keepInSight(chosen.closest(".table-frame"), chosen);
}

/* ── Time ── */

function chosenMoment(slider) {
  return slider.list.options[Number(slider.value)];
}

function tellMoment(slider) {
  slider.setAttribute("aria-valuetext", chosenMoment(slider).label);
  slider.form.elements.as_of.value = chosenMoment(slider).dataset.at;
}

let asked = 0;

async function goTo(form) {
  const turn = ++asked;
  const fields = [...new FormData(form)].filter(([, value]) => value !== "");
  const address = `${form.getAttribute("action")}?${new URLSearchParams(fields)}`;
  document.getElementById("answer").setAttribute("aria-busy", "true");
  const answer = await fetch(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn !== asked) return;
  const fresh = page.getElementById("answer");
  if (!fresh) {
    location.assign(address);
    return;
  }
  document.getElementById("answer").replaceWith(fresh);
  history.replaceState(null, "", address);
  begin();
}

/* ── Listening ── */

function onClick(event) {
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const act = event.target.closest("[data-net]")?.dataset.net;
  if (act) ACTS[act]();
  if (event.target.closest("[data-full]")) readInFull(event);
  const node = event.target.closest("[data-graph] a[href^='#b']");
  const line = node ? row(node) : event.target.closest("#table button[name=on]")?.closest("tr");
  if (!line) return;
  event.preventDefault();
  light(line.id);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("details.menu[open]")) clear();
  if (event.target.closest("[data-graph]") && event.key in KEYS) {
    event.preventDefault();
    ACTS[KEYS[event.key]]();
  }
}

document.addEventListener("click", onClick);
document.addEventListener("keydown", onKey, true);
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-moments]")) tellMoment(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-moments]")) goTo(event.target.form);
});
begin();
document.documentElement.dataset.ready = "";
