/* The form of an act on goods without loading the page anew: scanned codes wait in a queue, and what the server
   answers takes the place of the lines. Without this, each step is an ordinary round trip of the same form. */

const form = document.querySelector("[data-act-form]");
const box = form?.querySelector("[data-scan-box]");
const told = form?.querySelector("[data-told]");
const STEPS = new Set(["add", "pick", "drop", "all"]);
const waiting = [];
let busy = false;

function lines() {
  return form.querySelector("[data-lines]");
}

function fieldsOf(place) {
  return place.querySelectorAll("input[id], select[id]");
}

/* What was typed while the answer was on its way stays. */
function swap(fresh, sent) {
  const active = document.activeElement?.id;
  const inside = lines().contains(document.activeElement);
  for (const field of fieldsOf(lines())) {
    const next = fresh.querySelector(`[id="${field.id}"]`);
    if (next && sent.has(field.id) && sent.get(field.id) !== field.value) next.value = field.value;
  }
  lines().replaceWith(fresh);
  if (inside) (document.getElementById(active) ?? box).focus();
}

async function send(step) {
  const sent = new Map([...fieldsOf(lines())].map((field) => [field.id, field.value]));
  const body = new URLSearchParams(new FormData(form));
  body.delete("code");
  body.set(step.name, step.value);
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-lines]");
  if (!answer.ok || !fresh) throw new Error(String(answer.status));
  swap(fresh, sent);
  told.replaceChildren(...page.querySelector("[data-told]").childNodes);
  box.setAttribute("aria-invalid", String(told.querySelector(".error") !== null));
}

/* One after the other: each answer holds the lines that the next one adds to. */
async function work() {
  if (busy) return;
  busy = true;
  while (waiting.length > 0) {
    const step = waiting.shift();
    try {
      await send(step);
    } catch {
      busy = false;
      byPage(step);
      return;
    }
  }
  busy = false;
}

/* Whatever went wrong, the server's own page tells of it. */
function byPage(step) {
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: step.name, value: step.value });
  if (step.name === "code") box.value = step.value;
  else form.append(hidden);
  form.submit();
}

function onSubmit(event) {
  const step = event.submitter?.name;
  const code = box.value;
  if (code.trim()) {
    event.preventDefault();
    waiting.push({ name: "code", value: code });
    box.value = "";
    if (document.activeElement === document.body || !step || step === "add") box.focus();
  } else if (STEPS.has(step)) {
    event.preventDefault();
    if (step !== "add") waiting.push({ name: step, value: event.submitter.value });
  } else if (!step && lines().contains(document.activeElement)) {
    event.preventDefault(); // Enter behind a quantity: the next code, please
    box.focus();
  } else {
    return;
  }
  work();
}

if (box) {
  form.addEventListener("submit", onSubmit);
  form.dataset.ready = "";
}
