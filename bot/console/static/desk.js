// The desk's pages come alive: news arrive by themselves, forms are sent without leaving, a sound calls. No library, no build step.
"use strict";

const said = document.getElementById("said");
const plainTitle = document.title;

let hiding = null;

// What went well leaves by itself; a refusal, or what has to be read, stays until it is tapped.
function say(text, ok = true, stays = !ok) {
  said.textContent = text;
  said.classList.toggle("bad", !ok);
  said.hidden = !text;
  clearTimeout(hiding);
  if (!stays) hiding = setTimeout(() => { said.hidden = true; }, 6000);
}

said.addEventListener("click", () => { said.hidden = true; });
// Left by a form of this page that was sent without leaving it.
const left = sessionStorage.getItem("left");
sessionStorage.removeItem("left");
if (left) say(left);
else if (!said.hidden && !said.classList.contains("bad") && !document.querySelector("[data-stays]")) say(said.textContent);

// ---- keeping the page fresh

// Nothing is taken from under somebody's fingers: not what is being typed, chosen or read in an opened part.
function inUse(region) {
  const active = document.activeElement;
  if (region.contains(active) && active.matches("textarea, input, select")) return true;
  if ([...region.querySelectorAll("audio, video")].some((one) => !one.paused)) return true;
  if ([...region.querySelectorAll("textarea")].some((box) => box.value !== box.defaultValue)) return true;
  return region.id !== "lists" && region.id !== "head" && region.querySelector("details[open]") !== null;
}

async function refresh() {
  if (!document.querySelector("[data-fresh]")) return;
  let page;
  try {
    const response = await fetch(location.pathname);
    if (response.redirected) { location.reload(); return; }
    // Handed to another team, a ticket is not ours to see any more.
    if (response.status === 404) { location.assign("/ban"); return; }
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    return; // The network is away; the stream comes back with it and asks again.
  }
  const atEnd = window.innerHeight + window.scrollY >= document.body.scrollHeight - 120;
  const lines = document.querySelectorAll("#story .line").length;
  for (const region of document.querySelectorAll("[data-fresh]")) {
    const fresh = page.getElementById(region.id);
    if (!fresh || inUse(region)) continue;
    for (const part of region.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${part.id}`);
      if (same) same.open = part.open;
    }
    // What was fetched, or could not be, is not asked for again.
    for (const file of region.querySelectorAll(".file")) fresh.querySelector(`#${file.id}`)?.replaceWith(file);
    region.replaceWith(document.adoptNode(fresh));
  }
  if (atEnd && document.querySelectorAll("#story .line").length > lines) window.scrollTo(0, document.body.scrollHeight);
}

// ---- sound and title

let sound = null;

// Browsers let a page sound only after somebody has touched it.
function wake() {
  if (localStorage.getItem("sound") !== "off") {
    sound ??= new AudioContext();
    sound.resume();
  }
}

function ring() {
  if (!sound || sound.state !== "running" || localStorage.getItem("sound") === "off") return;
  for (const [pitch, start] of [[660, 0], [880, 0.18]]) {
    const tone = sound.createOscillator(), volume = sound.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.25, sound.currentTime + start);
    volume.gain.exponentialRampToValueAtTime(0.001, sound.currentTime + start + 0.3);
    tone.connect(volume).connect(sound.destination);
    tone.start(sound.currentTime + start);
    tone.stop(sound.currentTime + start + 0.3);
  }
}

const switchSound = document.getElementById("sound");
function showSound() {
  const on = localStorage.getItem("sound") !== "off";
  switchSound.setAttribute("aria-pressed", String(on));
  switchSound.textContent = on ? "Có tiếng" : "Không tiếng";
}
if (switchSound) {
  showSound();
  document.addEventListener("pointerdown", wake);
  document.addEventListener("keydown", wake);
  switchSound.addEventListener("click", () => {
    localStorage.setItem("sound", localStorage.getItem("sound") === "off" ? "on" : "off");
    showSound();
    wake();
    ring();
  });
}

// ---- news

let version = null;

function receive(news) {
  document.title = news.badge ? `(${news.badge}) ${plainTitle}` : plainTitle;
  // Remembered across pages: what came while another one was loading is worth a sound as well.
  const heard = JSON.parse(sessionStorage.getItem("heard") || "null");
  if (heard && (news.calls > heard.calls || news.said > heard.said)) ring();
  sessionStorage.setItem("heard", JSON.stringify({ calls: Math.max(news.calls, heard?.calls ?? 0), said: Math.max(news.said, heard?.said ?? 0) }));
  if (version !== news.version) {
    if (version !== null) refresh();
    version = news.version;
  }
}

function listen(address) {
  const stream = new EventSource(address);
  stream.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  stream.addEventListener("signed-out", () => location.reload());
  stream.addEventListener("error", () => {
    // The browser tries again by itself unless it was told off, e.g. by a proxy while the service restarts.
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => listen(address), 5000);
  });
}

if (document.body.dataset.news) listen(document.body.dataset.news);
// Waiting times grow and deliveries end without news.
setInterval(refresh, 30000);

// ---- forms

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  for (const one of form.querySelectorAll("button")) one.disabled = true;
  try {
    const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
    const answer = await response.json();
    say(answer.text, answer.ok, !answer.ok || "keep" in form.dataset);
    // An id is good for one take; the network failing before an answer came leaves it, so that nothing is done twice.
    if (answer.form_id) form.elements.form_id.value = answer.form_id;
    if (response.status === 401) location.assign(answer.to);
    if (!answer.ok) return;
    const box = form.querySelector("textarea");
    if (box) { box.value = box.defaultValue = ""; }
    if (form.elements.draft_of) form.elements.draft_of.value = "";
    if (document.activeElement && form.contains(document.activeElement)) document.activeElement.blur();
    if (!("keep" in form.dataset)) form.closest("details.act")?.removeAttribute("open");
    if (document.querySelector("[data-fresh]")) await refresh();
    else {
      sessionStorage.setItem("left", answer.text);
      location.reload();
    }
    if ("thenWrite" in form.dataset) document.getElementById("text")?.focus();
    if (form.id === "say") window.scrollTo(0, document.body.scrollHeight);
  } catch {
    say("Mạng yếu, chưa gửi được. Mình bấm lại giúp em.", false);
  } finally {
    for (const one of form.querySelectorAll("button")) one.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (!("quick" in event.target.dataset)) return;
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.id === "text") event.target.form.requestSubmit();
});

// A draft or a canned reply goes into the answer box, to be changed before it is sent.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-text]"), box = document.getElementById("text");
  if (!link || !box) return;
  event.preventDefault();
  box.value = box.value.trim() ? `${box.value.trim()}\n${link.dataset.text}` : link.dataset.text;
  if (link.dataset.draft) box.form.elements.draft_of.value = link.dataset.draft;
  link.closest("details")?.removeAttribute("open");
  box.style.height = "";
  box.style.height = `${box.scrollHeight + 4}px`;
  box.focus();
});

document.addEventListener("input", (event) => {
  if (event.target.id !== "text") return;
  // Whoever writes on has read why the message was kept back.
  if (said.classList.contains("bad")) said.hidden = true;
  event.target.style.height = "";
  event.target.style.height = `${event.target.scrollHeight + 4}px`;
});

// ---- pictures and other files

async function whyNot(address) {
  try {
    const response = await fetch(address, { headers: { Accept: "application/json" } });
    if (response.headers.get("Content-Type") === "application/json") return (await response.json()).text;
    response.body.cancel();
    return "Máy này không mở được tệp này. Mình bấm Tải về, hoặc mở trên máy khác.";
  } catch {
    return "Mạng yếu, chưa lấy được tệp. Mình mở lại trang giúp em.";
  }
}

async function explain(shown) {
  const note = document.createElement("i");
  note.textContent = await whyNot(shown.src);
  (shown.closest(".picture") ?? shown).replaceWith(note);
}

document.addEventListener("error", (event) => { if ("file" in event.target.dataset) explain(event.target); }, true);
// What failed before this ran.
for (const image of document.querySelectorAll("img[data-file]")) if (image.complete && !image.naturalWidth) explain(image);

// News that came while somebody listened were held back; at its end a sound pauses, too.
document.addEventListener("pause", refresh, true);

const large = document.getElementById("large");
if (large) {
  const [picture, alone] = [large.querySelector("img"), large.querySelector("a")];
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.picture");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    picture.alt = link.querySelector("img").alt;
    picture.src = alone.href = link.href;
    large.showModal();
  });
  large.addEventListener("click", (event) => { if (!event.target.closest("a")) large.close(); });
  large.addEventListener("close", () => picture.removeAttribute("src"));
  picture.addEventListener("error", async () => {
    if (!large.open) return;
    large.close();
    say(await whyNot(alone.href), false);
  });
}

const ticket = document.getElementById("ticket");
if (ticket && ticket.dataset.state === "mine" && !location.hash) window.scrollTo(0, document.body.scrollHeight);

// ---- invitation

async function openInvitation() {
  const secret = document.getElementById("secret"), greeting = document.getElementById("invited");
  if (location.hash.length > 1) {
    secret.value = location.hash.slice(1);
    // So that it does not stay in the history of a shared phone.
    history.replaceState(null, "", location.pathname);
  }
  const telegram = document.getElementById("telegram");
  if (telegram) telegram.href = `https://t.me/${telegram.dataset.bot}?start=moi-${secret.value}`;
  const response = await fetch("/ban/moi/xem", { method: "POST", body: new URLSearchParams({ secret: secret.value }) });
  const answer = await response.json();
  greeting.textContent = answer.text;
  document.getElementById("choices").hidden = !answer.ok;
  const login = document.getElementById("login");
  if (answer.login && !login.value) login.value = answer.login;
}
if (document.getElementById("invitation")) openInvitation();
