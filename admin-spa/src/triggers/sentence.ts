// A rule as one plain sentence in the language of the console. Pure.
import type {
  RuleAction,
  RuleCondition,
  RuleContent,
  RuleUrl,
} from '../../../widget/src/shared/contracts.gen';
import { currentLocale, gettext, ngettext } from '../../../widget/src/shared/gettext';
import { nameOf } from '../ui/time';

type Op = RuleUrl['op'];

/** "When A, B and C: open the chat." */
export function ruleSentence({ condition, action }: Pick<RuleContent, 'condition' | 'action'>): string {
  return gettext('When {condition}: {action}.', {
    condition: clause(condition),
    action: actionClause(action),
  });
}

/** A condition as part of a sentence. */
export function clause(condition: RuleCondition, negated = false): string {
  switch (condition.kind) {
    case 'not':
      return clause(condition.condition, !negated);
    case 'all':
    case 'any': {
      const parts = condition.conditions;
      const [only] = parts;
      if (!only) return gettext('(no condition yet)');
      if (parts.length === 1) return clause(only, negated);
      // Not all of these: at least one is not true. None of these: not this and not that.
      const type = (condition.kind === 'all') !== negated ? 'conjunction' : 'disjunction';
      return listOf(
        parts.map((part) => bracketed(part, negated)),
        type,
      );
    }
    default:
      return leafClause(condition, negated);
  }
}

/** A group of several inside another one stands in brackets, so that "and" and "or" are never mixed up. */
function bracketed(condition: RuleCondition, negated: boolean): string {
  const text = clause(condition, negated);
  return several(condition) ? `(${text})` : text;
}

function several(condition: RuleCondition): boolean {
  if (condition.kind === 'not') return several(condition.condition);
  if (condition.kind !== 'all' && condition.kind !== 'any') return false;
  const [only] = condition.conditions;
  return condition.conditions.length > 1 || (only !== undefined && several(only));
}

function listOf(parts: string[], type: 'conjunction' | 'disjunction'): string {
  return new Intl.ListFormat(currentLocale(), { type, style: 'long' }).format(parts);
}

function leafClause(leaf: Exclude<RuleCondition, { kind: 'all' | 'any' | 'not' }>, no: boolean): string {
  switch (leaf.kind) {
    case 'time':
      return no
        ? ngettext(
            'the page has been read for less than {n} second',
            'the page has been read for less than {n} seconds',
            known(leaf.atLeastS),
          )
        : ngettext(
            'the page has been read for {n} second',
            'the page has been read for {n} seconds',
            known(leaf.atLeastS),
          );
    case 'scroll': {
      const values = { percent: known(leaf.atLeastPercent) };
      return no
        ? gettext('less than {percent}% of the page has been seen', values)
        : gettext('{percent}% of the page has been seen', values);
    }
    case 'exit':
      if (leaf.device === 'desktop') {
        return no
          ? gettext('the pointer does not leave for the tabs')
          : gettext('the pointer leaves for the tabs');
      }
      if (leaf.device === 'touch') {
        return no
          ? gettext('the visitor does not scroll up fast on a touch screen')
          : gettext('the visitor scrolls up fast on a touch screen');
      }
      return no ? gettext('the visitor is not about to leave') : gettext('the visitor is about to leave');
    case 'idle':
      return no
        ? ngettext(
            'the visitor has done something in the last {n} second',
            'the visitor has done something in the last {n} seconds',
            known(leaf.atLeastS),
          )
        : ngettext(
            'the visitor has done nothing for {n} second',
            'the visitor has done nothing for {n} seconds',
            known(leaf.atLeastS),
          );
    case 'pages':
      return no
        ? ngettext(
            'fewer than {n} page has been opened in this visit',
            'fewer than {n} pages have been opened in this visit',
            known(leaf.atLeast),
          )
        : ngettext(
            'at least {n} page has been opened in this visit',
            'at least {n} pages have been opened in this visit',
            known(leaf.atLeast),
          );
    case 'url':
      return compared(gettext('the page’s address'), leaf.op, leaf.value, no);
    case 'referrer':
      return compared(gettext('the address the visitor came from'), leaf.op, leaf.value, no);
    case 'utm':
      return compared(`utm_${leaf.part}`, leaf.op, leaf.value, no);
    case 'returning':
      return no
        ? gettext('the visitor is here for the first time')
        : gettext('the visitor has been here before');
    case 'language': {
      const names = leaf.anyOf.map((tag) => nameOf('language', tag) || '…');
      const values = { languages: names.length > 0 ? listOf(names, 'disjunction') : '…' };
      return no
        ? gettext('the visitor’s language is not {languages}', values)
        : gettext('the visitor’s language is {languages}', values);
    }
    case 'event': {
      const data = (leaf.data ?? []).map(({ name, value }) => `${name} = ${value}`).join(', ');
      const values = { name: leaf.name || '…', data };
      if (data) {
        return no
          ? gettext('the page has not reported “{name}” with {data}', values)
          : gettext('the page has reported “{name}” with {data}', values);
      }
      return no
        ? gettext('the page has not reported “{name}”', values)
        : gettext('the page has reported “{name}”', values);
    }
    case 'consultants':
      return no ? gettext('no consultant is available') : gettext('a consultant is available');
    case 'hours':
      return no ? gettext('it is outside working hours') : gettext('it is within working hours');
  }
}

function compared(what: string, op: Op, value: string, no: boolean): string {
  const values = { what, value: value.trim() || '…' };
  switch (op) {
    case 'is':
      return no ? gettext('{what} is not “{value}”', values) : gettext('{what} is “{value}”', values);
    case 'contains':
      return no
        ? gettext('{what} does not contain “{value}”', values)
        : gettext('{what} contains “{value}”', values);
    case 'starts':
      return no
        ? gettext('{what} does not start with “{value}”', values)
        : gettext('{what} starts with “{value}”', values);
    case 'ends':
      return no
        ? gettext('{what} does not end with “{value}”', values)
        : gettext('{what} ends with “{value}”', values);
  }
}

/** What accepting does, as the end of a sentence. */
export function actionClause(action: RuleAction): string {
  switch (action.kind) {
    case 'chat':
      return gettext('invite to the chat');
    case 'callback':
      return gettext('offer a call back');
    case 'survey':
      return gettext('offer a survey');
    case 'link':
      return gettext('offer a link to {url}', { url: action.url || '…' });
    case 'event':
      return gettext('offer what the page does on “{name}”', { name: action.name || '…' });
  }
}

/** A field that is being written may hold no number. */
const known = (n: number): number => (Number.isFinite(n) ? n : 0);
