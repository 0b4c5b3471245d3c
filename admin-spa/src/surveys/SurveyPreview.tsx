// The survey as a visitor goes through it: the same way through the questions as the server takes, nothing is sent.
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import type { SurveyAnswer, SurveyContent, SurveyQuestion } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { type Answers, type Locale, textIn, walk } from './content';

export function SurveyPreview({ content, locale }: { content: SurveyContent; locale: Locale }) {
  const answers = useSignal<Answers>({});
  const contactGiven = useSignal(false);
  const { taken, next } = walk(content, answers.value);
  const step = next === 'contact' && contactGiven.value ? 'end' : next;
  const question = content.questions.find((one) => one.id === step);
  const back = () => {
    if (contactGiven.value) {
      contactGiven.value = false;
      return;
    }
    const last = taken.at(-1);
    answers.value = Object.fromEntries(Object.entries(answers.value).filter(([id]) => id !== last));
  };
  const say = (text: SurveyContent['thanks']) => textIn(text, locale, content.locales) || '…';
  return (
    <figure class="preview">
      <figcaption>
        {gettext('Preview')} <span class="muted">{gettext('nothing is sent')}</span>
      </figcaption>
      <div class="preview-card" lang={locale} aria-live="polite">
        {question && (
          <Ask
            key={question.id}
            question={question}
            say={say}
            onAnswer={(answer) => {
              answers.value = { ...answers.value, [question.id]: answer };
            }}
          />
        )}
        {step === 'contact' && content.contact && (
          <div class="stack-s">
            <strong dir="auto">{say(content.contact.text)}</strong>
            <p class="preview-field">
              {content.contact.ask === 'phone'
                ? '+373 …'
                : content.contact.ask === 'email'
                  ? 'name@…'
                  : 'name@… / +373 …'}
            </p>
            <p class="preview-consent" dir="auto">
              <i aria-hidden="true" /> {say(content.contact.consentText)}
            </p>
            <button
              type="button"
              class="button button-primary"
              onClick={() => {
                contactGiven.value = true;
              }}
            >
              {content.contact.required ? gettext('Send') : gettext('Send or leave out')}
            </button>
          </div>
        )}
        {step === 'end' && <strong dir="auto">{say(content.thanks)}</strong>}
      </div>
      <div class="buttons">
        <button type="button" class="button button-small" disabled={taken.length === 0} onClick={back}>
          {gettext('One step back')}
        </button>
        <button
          type="button"
          class="button button-small"
          disabled={taken.length === 0}
          onClick={() => {
            answers.value = {};
            contactGiven.value = false;
          }}
        >
          {gettext('From the start')}
        </button>
      </div>
    </figure>
  );
}

function Ask(props: {
  question: SurveyQuestion;
  say: (text: SurveyQuestion['text']) => string;
  onAnswer: (answer: SurveyAnswer) => void;
}) {
  const { question, say, onAnswer } = props;
  const chosen = useSignal<readonly string[]>([]);
  const text = useSignal('');
  const name = useId();
  const many = question.kind === 'many';
  const free = question.options.some((one) => one.freeText && chosen.value.includes(one.id));
  const empty = question.kind === 'text' ? !text.value.trim() : chosen.value.length === 0;
  const answer = (): SurveyAnswer => ({
    ...(chosen.value.length > 0 && { choices: [...chosen.value] }),
    ...(text.value.trim() && { text: text.value.trim() }),
  });
  return (
    <fieldset class="preview-ask">
      <legend dir="auto">{say(question.text)}</legend>
      {question.options.map((option) => (
        <label key={option.id} dir="auto">
          <input
            type={many ? 'checkbox' : 'radio'}
            name={name}
            checked={chosen.value.includes(option.id)}
            onChange={(event) => {
              const others = many ? chosen.value.filter((one) => one !== option.id) : [];
              chosen.value = event.currentTarget.checked ? [...others, option.id] : others;
            }}
          />
          {say(option.text)}
        </label>
      ))}
      {(question.kind === 'text' || free) && (
        <textarea
          class="input"
          rows={2}
          maxLength={2000}
          aria-label={gettext('Own words')}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      )}
      {question.kind === 'nps' && (
        <div class="preview-scores">
          {Array.from({ length: 11 }, (_, score) => (
            <button type="button" key={score} onClick={() => onAnswer({ score })}>
              {score}
            </button>
          ))}
        </div>
      )}
      <div class="buttons">
        {question.kind !== 'nps' && (
          <button
            type="button"
            class="button button-primary"
            disabled={empty}
            onClick={() => onAnswer(answer())}
          >
            {gettext('Further')}
          </button>
        )}
        {!question.required && (
          <button type="button" class="button button-quiet" onClick={() => onAnswer({})}>
            {gettext('Leave out')}
          </button>
        )}
      </div>
    </fieldset>
  );
}
