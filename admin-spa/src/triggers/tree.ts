// The tree of a rule's conditions and every change to it. Pure: a change gives a new tree and the place to stand on.
import type { RuleCondition, RuleGroup } from '../../../widget/src/shared/contracts.gen';

/** From the root: a number is a place in a group, 'not' is the inside of a negation. */
export type Path = readonly (number | 'not')[];
export type Kind = RuleCondition['kind'];
export type LeafKind = Exclude<Kind, 'all' | 'any' | 'not'>;
export type Leaf = Extract<RuleCondition, { kind: LeafKind }>;
export type Move = 'up' | 'down' | 'into' | 'out';
export interface Changed {
  readonly tree: RuleGroup;
  readonly path: Path;
}

export const LEAVES: readonly LeafKind[] = [
  'time',
  'scroll',
  'exit',
  'idle',
  'pages',
  'url',
  'returning',
  'referrer',
  'utm',
  'language',
  'event',
  'consultants',
  'hours',
];
export const MAX_NODES = 200;
export const MAX_DEPTH = 8;

export function isGroup(condition: RuleCondition | undefined): condition is RuleGroup {
  return condition?.kind === 'all' || condition?.kind === 'any';
}

/** A tree whose root is a group that conditions can be added to; what it means stays the same. */
export function rooted(condition: RuleCondition): RuleGroup {
  return isGroup(condition) ? condition : { kind: 'all', conditions: [condition] };
}

export function newLeaf(kind: LeafKind): Leaf {
  switch (kind) {
    case 'time':
      return { kind, atLeastS: 30 };
    case 'scroll':
      return { kind, atLeastPercent: 50 };
    case 'exit':
      return { kind, device: 'any' };
    case 'pages':
      return { kind, atLeast: 3 };
    case 'url':
      return { kind, op: 'contains', value: '' };
    case 'referrer':
      return { kind, op: 'contains', value: '' };
    case 'utm':
      return { kind, part: 'source', op: 'is', value: '' };
    case 'language':
      return { kind, anyOf: [] };
    case 'idle':
      return { kind, atLeastS: 60 };
    case 'event':
      return { kind, name: '', data: [] };
    case 'returning':
    case 'consultants':
    case 'hours':
      return { kind };
  }
}

/** A condition without its negation. */
export function bare(condition: RuleCondition): { negated: boolean; inner: RuleCondition; steps: Path } {
  return condition.kind === 'not'
    ? { negated: true, inner: condition.condition, steps: ['not'] }
    : { negated: false, inner: condition, steps: [] };
}

/** The place as the server names it: condition/conditions/0/condition. */
export function pointer(path: Path): string {
  return ['condition', ...path.map((step) => (step === 'not' ? 'condition' : `conditions/${step}`))].join(
    '/',
  );
}

export function at(tree: RuleCondition, path: Path): RuleCondition | undefined {
  let here: RuleCondition | undefined = tree;
  for (const step of path) {
    if (step === 'not') here = here?.kind === 'not' ? here.condition : undefined;
    else here = isGroup(here) ? here.conditions[step] : undefined;
  }
  return here;
}

/** The tree with another condition at `path`; null takes it out of its group. */
export function put(tree: RuleCondition, path: Path, condition: RuleCondition | null): RuleCondition {
  const [step, ...rest] = path;
  if (step === undefined) return condition ?? tree;
  if (step === 'not') {
    return tree.kind === 'not' ? { ...tree, condition: put(tree.condition, rest, condition) } : tree;
  }
  if (!isGroup(tree)) return tree;
  const conditions = tree.conditions.flatMap((one, place) => {
    if (place !== step) return [one];
    if (rest.length > 0) return [put(one, rest, condition)];
    return condition ? [condition] : [];
  });
  return { ...tree, conditions };
}

function insert(tree: RuleGroup, group: Path, place: number, condition: RuleCondition): RuleGroup {
  const found = at(tree, group);
  if (!isGroup(found)) return tree;
  const conditions = [...found.conditions.slice(0, place), condition, ...found.conditions.slice(place)];
  return put(tree, group, { ...found, conditions }) as RuleGroup;
}

export function add(tree: RuleGroup, group: Path, condition: RuleCondition): Changed {
  const found = at(tree, group);
  const place = isGroup(found) ? found.conditions.length : 0;
  return { tree: insert(tree, group, place, condition), path: [...group, place] };
}

/** Take a condition out; the place to stand on is its neighbour, else its group. */
export function remove(tree: RuleGroup, path: Path): Changed {
  const group = path.slice(0, -1);
  const after = put(tree, path, null) as RuleGroup;
  const left = at(after, group);
  const place = Math.min(Number(path.at(-1)), isGroup(left) ? left.conditions.length - 1 : -1);
  return { tree: after, path: place < 0 ? slotOf(group) : [...group, place] };
}

/** Where a group stands in its own group: without the negation around it. */
const slotOf = (path: Path): Path => (path.at(-1) === 'not' ? path.slice(0, -1) : path);

/** Turn a condition into its opposite and back. */
export function negate(tree: RuleGroup, path: Path): Changed {
  const found = at(tree, path);
  if (!found) return { tree, path };
  const after: RuleCondition = found.kind === 'not' ? found.condition : { kind: 'not', condition: found };
  return { tree: put(tree, path, after) as RuleGroup, path };
}

/** Put a condition into a new group of its own: the other kind than the one around it. */
export function wrap(tree: RuleGroup, path: Path): Changed {
  const found = at(tree, path);
  const around = at(tree, path.slice(0, -1));
  if (!found) return { tree, path };
  const kind = around?.kind === 'any' ? 'all' : 'any';
  return { tree: put(tree, path, { kind, conditions: [found] }) as RuleGroup, path: [...path, 0] };
}

/** Move a condition; null when there is nowhere to go. A group that is left empty goes away. */
export function move(tree: RuleGroup, path: Path, how: Move): Changed | null {
  const place = path.at(-1);
  const groupPath = path.slice(0, -1);
  const group = at(tree, groupPath);
  const moved = at(tree, path);
  if (typeof place !== 'number' || !isGroup(group) || !moved) return null;
  if (how === 'up' || how === 'down') {
    const to = how === 'up' ? place - 1 : place + 1;
    const other = group.conditions[to];
    if (!other) return null;
    const swapped = put(put(tree, [...groupPath, place], other), [...groupPath, to], moved) as RuleGroup;
    return { tree: swapped, path: [...groupPath, to] };
  }
  if (how === 'into') {
    for (const neighbour of [place - 1, place + 1]) {
      const found = group.conditions[neighbour];
      const { inner, steps } = found ? bare(found) : { inner: undefined, steps: [] };
      if (!isGroup(inner)) continue;
      // Taken out first: what stands behind it moves up by one.
      const without = put(tree, path, null) as RuleGroup;
      const target = [...groupPath, neighbour > place ? place : neighbour, ...steps];
      const end = neighbour > place ? 0 : inner.conditions.length;
      return { tree: insert(without, target, end, moved), path: [...target, end] };
    }
    return null;
  }
  const slot = slotOf(groupPath);
  const slotPlace = slot.at(-1);
  if (typeof slotPlace !== 'number') return null;
  const outer = slot.slice(0, -1);
  const without = put(tree, path, null) as RuleGroup;
  const left = at(without, groupPath);
  if (isGroup(left) && left.conditions.length === 0) {
    return { tree: put(without, slot, moved) as RuleGroup, path: slot };
  }
  return { tree: insert(without, outer, slotPlace + 1, moved), path: [...outer, slotPlace + 1] };
}

/** How many conditions, groups and negations included, and how deep. */
export function measure(tree: RuleCondition): { nodes: number; depth: number } {
  const parts = isGroup(tree) ? tree.conditions : tree.kind === 'not' ? [tree.condition] : [];
  const inside = parts.map(measure);
  return {
    nodes: 1 + inside.reduce((sum, one) => sum + one.nodes, 0),
    depth: 1 + Math.max(0, ...inside.map((one) => one.depth)),
  };
}
