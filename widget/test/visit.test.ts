import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createVisit } from '../src/session/visit';
import { fakeKeep, settled } from './fakes';

const asked: [event: string, url: string][] = [];
let answers: ((started: { token: string }) => void)[];
let navigation: EventTarget;

const link = {
  state: 'online',
  onState: (hear: () => void) => hear(),
  ask(event: string, { page }: { page: { url: string } }) {
    asked.push([event, page.url]);
    return event === 'visit:start' ? new Promise((answer) => answers.push(answer)) : Promise.resolve({});
  },
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  asked.length = 0;
  answers = [];
  navigation = new EventTarget();
  vi.stubGlobal('window', { navigation });
  vi.stubGlobal('location', { href: 'https://shop.example/' });
  vi.stubGlobal('document', { title: 'Shop', referrer: '' });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function goTo(path: string) {
  location.href = `https://shop.example${path}`;
  navigation.dispatchEvent(new Event('navigatesuccess'));
}
const begin = () => createVisit(link as never, fakeKeep());
const answer = async () => {
  answers.pop()?.({ token: 'token' });
  await settled();
};

test('a page that an application left while the visit began is followed once it has begun', async () => {
  begin();
  goTo('/en/');
  vi.advanceTimersByTime(50);
  await answer();
  expect(asked).toEqual([
    ['visit:start', 'https://shop.example/'],
    ['visit:page', 'https://shop.example/en/'],
  ]);
});

test('each page is told once', async () => {
  const visit = begin();
  goTo('/en/');
  await answer();
  vi.advanceTimersByTime(50);
  goTo('/en/shoes');
  vi.advanceTimersByTime(50);
  void visit.again();
  await answer();
  expect(asked.map(([event, url]) => `${event} ${url.slice(20)}`)).toEqual([
    'visit:start /',
    'visit:page /en/',
    'visit:page /en/shoes',
    'visit:start /en/shoes',
  ]);
});
