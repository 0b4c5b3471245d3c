import { afterEach, expect, test } from 'vitest';
import templates from '../../server/triggers/templates.json';
import type { RuleCondition, RuleContent, RuleGroup } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import { setCatalog } from '../../widget/src/shared/gettext';
import ro from '../src/locales/ro.json';
import ru from '../src/locales/ru.json';
import { check, filled, templateProblem } from '../src/triggers/check';
import { emptyRule, openRules } from '../src/triggers/rules';
import { clause, ruleSentence } from '../src/triggers/sentence';
import {
  add,
  at,
  LEAVES,
  measure,
  move,
  negate,
  newLeaf,
  pointer,
  remove,
  rooted,
  wrap,
} from '../src/triggers/tree';
import { ruleOf } from './builders';
import { settled } from './fakeLink';

const A: RuleCondition = { kind: 'time', atLeastS: 30 };
const B: RuleCondition = { kind: 'scroll', atLeastPercent: 50 };
const C: RuleCondition = { kind: 'consultants' };
const all = (...conditions: RuleCondition[]): RuleGroup => ({ kind: 'all', conditions });
const any = (...conditions: RuleCondition[]): RuleGroup => ({ kind: 'any', conditions });
const not = (condition: RuleCondition): RuleCondition => ({ kind: 'not', condition });
const content = (condition: RuleCondition): RuleContent => ({
  ...emptyRule('Rule', 'en', { text: 'Hello', button: 'Ask' }),
  condition,
});

afterEach(() => setCatalog('en', {}));

// --- the tree --------------------------------------------------------------------------------------------------------

test('a condition moves up, down, into the group beside it, out again, and stays the same condition', () => {
  const tree = all(A, any(B), C);
  expect(move(tree, [0], 'up')).toBeNull();
  expect(move(tree, [0], 'down')?.tree).toEqual(all(any(B), A, C));

  const into = move(tree, [0], 'into');
  expect(into).toEqual({ tree: all(any(A, B), C), path: [0, 0] });
  const last = move(tree, [2], 'into');
  expect(last).toEqual({ tree: all(A, any(B, C)), path: [1, 1] });
  if (!last) return;
  expect(move(last.tree, last.path, 'out')).toEqual({ tree, path: [2] });
});

test('a condition moves into a negated group and out of it', () => {
  const tree = all(A, not(any(B)));
  const into = move(tree, [0], 'into');
  expect(into).toEqual({ tree: all(not(any(A, B))), path: [0, 'not', 0] });
  expect(into && move(into.tree, into.path, 'out')).toEqual({ tree: all(not(any(B)), A), path: [1] });
});

test('the last condition that leaves a group takes the group’s place', () => {
  expect(move(all(any(A), B), [0, 0], 'out')).toEqual({ tree: all(A, B), path: [0] });
});

test('what is added, wrapped, negated and removed is where the focus goes', () => {
  expect(add(all(A), [], B)).toEqual({ tree: all(A, B), path: [1] });
  expect(wrap(all(A, B), [0])).toEqual({ tree: all(any(A), B), path: [0, 0] });
  expect(negate(all(A), [0]).tree).toEqual(all(not(A)));
  expect(negate(all(not(A)), [0]).tree).toEqual(all(A));
  expect(remove(all(A, B), [1])).toEqual({ tree: all(A), path: [0] });
  expect(remove(all(any(A)), [0, 0]).path).toEqual([0]);
});

test('places are named as the server names them', () => {
  expect(pointer([1, 'not', 0])).toBe('condition/conditions/1/condition/conditions/0');
  expect(at(all(A, not(any(B))), [1, 'not', 0])).toEqual(B);
  expect(measure(all(A, not(any(B))))).toEqual({ nodes: 5, depth: 4 });
  expect(rooted(A)).toEqual(all(A));
});

// --- what is wrong ---------------------------------------------------------------------------------------------------

test('every template of the product is a rule without problems', () => {
  expect(templates.length).toBe(10);
  for (const { rule } of templates) expect([...check(rule as RuleContent)]).toEqual([]);
});

test('a new condition of every kind says which of its fields is still to be filled in', () => {
  const wrong = LEAVES.map((kind) => [kind, [...check(content(all(newLeaf(kind)))).keys()]] as const);
  const place = 'condition/conditions/0';
  expect(Object.fromEntries(wrong.filter(([, paths]) => paths.length > 0))).toEqual({
    url: [`${place}/value`],
    referrer: [`${place}/value`],
    utm: [`${place}/value`],
    language: [`${place}/anyOf`],
    event: [`${place}/name`],
  });
});

test('a number that is half written, too small or too large is named with its range', () => {
  const problem = (atLeastS: number) =>
    check(content(all({ kind: 'time', atLeastS }))).get('condition/conditions/0/atLeastS');
  expect(problem(Number.NaN)).toEqual({ rule: 'type', min: 1, max: 86400 });
  expect(problem(0)).toEqual({ rule: 'minimum', min: 1, max: 86400 });
  expect(problem(1.5)?.rule).toBe('type');
  expect(problem(30)).toBeUndefined();
});

test('neighbours that repeat or contradict each other are refused at the later one', () => {
  const rule = (tree: RuleCondition) => check(content(tree)).get('condition/conditions/1')?.rule;
  expect(rule(all(C, C))).toBe('repeated');
  expect(rule(all(A, { kind: 'time', atLeastS: 60 }))).toBe('repeated');
  expect(rule(all(C, not(C)))).toBe('contradiction');
  expect(rule(any({ kind: 'exit', device: 'desktop' }, { kind: 'exit', device: 'touch' }))).toBeUndefined();
  expect(rule(all({ kind: 'exit', device: 'desktop' }, { kind: 'exit', device: 'touch' }))).toBe(
    'contradiction',
  );
  expect(check(content(all(not(not(A))))).get('condition/conditions/0')?.rule).toBe('double_not');
});

test('a tree that is too deep or too large is refused as a whole', () => {
  let deep: RuleCondition = A;
  for (let level = 0; level < 8; level += 1) deep = all(deep);
  expect(check(content(deep)).get('condition')).toEqual({ rule: 'depth', max: 8 });
  const many = Array.from({ length: 5 }, () => any(...Array.from({ length: 45 }, () => C)));
  expect(check(content(all(...many))).get('condition')?.rule).toBe('nodes');
});

test('variables need a known name and something that stands in', () => {
  expect(templateProblem('Hello {consultant|our team}, about {page|this page}')).toBeNull();
  expect(templateProblem('{price|0}')).toBe('unknown_variable');
  expect(templateProblem('{page}')).toBe('fallback');
  expect(templateProblem('{page| }')).toBe('fallback');
  expect(templateProblem('{}')).toBe('braces');
  expect(filled('From {consultant| our team }', {})).toBe('From our team');
  expect(filled('From {consultant|our team}', { consultant: '<b>Ana</b>' })).toBe('From <b>Ana</b>');
});

// --- the sentence ----------------------------------------------------------------------------------------------------

const RULE = content(
  all(C, A, any(B, { kind: 'url', op: 'contains', value: '/price' }), not({ kind: 'returning' })),
);

test('a rule reads as one plain sentence, groups in brackets', () => {
  expect(ruleSentence(RULE)).toBe(
    'When a consultant is available, the page has been read for 30 seconds, (50% of the page has been seen or the page’s address contains “/price”), and the visitor is here for the first time: invite to the chat.',
  );
});

test('the sentence is Russian in Russian and Romanian in Romanian', () => {
  setCatalog('ru', { ...ru });
  expect(ruleSentence(RULE)).toBe(
    'Если консультант на связи, страницу читают не меньше 30 секунд, (просмотрено 50% страницы или адрес страницы содержит «/price») и посетитель здесь впервые: пригласить в чат.',
  );
  setCatalog('ro', { ...ro });
  expect(ruleSentence(RULE)).toBe(
    'Dacă un consultant este disponibil, pagina este citită de 30 de secunde, (s-a văzut 50% din pagină sau adresa paginii conține „/price”) și vizitatorul este aici pentru prima dată: invită la chat.',
  );
});

test('a negated group says it of each of its parts', () => {
  expect(clause(not(any(C, { kind: 'hours' })))).toBe(
    'no consultant is available and it is outside working hours',
  );
  expect(clause(not(all(C, { kind: 'hours' })))).toBe(
    'no consultant is available or it is outside working hours',
  );
  expect(clause(all())).toBe('(no condition yet)');
});

test('every kind of condition has a sentence and an opposite of its own', () => {
  for (const kind of LEAVES) {
    const [yes, no] = [clause(newLeaf(kind)), clause(not(newLeaf(kind)))];
    expect(yes).not.toBe(no);
    expect(yes).not.toContain('undefined');
  }
});

// --- working on a rule -----------------------------------------------------------------------------------------------

function desk(answer: (method: string, path: string, body: unknown) => unknown) {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  const rules = openRules({
    siteId: 's1',
    later: (run) => void waiting.push(run),
    call: async (method, path, body) => {
      asked.push(`${method} ${path}`);
      return answer(method, path, body);
    },
  });
  const pause = () => {
    for (const run of waiting.splice(0)) run();
  };
  return { rules, asked, pause };
}
const LIST = {
  rules: [ruleOf()],
  budget: { enabled: true, perVisit: 1, perDay: 2, perVisitor: null },
};

test('what is written is kept until it is saved, and saving names the version it was written on', async () => {
  const sent: unknown[] = [];
  const { rules } = desk((method, _path, body) => {
    if (method === 'GET') return LIST;
    sent.push(body);
    return { rule: ruleOf({ version: 4, draft: (body as { rule: RuleContent }).rule }) };
  });
  await rules.loadRules();
  rules.edit('r1', { name: 'Other' });
  expect(rules.unsaved.value.get('r1')?.content.name).toBe('Other');
  await rules.save('r1');

  expect(sent).toEqual([{ version: 3, rule: { ...ruleOf().draft, name: 'Other' } }]);
  expect(rules.unsaved.value.size).toBe(0);
  expect(rules.rules.value?.get('r1')?.version).toBe(4);
});

test('writing the old words again is no change', async () => {
  const { rules } = desk(() => LIST);
  await rules.loadRules();
  rules.edit('r1', { name: 'Other' });
  rules.edit('r1', { name: ruleOf().draft.name });
  expect(rules.unsaved.value.size).toBe(0);
});

test('a refusal of the server stands at its place until the next change', async () => {
  const { rules } = desk((method) => {
    if (method === 'GET') return LIST;
    throw new AskError('rule_invalid', { path: 'texts/0/title', rule: 'braces' });
  });
  await rules.loadRules();
  rules.edit('r1', { name: 'Other' });
  await expect(rules.save('r1')).rejects.toMatchObject({ code: 'rule_invalid' });
  expect(rules.problemsOf('r1').get('texts/0/title')).toEqual({ rule: 'braces' });
  rules.edit('r1', { name: 'Another' });
  expect(rules.problemsOf('r1').size).toBe(0);
});

test('a rule with problems is never sent', async () => {
  const { rules, asked, pause } = desk(() => LIST);
  await rules.loadRules();
  rules.edit('r1', { name: ' ' });
  rules.tryOut('r1');
  pause();
  await expect(rules.publish('r1')).rejects.toMatchObject({ code: 'rule_invalid' });
  expect(asked).toEqual(['GET /sites/s1/rules']);
});

test('only the last of several changes is tried on the visitors', async () => {
  const { rules, asked, pause } = desk((_method, path) =>
    path.endsWith('preview')
      ? { decision: { firedRuleId: null, reasons: [] }, visitors: { of: 50, wouldFire: 7, unknown: 3 } }
      : LIST,
  );
  await rules.loadRules();
  rules.tryOut('r1');
  rules.tryOut('r1');
  pause();
  await settled();
  expect(asked.filter((one) => one.endsWith('preview'))).toHaveLength(1);
  expect(rules.tried.value).toEqual({ ruleId: 'r1', visitors: { of: 50, wouldFire: 7, unknown: 3 } });
});

test('after a colleague’s change mine can be written over it, on the new version', async () => {
  let version = 7;
  const { rules } = desk((method, path, body) => {
    if (path.endsWith('/rules')) return LIST;
    if (method === 'GET') return { rule: ruleOf({ version: 7 }) };
    if ((body as { version: number }).version !== version)
      throw new AskError('rule_changed', { name: 'Adam' });
    version += 1;
    return { rule: ruleOf({ version }) };
  });
  await rules.loadRules();
  rules.edit('r1', { name: 'Mine' });
  await expect(rules.save('r1')).rejects.toMatchObject({ code: 'rule_changed' });
  await rules.rebase('r1');
  await rules.save('r1');
  expect(rules.rules.value?.get('r1')?.version).toBe(8);
});
