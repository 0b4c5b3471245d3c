// @vitest-environment jsdom
/** The small renderer draws what Preact draws, for everything the panel uses. */
import { type ComponentChildren, Fragment, render as renderPreact, type VNode } from 'preact';
import { beforeEach, expect, test } from 'vitest';
import { jsx, Fragment as OurFragment, render } from '../src/shell/draw';

/** The same tree for our renderer: its own shape of the nodes, made from Preact's. */
function ours(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(ours);
  if (!node || typeof node !== 'object') return node;
  const { type, props, key } = node as VNode<{ children?: unknown }>;
  const made =
    type === Fragment
      ? OurFragment
      : typeof type === 'string'
        ? type
        : (p: object) => ours((type as (p: object) => unknown)(p));
  return jsx(made as never, { ...props, children: ours(props.children) }, key);
}

let theirs: HTMLElement;
let mine: HTMLElement;
beforeEach(() => {
  theirs = document.createElement('div');
  mine = document.createElement('div');
  document.body.replaceChildren(theirs, mine);
});

function both(tree: ComponentChildren): void {
  renderPreact(tree, theirs);
  render(ours(tree), mine);
  expect(mine.innerHTML).toBe(theirs.innerHTML);
}

const Item = ({ text, isOn }: { text: string; isOn: boolean }) => (
  <li class={isOn ? 'on' : 'off'} aria-current={isOn} hidden={!isOn}>
    {text} {isOn && <b>now</b>}
  </li>
);

test('elements, texts, conditions and attributes that come and go', () => {
  const tree = (n: number) => (
    <>
      {n > 1 && <p class="notice">{n} new</p>}
      <section aria-label="Chat" aria-hidden={n === 2} tabIndex={-1} data-kind={n === 1 ? 'one' : undefined}>
        {n === 3 ? 'three' : null}
        {0}
        {['a', n, false, <i key="i" />]}
      </section>
    </>
  );
  for (const n of [1, 2, 3, 1]) both(tree(n));
});

test('keyed lists in any order keep their elements', () => {
  const list = (keys: string[]) => (
    <ol>
      {keys.map((k) => (
        <Item key={k} text={k} isOn={k !== 'b'} />
      ))}
    </ol>
  );
  both(list(['a', 'b', 'c']));
  const c = mine.querySelector('li:nth-child(3)');
  for (const keys of [['c', 'a', 'b'], ['x', 'c', 'b'], [], ['b', 'a'], ['c']]) both(list(keys));
  both(list(['a', 'b', 'c']));
  both(list(['c', 'b', 'a']));
  expect(c?.isConnected).toBe(false);
});

test('what was not removed keeps its element, its focus and its place', () => {
  const form = (isWarned: boolean) => (
    <div>
      {isWarned && <p role="alert">Careful</p>}
      <input id="field" value="typed" />
      {isWarned && <p>More</p>}
    </div>
  );
  both(form(false));
  const field = mine.querySelector('input');
  field?.focus();
  both(form(true));
  expect(mine.querySelector('input')).toBe(field);
  expect(document.activeElement).toBe(field);
});

test('pictures are drawn as SVG', () => {
  both(
    <svg viewBox="0 0 24 24" aria-hidden="true" class="icon">
      <path d="M1 1" />
    </svg>,
  );
  expect(mine.querySelector('path')).toBeInstanceOf(SVGElement);
});

test('fields take the value they are given, a list the option', () => {
  const tree = (value: string, isOn: boolean) => (
    <form>
      <textarea value={value} />
      <input type="checkbox" checked={isOn} />
      <select value={value}>
        <option value="a">A</option>
        <option value="b">B</option>
      </select>
    </form>
  );
  for (const [value, isOn] of [
    ['a', false],
    ['b', true],
    ['a', true],
  ] as const) {
    renderPreact(tree(value, isOn), theirs);
    render(ours(tree(value, isOn)), mine);
    for (const tag of ['textarea', 'select'] as const) expect(mine.querySelector(tag)?.value).toBe(value);
    expect(mine.querySelector('input')?.checked).toBe(isOn);
  }
});

test('what a visitor typed is put back to what is drawn', () => {
  render(ours(<input value="a" />), mine);
  const field = mine.querySelector('input') as HTMLInputElement;
  field.value = 'typed';
  render(ours(<input value="a" />), mine);
  expect(field.value).toBe('a');
});

test('events reach the newest listener, once', () => {
  const heard: string[] = [];
  const button = (name: string) => <button type="button" onClick={() => heard.push(name)} />;
  render(ours(button('old')), mine);
  render(ours(button('new')), mine);
  mine.querySelector('button')?.click();
  render(ours(<button type="button" />), mine);
  mine.querySelector('button')?.click();
  expect(heard).toEqual(['new']);
});

test('a node that is the same as last time is not looked into again', () => {
  let drawn = 0;
  const kept = jsx('p', {
    get children() {
      drawn++;
      return 'kept';
    },
  });
  render([kept, jsx('i', {})], mine);
  const first = drawn;
  render([kept, jsx('b', {})], mine);
  expect(drawn).toBe(first);
  expect(mine.innerHTML).toBe('<p>kept</p><b></b>');
});

test('markup in a text stays text', () => {
  both(<p>{'<img src=x onerror=alert(1)>'}</p>);
  expect(mine.querySelector('img')).toBeNull();
});
