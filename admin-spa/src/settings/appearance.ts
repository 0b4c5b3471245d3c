// How a site's widget looks and speaks, as it is written: what is saved, what is not, what is wrong with it. The pure
// parts stand first.
import { computed, type ReadonlySignal, signal } from '@preact/signals';
import schema from '../../../server/contracts/appearance.schema.json';
import { contrast, readableOn, textOn } from '../../../widget/src/shared/color';
import type {
  Appearance,
  AppearanceReply,
  AppearanceSave,
  Offsets,
  SiteConfig,
  WidgetLocale,
  WidgetWords,
} from '../../../widget/src/shared/contracts.gen';
import { type AskError, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Api } from '../app/api';
import { type Problems, problemsOf, type Shapes } from '../app/shape';

const SHAPES = schema.$defs as unknown as Shapes;
export const PLACES = ['launcher', 'title', 'greeting', 'offline', 'callback'] as const;

export function cornerText(corner: Appearance['corner']): string {
  switch (corner) {
    case 'top-start':
      return gettext('Top left');
    case 'top-end':
      return gettext('Top right');
    case 'bottom-start':
      return gettext('Bottom left');
    case 'bottom-end':
      return gettext('Bottom right');
  }
}

export type Place = (typeof PLACES)[number];

/** How many characters the words of a place may have. */
export const lengthOf = (place: Place): number => SHAPES.WidgetWords?.properties?.[place]?.maxLength ?? 0;

/** Return what is wrong with an appearance, by place; nothing is wrong with an empty map. */
export function check(look: Appearance): Problems {
  const found = problemsOf(SHAPES, 'Appearance', look);
  if (look.privacyUrl !== null && !URL.canParse(look.privacyUrl))
    found.set('privacyUrl', { rule: 'pattern' });
  if (!look.locales.includes(look.defaultLocale)) found.set('defaultLocale', { rule: 'enum' });
  return found;
}

/** The site in its new look; what is only half written stays as it is saved. */
export function dressed(site: SiteConfig, look: Appearance): SiteConfig {
  const problems = check(look);
  const offsets = (name: 'desktop' | 'phone'): Offsets =>
    problems.has(`${name}/x`) || problems.has(`${name}/y`) ? site[name] : look[name];
  return {
    ...site,
    ...look,
    color: problems.has('color') ? site.color : look.color,
    desktop: offsets('desktop'),
    phone: offsets('phone'),
    privacyUrl: problems.has('privacyUrl') ? site.privacyUrl : look.privacyUrl,
    texts: withoutEmpty(look.texts),
  };
}

/** The same texts with other words in one place of one language. */
export function withWords(
  look: Appearance,
  locale: WidgetLocale,
  place: keyof WidgetWords,
  text: string,
): Appearance {
  const words = { ...look.texts[locale], [place]: text };
  return { ...look, texts: withoutEmpty({ ...look.texts, [locale]: words }) };
}

/** As the server keeps it: no words where ours are to stand. */
function withoutEmpty(texts: Appearance['texts']): Appearance['texts'] {
  const kept = Object.entries(texts).map(([locale, words]) => {
    const said = Object.entries(words ?? {}).filter(([, text]) => text !== '');
    return [locale, Object.fromEntries(said)] as const;
  });
  return Object.fromEntries(kept.filter(([, words]) => Object.keys(words).length > 0));
}

/** Offer a language, or do not; the order is that of `all`, and the default is always one of them. */
export function withLocale(
  look: Appearance,
  locale: WidgetLocale,
  on: boolean,
  all: readonly WidgetLocale[],
): Appearance {
  const locales = all.filter((one) => (one === locale ? on : look.locales.includes(one)));
  const defaultLocale = locales.includes(look.defaultLocale) ? look.defaultLocale : (locales[0] ?? locale);
  return { ...look, locales, defaultLocale };
}

export interface Readability {
  /** What is written on the colour. */
  on: string;
  /** From 1 to 21; below 4.5 it is hard to read. */
  ratio: number;
  /** The colour as text on our light and dark backgrounds; changed where it could not be read. */
  light: string;
  dark: string;
}

/** How a colour is read; null for what is no colour yet. */
export function readability(color: string): Readability | null {
  if (!/^#[0-9a-f]{6}$/i.test(color)) return null;
  const on = textOn(color);
  return {
    on,
    ratio: Math.round(contrast(color, on) * 10) / 10,
    light: readableOn(color, '#f4f6f8'),
    dark: readableOn(color, '#2b3138'),
  };
}

export type Look = ReturnType<typeof openLook>;

/** The appearance of one site, from the server to the form and back. */
export function openLook(call: Api['call'], siteId: string) {
  const path = `/sites/${encodeURIComponent(siteId)}/appearance`;
  const saved = signal<AppearanceReply | null>(null);
  const draft = signal<Appearance | null>(null);
  const failure = signal<AskError | null>(null);
  const isBusy = signal(false);
  const now = computed(() => draft.value ?? saved.value?.appearance ?? null);

  async function ask(work: () => Promise<unknown>): Promise<boolean> {
    failure.value = null;
    isBusy.value = true;
    try {
      saved.value = (await work()) as AppearanceReply;
      return true;
    } catch (thrown) {
      failure.value = toAskError(thrown);
      return false;
    } finally {
      isBusy.value = false;
    }
  }
  const load = () => ask(() => call('GET', path));

  async function save(): Promise<boolean> {
    const [look, known] = [now.value, saved.value];
    if (!look || !known || isBusy.value) return false;
    const body: AppearanceSave = { version: known.version, appearance: look };
    const isSaved = await ask(() => call('PUT', path, body));
    // What was written while the answer was on its way is still not saved.
    if (isSaved && draft.value === look) draft.value = null;
    return isSaved;
  }

  return {
    saved: saved as ReadonlySignal<AppearanceReply | null>,
    failure: failure as ReadonlySignal<AskError | null>,
    isBusy: isBusy as ReadonlySignal<boolean>,
    /** What the form shows. */
    now,
    problems: computed<Problems>(() => (now.value ? check(now.value) : new Map())),
    isDirty: computed(
      () => draft.value !== null && JSON.stringify(draft.value) !== JSON.stringify(saved.value?.appearance),
    ),
    load,
    save,
    edit(part: Partial<Appearance>): void {
      if (now.value) draft.value = { ...now.value, ...part };
    },
    discard(): void {
      draft.value = null;
      failure.value = null;
    },
    /** Somebody else was faster: see theirs. */
    async takeTheirs(): Promise<void> {
      if (await load()) draft.value = null;
    },
    /** Somebody else was faster: this one counts. */
    async saveOver(): Promise<boolean> {
      return (await load()) && (await save());
    },
  };
}
