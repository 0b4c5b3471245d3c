import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Survey, SurveyContact, SurveyContent } from '../../../widget/src/shared/contracts.gen';
import { currentLanguage, gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Refusal, useSaving } from '../app/saving';
import { Panel, SelectInput, TextArea, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Languages } from '../ui/Languages';
import { Menu } from '../ui/layers';
import { Switch } from '../ui/pieces';
import { check, KINDS, type Locale, newQuestion, withText } from './content';
import { QuestionEditor } from './QuestionEditor';
import { SurveyHistory } from './SurveyHistory';
import { SurveyPreview } from './SurveyPreview';
import { SurveyUses } from './SurveyUses';
import type { Surveys } from './surveys';
import { kindText, problemText } from './words';

export function SurveyEditor(props: { surveys: Surveys; survey: Survey; siteKey: string }) {
  const { surveys, survey } = props;
  const { id } = survey;
  const { console } = useApp();
  const mine = surveys.written(id) ?? survey;
  const { content, name } = mine;
  const first = content.locales[0] ?? 'en';
  const locale = useSignal<Locale>(
    content.locales.includes(currentLanguage() as Locale) ? (currentLanguage() as Locale) : first,
  );
  const { run, failure, isBusy } = useSaving();
  const form = useRef<HTMLFormElement>(null);
  const focusLast = useSignal(false);
  const problems = useComputed(() => check(surveys.written(id)?.content ?? survey.content)).value;
  const shown = content.locales.includes(locale.value) ? locale.value : first;
  const dirty = surveys.unsaved.value.has(id);
  const set = (part: Partial<SurveyContent>) => {
    failure.value = null;
    surveys.edit(id, { content: { ...content, ...part } });
  };
  useEffect(() => {
    if (!focusLast.value) return;
    focusLast.value = false;
    const added = [...(form.current?.querySelectorAll<HTMLElement>('.question') ?? [])].at(-1);
    added?.querySelector<HTMLElement>('textarea')?.focus();
    added?.scrollIntoView({ block: 'nearest' });
  });

  const save = () =>
    run(() => surveys.save(id), gettext('The draft is saved. Visitors see it once you publish it.'));
  function showFirstProblem(): void {
    const [path = ''] = [...problems.keys()];
    // A text that is missing in another language: show that language first.
    const language = path.split('/').at(-1) as Locale;
    if (content.locales.includes(language)) locale.value = language;
    requestAnimationFrame(() => {
      const wrong = form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .field-error');
      wrong?.scrollIntoView({ block: 'center' });
      wrong?.focus();
    });
  }
  return (
    <form
      ref={form}
      class="stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div class="editor-columns">
        <div class="stack">
          <TextInput
            label={gettext('Name, for colleagues')}
            maxLength={120}
            value={name}
            error={name.trim() ? null : gettext('Fill this in.')}
            onChange={(value) => surveys.edit(id, { name: value })}
          />
          <Languages
            locales={content.locales}
            shown={shown}
            isWrong={(tag) => [...problems.keys()].some((path) => path.endsWith(`/${tag}`))}
            onShow={(tag) => {
              locale.value = tag as Locale;
            }}
            onAdd={(tag) => {
              set({ locales: [...content.locales, tag as Locale] });
              locale.value = tag as Locale;
            }}
            onRemove={() => set({ locales: content.locales.filter((one) => one !== shown) })}
          />
          <ol class="questions">
            {content.questions.map((question, place) => (
              <li key={question.id}>
                <QuestionEditor
                  content={content}
                  place={place}
                  locale={shown}
                  problems={problems}
                  onChange={(next) => set(next)}
                />
              </li>
            ))}
          </ol>
          {problemText(problems, 'questions') && (
            <p class="field-error">
              <Icon name="warn" size={16} /> {problemText(problems, 'questions')}
            </p>
          )}
          <div>
            <Menu
              title={gettext('Add a question')}
              class="button"
              label={
                <>
                  <Icon name="plus" size={18} /> {gettext('Add a question')}
                </>
              }
              items={KINDS.map((kind) => ({
                label: kindText(kind),
                disabled: content.questions.length >= 30,
                onPick: () => {
                  set({ questions: [...content.questions, newQuestion(kind, shortId(console.newId()))] });
                  focusLast.value = true;
                },
              }))}
            />
          </div>
          <ContactEditor
            contact={content.contact}
            locale={shown}
            problems={problems}
            onChange={(contact) => set({ contact })}
          />
          <Panel title={gettext('At the end')}>
            <TextArea
              label={gettext('Thanks')}
              rows={2}
              maxLength={500}
              lang={shown}
              value={content.thanks[shown] ?? ''}
              error={problemText(problems, `thanks/${shown}`)}
              onChange={(text) => set({ thanks: withText(content.thanks, shown, text) })}
            />
          </Panel>
          {failure.value && (
            <Refusal
              failure={failure.value}
              code="survey_changed"
              onTheirs={() => void run(() => surveys.rebase(id, false), gettext('This is their version.'))}
              onMine={() =>
                void run(async () => {
                  await surveys.rebase(id, true);
                  await surveys.save(id);
                }, gettext('The draft is saved. Visitors see it once you publish it.'))
              }
            />
          )}
        </div>
        <aside class="editor-aside" aria-label={gettext('Preview')}>
          <SurveyPreview content={content} locale={shown} siteKey={props.siteKey} />
          <SurveyUses survey={survey} />
          <SurveyHistory surveys={surveys} survey={survey} />
        </aside>
      </div>
      <div class="save-bar">
        <button
          type="button"
          class="button button-primary"
          disabled={
            isBusy ||
            problems.size > 0 ||
            !name.trim() ||
            (!dirty && survey.status === 'published' && survey.publishedVersion === survey.version)
          }
          onClick={() =>
            void run(() => surveys.publish(id), gettext('Published. Visitors get it from now on.'))
          }
        >
          {survey.status === 'published' ? gettext('Publish the changes') : gettext('Publish')}
        </button>
        <button type="submit" class="button" disabled={isBusy || !dirty || !name.trim()}>
          {gettext('Save the draft')}
        </button>
        {dirty && (
          <button type="button" class="button button-quiet" onClick={() => surveys.discard(id)}>
            {gettext('Undo changes')}
          </button>
        )}
        {survey.status === 'published' && (
          <button
            type="button"
            class="button button-danger"
            disabled={isBusy}
            onClick={() =>
              void run(
                () => surveys.close(id),
                gettext('Closed. Nobody is asked any more; the answers stay.'),
              )
            }
          >
            {gettext('Close the survey')}
          </button>
        )}
        {problems.size > 0 && (
          <button type="button" class="button button-quiet save-wrong" onClick={showFirstProblem}>
            <Icon name="warn" size={16} />
            {ngettext('{n} place needs a change', '{n} places need a change', problems.size)}
          </button>
        )}
      </div>
    </form>
  );
}

/** Short enough for a column of a table; random, because a name is never used twice. */
const shortId = (id: string): string => `q${id.replace(/-/g, '').slice(0, 8)}`;

function ContactEditor(props: {
  contact: SurveyContact | null;
  locale: Locale;
  problems: ReturnType<typeof check>;
  onChange: (contact: SurveyContact | null) => void;
}) {
  const { contact, locale, problems } = props;
  /** Switched off by mistake: what was written comes back. */
  const kept = useRef<SurveyContact | null>(contact);
  if (contact) kept.current = contact;
  const set = (part: Partial<SurveyContact>) => contact && props.onChange({ ...contact, ...part });
  const error = problemText(problems, 'contact');
  return (
    <Panel title={gettext('Contact')}>
      <Switch
        label={gettext('Ask for a contact as the last step')}
        hint={gettext('Answers are kept also when nobody leaves a contact.')}
        on={contact !== null}
        onChange={(on) =>
          props.onChange(
            on ? (kept.current ?? { ask: 'either', text: {}, consentText: {}, required: false }) : null,
          )
        }
      />
      {error && (
        <p class="field-error">
          <Icon name="warn" size={16} /> {error}
        </p>
      )}
      {contact && (
        <>
          <SelectInput
            label={gettext('What is asked')}
            value={contact.ask}
            options={[
              { value: 'either', label: gettext('E-mail or phone, as the visitor likes') },
              { value: 'email', label: gettext('E-mail') },
              { value: 'phone', label: gettext('Phone') },
            ]}
            onChange={(ask) => set({ ask })}
          />
          <TextArea
            label={gettext('Text')}
            rows={2}
            maxLength={500}
            lang={locale}
            value={contact.text[locale] ?? ''}
            error={problemText(problems, `contact/text/${locale}`)}
            onChange={(text) => set({ text: withText(contact.text, locale, text) })}
          />
          <TextArea
            label={gettext('Consent, beside a box that starts unticked')}
            rows={2}
            maxLength={500}
            lang={locale}
            value={contact.consentText[locale] ?? ''}
            error={problemText(problems, `contact/consentText/${locale}`)}
            onChange={(text) => set({ consentText: withText(contact.consentText, locale, text) })}
          />
          <Switch
            label={gettext('The contact is needed')}
            hint={gettext('Off: the step can be left out.')}
            on={contact.required}
            onChange={(required) => set({ required })}
          />
        </>
      )}
    </Panel>
  );
}
