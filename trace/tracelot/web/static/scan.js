/* Reads a code by camera or from a picture and looks it up; typing and hand scanners use the plain form.
   Every word comes from the page's data-* attributes, every address too. */

const page = document.querySelector("[data-scan]");
const words = page.dataset;
const form = document.getElementById("lookup");
const box = form.elements.code; // by its id: its name tells the question that it is for
const video = page.querySelector("video");
const idle = page.querySelector("[data-idle]");
const start = page.querySelector("[data-start]");
const stop = page.querySelector("[data-stop]");
const picture = page.querySelector("input[type=file]");
const told = page.querySelector("[role=status]");

const OPTIONS = {
  formats: ["QRCode", "DataMatrix", "EAN13", "EAN8", "UPCA", "UPCE", "Code128", "ITF", "DataBar", "DataBarExpanded"],
  maxNumberOfSymbols: 1,
  textMode: "Plain", // keeps the group separators of GS1 symbols
};
const PAUSE = 120; // milliseconds between two looks, so that a phone stays cool
const LONGEST = 2000; // pixels: larger pictures only take longer to read

let reader;
let stream;

function tell(text) {
  told.textContent = text;
}

function loadReader() {
  reader ??= import(words.reader).then((module) => {
    module.prepareZXingModule({ overrides: { locateFile: () => words.wasm } });
    return module;
  });
  return reader;
}

async function read(image, options) {
  const { readBarcodes } = await loadReader();
  const [found] = await readBarcodes(image, { ...OPTIONS, ...options });
  return found?.isValid ? found : undefined;
}

/* GS1 symbols are told apart by their AIM prefix (]C1, ]d2, ]Q3, ]e0): it says how to read what follows. */
function look(found) {
  const isGs1 = /^\](C1|d2|Q3|e0)$/.test(found.symbologyIdentifier);
  box.value = isGs1 ? found.symbologyIdentifier + found.text : found.text;
  tell(words.found);
  form.requestSubmit();
}

function showCamera(on) {
  video.hidden = !on;
  idle.hidden = on;
  start.hidden = on;
  stop.hidden = !on;
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = undefined;
  video.srcObject = null;
  showCamera(false);
}

function why(error) {
  if (error.name === "NotAllowedError") return words.denied;
  if (error.name === "NotFoundError") return words.absent;
  return words.failed;
}

async function startCamera() {
  tell(words.starting);
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "environment", width: { ideal: 1280 } },
      audio: false,
    });
    video.srcObject = stream;
    showCamera(true);
    await Promise.all([video.play(), loadReader()]);
  } catch (error) {
    stopCamera();
    tell(why(error));
    return;
  }
  tell(words.looking);
  stop.focus();
  watch();
}

async function watch() {
  const canvas = document.createElement("canvas");
  while (stream) {
    const found = video.videoWidth ? await read(draw(canvas, video, video.videoWidth, video.videoHeight), { tryHarder: false }) : undefined;
    if (found && stream) {
      stopCamera();
      look(found);
      return;
    }
    await new Promise((resume) => setTimeout(resume, PAUSE));
  }
}

function draw(canvas, source, width, height) {
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(source, 0, 0, canvas.width, canvas.height);
  return brush.getImageData(0, 0, canvas.width, canvas.height);
}

async function readPicture() {
  const [file] = picture.files;
  if (!file) return;
  stopCamera();
  tell(words.reading);
  try {
    const bitmap = await createImageBitmap(file);
    const found = await read(draw(document.createElement("canvas"), bitmap, bitmap.width, bitmap.height), { tryHarder: true });
    if (found) look(found);
    else tell(words.nothing);
  } catch {
    tell(words.unreadable);
  }
  picture.value = "";
}

/* A hand scanner that sends the group separator as Ctrl+] loses it in a text box: put it in by hand. */
function keepSeparator(event) {
  if (!event.ctrlKey || event.key !== "]") return;
  event.preventDefault();
  box.setRangeText("\x1d", box.selectionStart, box.selectionEnd, "end");
}

if (navigator.mediaDevices?.getUserMedia) {
  start.hidden = false;
  start.addEventListener("click", startCamera);
  stop.addEventListener("click", () => { stopCamera(); tell(""); start.focus(); });
  addEventListener("pagehide", stopCamera);
} else {
  tell(words.absent);
}
picture.addEventListener("change", readPicture);
picture.closest("[data-needs-script]").hidden = false;
box.addEventListener("keydown", keepSeparator);
page.dataset.ready = "";
