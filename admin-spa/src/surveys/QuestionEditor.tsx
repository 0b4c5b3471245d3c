import type { SurveyContent, SurveyOption, SurveyQuestion } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { NumberInput, SelectInput, TextArea, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Switch } from '../ui/pieces';
import {
  asKind,
  branchOf,
  type check,
  chooses,
  KINDS,
  type Locale,
  moved,
  withBranch,
  withoutQuestion,
  withText,
} from './content';
import { kindText, problemText, targetsOf } from './words';

interface Props {
  content: SurveyContent;
  place: number;
  locale: Locale;
  problems: ReturnType<typeof check>;
  onChange: (content: SurveyContent) => void;
}

export function QuestionEditor({ content, place, locale, problems, onChange }: Props) {
  const question = content.questions[place];
  if (!question) return null;
  const path = `questions/${place}`;
  const set = (next: SurveyQuestion) =>
    onChange({ ...content, questions: content.questions.map((one, at) => (at === place ? next : one)) });
  const move = (by: -1 | 1) => onChange({ ...content, questions: moved(content.questions, place, by) });
  const error = problemText(problems, path);
  const title = gettext('Question {n}', { n: place + 1 });
  return (
    <section class={`panel question ${error ? 'tree-row-bad' : ''}`} aria-label={title}>
      <header class="question-head">
        <h2>{title}</h2>
        <button
          type="button"
          class="icon-button"
          aria-label={gettext('Move up: {what}', { what: title })}
          disabled={place === 0}
          onClick={() => move(-1)}
        >
          <Icon name="up" size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={gettext('Move down: {what}', { what: title })}
          disabled={place === content.questions.length - 1}
          onClick={() => move(1)}
        >
          <Icon name="down" size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={gettext('Remove: {what}', { what: title })}
          onClick={() => onChange(withoutQuestion(content, question.id))}
        >
          <Icon name="bin" size={18} />
        </button>
      </header>
      {error && (
        <p class="field-error">
          <Icon name="warn" size={16} /> {error}
        </p>
      )}
      <TextArea
        label={gettext('Question')}
        rows={2}
        maxLength={500}
        lang={locale}
        value={question.text[locale] ?? ''}
        error={problemText(problems, `${path}/text/${locale}`)}
        onChange={(text) => set({ ...question, text: withText(question.text, locale, text) })}
      />
      <SelectInput
        label={gettext('Answer')}
        value={question.kind}
        options={KINDS.map((kind) => ({ value: kind, label: kindText(kind) }))}
        onChange={(kind) => set(asKind(question, kind))}
      />
      {chooses(question.kind) && (
        <Options
          content={content}
          question={question}
          path={path}
          locale={locale}
          problems={problems}
          onChange={set}
        />
      )}
      {question.kind === 'nps' && (
        <Scores
          content={content}
          question={question}
          path={path}
          locale={locale}
          problems={problems}
          onChange={set}
        />
      )}
      <SelectInput
        label={question.branches.length > 0 ? gettext('Any other answer leads to') : gettext('Afterwards')}
        value={question.next ?? ''}
        error={problemText(problems, `${path}/next`)}
        options={targetsOf(content, question.id, locale, gettext('What comes below'))}
        onChange={(next) => set({ ...question, next: next || null })}
      />
      <Switch
        label={gettext('An answer is needed')}
        hint={gettext('Off: the question can be left out.')}
        on={question.required}
        onChange={(required) => set({ ...question, required })}
      />
    </section>
  );
}

interface PartProps {
  content: SurveyContent;
  question: SurveyQuestion;
  path: string;
  locale: Locale;
  problems: ReturnType<typeof check>;
  onChange: (question: SurveyQuestion) => void;
}

function Options({ content, question, path, locale, problems, onChange }: PartProps) {
  const { console } = useApp();
  const { options } = question;
  const set = (at: number, part: Partial<SurveyOption>) =>
    onChange({
      ...question,
      options: options.map((one, place) => (place === at ? { ...one, ...part } : one)),
    });
  const error = problemText(problems, `${path}/options`);
  return (
    <div class="options">
      <ol class="option-list">
        {options.map((option, at) => {
          const branch = question.branches.findIndex((one) => one.optionId === option.id);
          const name = option.text[locale] || gettext('Answer {n}', { n: at + 1 });
          return (
            <li key={option.id} class="option">
              <TextInput
                label={gettext('Answer {n}', { n: at + 1 })}
                class="grow"
                lang={locale}
                maxLength={500}
                value={option.text[locale] ?? ''}
                error={problemText(problems, `${path}/options/${at}/text/${locale}`)}
                onChange={(text) => set(at, { text: withText(option.text, locale, text) })}
              />
              <SelectInput
                label={gettext('leads to')}
                value={branchOf(question, option.id) ?? ''}
                error={
                  branch < 0
                    ? null
                    : (problemText(problems, `${path}/branches/${branch}/next`) ??
                      problemText(problems, `${path}/branches/${branch}`))
                }
                options={targetsOf(content, question.id, locale, gettext('As set below'))}
                onChange={(next) => onChange(withBranch(question, option.id, next || null))}
              />
              <span class="option-tools">
                <label class="option-free">
                  <input
                    type="checkbox"
                    checked={option.freeText}
                    onChange={(event) => set(at, { freeText: event.currentTarget.checked })}
                  />
                  {gettext('with own words')}
                </label>
                <button
                  type="button"
                  class="icon-button"
                  aria-label={gettext('Move up: {what}', { what: name })}
                  disabled={at === 0}
                  onClick={() => onChange({ ...question, options: moved(options, at, -1) })}
                >
                  <Icon name="up" size={18} />
                </button>
                <button
                  type="button"
                  class="icon-button"
                  aria-label={gettext('Remove: {what}', { what: name })}
                  onClick={() =>
                    onChange({
                      ...withBranch(question, option.id, null),
                      options: options.filter((one) => one.id !== option.id),
                    })
                  }
                >
                  <Icon name="bin" size={18} />
                </button>
              </span>
            </li>
          );
        })}
      </ol>
      {error && (
        <p class="field-error">
          <Icon name="warn" size={16} /> {error}
        </p>
      )}
      <button
        type="button"
        class="button button-small"
        disabled={options.length >= 20}
        onClick={() => {
          const id = `o${console.newId().replace(/-/g, '').slice(0, 8)}`;
          onChange({ ...question, options: [...options, { id, text: {}, freeText: false }] });
        }}
      >
        <Icon name="plus" size={16} /> {gettext('Add an answer')}
      </button>
    </div>
  );
}

/** Ways by score: from, to, where. */
function Scores({ content, question, path, locale, problems, onChange }: PartProps) {
  const { branches } = question;
  const set = (at: number, part: Partial<(typeof branches)[number]>) =>
    onChange({
      ...question,
      branches: branches.map((one, place) => (place === at ? { ...one, ...part } : one)),
    });
  return (
    <div class="options">
      {branches.map((branch, at) => (
        <div class="option" key={at}>
          <NumberInput
            label={gettext('From score')}
            value={branch.fromScore ?? Number.NaN}
            error={
              problemText(problems, `${path}/branches/${at}/fromScore`) ??
              problemText(problems, `${path}/branches/${at}`)
            }
            onChange={(fromScore) => set(at, { fromScore: fromScore ?? Number.NaN })}
          />
          <NumberInput
            label={gettext('to score')}
            value={branch.toScore ?? Number.NaN}
            error={problemText(problems, `${path}/branches/${at}/toScore`)}
            onChange={(toScore) => set(at, { toScore: toScore ?? Number.NaN })}
          />
          <SelectInput
            label={gettext('leads to')}
            class="grow"
            value={branch.next}
            error={problemText(problems, `${path}/branches/${at}/next`)}
            options={targetsOf(content, question.id, locale, gettext('Choose…')).filter((one) => one.value)}
            onChange={(next) => set(at, { next })}
          />
          <button
            type="button"
            class="icon-button"
            aria-label={gettext('Remove: {what}', {
              what: `${branch.fromScore ?? ''}–${branch.toScore ?? ''}`,
            })}
            onClick={() => onChange({ ...question, branches: branches.filter((_, place) => place !== at) })}
          >
            <Icon name="bin" size={18} />
          </button>
        </div>
      ))}
      <button
        type="button"
        class="button button-small"
        disabled={branches.length >= 20}
        onClick={() =>
          onChange({ ...question, branches: [...branches, { fromScore: 0, toScore: 6, next: 'end' }] })
        }
      >
        <Icon name="plus" size={16} /> {gettext('Certain scores lead elsewhere')}
      </button>
    </div>
  );
}
