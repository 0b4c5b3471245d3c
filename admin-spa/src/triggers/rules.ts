// The rules of one site as the console works on them: what the server has, what is being written, what is wrong with it.
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type {
  InvitationBudget,
  LoggedDecision,
  PreviewVisitors,
  RuleContent,
  RuleList,
  RulePreviewed,
  RuleReply,
  RuleTemplate,
  RuleTemplates,
  RuleVersion,
  RuleVersions,
  TriggerRule,
} from '../../../widget/src/shared/contracts.gen';
import { AskError, toAskError } from '../../../widget/src/shared/errors';
import type { Api } from '../app/api';
import type { Problem, Problems } from '../app/shape';
import { check } from './check';
import { rooted } from './tree';

export interface RulesParts {
  readonly call: Api['call'];
  readonly siteId: string;
  readonly later: (run: () => void, inMs: number) => void;
}

/** What a person has written and not saved, and the version it was written on. */
export interface Unsaved {
  readonly version: number;
  readonly content: RuleContent;
  /** The server's refusal, by place; gone with the next change. */
  readonly refused: Problems;
}

export type Rules = ReturnType<typeof openRules>;
/** Long enough that a word is finished, short enough to feel like an answer. */
const TRY_AFTER_MS = 700;

export function openRules({ call, siteId, later }: RulesParts) {
  const rules = signal<ReadonlyMap<string, TriggerRule> | null>(null);
  const budget = signal<InvitationBudget | null>(null);
  const templates = signal<readonly RuleTemplate[] | null>(null);
  const decisions = signal<readonly LoggedDecision[] | null>(null);
  const versions = signal<readonly RuleVersion[] | null>(null);
  const unsaved = signal<ReadonlyMap<string, Unsaved>>(new Map());
  const tried = signal<{ ruleId: string; visitors: PreviewVisitors } | null>(null);
  const failure = signal<AskError | null>(null);
  const site = `/sites/${encodeURIComponent(siteId)}/rules`;
  const one = (id: string) => `/rules/${encodeURIComponent(id)}`;
  let tryNumber = 0;

  function keep(rule: TriggerRule): TriggerRule {
    rules.value = new Map(rules.value ?? []).set(rule.id, rule);
    return rule;
  }
  function forget(id: string): void {
    unsaved.value = new Map([...unsaved.value].filter(([other]) => other !== id));
  }
  async function load<T>(into: { value: T }, ask: () => Promise<T>): Promise<void> {
    failure.value = null;
    try {
      into.value = await ask();
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  const changed = async (method: 'PUT' | 'POST', path: string, body: object): Promise<TriggerRule> =>
    keep(((await call(method, path, body)) as RuleReply).rule);

  function contentOf(id: string): RuleContent | undefined {
    return unsaved.value.get(id)?.content ?? rules.value?.get(id)?.draft;
  }
  /** A refusal with a place is shown at the place; it is thrown on, because somebody waits for the end. */
  function mark(id: string, thrown: unknown): never {
    const error = toAskError(thrown);
    const { path, rule, max } = error.details;
    const written = unsaved.value.get(id);
    if (error.code === 'rule_invalid' && written && typeof path === 'string') {
      const problem: Problem = { rule: String(rule), ...(typeof max === 'number' && { max }) };
      unsaved.value = new Map(unsaved.value).set(id, { ...written, refused: new Map([[path, problem]]) });
    }
    throw error;
  }
  async function save(id: string): Promise<TriggerRule | undefined> {
    const written = unsaved.value.get(id);
    if (!written) return rules.value?.get(id);
    if (check(written.content).size > 0) throw new AskError('rule_invalid');
    const { version, content } = written;
    const rule = await changed('PUT', one(id), { version, rule: content }).catch((thrown) =>
      mark(id, thrown),
    );
    // What was typed while it travelled stays, on the new version.
    const now = unsaved.value.get(id);
    if (now && now.content !== content)
      unsaved.value = new Map(unsaved.value).set(id, { ...now, version: rule.version });
    else forget(id);
    return rule;
  }

  return {
    siteId,
    rules: rules as ReadonlySignal<ReadonlyMap<string, TriggerRule> | null>,
    budget: budget as ReadonlySignal<InvitationBudget | null>,
    templates: templates as ReadonlySignal<readonly RuleTemplate[] | null>,
    decisions: decisions as ReadonlySignal<readonly LoggedDecision[] | null>,
    versions: versions as ReadonlySignal<readonly RuleVersion[] | null>,
    unsaved: unsaved as ReadonlySignal<ReadonlyMap<string, Unsaved>>,
    /** What the last visitors would have got of the rule that was tried last. */
    tried: tried as ReadonlySignal<{ ruleId: string; visitors: PreviewVisitors } | null>,
    failure: failure as ReadonlySignal<AskError | null>,
    /** Rules that visitors get, the highest priority first, then the others by their last change. */
    ordered: computed(() => [...(rules.value?.values() ?? [])].sort(byImportance)),
    contentOf,
    /** What is wrong with a rule as it is written now. */
    problemsOf(id: string): Problems {
      const content = contentOf(id);
      if (!content) return new Map();
      return new Map([...(unsaved.value.get(id)?.refused ?? []), ...check(content)]);
    },
    loadRules: () =>
      load(rules, async () => {
        const list = (await call('GET', site)) as RuleList;
        budget.value = list.budget;
        return new Map(list.rules.map((rule) => [rule.id, rule]));
      }),
    loadTemplates: () =>
      load(templates, async () => ((await call('GET', '/rule-templates')) as RuleTemplates).templates),
    loadDecisions: () =>
      load(
        decisions,
        async () => ((await call('GET', `${site}/decisions`)) as { decisions: LoggedDecision[] }).decisions,
      ),
    async loadVersions(id: string): Promise<void> {
      versions.value = null;
      versions.value = ((await call('GET', `${one(id)}/versions`)) as RuleVersions).versions;
    },
    async create(content: RuleContent): Promise<TriggerRule> {
      return changed('POST', site, { rule: content });
    },
    /** Change what is written; the tree's root is always a group here. */
    edit(id: string, part: Partial<RuleContent>): void {
      const rule = rules.value?.get(id);
      const before = contentOf(id);
      if (!rule || !before) return;
      const content = { ...before, ...part };
      const version = unsaved.value.get(id)?.version ?? rule.version;
      if (
        JSON.stringify(content) === JSON.stringify({ ...rule.draft, condition: rooted(rule.draft.condition) })
      ) {
        forget(id);
        return;
      }
      unsaved.value = new Map(unsaved.value).set(id, { version, content, refused: new Map() });
    },
    discard: forget,
    /** After somebody else's change: write what is here over it. */
    async rebase(id: string): Promise<void> {
      const { rule } = (await call('GET', one(id))) as RuleReply;
      const written = unsaved.value.get(id);
      keep(rule);
      if (written) unsaved.value = new Map(unsaved.value).set(id, { ...written, version: rule.version });
    },
    async reload(id: string): Promise<void> {
      keep(((await call('GET', one(id))) as RuleReply).rule);
      forget(id);
    },
    save,
    /** Save what is written and let visitors have it. */
    async publish(id: string): Promise<void> {
      const rule = await save(id);
      if (rule) await changed('POST', `${one(id)}/publish`, { version: rule.version });
    },
    async disable(id: string): Promise<void> {
      const rule = rules.value?.get(id);
      if (rule) await changed('POST', `${one(id)}/disable`, { version: rule.version });
    },
    async saveBudget(wanted: InvitationBudget): Promise<void> {
      budget.value = (await call('PUT', `${site}/budget`, wanted)) as InvitationBudget;
    },
    /** Ask, when the writing pauses, for how many of the last visitors the rule would have shown. */
    tryOut(id: string): void {
      tryNumber += 1;
      const number = tryNumber;
      later(() => {
        const content = contentOf(id);
        if (number !== tryNumber || !content || check(content).size > 0) return;
        const live = rules.value?.get(id)?.status === 'live';
        const body = { rule: content, ...(live && { ruleId: id }) };
        call('POST', `${site}/preview`, body).then(
          (reply) => {
            if (number === tryNumber)
              tried.value = { ruleId: id, visitors: (reply as RulePreviewed).visitors };
          },
          () => undefined, // The figure is an extra; what is wrong with the rule is said when it is saved.
        );
      }, TRY_AFTER_MS);
    },
  };
}

function byImportance(a: TriggerRule, b: TriggerRule): number {
  const rank = (rule: TriggerRule) => (rule.status === 'live' ? 0 : rule.status === 'draft' ? 1 : 2);
  return (
    rank(a) - rank(b) ||
    (b.live?.priority ?? b.draft.priority) - (a.live?.priority ?? a.draft.priority) ||
    b.updatedAtMs - a.updatedAtMs
  );
}

/** A rule that says nothing yet, for those who do not want a template. */
export function emptyRule(
  name: string,
  locale: string,
  words: { text: string; button: string },
): RuleContent {
  return {
    name,
    condition: {
      kind: 'all',
      conditions: [{ kind: 'time', atLeastS: 30 }, { kind: 'consultants' }],
    },
    action: { kind: 'chat' },
    texts: [{ locale, title: '', text: words.text, button: words.button }],
    invitee: 'consultant',
    priority: 50,
    caps: { perVisit: null, perDay: null, perVisitor: null },
    schedule: { fromAtMs: null, untilAtMs: null },
    samplePercent: 100,
  };
}
