/**
 * The part of Preact that the panel uses, in 0.7 kB: stateless components, keyed children, properties, events, SVG.
 *
 * The components are ordinary Preact components and run on Preact in the tests; the widget's build puts this module in
 * Preact's place (see tools/build-web.mjs), because 4.2 kB on every customer's page for what is not used is too much.
 * A test draws the same trees with both and compares. No hooks, no state, no refs, no context.
 */
type Props = Record<string, unknown> & { children?: unknown };
type Component = (props: Props) => unknown;
type Type = string | Component;

/** What JSX makes. */
export interface VNode {
  type: Type;
  props: Props;
  key: unknown;
}

/** A node of the document and what it was drawn from. `path` says where among its siblings it belongs. */
interface Drawn {
  path: string;
  from: VNode | string;
  dom: Element | Text;
  children: Drawn[];
}

/** A child before it is drawn. */
type Wanted = [path: string, from: VNode | string];

export const jsx = (type: Type, props: Props, key?: unknown): VNode => ({ type, props, key });
export const jsxs = jsx;
export const Fragment: Component = ({ children }) => children;

/** Spread components, fragments and lists until elements and texts are left; what is empty keeps its place. */
function spread(child: unknown, path: string, found: Wanted[] = []): Wanted[] {
  if (Array.isArray(child)) {
    child.forEach((one, i) => {
      spread(one, `${path}.${one?.key ?? i}`, found);
    });
  } else if (typeof child === 'object' && child) {
    const node = child as VNode;
    if (typeof node.type === 'string') found.push([path + node.type, node]);
    else spread(node.type(node.props), `${path}/`, found);
  } else if (child !== undefined && child !== null && typeof child !== 'boolean') {
    found.push([`${path}#`, String(child)]);
  }
  return found;
}

function setProp(dom: Element, name: string, value: unknown, before: unknown): void {
  if (name === 'children' || name === 'key') return;
  const props = dom as unknown as Record<string, unknown>;
  if (name.startsWith('on')) props[name.toLowerCase()] = value ?? null;
  else if (name === 'value' || name === 'checked') {
    // What the visitor did counts more than what was drawn last.
    if (props[name] !== value) props[name] = value;
  } else if (value !== before) {
    const isGone = value === null || value === undefined || (value === false && !name.startsWith('aria-'));
    if (isGone) dom.removeAttribute(name);
    else dom.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : String(value));
  }
}

function draw([path, from]: Wanted, old: Drawn | undefined, parent: Element): Drawn {
  if (old?.from === from) return old;
  if (typeof from === 'string') {
    if (!old) return { path, from, dom: document.createTextNode(from), children: [] };
    (old.dom as Text).data = from;
    return { ...old, from };
  }
  const { type, props } = from;
  const space = type === 'svg' ? 'http://www.w3.org/2000/svg' : parent.namespaceURI;
  const dom = (old?.dom ?? document.createElementNS(space, type as string)) as Element;
  const before = old ? (old.from as VNode).props : {};
  for (const name in before) if (!(name in props)) setProp(dom, name, undefined, before[name]);
  const children = drawAll(dom, spread(props.children, ''), old?.children ?? []);
  // After the children: a select takes its value from its options.
  for (const name in props) setProp(dom, name, props[name], before[name]);
  return { path, from, dom, children };
}

function drawAll(parent: Element, wanted: Wanted[], olds: Drawn[]): Drawn[] {
  const before = new Map(olds.map((old) => [old.path, old]));
  const drawn = wanted.map((want) => {
    const old = before.get(want[0]);
    before.delete(want[0]);
    return draw(want, old, parent);
  });
  for (const { dom } of before.values()) dom.remove();
  let next = parent.firstChild;
  for (const { dom } of drawn) {
    if (dom === next) next = next.nextSibling;
    else parent.insertBefore(dom, next);
  }
  return drawn;
}

const roots = new WeakMap<Element, Drawn[]>();

/** Make the children of `place` what `node` says, changing only what differs from the last time. */
export function render(node: unknown, place: Element): void {
  roots.set(place, drawAll(place, spread(node, ''), roots.get(place) ?? []));
}
