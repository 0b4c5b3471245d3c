import { expect, test } from 'vitest';
import { createKeep } from '../src/session/keep';

/** A browser's two storages, each as a page gets it: `lasting` outlives the tab. */
function browser() {
  const storage = (): Storage => {
    const held = new Map<string, string>();
    return {
      getItem: (key: string) => held.get(key) ?? null,
      setItem: (key: string, value: string) => void held.set(key, value),
      removeItem: (key: string) => void held.delete(key),
      get length() {
        return held.size;
      },
    } as Storage;
  };
  const lasting = storage();
  const newTab = () => {
    const ofTab = storage();
    const load = () =>
      createKeep(
        'key',
        () => lasting,
        () => ofTab,
      );
    return { load, ofTab };
  };
  return { lasting, newTab };
}

test('nothing is stored of a visitor who only looks', () => {
  const { lasting, newTab } = browser();
  const tab = newTab();
  tab.load().setToken('t1');
  expect([lasting.length, tab.ofTab.length]).toEqual([0, 0]);
  expect(tab.load().token()).toBe(null);
});

test('a visitor who answered an invitation is known on the next page of the tab, and nowhere else', () => {
  const { lasting, newTab } = browser();
  const tab = newTab();
  const keep = tab.load();
  keep.setToken('t1');
  keep.stay();
  keep.setToken('t2');
  expect(lasting.length).toBe(0);
  const next = tab.load();
  expect([next.token(), next.isAllowed()]).toEqual(['t2', false]);
  next.setToken('t3');
  expect(tab.load().token()).toBe('t3');
  expect(newTab().load().token()).toBe(null);
});

test('a visitor who acted is known everywhere until everything is taken back', () => {
  const { lasting, newTab } = browser();
  const tab = newTab();
  const keep = tab.load();
  keep.stay();
  keep.setToken('t1');
  keep.allow();
  expect(newTab().load().token()).toBe('t1');
  expect(newTab().load().isAllowed()).toBe(true);
  keep.forget();
  keep.setToken('t2');
  expect([lasting.length, tab.ofTab.length]).toEqual([0, 0]);
});

test('where storage is denied the visit lives as long as the page', () => {
  const denied = (): Storage => {
    throw new Error('denied');
  };
  const keep = createKeep('key', denied, denied);
  keep.setToken('t1');
  keep.stay();
  keep.allow();
  expect(keep.token()).toBe('t1');
  keep.forget();
  expect(keep.token()).toBe(null);
});
