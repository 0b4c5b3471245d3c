import { useSignal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import type { Appearance, SiteSummary, WidgetLocale } from '../../../widget/src/shared/contracts.gen';
import { errorText } from '../../../widget/src/shared/errors';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { LOCALES } from '../app/catalogs';
import { useApp } from '../app/context';
import type { Problems } from '../app/shape';
import { Failed } from '../app/site';
import { useUnsavedGuard } from '../app/unsaved';
import { NumberInput, Panel, Segments, SelectInput, TextArea, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Skeleton, Switch } from '../ui/pieces';
import { exactWhen, nameOf } from '../ui/time';
import { say } from '../ui/toasts';
import { WidgetPreview } from '../ui/WidgetPreview';
import {
  cornerText,
  dressed,
  type Look,
  lengthOf,
  openLook,
  PLACES,
  type Place,
  withLocale,
  withWords,
} from './appearance';
import { ColorField } from './ColorField';
import { REGIONS } from './regions';
import '../ui/pages.css';
import './appearance.css';

const OFFERED = LOCALES.map((one) => one.tag) as readonly WidgetLocale[];

/** How the widget looks and speaks; on the side it can be seen before anybody else sees it. */
export function AppearanceForm({ site }: { site: SiteSummary }) {
  const { api, console } = useApp();
  const look = useMemo(() => openLook(api.call, site.id), [api, site.id]);
  const locale = useSignal<WidgetLocale>('en');
  const shown = useSignal<'button' | 'chat' | 'callback'>('chat');
  const attended = useSignal(true);
  const form = useRef<HTMLFormElement>(null);
  const locked = console.me.value.role === 'consultant';
  useEffect(() => {
    void look.load().then(() => {
      locale.value = look.now.value?.defaultLocale ?? 'en';
    });
  }, [look]);

  useUnsavedGuard(look.isDirty.value);

  const now = look.now.value;
  if (!now)
    return look.failure.value ? (
      <Failed failure={look.failure.value} again={() => void look.load()} />
    ) : (
      <Skeleton rows={6} />
    );
  const problems = look.problems.value;
  const spoken = now.locales.includes(locale.value) ? locale.value : now.defaultLocale;

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (problems.size > 0) return showProblem();
    if (await look.save()) say(gettext('Saved. Open pages have it already.'));
  }
  function showProblem(): void {
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    first?.scrollIntoView({ block: 'center' });
    first?.focus();
  }
  const speak = (next: WidgetLocale) => {
    locale.value = next;
  };
  return (
    <form class="look" ref={form} onSubmit={submit} noValidate>
      {locked && (
        <div class="alert">
          <Icon name="info" />
          <p>{gettext('Only marketers and administrators can change this.')}</p>
        </div>
      )}
      <div class="look-columns">
        <fieldset class="plain stack" disabled={locked}>
          <Panel title={gettext('Colour and place')}>
            <ColorField
              value={now.color}
              error={problemText(problems, 'color')}
              onChange={(color) => look.edit({ color })}
            />
            <div class="look-theme">
              <span aria-hidden="true">{gettext('Theme')}</span>
              <Segments
                label={gettext('Theme')}
                value={now.theme}
                options={[
                  { value: 'auto', label: gettext('As the visitor’s system') },
                  { value: 'light', label: gettext('Light') },
                  { value: 'dark', label: gettext('Dark') },
                ]}
                onChange={(theme) => look.edit({ theme })}
              />
            </div>
            <Corner value={now.corner} onChange={(corner) => look.edit({ corner })} />
            <Distance look={look} now={now} device="desktop" label={gettext('Distance on a computer')} />
            <Distance look={look} now={now} device="phone" label={gettext('Distance on a phone')} />
            <Switch
              label={gettext('Quiet')}
              hint={gettext(
                'The button stays away until the page opens the widget, or the visitor has a chat or a call.',
              )}
              on={now.quiet}
              onChange={(quiet) => look.edit({ quiet })}
            />
          </Panel>
          <Panel
            title={gettext('Languages and words')}
            about={gettext(
              'A visitor gets the language of the page, else of the browser, else the default one.',
            )}
          >
            <Languages now={now} onChange={(next) => look.edit(next)} />
            {now.locales.length > 1 && <Spoken locales={now.locales} value={spoken} onChange={speak} />}
            <Words look={look} now={now} locale={spoken} />
          </Panel>
          <Panel title={gettext('Data and phones')}>
            <TextInput
              label={gettext('Address of your privacy policy')}
              hint={gettext('Shown where visitors write or leave a number. Empty: no link.')}
              type="url"
              maxLength={2048}
              placeholder="https://shop.example/privacy"
              value={now.privacyUrl ?? ''}
              error={problemText(problems, 'privacyUrl')}
              onChange={(text) => look.edit({ privacyUrl: text.trim() || null })}
            />
            <SelectInput
              label={gettext('Country of the phone field')}
              hint={gettext('Where it starts when the visitor’s own country is not known or not called.')}
              value={now.country}
              options={REGIONS.map((code) => ({ value: code, label: nameOf('region', code) })).sort((a, b) =>
                a.label.localeCompare(b.label),
              )}
              onChange={(country) => look.edit({ country })}
            />
          </Panel>
        </fieldset>
        <aside class="look-aside" aria-label={gettext('Preview')}>
          <WidgetPreview
            siteKey={site.key}
            locale={spoken}
            shown={{ what: shown.value }}
            attended={attended.value}
            look={(config) => dressed(config, now)}
            about={gettext('the widget itself, with what is not saved yet')}
          >
            <div class="preview-tools">
              <Segments
                label={gettext('What is shown')}
                value={shown.value}
                options={[
                  { value: 'button', label: gettext('Button') },
                  { value: 'chat', label: gettext('Chat') },
                  { value: 'callback', label: gettext('Callback') },
                ]}
                onChange={(next) => {
                  shown.value = next;
                }}
              />
              {now.locales.length > 1 && <Spoken locales={now.locales} value={spoken} onChange={speak} />}
              <Segments
                label={gettext('Who is there')}
                value={attended.value ? 'on' : 'off'}
                options={[
                  { value: 'on', label: gettext('Consultant online') },
                  { value: 'off', label: gettext('Nobody online') },
                ]}
                onChange={(next) => {
                  attended.value = next === 'on';
                }}
              />
            </div>
          </WidgetPreview>
          <LastChange look={look} />
        </aside>
      </div>
      <Refusal look={look} />
      {!locked && (
        <div class="save-bar">
          <button
            type="submit"
            class="button button-primary"
            disabled={look.isBusy.value || !look.isDirty.value || problems.size > 0}
          >
            {look.isBusy.value ? gettext('Saving…') : gettext('Save')}
          </button>
          {look.isDirty.value && (
            <button type="button" class="button button-quiet" onClick={look.discard}>
              {gettext('Undo changes')}
            </button>
          )}
          {problems.size > 0 && (
            <button type="button" class="button button-quiet save-wrong" onClick={showProblem}>
              <Icon name="warn" size={16} />
              {ngettext('{n} place needs a change', '{n} places need a change', problems.size)}
            </button>
          )}
        </div>
      )}
    </form>
  );
}

const CORNERS = ['top-start', 'top-end', 'bottom-start', 'bottom-end'] as const;

function Corner(props: { value: Appearance['corner']; onChange: (corner: Appearance['corner']) => void }) {
  const name = useId();
  return (
    <fieldset class="choice corner">
      <legend>{gettext('Corner')}</legend>
      <div class="corner-screen">
        {CORNERS.map((corner) => (
          <label key={corner} class={`corner-${corner}`}>
            <input
              type="radio"
              name={name}
              checked={props.value === corner}
              onChange={() => props.onChange(corner)}
            />
            <span>{cornerText(corner)}</span>
          </label>
        ))}
      </div>
      <p class="field-hint">{gettext('In a language that runs from right to left the sides are swapped.')}</p>
    </fieldset>
  );
}

function Distance(props: { look: Look; now: Appearance; device: 'desktop' | 'phone'; label: string }) {
  const { look, now, device } = props;
  const problems = look.problems.value;
  const field = (axis: 'x' | 'y', label: string) => (
    <NumberInput
      label={label}
      unit="px"
      value={now[device][axis]}
      error={problemText(problems, `${device}/${axis}`)}
      onChange={(value) => look.edit({ [device]: { ...now[device], [axis]: value } })}
    />
  );
  return (
    <fieldset class="choice">
      <legend>{props.label}</legend>
      <div class="look-distance">
        {field('x', gettext('From the side'))}
        {field('y', now.corner.startsWith('top') ? gettext('From the top') : gettext('From the bottom'))}
      </div>
    </fieldset>
  );
}

function Languages(props: { now: Appearance; onChange: (next: Appearance) => void }) {
  const { now, onChange } = props;
  return (
    <div class="look-languages">
      <fieldset class="choice">
        <legend>{gettext('Offered languages')}</legend>
        <div class="choice-options">
          {LOCALES.map(({ tag, name }) => (
            <label key={tag} class="choice-option">
              <input
                type="checkbox"
                checked={now.locales.includes(tag)}
                // One language has to be left.
                disabled={now.locales.length === 1 && now.locales[0] === tag}
                onChange={(event) => onChange(withLocale(now, tag, event.currentTarget.checked, OFFERED))}
              />
              <span lang={tag}>{name}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <SelectInput
        label={gettext('Default language')}
        value={now.defaultLocale}
        options={now.locales.map((tag) => ({ value: tag, label: nameOf('language', tag) }))}
        onChange={(defaultLocale) => onChange({ ...now, defaultLocale })}
      />
    </div>
  );
}

function Spoken(props: {
  locales: readonly WidgetLocale[];
  value: WidgetLocale;
  onChange: (locale: WidgetLocale) => void;
}) {
  return (
    <Segments
      label={gettext('Language of the texts')}
      value={props.value}
      options={props.locales.map((tag) => ({ value: tag, label: nameOf('language', tag) }))}
      onChange={props.onChange}
    />
  );
}

function Words({ look, now, locale }: { look: Look; now: Appearance; locale: WidgetLocale }) {
  const problems = look.problems.value;
  return (
    <div class="stack-s" key={locale}>
      <p class="field-hint">
        {gettext('Where nothing is written our own words stand, as the preview shows.')}
      </p>
      {PLACES.map((place) => {
        const Input = place === 'offline' ? TextArea : TextInput;
        return (
          <Input
            key={place}
            label={placeText(place)}
            lang={locale}
            maxLength={lengthOf(place)}
            value={now.texts[locale]?.[place] ?? ''}
            error={problemText(problems, `texts/${locale}/${place}`)}
            onChange={(text) => look.edit(withWords(now, locale, place, text))}
          />
        );
      })}
    </div>
  );
}

function placeText(place: Place): string {
  switch (place) {
    case 'launcher':
      return gettext('Name of the button, for screen readers');
    case 'title':
      return gettext('Title of the panel');
    case 'greeting':
      return gettext('Greeting');
    case 'offline':
      return gettext('While nobody is online');
    case 'callback':
      return gettext('Heading of the callback');
  }
}

function LastChange({ look }: { look: Look }) {
  const { changedBy = null, changedAtMs = null } = look.saved.value ?? {};
  if (changedBy === null || changedAtMs === null) return null;
  return (
    <p class="muted">
      {gettext('Last change: {name}, {when}', { name: changedBy, when: exactWhen(changedAtMs) })}
    </p>
  );
}

/** A refusal; where a colleague was faster, both ways out. */
function Refusal({ look }: { look: Look }) {
  const failure = look.failure.value;
  if (!failure) return null;
  return (
    <div class="alert alert-bad" role="alert">
      <Icon name="warn" />
      <div class="stack-s">
        <p>{errorText(failure)}</p>
        {failure.code === 'appearance_changed' && (
          <div class="buttons">
            <button type="button" class="button button-small" onClick={() => void look.takeTheirs()}>
              {gettext('Take theirs')}
            </button>
            <button
              type="button"
              class="button button-small"
              onClick={() =>
                void look
                  .saveOver()
                  .then((done) => done && say(gettext('Saved. Open pages have it already.')))
              }
            >
              {gettext('Save mine over it')}
            </button>
          </div>
        )}
      </div>
    </div>
  );
}

function problemText(problems: Problems, path: string): string | null {
  const problem = problems.get(path);
  if (!problem) return null;
  if (path === 'color') return gettext('Write a colour as #2457d6.');
  if (path === 'privacyUrl') return gettext('Write the whole address, such as https://shop.example/privacy');
  if (problem.rule === 'maxLength') {
    return ngettext('At most {n} character.', 'At most {n} characters.', problem.max ?? 0);
  }
  return gettext('Enter a whole number from {min} to {max}.', {
    min: problem.min ?? 0,
    max: problem.max ?? 0,
  });
}
