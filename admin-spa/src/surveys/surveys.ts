// The surveys of one site as the console works on them: what the server has, and what is being written.
import { type ReadonlySignal, signal } from '@preact/signals';
import type {
  Survey,
  SurveyContent,
  SurveyFreeText,
  SurveyFreeTexts,
  SurveyList,
  SurveyResults,
  SurveySummary,
  SurveyTemplate,
  SurveyTemplateList,
  SurveyVersion,
  SurveyVersionList,
} from '../../../widget/src/shared/contracts.gen';
import { type AskError, toAskError } from '../../../widget/src/shared/errors';
import type { Api } from '../app/api';
import type { Period } from '../app/period';

export interface Unsaved {
  readonly version: number;
  readonly name: string;
  readonly content: SurveyContent;
}

export type Surveys = ReturnType<typeof openSurveys>;

export function openSurveys({ call, siteId }: { call: Api['call']; siteId: string }) {
  const list = signal<readonly SurveySummary[] | null>(null);
  const templates = signal<readonly SurveyTemplate[] | null>(null);
  const open = signal<Survey | null>(null);
  const unsaved = signal<ReadonlyMap<string, Unsaved>>(new Map());
  const results = signal<SurveyResults | null>(null);
  const texts = signal<{ questionId: string; texts: readonly SurveyFreeText[]; next: string | null } | null>(
    null,
  );
  const versions = signal<readonly SurveyVersion[] | null>(null);
  const failure = signal<AskError | null>(null);
  const one = (id: string) => `/surveys/${encodeURIComponent(id)}`;

  async function load(ask: () => Promise<void>): Promise<void> {
    failure.value = null;
    try {
      await ask();
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  function forget(id: string): void {
    unsaved.value = new Map([...unsaved.value].filter(([other]) => other !== id));
  }
  function written(id: string): Unsaved | undefined {
    const kept = unsaved.value.get(id);
    if (kept || open.value?.id !== id) return kept;
    const { version, name, content } = open.value;
    return { version, name, content };
  }
  async function save(id: string): Promise<void> {
    const mine = unsaved.value.get(id);
    if (!mine) return;
    open.value = (await call('PUT', one(id), mine)) as Survey;
    // What was typed while it travelled stays, on the new version.
    const now = unsaved.value.get(id);
    if (now && now !== mine)
      unsaved.value = new Map(unsaved.value).set(id, { ...now, version: open.value.version });
    else forget(id);
  }
  async function step(id: string, what: 'publish' | 'close'): Promise<void> {
    await save(id);
    if (open.value)
      open.value = (await call('POST', `${one(id)}/${what}`, { version: open.value.version })) as Survey;
  }

  return {
    siteId,
    list: list as ReadonlySignal<readonly SurveySummary[] | null>,
    templates: templates as ReadonlySignal<readonly SurveyTemplate[] | null>,
    open: open as ReadonlySignal<Survey | null>,
    unsaved: unsaved as ReadonlySignal<ReadonlyMap<string, Unsaved>>,
    results: results as ReadonlySignal<SurveyResults | null>,
    texts: texts as ReadonlySignal<typeof texts.value>,
    versions: versions as ReadonlySignal<readonly SurveyVersion[] | null>,
    failure: failure as ReadonlySignal<AskError | null>,
    written,
    loadList: () =>
      load(async () => {
        list.value = (
          (await call('GET', `/surveys?siteId=${encodeURIComponent(siteId)}`)) as SurveyList
        ).surveys;
      }),
    loadTemplates: () =>
      load(async () => {
        templates.value = ((await call('GET', '/survey-templates')) as SurveyTemplateList).templates;
      }),
    loadOne: (id: string) =>
      load(async () => {
        if (open.value?.id !== id) open.value = null;
        open.value = (await call('GET', one(id))) as Survey;
      }),
    loadResults: (id: string, period: Period) =>
      load(async () => {
        results.value = (await call('GET', `${one(id)}/results?${query(period)}`)) as SurveyResults;
      }),
    /** Free texts of a question; again for older ones. */
    async loadTexts(id: string, questionId: string): Promise<void> {
      const before = texts.value?.questionId === questionId ? texts.value : null;
      const more = before?.next ? `?before=${encodeURIComponent(before.next)}` : '';
      const path = `${one(id)}/texts/${encodeURIComponent(questionId)}${more}`;
      const found = (await call('GET', path)) as SurveyFreeTexts;
      texts.value = {
        questionId,
        texts: [...(more ? (before?.texts ?? []) : []), ...found.texts],
        next: found.next,
      };
    },
    async loadVersions(id: string): Promise<void> {
      versions.value = null;
      versions.value = ((await call('GET', `${one(id)}/versions`)) as SurveyVersionList).versions;
    },
    async create(name: string, content: SurveyContent): Promise<Survey> {
      open.value = (await call('POST', '/surveys', { siteId, name, content })) as Survey;
      return open.value;
    },
    edit(id: string, part: Partial<Pick<Unsaved, 'name' | 'content'>>): void {
      const before = written(id);
      if (before) unsaved.value = new Map(unsaved.value).set(id, { ...before, ...part });
    },
    discard: forget,
    save,
    publish: (id: string) => step(id, 'publish'),
    close: (id: string) => step(id, 'close'),
    /** After a colleague's change: theirs, or mine over it. */
    async rebase(id: string, mine: boolean): Promise<void> {
      open.value = (await call('GET', one(id))) as Survey;
      const kept = unsaved.value.get(id);
      if (!mine) forget(id);
      else if (kept) unsaved.value = new Map(unsaved.value).set(id, { ...kept, version: open.value.version });
    },
    csv: (id: string, period: Period) => `/api/v1${one(id)}/answers.csv?${query(period)}`,
  };
}

export const query = ({ fromMs, toMs, timeZone }: Period): string =>
  new URLSearchParams({ fromMs: String(fromMs), toMs: String(toMs), timeZone }).toString();
