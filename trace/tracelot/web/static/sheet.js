/* The sampling sheet on the phone: its place on request, and signatures drawn with finger or pen. Without this, both
   are typed. Every word comes from the page. */

const INK = "#11203a";
const MOST = 140000; // characters of a drawing, as the server takes it

function clean(glass) {
  const brush = glass.getContext("2d");
  Object.assign(brush, { fillStyle: "#fff", strokeStyle: INK, lineWidth: 4, lineCap: "round", lineJoin: "round" });
  brush.fillRect(0, 0, glass.width, glass.height);
  return brush;
}

function show(glass, drawn) {
  const picture = new Image();
  picture.addEventListener("load", () => glass.getContext("2d").drawImage(picture, 0, 0));
  picture.src = drawn;
}

function pad(box) {
  const glass = box.querySelector("canvas");
  const told = box.querySelector("input");
  const brush = clean(glass);
  let last;
  const spot = (event) => {
    const edge = glass.getBoundingClientRect();
    return [((event.clientX - edge.left) * glass.width) / edge.width, ((event.clientY - edge.top) * glass.height) / edge.height];
  };
  const line = (to) => {
    brush.beginPath();
    brush.moveTo(...last);
    brush.lineTo(...to);
    brush.stroke();
    last = to;
  };
  const lift = () => {
    if (!last) return;
    last = undefined;
    const drawn = glass.toDataURL("image/png");
    told.value = drawn.length <= MOST ? drawn : "";
    if (!told.value) clean(glass);
  };
  glass.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    glass.setPointerCapture(event.pointerId);
    last = spot(event);
    line(last);
  });
  glass.addEventListener("pointermove", (event) => last && line(spot(event)));
  glass.addEventListener("pointerup", lift);
  glass.addEventListener("pointercancel", lift);
  box.querySelector("button").addEventListener("click", () => {
    clean(glass);
    told.value = "";
  });
  if (told.value) show(glass, told.value);
  box.hidden = false;
}

function place(box) {
  const ask = document.querySelector("[data-spot-ask]");
  const said = ask.querySelector("[role=status]");
  const found = ({ coords }) => {
    box.querySelector("[name=longitude]").value = coords.longitude.toFixed(5);
    box.querySelector("[name=latitude]").value = coords.latitude.toFixed(5);
    said.textContent = box.dataset.near.replace("{m}", String(Math.ceil(coords.accuracy)));
  };
  const away = () => {
    said.textContent = box.dataset.away;
  };
  ask.querySelector("button").addEventListener("click", () => {
    said.textContent = "…";
    navigator.geolocation.getCurrentPosition(found, away, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  });
  ask.hidden = false;
}

document.querySelectorAll("[data-pad]").forEach(pad);
const spot = document.querySelector("[data-spot]");
if (spot && "geolocation" in navigator) place(spot);
