// The handsets page: one live connection, the state it sends is drawn, what a person does is sent back.
import { createPhone } from './phone.js';
import { createSound } from './sound.js';
import { loadStrings, t, useLanguage } from './strings.js';

const NUMBER = /^(\+[1-9]\d{6,14}|client:.+)$/;
const RETRY_MS = [300, 1000, 2000, 5000];
const byId = (id) => document.getElementById(id);
const phones = new Map();
const sound = createSound();
let socket = null;
let failures = 0;
let state = { phones: [], known: [], nowMs: Date.now(), rate: 1 };
let receivedAt = performance.now();

const numbersInAddress = () =>
  [...new Set(new URLSearchParams(location.search).getAll('number').map((n) => n.replace(/^ /, '+')))].filter((n) => NUMBER.test(n));
let numbers = numbersInAddress();

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

function watch() {
  send({ type: 'watch', numbers });
}

function remember() {
  const query = new URLSearchParams(numbers.map((number) => ['number', number]));
  history.replaceState(null, '', numbers.length ? `?${query}` : location.pathname);
}

function connect() {
  const live = new URL('../live', import.meta.url);
  live.protocol = live.protocol === 'https:' ? 'wss:' : 'ws:';
  socket = new WebSocket(live);
  socket.addEventListener('open', () => {
    failures = 0;
    byId('connection').hidden = true;
    watch();
  });
  socket.addEventListener('message', (event) => {
    state = JSON.parse(event.data);
    receivedAt = performance.now();
    draw();
  });
  socket.addEventListener('close', () => {
    byId('connection').textContent = t('offline');
    byId('connection').hidden = false;
    sound.ring(false);
    setTimeout(connect, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
  });
}

/** The carrier's time now, which may run faster than ours. */
const nowMs = () => state.nowMs + (performance.now() - receivedAt) * state.rate;

function draw() {
  const shown = state.phones.filter((phone) => numbers.includes(phone.number));
  const names = new Map(state.known.filter((k) => k.name).map((k) => [k.number, k.name]));
  for (const number of [...phones.keys()]) {
    if (!numbers.includes(number)) {
      phones.get(number).element.remove();
      phones.delete(number);
    }
  }
  for (const phone of shown) {
    if (!phones.has(phone.number)) {
      const made = createPhone(phone.number, { send, remove, say: sound.say, announce });
      phones.set(phone.number, made);
      byId('phones').append(made.element);
    }
    phones.get(phone.number).update(phone, names, nowMs());
  }
  byId('empty').hidden = numbers.length > 0;
  const options = state.known.filter((k) => !numbers.includes(k.number)).map((k) => {
    const option = document.createElement('option');
    option.value = k.number;
    option.label = k.name;
    return option;
  });
  byId('known').replaceChildren(...options);
  const rings = shown.some((phone) => phone.calls.some((call) => call.status === 'ringing'));
  sound.ring(rings);
  document.title = `${rings ? '☎ ' : ''}${t('title')}`;
}

function announce(text) {
  byId('live').textContent = text;
}

function remove(number) {
  numbers = numbers.filter((each) => each !== number);
  remember();
  watch();
  draw();
  byId('number').focus();
}

function add(event) {
  event.preventDefault();
  const input = byId('number');
  const raw = input.value.trim();
  const number = raw.startsWith('client:') ? raw : raw.replace(/[\s().-]/g, '');
  const fine = NUMBER.test(number);
  byId('add-error').textContent = fine ? '' : t('addError');
  input.setAttribute('aria-invalid', String(!fine));
  if (!fine) return;
  if (!numbers.includes(number)) numbers = [...numbers, number];
  input.value = '';
  remember();
  watch();
}

function translate() {
  document.documentElement.lang = byId('language').value;
  for (const element of document.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t);
  showSound();
  for (const phone of phones.values()) phone.element.remove();
  phones.clear();
  draw();
}

function showSound() {
  byId('sound').setAttribute('aria-pressed', String(sound.isOn()));
  byId('sound').querySelector('[data-t]').textContent = t(sound.isOn() ? 'soundOn' : 'soundOff');
}

const asked = new URLSearchParams(location.search).get('lang');
byId('language').value = await loadStrings(asked);
byId('language').addEventListener('change', (event) => {
  useLanguage(event.target.value);
  translate();
});
byId('sound').addEventListener('click', () => {
  sound.toggle();
  showSound();
  draw();
});
byId('add').addEventListener('submit', add);
setInterval(() => {
  for (const phone of state.phones) phones.get(phone.number)?.tick(phone, nowMs());
}, 500);
translate();
connect();
