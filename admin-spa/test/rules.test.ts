import { describe, expect, test } from 'vitest';
import { acknowledge, REPEAT_MS, repeatInMs, ringing, toneOf } from '../src/app/alerts';
import { visitorsFromSnapshot, withVisitorMoved } from '../src/app/console';
import { hashOf, parseRoute } from '../src/app/route';
import { commandOf, type Key } from '../src/app/shortcuts';
import {
  isRunning,
  leadsFromSnapshot,
  legStanding,
  orderedLeads,
  stepsOf,
  withLead,
} from '../src/calls/leads';
import { fromSnapshot } from '../src/inbox/list';
import { sessionOutbox } from '../src/inbox/outbox';
import { type CallingRules, changes, fromForm, parseAmount, parseDelays, toForm } from '../src/settings/form';
import { policyFor, scriptTag } from '../src/settings/snippet';
import { callback, conversation, lead, T0, visitor } from './builders';

const key = (code: string, part: Partial<Key> = {}): Key => ({
  code,
  key: '',
  ctrl: false,
  meta: false,
  alt: false,
  shift: false,
  ...part,
});

describe('keys', () => {
  test('letters work by their place, also on a Russian layout', () => {
    expect(commandOf(key('KeyJ', { key: 'о' }), false, true)).toBe('next');
    expect(commandOf(key('KeyE', { key: 'у' }), false, true)).toBe('closeAndNext');
    expect(commandOf(key('Slash', { key: '.' }), false, true)).toBe('search');
    expect(commandOf(key('Digit7', { key: '?', shift: true }), false, true)).toBe('sheet');
  });

  test('letters are letters while a text is written, or when single keys are turned off', () => {
    expect(commandOf(key('KeyJ'), true, true)).toBeNull();
    expect(commandOf(key('KeyJ'), false, false)).toBeNull();
    expect(commandOf(key('KeyR', { ctrl: true }), false, true)).toBeNull();
  });

  test('the palette and Esc always work', () => {
    expect(commandOf(key('KeyK', { ctrl: true }), true, false)).toBe('palette');
    expect(commandOf(key('KeyK', { meta: true }), true, false)).toBe('palette');
    expect(commandOf(key('Escape'), true, false)).toBe('leave');
  });
});

describe('alerts', () => {
  const inbox = fromSnapshot([
    conversation({ id: 'a', waitingSinceMs: T0 + 5 }),
    conversation({ id: 'b', waitingSinceMs: T0 }),
    conversation({ id: 'c', status: 'open' }),
  ]);

  test('everyone who waits rings until somebody has seen it', () => {
    expect(ringing(inbox, new Map()).map((one) => one.id)).toEqual(['b', 'a']);
    const seen = acknowledge(new Map(), ringing(inbox, new Map()));
    expect(ringing(inbox, seen)).toEqual([]);
  });

  test('who waits anew rings anew', () => {
    const seen = acknowledge(new Map(), ringing(inbox, new Map()));
    const again = fromSnapshot([conversation({ id: 'a', waitingSinceMs: T0 + 99 })]);
    expect(ringing(again, seen)).toHaveLength(1);
  });

  test('the repetition comes every 30 seconds, and never for nobody', () => {
    expect(repeatInMs(0, T0, T0)).toBeNull();
    expect(repeatInMs(1, null, T0)).toBe(0);
    expect(repeatInMs(1, T0, T0 + 10_000)).toBe(REPEAT_MS - 10_000);
  });

  test('a message before the eyes makes no sound', () => {
    const alert = { kind: 'visitor_message' as const, conversationId: 'a', callbackId: null, atMs: T0 };
    expect(toneOf(alert, 'a', true)).toBeNull();
    expect(toneOf(alert, 'a', false)).toBe('message');
    expect(toneOf({ ...alert, kind: 'callback_missed', conversationId: null }, null, true)).toBe('callback');
  });
});

describe('callbacks', () => {
  test('an older version is dropped, wherever it comes from', () => {
    const leads = withLead(new Map(), lead({ version: 4, state: 'bridged' }));

    expect(withLead(leads, lead({ version: 3 }))).toBe(leads);
    expect(leadsFromSnapshot([lead({ version: 3 })], leads).get('k1')?.callback.state).toBe('bridged');
  });

  test('one that came while the list travelled stays, also one that is older than others on it', () => {
    const scheduled = withLead(new Map(), lead({ id: 'k1', createdAtMs: T0 }));
    const younger = lead({ id: 'k2', createdAtMs: T0 + 9 });
    expect([...leadsFromSnapshot([younger], scheduled, new Set(['k1'])).keys()]).toEqual(['k2', 'k1']);
    expect([...leadsFromSnapshot([younger], scheduled).keys()]).toEqual(['k2']);
  });

  test('running ones are on top, then the newest', () => {
    const leads = leadsFromSnapshot([
      lead({ id: 'old', state: 'completed', createdAtMs: T0 }),
      lead({ id: 'new', state: 'completed', createdAtMs: T0 + 9 }),
      lead({ id: 'live', state: 'offering', createdAtMs: T0 - 9 }),
    ]);

    expect(orderedLeads(leads).map((one) => one.callback.id)).toEqual(['live', 'new', 'old']);
    expect(isRunning(callback({ state: 'retry_wait' }))).toBe(true);
    expect(isRunning(callback({ state: 'canceled' }))).toBe(false);
  });

  test('a timeline has the request, every round, every leg and the end', () => {
    const leg = {
      role: 'consultant' as const,
      personId: 'anna',
      personName: 'Anna',
      state: 'completed' as const,
      outcome: 'declined' as const,
      startedAtMs: T0,
      endedAtMs: T0,
    };
    const steps = stepsOf(
      callback({
        state: 'no_agent',
        attempts: [{ number: 1, startedAtMs: T0, outcome: null, legs: [leg, leg] }],
      }),
    );

    expect(steps.map((one) => one.about)).toEqual(['requested', 'attempt', 'leg', 'leg', 'end']);
    expect(legStanding({ ...leg, outcome: null, state: 'ringing' })).toBe('ringing');
    expect(legStanding(leg)).toBe('declined');
  });
});

describe('visitors', () => {
  test('who leaves while the list travels is not brought back by it', () => {
    const known = withVisitorMoved(new Map(), visitor({ online: false }));

    expect(visitorsFromSnapshot([visitor()], known, new Set(['v1'])).size).toBe(0);
    expect(visitorsFromSnapshot([visitor()], known, new Set()).size).toBe(1);
  });
});

describe('addresses', () => {
  test('an address leads to its screen, and nonsense to the inbox', () => {
    expect(parseRoute(hashOf('calls', 'k1'))).toEqual({ screen: 'calls', id: 'k1' });
    expect(parseRoute('')).toEqual({ screen: 'inbox', id: null });
    expect(parseRoute('#/nowhere/x')).toEqual({ screen: 'inbox', id: null });
    expect(parseRoute('#/inbox/<b>')).toEqual({ screen: 'inbox', id: null });
  });
});

describe('the outbox of a tab', () => {
  test('a tab without storage keeps working', () => {
    const outbox = sessionOutbox('anna', () => {
      throw new DOMException('denied', 'SecurityError');
    });

    expect(outbox.load()).toEqual([]);
    expect(() => outbox.save([])).not.toThrow();
  });

  test('what one person wrote is kept for that person alone', () => {
    const kept = new Map<string, string>();
    const storage = () =>
      ({
        getItem: (name: string) => kept.get(name) ?? null,
        setItem: (name: string, value: string) => void kept.set(name, value),
      }) as Storage;
    const one = {
      clientMessageId: 'm1',
      conversationId: 'c1',
      text: 'hi',
      note: false,
      atMs: T0,
      refusal: null,
    };
    sessionOutbox('anna', storage).save([one]);

    expect(sessionOutbox('anna', storage).load()).toEqual([one]);
    expect(sessionOutbox('ion', storage).load()).toEqual([]);
  });
});

describe('calling settings', () => {
  const settings: CallingRules = {
    order: 'consultant_first',
    offer: 'sequential',
    recording: 'off',
    visitorVoicemail: 'hang_up',
    offerS: 20,
    acceptS: 8,
    visitorS: 30,
    retryDelaysS: [60, 300],
    callableRegions: ['MD'],
    dailyCap: { amountMinor: 4990, currency: 'EUR' },
    monthlyCap: null,
  };
  const form = toForm(settings);

  test('a form that nobody touched says what was saved', () => {
    const read = fromForm(form);
    expect(read).toEqual({ settings });
    expect('settings' in read && changes(settings, read.settings)).toEqual({});
  });

  test('only what changed is sent', () => {
    const read = fromForm({ ...form, offerS: '25', order: 'visitor_first' });
    expect('settings' in read && changes(settings, read.settings)).toEqual({
      offerS: 25,
      order: 'visitor_first',
    });
  });

  test('every wrong field is named at once', () => {
    const read = fromForm({
      ...form,
      offerS: '4',
      acceptS: 'x',
      retryDelaysS: '0',
      dailyCap: '1.234',
      callableRegions: [],
    });
    expect('problems' in read && Object.keys(read.problems).sort()).toEqual([
      'acceptS',
      'callableRegions',
      'dailyCap',
      'offerS',
      'retryDelaysS',
    ]);
  });

  test('amounts and delays are read as people write them', () => {
    expect(parseAmount(' 1 250,5 ', 'EUR')).toEqual({ amountMinor: 125_050, currency: 'EUR' });
    expect(parseAmount('500', 'JPY')).toEqual({ amountMinor: 500, currency: 'JPY' });
    expect(parseAmount('', 'EUR')).toBeNull();
    expect(parseAmount('-5', 'EUR')).toBe('wrong');
    expect(parseDelays('60, 300 900')).toEqual([60, 300, 900]);
    expect(parseDelays('')).toEqual([]);
    expect(parseDelays('1.5')).toBeNull();
  });
});

test('the page for installing shows the tag and every source that a strict site has to allow', () => {
  expect(scriptTag('https://ring.example', 'pk_1')).toBe(
    '<script async src="https://ring.example/widget.js" data-ringback-site="pk_1"></script>',
  );
  expect(policyFor('https://ring.example')).toContain('connect-src https://ring.example wss://ring.example;');
});
