/* Small comforts for every page; all of them work without, only less quickly.
   Behaviour hangs on data-* attributes and listens at the document, so swapped-in fragments need nothing. */

const root = document.documentElement;
// Browsers offer the clipboard on https only; without it the copy buttons stay hidden.
if (navigator.clipboard) root.dataset.clipboard = "";

function isTyping(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

function onKey(event) {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
    const search = document.getElementById("search");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === "Escape") {
    const open = document.querySelector("details.menu[open]");
    closeMenus();
    open?.querySelector("summary").focus();
  }
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  const label = button.getAttribute("aria-label");
  button.dataset.copied = "";
  button.setAttribute("aria-label", button.dataset.done);
  setTimeout(() => {
    delete button.dataset.copied;
    button.setAttribute("aria-label", label);
  }, 1600);
}

/* Asks in the page's own dialog, then lets the same button act. */
function confirmFirst(event, control) {
  const dialog = document.getElementById("confirm");
  if (!dialog?.showModal || "confirmed" in control.dataset) {
    delete control.dataset.confirmed;
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  dialog.querySelector("p").textContent = control.dataset.confirm;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => {
    if (dialog.returnValue !== "yes") return;
    control.dataset.confirmed = "";
    control.click();
  }, { once: true });
  dialog.showModal();
}

function onClick(event) {
  const control = event.target.closest("[data-confirm]");
  if (control) confirmFirst(event, control);
  const button = event.target.closest("[data-copy]");
  if (button) copy(button);
  if (event.target.closest("[data-print]")) window.print();
  closeMenus(event.target.closest("details.menu"));
}

const PATIENCE = 5000; // milliseconds; an answer that is a file leaves the page, and the form, as they are
let underway = new WeakMap();

/* A second press while the first is on its way would be told that the record changed meanwhile. */
function pressedAgain(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  const { at, by } = underway.get(form) ?? { at: 0 };
  if (Date.now() - at < PATIENCE && by === event.submitter) event.preventDefault();
  else underway.set(form, { at: Date.now(), by: event.submitter });
}

/* Changes the theme at once and tells the server afterwards, so that the next page agrees. */
function onSubmit(event) {
  const form = event.target;
  if (!form.matches("[data-theme-form]") || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  for (const choice of form.querySelectorAll("button")) {
    choice.setAttribute("aria-pressed", String(choice === event.submitter));
  }
  fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form, event.submitter)), redirect: "manual" });
  closeMenus();
}

document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick, true);
document.addEventListener("submit", onSubmit);
addEventListener("submit", pressedAgain); // at the window, so behind all that takes a submit over
addEventListener("pageshow", () => { underway = new WeakMap(); });
document.querySelector("[data-focus]")?.focus();
