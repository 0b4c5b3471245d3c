/**
 * Forms in the page itself: `<div data-ringback-inline="callback">` and
 * `<div data-ringback-inline="survey" data-ringback-survey="ID">`, each in a shadow root of its own. What stands in
 * the element (a phone number, say) is shown until the form is there.
 */
import { effect, type Signal, signal } from '@preact/signals-core';
import { render, type VNode } from 'preact';
import type { App } from '../app';
import type { Tab } from '../launcher';
import { dress } from '../shell/dress';
import type { View } from '../shell/Panel';
import inlineCss from './inline.css?inline';

const TAG = 'ringback-inline';

/** The page's own theme: a form in a page that knows no dark one stays light. */
function themeOf(element: Element): string {
  const scheme = getComputedStyle(element).colorScheme;
  if (!scheme.includes('dark')) return 'light';
  return scheme.includes('light') ? 'auto' : 'dark';
}

/** What is put into an element: how it is drawn, its looks, what follows a drawing. */
interface Form {
  draw(): VNode;
  css: string;
  settle?(place: Element): void;
}

async function callbackForm(app: App): Promise<Form> {
  const [form, running] = await Promise.all([import('../callback/form'), import('../callback/Running')]);
  form.startCountry(app.calls, app);
  const isOpen = signal(true);
  // "Write a message" leads from the page into the panel.
  const tab = {
    get value() {
      return app.tab.value;
    },
    set value(next: Tab) {
      void app.open(next);
    },
  } as Signal<Tab>;
  const expectation = running.createExpectation({ ...app, isOpen });
  const view = { ...app, isOpen, tab, form: () => form, expectation } as unknown as View;
  const draw = () => {
    const callback = app.calls.callback.value;
    return callback ? <running.Running view={view} callback={callback} /> : <form.CallTab view={view} />;
  };
  return { draw, css: form.css + running.css };
}

async function surveyForm(app: App, surveyId: string): Promise<Form> {
  return (await import('../survey/Survey')).inlineSurvey(app, surveyId);
}

/** Returns what fills the elements that are on the page now; those that are filled already stay as they are. */
export function mount(app: App): () => void {
  const { host: launcherHost, frame } = app.launcher;

  async function fill(element: HTMLElement) {
    const host = document.createElement(TAG);
    element.dataset.ringbackBusy = '';
    try {
      const { ringbackInline: kind, ringbackSurvey: surveyId } = element.dataset;
      const isSurvey = kind === 'survey' && surveyId;
      if (!isSurvey && kind !== 'callback') return console.warn('ringback: nothing to show inline', element);
      const form = await (isSurvey ? surveyForm(app, surveyId) : callbackForm(app));
      const root = host.attachShadow({ mode: 'open' });
      dress(root, app.site, form.css, inlineCss);
      const place = document.createElement('div');
      place.className = 'ui inline';
      place.lang = frame.lang;
      place.dir = frame.dir;
      root.append(place);
      element.replaceChildren(host);
      const stop = effect(() => {
        const theme = app.site.value && launcherHost.dataset.theme;
        host.dataset.theme = theme === 'auto' ? themeOf(element) : theme;
        render(form.draw(), place);
        form.settle?.(place);
        // The page took its element away.
        if (!host.isConnected) setTimeout(() => stop());
      });
    } finally {
      delete element.dataset.ringbackBusy;
    }
  }

  return () => {
    for (const element of document.querySelectorAll<HTMLElement>('[data-ringback-inline]')) {
      const isDone = 'ringbackBusy' in element.dataset || element.querySelector(TAG);
      if (!isDone) fill(element).catch(() => {});
    }
  };
}
