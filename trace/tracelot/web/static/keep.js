/* Keeps a form on the phone when the network is away, and sends it once it is back. Forms with data-keep alone.
   What is kept carries the form's own key, under which the server does it once. No password is ever kept: what needs a
   signature asks for it anew. Every word comes from the page. */

const SHELF = "trace-kept";
const box = document.querySelector("[data-kept]");
const words = box.dataset;
const list = box.querySelector("ul");

function kept() {
  try {
    return JSON.parse(localStorage.getItem(SHELF)) ?? [];
  } catch {
    return [];
  }
}

function store(items) {
  localStorage.setItem(SHELF, JSON.stringify(items));
  show();
}

function drop(key) {
  store(kept().filter((item) => item.key !== key));
}

function note(key, state) {
  store(kept().map((item) => (item.key === key ? { ...item, state } : item)));
}

const mine = (item) => item.who === words.who;

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function secret(name) {
  const label = document.createElement("label");
  label.textContent = words[name];
  const field = document.createElement("input");
  Object.assign(field, { className: "input", name, type: name === "sign_password" ? "password" : "text" });
  field.autocomplete = name === "sign_password" ? "current-password" : "one-time-code";
  label.append(field);
  return label;
}

function row(item) {
  const line = document.createElement("li");
  const what = document.createElement("p");
  what.textContent = `${item.label} · ${new Date(item.at).toLocaleString(document.documentElement.lang)}`;
  line.append(what);
  if (item.state) {
    const state = document.createElement("p");
    state.className = "late";
    state.textContent = words[item.state];
    line.append(state);
  }
  const actions = document.createElement("div");
  actions.className = "actions";
  const secrets = item.secrets.map(secret);
  line.append(...secrets);
  const typed = () => secrets.map((label) => [label.lastChild.name, label.lastChild.value]);
  actions.append(button(words.send, () => send(item, typed())));
  if (item.state === "refused") actions.append(button(words.drop, () => drop(item.key)));
  line.append(actions);
  return line;
}

/* "n unsent" stands there whether or not there are any by somebody else, who alone may send them. */
function show() {
  const items = kept();
  const own = items.filter(mine);
  box.hidden = items.length === 0;
  box.querySelector("[data-count]").textContent = words.count.replace("{n}", String(own.length));
  box.querySelector("[data-others]").hidden = own.length === items.length;
  list.replaceChildren(...own.map(row));
}

let sending = false;

async function send(item, secrets = []) {
  const body = new URLSearchParams([...item.fields, ...secrets]);
  let answer;
  try {
    answer = await fetch(item.action, { method: "POST", body, credentials: "same-origin" });
  } catch {
    note(item.key, "away");
    return undefined;
  }
  if (answer.ok) drop(item.key);
  else note(item.key, answer.status === 401 ? "out" : answer.status >= 500 || answer.status === 429 ? "away" : "refused");
  return answer;
}

/* One after another. What needs a signature, or was refused, waits for its person. */
async function sendAll() {
  if (sending || !navigator.onLine) return;
  sending = true;
  for (const item of kept()) {
    if (mine(item) && item.secrets.length === 0 && item.state !== "refused") await send(item);
  }
  sending = false;
}

function keepOf(form) {
  const secrets = [...form.elements].filter((field) => /^sign_/.test(field.name)).map((field) => field.name);
  const fields = [...new FormData(form)].filter(([name, value]) => !secrets.includes(name) && typeof value === "string");
  const key = form.elements.key.value;
  return { key, who: words.who, action: form.action, label: form.dataset.keep, at: Date.now(), fields, secrets };
}

async function onSubmit(event) {
  const form = event.target.closest("form[data-keep]");
  if (!form) return;
  event.preventDefault();
  const item = keepOf(form);
  const typed = item.secrets.map((name) => [name, form.elements[name].value]);
  store([...kept().filter((one) => one.key !== item.key), item]);
  const answer = await send(item, typed);
  if (answer?.ok) location.assign(answer.url);
  else if (answer && answer.status < 500 && answer.status !== 401 && answer.status !== 429) {
    drop(item.key);
    form.submit(); // the page that says what is wrong; the same key, so it has no second effect
  } else {
    form.closest("details")?.removeAttribute("open");
    box.scrollIntoView();
    box.focus();
  }
}

document.addEventListener("submit", onSubmit);
addEventListener("online", sendAll);
addEventListener("storage", show);
show();
sendAll();
