// The chat page: sends messages, shows answers, keeps trying when the network drops. No library, no build step.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("form");
const text = document.getElementById("text");
const status = document.getElementById("status");
const TRIES = [0, 1500, 4000];
// While a person may write, the page looks for new messages this often.
const LOOK_MS = 4000;
let newest = 0;
let looking = null;

function say(message) {
  status.textContent = message;
  status.hidden = !message;
}

// Bring the beginning of a long answer into view, not its end: people read from the top.
function reveal(element) {
  const top = element.offsetTop - log.offsetTop - 8;
  log.scrollTop = Math.min(top, log.scrollHeight);
}

function showMine(words) {
  const bubble = document.createElement("p");
  bubble.className = "bubble mine";
  bubble.textContent = words;
  log.append(bubble);
  reveal(bubble);
  return bubble;
}

function showTheirs(message) {
  if (message.id <= newest) return;
  newest = message.id;
  const bubble = document.createElement("div");
  bubble.className = "bubble theirs";
  if (message.title) {
    const title = document.createElement("h2");
    title.textContent = message.title;
    bubble.append(title);
  }
  for (const line of message.text.split("\n")) {
    const paragraph = document.createElement("p");
    paragraph.textContent = line;
    if (line.startsWith("Nguồn:")) paragraph.className = "source";
    if (line.startsWith("⚠")) paragraph.className = "warning";
    bubble.append(paragraph);
  }
  log.append(bubble);
  if (message.buttons.length) {
    const choices = document.createElement("div");
    choices.className = "choices";
    for (const { label, action } of message.buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.dataset.action = action;
      button.addEventListener("click", () => send({ action }, label));
      choices.append(button);
    }
    log.append(choices);
  }
  reveal(bubble);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function post(body) {
  for (const wait of TRIES) {
    await pause(wait);
    try {
      const response = await fetch("/chat/messages", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      if (response.status < 500) return response;
    } catch {
      say("Mạng yếu, em đang gửi lại…");
    }
  }
  return null;
}

async function send(content, words) {
  const bubble = showMine(words);
  say("Em đang xem…");
  // The same id on every try: the service answers it once, however often it arrives.
  const response = await post({ id: crypto.randomUUID ? crypto.randomUUID() : String(Date.now()) + Math.random().toString(36).slice(2), ...content });
  if (response === null) {
    bubble.classList.add("failed");
    say("Chưa gửi được. Mình xem lại mạng rồi gõ lại giúp em, hoặc gọi 1800 1096.");
    giveBack(content);
    return;
  }
  const answer = await response.json();
  if (!response.ok) {
    bubble.classList.add("failed");
    say(answer.error);
    giveBack(content);
    return;
  }
  say("");
  answer.messages.forEach(showTheirs);
  watch(answer.person);
  if (response.status === 202) await catchUp();
}

// What was not taken goes back to where it was typed, unless something new is being typed there.
function giveBack(content) {
  if (content.text && !text.value.trim()) text.value = content.text;
}

async function catchUp() {
  say("Em vẫn đang xem, mình chờ chút…");
  for (let tries = 0; tries < 10; tries += 1) {
    await pause(2000);
    if (await read()) { say(""); return; }
  }
  say("Em trả lời chậm quá. Mình gõ lại giúp em, hoặc gọi 1800 1096.");
}

async function read() {
  try {
    const response = await fetch(`/chat/messages?after=${newest}`);
    const { messages, person } = await response.json();
    messages.forEach(showTheirs);
    watch(person);
    return messages.length > 0;
  } catch {
    return false;
  }
}

function watch(person) {
  if (person && looking === null) looking = setInterval(read, LOOK_MS);
  if (!person && looking !== null) { clearInterval(looking); looking = null; }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (!words) { text.focus(); return; }
  text.value = "";
  text.style.height = "";
  send({ text: words }, words);
});

text.addEventListener("keydown", (event) => {
  // isComposing: Enter also ends a Vietnamese keyboard's suggestion.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

text.addEventListener("input", () => {
  text.style.height = "";
  text.style.height = `${text.scrollHeight}px`;
});

document.getElementById("person").addEventListener("click", () => send({ action: "person" }, "Gặp người hỗ trợ"));

document.getElementById("larger").addEventListener("click", () => {
  const sizes = ["112.5%", "131%", "150%"];
  const now = sizes.indexOf(document.documentElement.style.fontSize || sizes[0]);
  const next = sizes[(now + 1) % sizes.length];
  document.documentElement.style.fontSize = next;
  localStorage.setItem("size", next);
});

document.documentElement.style.fontSize = localStorage.getItem("size") || "";
text.focus();
read().then((anything) => {
  if (!anything) send({ text: "/start" }, "Xin chào");
});
