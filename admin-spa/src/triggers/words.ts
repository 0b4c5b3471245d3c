// Words that the parts of the campaigns share: kinds, states, reasons, and what is wrong with a field.
import type {
  DecisionCode,
  RuleAction,
  RuleVersion,
  TriggerRule,
} from '../../../widget/src/shared/contracts.gen';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import type { Problem, Problems } from '../app/shape';
import type { LeafKind } from './tree';

export function kindText(kind: LeafKind): string {
  switch (kind) {
    case 'time':
      return gettext('Time on the page');
    case 'scroll':
      return gettext('Scroll depth');
    case 'exit':
      return gettext('About to leave');
    case 'idle':
      return gettext('Does nothing');
    case 'pages':
      return gettext('Pages in this visit');
    case 'url':
      return gettext('Page address');
    case 'returning':
      return gettext('Has been here before');
    case 'referrer':
      return gettext('Came from');
    case 'utm':
      return gettext('Campaign tag (UTM)');
    case 'language':
      return gettext('Visitor’s language');
    case 'event':
      return gettext('Event of the page');
    case 'consultants':
      return gettext('A consultant is available');
    case 'hours':
      return gettext('Working hours');
  }
}

export function actionText(kind: RuleAction['kind']): string {
  switch (kind) {
    case 'chat':
      return gettext('Open the chat');
    case 'callback':
      return gettext('Open the callback form');
    case 'survey':
      return gettext('Show a survey');
    case 'link':
      return gettext('Go to an address');
    case 'event':
      return gettext('Tell the page an event');
  }
}

export function statusText(status: TriggerRule['status']): string {
  switch (status) {
    case 'draft':
      return gettext('Draft');
    case 'live':
      return gettext('Live');
    case 'disabled':
      return gettext('Switched off');
  }
}

export function versionText(action: RuleVersion['action']): string {
  switch (action) {
    case 'created':
      return gettext('Created');
    case 'saved':
      return gettext('Draft saved');
    case 'published':
      return gettext('Published');
    case 'disabled':
      return gettext('Switched off');
  }
}

/** Why a rule showed or did not. */
export function reasonText(code: DecisionCode): string {
  switch (code) {
    case 'fired':
      return gettext('Shown');
    case 'condition_not_met':
      return gettext('The condition was not met');
    case 'no_consultant':
      return gettext('No consultant was available');
    case 'outside_hours':
      return gettext('Outside working hours');
    case 'outside_schedule':
      return gettext('Outside the rule’s dates');
    case 'sampled_out':
      return gettext('The visitor is not in the share who may see it');
    case 'in_conversation':
      return gettext('The visitor was in a chat');
    case 'in_call':
      return gettext('The visitor was in a call');
    case 'dismissed':
      return gettext('The visitor has closed an invitation in this visit');
    case 'capped_visit':
      return gettext('Enough interruptions in this visit');
    case 'capped_day':
      return gettext('Enough interruptions today');
    case 'capped_visitor':
      return gettext('Enough interruptions for this visitor');
    case 'rule_capped_visit':
      return gettext('This rule has shown often enough in this visit');
    case 'rule_capped_day':
      return gettext('This rule has shown often enough today');
    case 'rule_capped_visitor':
      return gettext('This rule has shown often enough to this visitor');
    case 'lower_priority':
      return gettext('A rule of higher priority went first');
    case 'survey_closed':
      return gettext('The survey is not published');
    case 'switched_off':
      return gettext('Invitations are switched off on this site');
  }
}

/** A problem beside its field, as a sentence that says what to do. */
export function problemText(problems: Problems, path: string): string | null {
  const problem = problems.get(path);
  return problem ? sentenceOf(problem, path.split('/').at(-1) ?? '') : null;
}

export function sentenceOf({ rule, min, max }: Problem, field: string): string {
  switch (rule) {
    case 'minLength':
    case 'required':
      return gettext('Fill this in.');
    case 'maxLength':
      return ngettext('At most {n} character.', 'At most {n} characters.', max ?? 0);
    case 'type':
    case 'minimum':
    case 'maximum':
      return min !== undefined && max !== undefined
        ? gettext('Enter a whole number from {min} to {max}.', { min, max })
        : gettext('This number does not fit.');
    case 'pattern':
      if (field === 'locale' || field === 'anyOf' || /^\d+$/.test(field)) {
        return gettext('Write a language as ro, or with its region as pt-BR.');
      }
      if (field === 'name') return gettext('Only Latin letters, digits and _ . : -');
      if (field === 'url') return gettext('Write the whole address, such as https://shop.example/sale');
      return gettext('This is not written as it has to be.');
    case 'minItems':
      return gettext('Add at least one.');
    case 'maxItems':
      return ngettext('At most {n}.', 'At most {n}.', max ?? 0);
    case 'nodes':
      return ngettext('At most {n} condition in a rule.', 'At most {n} conditions in a rule.', max ?? 0);
    case 'depth':
      return ngettext('Groups may be at most {n} deep.', 'Groups may be at most {n} deep.', max ?? 0);
    case 'repeated':
      return field === 'locale'
        ? gettext('This language is there already.')
        : gettext('A neighbour says this already: remove one of them.');
    case 'contradiction':
      return gettext('This can never be true together with its neighbour.');
    case 'double_not':
      return gettext('Not not: remove both.');
    case 'unknown_variable':
      return gettext('There is no such variable. Choose one from the list.');
    case 'fallback':
      return gettext('Say what stands in when it is unknown: {example}', { example: '{page|this page}' });
    case 'braces':
      return gettext('Braces are only for variables, such as {example}', { example: '{page|this page}' });
    case 'survey':
      return gettext('This survey is not published: publish it first, or choose another.');
    case 'order':
      return gettext('The end has to be after the beginning.');
    default:
      return gettext('This is not written as it has to be.');
  }
}
