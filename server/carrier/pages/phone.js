// One virtual phone: its elements are made once and filled again whenever the state changes, so that focus stays.
import { t } from './strings.js';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const MODES = ['ring', 'busy', 'voicemail'];

function make(tag, className = '', text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function button(className, text, onClick) {
  const element = make('button', className, text);
  element.type = 'button';
  element.addEventListener('click', onClick);
  return element;
}

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

const keyName = (key) => (key === '*' ? t('star') : key === '#' ? t('hash') : key);

function captionText(caption) {
  if (caption.kind === 'say') return caption.text;
  if (caption.kind === 'music') return t('music');
  if (caption.kind === 'tone' && caption.text === 'beep') return t('beep');
  return t(caption.kind, { text: caption.text });
}

/**
 * Make a phone.
 * @param {string} number its number, E.164 or client:name
 * @param {{send: Function, remove: Function, say: Function, announce: Function}} page what the phone may do to the page
 */
export function createPhone(number, page) {
  const element = make('section', 'phone');
  element.tabIndex = -1;
  const title = make('h2');
  const sub = make('p', 'sub');
  const heading = make('div');
  heading.append(title, sub);
  const close = button('close', '×', () => page.remove(number));
  close.setAttribute('aria-label', t('remove', { number }));
  const top = make('header');
  top.append(heading, close);

  const status = make('p', 'state');
  const who = make('p', 'who');
  const joined = make('p', 'joined');
  const captions = make('ol', 'captions');
  captions.setAttribute('aria-label', t('captions'));
  captions.setAttribute('aria-live', 'polite');
  captions.tabIndex = 0;
  const screen = make('div', 'screen');
  screen.append(status, who, joined, captions);

  let call = null;
  const act = (type, more = {}) => page.send({ type, number, callId: call?.id ?? '', ...more });
  const answer = button('go', t('answer'), () => act('answer'));
  const decline = button('stop', t('decline'), () => act('decline'));
  const hangup = button('stop wide', t('hangup'), () => act('hangup'));
  const acts = make('div', 'acts');
  acts.append(answer, decline, hangup);

  const keys = make('div', 'keys');
  keys.setAttribute('role', 'group');
  keys.setAttribute('aria-label', t('keypad'));
  for (const key of KEYS) {
    const each = button('', key, () => act('press', { digits: key }));
    each.setAttribute('aria-label', t('press', { key: keyName(key) }));
    keys.append(each);
  }
  element.addEventListener('keydown', (event) => {
    if (KEYS.includes(event.key) && call?.status === 'in-progress' && event.target.tagName !== 'INPUT') {
      event.preventDefault();
      act('press', { digits: event.key });
    }
  });

  const modes = make('fieldset');
  modes.append(make('legend', '', t('mode')));
  const choices = make('div', 'modes');
  for (const mode of MODES) {
    const label = make('label');
    const radio = make('input');
    radio.type = 'radio';
    radio.name = `mode-${number}`;
    radio.value = mode;
    radio.addEventListener('change', () => page.send({ type: 'mode', number, mode }));
    label.append(radio, document.createTextNode(t(`mode.${mode}`)));
    choices.append(label);
  }
  modes.append(choices);
  const hint = make('p', 'hint', t('scripted'));

  const messages = make('div', 'messages');
  const list = make('ul');
  list.tabIndex = 0;
  list.setAttribute('aria-label', t('messages'));
  messages.append(make('h3', '', t('messages')), list);
  element.append(top, screen, acts, keys, modes, hint, messages);

  let lastCaption = null;
  let rangFor = null;

  function showCaptions(all) {
    const shown = Number(captions.dataset.last ?? 0);
    if (all.length === 0 || all[0].id > shown) captions.replaceChildren();
    const fresh = captions.childElementCount === 0 ? all : all.filter((each) => each.id > shown);
    for (const each of fresh) {
      const line = make('li', each.kind, captionText(each));
      if (each.language) line.lang = each.language;
      captions.append(line);
      if (lastCaption !== null && each.id > lastCaption && each.kind === 'say') page.say(each.text, each.language);
    }
    captions.dataset.last = String(all.at(-1)?.id ?? 0);
    lastCaption = Math.max(lastCaption ?? 0, all.at(-1)?.id ?? 0);
    captions.hidden = all.length === 0;
    if (fresh.length) captions.scrollTop = captions.scrollHeight;
  }

  function describe(named) {
    if (!call) return [t('idle'), '', t('idleHint')];
    if (call.status === 'ringing') return [t('ringing'), named(call.from), ''];
    if (call.status === 'in-progress') {
      const others = call.joinedWith.map(named).join(', ');
      const line = call.onHold ? t('held') : others ? t('joined', { who: others }) : t('alone');
      return [t('talking'), named(call.from), call.muted ? `${line} · ${t('muted')}` : line];
    }
    const result = t(call.status, { duration: clock(call.durationS) });
    return [t('idle'), '', t('last', { from: named(call.from), result })];
  }

  return {
    element,
    update(phone, names, nowMs) {
      const named = (each) => (names.get(each) ? `${names.get(each)} (${each})` : each);
      const hadFocus = element.contains(document.activeElement);
      call = phone.calls.find((each) => !each.isOver) ?? phone.calls[0] ?? null;
      const rings = call?.status === 'ringing';
      const talks = call?.status === 'in-progress';
      title.textContent = phone.name || phone.number;
      sub.dataset.base = phone.name ? phone.number : '';
      element.classList.toggle('ringing', rings);
      element.classList.toggle('talking', talks);
      element.setAttribute('aria-label', phone.name ? `${phone.name} ${phone.number}` : phone.number);
      [status.textContent, who.textContent, joined.textContent] = describe(named);
      who.hidden = !who.textContent;
      joined.hidden = !joined.textContent;
      showCaptions(call?.captions ?? []);
      answer.hidden = decline.hidden = !rings;
      hangup.hidden = keys.hidden = !talks;
      modes.hidden = rings || talks;
      hint.hidden = !phone.scripted;
      for (const radio of choices.querySelectorAll('input')) radio.checked = radio.value === phone.mode;
      messages.hidden = phone.messages.length === 0;
      if (list.dataset.ids !== String(phone.messages.map((m) => m.id))) {
        list.dataset.ids = String(phone.messages.map((m) => m.id));
        list.replaceChildren(
          ...phone.messages.map((message) => {
            const item = make('li', '', message.text);
            item.append(make('small', '', t('from', { from: named(message.from) })));
            return item;
          }),
        );
      }
      if (rings && rangFor !== call.id) {
        rangFor = call.id;
        page.announce(t('ringingFrom', { number: phone.name || phone.number, from: named(call.from) }));
      }
      // The button that was pressed may be gone now. The phone itself takes the focus: its keys work at once, and a
      // second Enter does not hang up.
      if (hadFocus && (!element.contains(document.activeElement) || document.activeElement.offsetParent === null)) element.focus();
      this.tick(phone, nowMs);
    },
    /** Count the talking time on. */
    tick(_, nowMs) {
      const running = call?.status === 'in-progress' && call.answeredAtMs;
      const parts = [sub.dataset.base, running ? clock((nowMs - call.answeredAtMs) / 1000) : ''];
      sub.textContent = parts.filter(Boolean).join(' · ');
    },
  };
}
