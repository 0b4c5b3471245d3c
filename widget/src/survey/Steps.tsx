/** The steps of a survey: questions of four kinds, the contact, the thanks. */
import type { SurveyAnswer, SurveyQuestion } from '../shared/contracts.gen';
import { SURVEY_TEXT } from '../shared/errors.survey';
import { errorText } from '../shared/errors.visitor';
import { gettext } from '../shared/gettext';
import { isRtl } from '../shared/locale';
import { Icon } from '../shell/Icon';
import type { View } from '../shell/Panel';
import { Privacy } from '../shell/Privacy';
import type { Run } from './model';
import type { Asking } from './Survey';
import { CONTACT, isEmpty, languageOf, questionOf, textIn } from './steps';

const SCORES = Array.from({ length: 11 }, (_, score) => score);

/** Return the answer with an option chosen or taken back; what was written beside an option goes with it. */
function choose(question: SurveyQuestion, answer: SurveyAnswer, id: string, isOn: boolean): SurveyAnswer {
  const before = question.kind === 'one' ? [] : (answer.choices ?? []).filter((one) => one !== id);
  const choices = isOn ? [...before, id] : before;
  const mayWrite = question.options.some((o) => o.freeText && choices.includes(o.id));
  return { choices, ...(mayWrite && answer.text !== undefined && { text: answer.text }) };
}

interface QuestionProps {
  run: Run;
  question: SurveyQuestion;
  say(text: SurveyQuestion['text']): string;
}

function Options({ run, question, say }: QuestionProps) {
  const answer = run.answer.value;
  const chosen = answer.choices ?? [];
  const mayWrite = question.options.some((o) => o.freeText && chosen.includes(o.id));
  return (
    <>
      {question.options.map(({ id, text }) => (
        <label class="option" key={id}>
          <input
            type={question.kind === 'one' ? 'radio' : 'checkbox'}
            name={question.id}
            required={question.required && question.kind === 'one'}
            checked={chosen.includes(id)}
            onChange={(event) => run.write(choose(question, answer, id, event.currentTarget.checked))}
          />
          <span dir="auto">{say(text)}</span>
        </label>
      ))}
      {mayWrite && (
        <textarea
          rows={2}
          maxLength={2000}
          dir="auto"
          aria-label={gettext('Your answer')}
          placeholder={gettext('Your answer')}
          value={answer.text ?? ''}
          onInput={(event) => run.write({ ...answer, text: event.currentTarget.value })}
        />
      )}
    </>
  );
}

function Score({ run, question }: QuestionProps) {
  const { score } = run.answer.value;
  return (
    <>
      <div class="scores">
        {SCORES.map((one) => (
          <label key={one}>
            <input
              type="radio"
              name={question.id}
              required={question.required}
              checked={score === one}
              onChange={() => run.write({ score: one })}
            />
            <span>{one}</span>
          </label>
        ))}
      </div>
      <p class="fine ends" aria-hidden="true">
        <span>{gettext('Not likely')}</span>
        <span>{gettext('Very likely')}</span>
      </p>
    </>
  );
}

function Question({ run, question, say }: QuestionProps) {
  const answer = run.answer.value;
  const failure = run.failure.value;
  const isMissing = run.isMissing.value;
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLElement;
    run.next();
    if (run.isMissing.value) form.querySelector<HTMLElement>('input, textarea')?.focus();
  };
  const isLeftOut = isEmpty(answer) && !question.required;
  return (
    <form class="form" noValidate onSubmit={onSubmit} key={question.id}>
      <h2 id="question" tabIndex={-1} dir="auto">
        {say(question.text)}
      </h2>
      <fieldset aria-labelledby="question" aria-describedby="survey-error">
        {question.kind === 'text' ? (
          <textarea
            rows={3}
            maxLength={2000}
            dir="auto"
            aria-labelledby="question"
            aria-invalid={isMissing}
            aria-required={question.required}
            value={answer.text ?? ''}
            onInput={(event) => run.write({ text: event.currentTarget.value })}
          />
        ) : question.kind === 'nps' ? (
          <Score run={run} question={question} say={say} />
        ) : (
          <Options run={run} question={question} say={say} />
        )}
      </fieldset>
      <p class="error" id="survey-error" role="alert">
        {isMissing ? gettext('Answer this question first.') : failure && errorText(failure, SURVEY_TEXT)}
      </p>
      <div class="ways">
        {run.canGoBack.value && (
          <button type="button" class="quiet" onClick={run.back}>
            {gettext('Back')}
          </button>
        )}
        <button type="submit" class={isLeftOut ? 'secondary' : 'primary'}>
          {isLeftOut ? gettext('Skip') : gettext('Next')}
        </button>
      </div>
    </form>
  );
}

function Contact({ asking, say }: { asking: Asking; say: QuestionProps['say'] }) {
  const { run, session, form } = asking;
  const { contact } = run.survey.content;
  if (!contact) return null;
  const by = run.contactBy.value;
  const failure = run.failure.value;
  const code = failure?.code ?? '';
  // The phone field and the note on data are those of the panel; they read no more than this.
  const view = { ...session, calls: run } as unknown as View;
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLElement;
    await run.giveContact();
    if (run.failure.value) form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  };
  const change = (next: 'email' | 'phone') => {
    run.contactBy.value = next;
    run.failure.value = null;
  };
  return (
    <form class="form" noValidate onSubmit={onSubmit} key="contact">
      <h2 id="question" tabIndex={-1} dir="auto">
        {say(contact.text)}
      </h2>
      {contact.ask === 'either' && (
        <fieldset class="either" aria-labelledby="question">
          {(['email', 'phone'] as const).map((one) => (
            <label class="option" key={one}>
              <input type="radio" name="by" checked={by === one} onChange={() => change(one)} />
              <span>{one === 'email' ? gettext('By e-mail') : gettext('By phone')}</span>
            </label>
          ))}
        </fieldset>
      )}
      {by === 'phone' && form ? (
        <form.PhoneField view={view} isWrong={code.startsWith('phone_')} describedBy="survey-error" />
      ) : (
        <div class="field">
          <label for="email">{gettext('Your e-mail')}</label>
          <input
            id="email"
            type="email"
            name="email"
            autocomplete="email"
            maxLength={254}
            dir="ltr"
            aria-invalid={code === 'email_invalid'}
            aria-describedby="survey-error"
            value={run.email.value}
            onInput={(event) => {
              run.email.value = event.currentTarget.value;
              run.failure.value = null;
            }}
          />
        </div>
      )}
      <label class="check">
        <input
          type="checkbox"
          checked={run.agreed.value}
          aria-invalid={code === 'contact_consent_required'}
          aria-describedby="survey-error"
          onChange={(event) => {
            run.agreed.value = event.currentTarget.checked;
            run.failure.value = null;
          }}
        />
        <span dir="auto">{say(contact.consentText)}</span>
      </label>
      <p class="error" id="survey-error" role="alert">
        {failure && errorText(failure, { ...SURVEY_TEXT, ...form?.CALL_TEXT })}
      </p>
      <div class="ways">
        {run.canGoBack.value && (
          <button type="button" class="quiet" onClick={run.back}>
            {gettext('Back')}
          </button>
        )}
        {!contact.required && (
          <button type="button" class="quiet" onClick={run.skipContact}>
            {gettext('Skip')}
          </button>
        )}
        <button type="submit" class="primary" aria-disabled={run.isBusy.value}>
          {run.isBusy.value ? gettext('One moment…') : gettext('Send')}
        </button>
      </div>
      <p class="fine">
        <Privacy view={view} />
      </p>
    </form>
  );
}

export function Steps({ asking }: { asking: Asking }) {
  const { run, session } = asking;
  const { content } = run.survey;
  const language = languageOf(content, session.locale);
  const say: QuestionProps['say'] = (text) => textIn(text, content, language);
  const question = questionOf(content, run.step.value);
  const isContact = run.step.value === CONTACT;
  return (
    <div class="scroll" lang={language} dir={isRtl(language) ? 'rtl' : 'ltr'}>
      {question ? (
        <Question run={run} question={question} say={say} />
      ) : isContact ? (
        <Contact asking={asking} say={say} />
      ) : (
        <div class="empty">
          <span class="medal">
            <Icon name="check" />
          </span>
          <h2 id="question" tabIndex={-1} dir="auto">
            {say(content.thanks) || gettext('Thank you!')}
          </h2>
        </div>
      )}
    </div>
  );
}
