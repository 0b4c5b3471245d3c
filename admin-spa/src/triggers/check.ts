// What is wrong with a rule before it is sent: the contract, and what makes no sense although every part is well formed.
// Pure. Places and words are those of the server's refusals, so both stand beside the same fields.
import schema from '../../../server/contracts/triggers.schema.json';
import type {
  InvitationBudget,
  RuleCondition,
  RuleContent,
  RuleGroup,
} from '../../../widget/src/shared/contracts.gen';
import { type Problem, type Problems, problemsOf, type Shapes } from '../app/shape';
import { MAX_DEPTH, MAX_NODES, measure, type Path, pointer } from './tree';

const SHAPES = schema.$defs as unknown as Shapes;
const VARIABLE = /\{([a-z]+)\|([^{}|]{1,200})\}/g;
export const VARIABLES = ['consultant', 'page', 'keyword', 'source', 'medium', 'campaign'] as const;

/** Return the problems of a rule by place; an empty map is a rule that may be saved. */
export function check(content: RuleContent): Problems {
  const found = problemsOf(SHAPES, 'RuleContent', content);
  const note = (path: string, problem: Problem) => {
    if (!found.has(path)) found.set(path, problem);
  };
  const { nodes, depth } = measure(content.condition);
  if (nodes > MAX_NODES) note('condition', { rule: 'nodes', max: MAX_NODES });
  if (depth > MAX_DEPTH) note('condition', { rule: 'depth', max: MAX_DEPTH });
  groups(content.condition, [], note);
  const seen = new Set<string>();
  content.texts.forEach((text, place) => {
    const locale = text.locale.toLowerCase();
    if (seen.has(locale)) note(`texts/${place}/locale`, { rule: 'repeated' });
    seen.add(locale);
    for (const field of ['title', 'text'] as const) {
      const rule = templateProblem(text[field]);
      if (rule) note(`texts/${place}/${field}`, { rule });
    }
  });
  const { fromAtMs, untilAtMs } = content.schedule;
  if (fromAtMs !== null && untilAtMs !== null && fromAtMs >= untilAtMs) {
    note('schedule/untilAtMs', { rule: 'order' });
  }
  return found;
}

/** What is wrong with the variables of a text. */
export function templateProblem(text: string): 'unknown_variable' | 'fallback' | 'braces' | null {
  for (const [, name = '', fallback = ''] of text.matchAll(VARIABLE)) {
    if (!(VARIABLES as readonly string[]).includes(name)) return 'unknown_variable';
    if (!fallback.trim()) return 'fallback';
  }
  const rest = text.replace(VARIABLE, '');
  if (/\{[a-z]+\|?\s*\}/.test(rest)) return 'fallback';
  return /[{}]/.test(rest) ? 'braces' : null;
}

/** A text with its variables filled in: by what is known, else by the fallback that the marketer wrote. */
export function filled(text: string, known: { readonly [name: string]: string }): string {
  return text.replace(VARIABLE, (_, name: string, fallback: string) => known[name] || fallback.trim());
}

type Note = (path: string, problem: Problem) => void;

function groups(condition: RuleCondition, path: Path, note: Note): void {
  if (condition.kind === 'not') {
    if (condition.condition.kind === 'not') note(pointer(path), { rule: 'double_not' });
    groups(condition.condition, [...path, 'not'], note);
  } else if (condition.kind === 'all' || condition.kind === 'any') {
    neighbours(condition, path, note);
    condition.conditions.forEach((part, place) => {
      groups(part, [...path, place], note);
    });
  }
}

/** Conditions that say nothing beside their neighbours, or make the group never true. */
function neighbours({ kind, conditions }: RuleGroup, path: Path, note: Note): void {
  conditions.forEach((part, place) => {
    for (const before of conditions.slice(0, place)) {
      const where = pointer([...path, place]);
      if (text(part) === text(before) || implied(part, before)) note(where, { rule: 'repeated' });
      else if (opposite(part, before) || (kind === 'all' && exclusive(part, before))) {
        note(where, { rule: 'contradiction' });
      }
    }
  });
}

const THRESHOLDS = new Set(['time', 'scroll', 'idle', 'pages']);

function implied(one: RuleCondition, other: RuleCondition): boolean {
  return one.kind === other.kind && THRESHOLDS.has(one.kind);
}

function opposite(one: RuleCondition, other: RuleCondition): boolean {
  const negation = (a: RuleCondition, b: RuleCondition) => a.kind === 'not' && text(a.condition) === text(b);
  return negation(one, other) || negation(other, one);
}

function exclusive(one: RuleCondition, other: RuleCondition): boolean {
  if (one.kind === 'exit' && other.kind === 'exit') {
    return one.device !== other.device && one.device !== 'any' && other.device !== 'any';
  }
  if (one.kind === 'url' && other.kind === 'url' && one.op === 'is' && other.op === 'is') {
    const plain = (value: string) => value.toLowerCase().replace(/\/+$/, '');
    return (
      one.value.startsWith('/') === other.value.startsWith('/') && plain(one.value) !== plain(other.value)
    );
  }
  if (one.kind === 'utm' && other.kind === 'utm' && one.op === 'is' && other.op === 'is') {
    return one.part === other.part && one.value.toLowerCase() !== other.value.toLowerCase();
  }
  return false;
}

/** The same for the same condition, whatever the order in which its parts were written. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

export const problemsOfBudget = (budget: InvitationBudget): Problems =>
  problemsOf(SHAPES, 'InvitationBudget', budget);
