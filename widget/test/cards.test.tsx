// @vitest-environment jsdom
/** What a visitor is shown unasked: who says it, that it is automatic, and how to be rid of it. */
import { signal } from '@preact/signals-core';
import { render } from 'preact';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Session } from '../src/app';
import type { PublicSurvey, SurveyQuestion } from '../src/shared/contracts.gen';
import { createRun } from '../src/survey/model';
import { Steps } from '../src/survey/Steps';
import { Card } from '../src/triggers/Invitation';
import { invitation } from './builders';
import { fakeLink, fakeVisit } from './fakes';

const HOSTILE = '<img src=x onerror=alert(1)><b>bold</b>';
let place: HTMLElement;
const find = <E extends HTMLElement>(selector: string) => place.querySelector(selector) as E;

beforeEach(() => {
  place = document.createElement('div');
  document.body.replaceChildren(place);
});

describe('an invitation', () => {
  const show = (told = invitation()) => {
    const done: string[] = [];
    render(
      <Card
        told={told}
        site="Lumen & Oak"
        invitations={{ dismiss: () => void done.push('dismissed') } as never}
        onAccept={() => void done.push('accepted')}
      />,
      place,
    );
    return done;
  };

  test('says who invites, that nobody typed it, and offers two ways out', () => {
    const done = show();
    expect(find('#invite-from').textContent).toBe('ClaraAutomatic message');
    expect(find('[role=dialog]').getAttribute('aria-labelledby')).toBe('invite-from');
    find<HTMLButtonElement>('.primary').click();
    find<HTMLButtonElement>('[aria-label=Close]').click();
    expect(done).toEqual(['accepted', 'dismissed']);
  });

  test('of the team comes in the name of the site', () => {
    show(invitation({ consultant: null }));
    expect(find('#invite-from').textContent).toContain('Lumen & Oak');
  });

  test('shows a photo only from the web, and a letter where there is none', () => {
    show(invitation({ consultant: { id: 'p', name: 'ștefan', photoUrl: 'javascript:alert(1)' } }));
    expect([find('img'), find('.avatar').textContent]).toEqual([null, 'Ș']);
    show(invitation({ consultant: { id: 'p', name: 'Ana', photoUrl: 'https://shop.test/ana.jpg' } }));
    expect(find<HTMLImageElement>('img').src).toBe('https://shop.test/ana.jpg');
  });

  test('shows markup as text', () => {
    show(invitation({ content: { locale: 'en', title: HOSTILE, text: HOSTILE, button: HOSTILE } }));
    expect(place.querySelector('b:not([dir]), img')).toBeNull();
    expect(find('#invite-text').textContent).toBe(HOSTILE + HOSTILE);
  });
});

describe('a survey', () => {
  const ask = (question: Partial<SurveyQuestion>, contact: PublicSurvey['content']['contact'] = null) => {
    const net = fakeLink();
    net.answers['survey:answer'] = () => new Promise(() => {});
    const survey: PublicSurvey = {
      id: 'sv1',
      version: 1,
      content: {
        locales: ['en'],
        questions: [
          {
            id: 'why',
            kind: 'one',
            text: { en: 'Why?' },
            required: true,
            options: [],
            branches: [],
            next: null,
            ...question,
          },
        ],
        contact,
        thanks: { en: 'Thank you' },
      },
    };
    const run = createRun({
      link: net.link,
      visit: fakeVisit().visit,
      survey,
      runId: 'run-00001',
    });
    const session = { locale: 'en', site: signal({ privacyUrl: null, countries: [] }) };
    const draw = () =>
      render(<Steps asking={{ session: session as unknown as Session, run, form: null }} />, place);
    draw();
    return { run, draw };
  };
  const options = [
    { id: 'a', text: { en: HOSTILE }, freeText: false },
    { id: 'b', text: { en: 'Other' }, freeText: true },
  ];

  test('asks with labelled options, and for words where an option wants them', () => {
    const { run, draw } = ask({ options });
    expect(find('fieldset').getAttribute('aria-labelledby')).toBe('question');
    expect(place.querySelector('img')).toBeNull();
    const [first, other] = place.querySelectorAll<HTMLInputElement>('input[type=radio]');
    other?.click();
    draw();
    const words = find<HTMLTextAreaElement>('textarea');
    words.value = 'Delivery';
    words.dispatchEvent(new InputEvent('input', { bubbles: true }));
    expect(run.answer.value).toEqual({ choices: ['b'], text: 'Delivery' });
    draw();
    first?.click();
    draw();
    // What was written beside an option goes with it.
    expect([run.answer.value, place.querySelector('textarea')]).toEqual([{ choices: ['a'] }, null]);
  });

  test('takes several answers where several are asked for', () => {
    const { run, draw } = ask({ kind: 'many', options });
    for (const i of [0, 1, 0]) {
      place.querySelectorAll<HTMLInputElement>('input[type=checkbox]')[i]?.click();
      draw();
    }
    expect(run.answer.value).toEqual({ choices: ['b'] });
  });

  test('has eleven scores', () => {
    const { run } = ask({ kind: 'nps' });
    const scores = place.querySelectorAll<HTMLInputElement>('.scores input');
    expect(scores).toHaveLength(11);
    scores[0]?.click();
    expect(run.answer.value).toEqual({ score: 0 });
  });

  test('says what is missing beside the question', () => {
    const { draw } = ask({ options });
    find<HTMLButtonElement>('[type=submit]').click();
    draw();
    expect(find('[role=alert]').textContent).toBe('Answer this question first.');
    expect(document.activeElement).toBe(find('input'));
  });

  test('asks for a contact with a box that is unticked, and may be left out', () => {
    const contact = {
      ask: 'email' as const,
      text: { en: 'May we write?' },
      consentText: { en: 'Yes' },
      required: false,
    };
    const { run, draw } = ask({ required: false, options }, contact);
    expect(find('[type=submit]').textContent).toBe('Skip');
    find<HTMLButtonElement>('[type=submit]').click();
    draw();
    expect(find<HTMLInputElement>('[type=checkbox]').checked).toBe(false);
    expect(find<HTMLLabelElement>('label[for=email]').textContent).toBe('Your e-mail');
    run.skipContact();
    draw();
    expect(find('h2').textContent).toBe('Thank you');
  });
});
