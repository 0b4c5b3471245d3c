/**
 * A server in the page, for one visitor who is nobody: it answers as the real one would and keeps nothing. The widget
 * talks to it over the two ways it has, a WebSocket and fetch; so what is shown is the widget as it is.
 */
import type {
  Callback,
  CallbackRequest,
  Message,
  SurveyAnswerGiven,
  VisitorAsks,
  VisitorChatSend,
  VisitorTells,
  WidgetConfig,
} from '../src/shared/contracts.gen';
import type { PreviewScene } from '../src/shared/preview';
import { END, firstStep, questionOf, stepAfter } from '../src/survey/steps';

type Reply<E extends keyof VisitorAsks> = VisitorAsks[E]['reply'];

export interface PreviewServer {
  /** Stands in for the browser's WebSocket. */
  Socket: new () => PreviewSocket;
  /** Stands in for the browser's fetch. */
  fetch(url: string | URL): Promise<Response>;
  tell<E extends keyof VisitorTells>(event: E, payload: VisitorTells[E]): void;
  /** The widget's first visit:start was answered. */
  started: Promise<void>;
}

export interface PreviewSocket {
  onmessage: ((event: { data: string }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

const NAMESPACE = '/visitor';
const PING_MS = 1e9;

export function createPreviewServer(
  scene: () => Promise<PreviewScene>,
  now: () => number,
  newId: () => string,
): PreviewServer {
  const messages: Message[] = [];
  let current: PreviewSocket | undefined;
  let callback: Callback | null = null;
  let answered = () => {};
  const hasStarted = new Promise<void>((resolve) => {
    answered = resolve;
  });

  const say = (text: string) => current?.onmessage?.({ data: text });

  function started({ site, callback: offer }: WidgetConfig): Reply<'visit:start'> {
    return {
      token: 'preview',
      visitorId: 'preview',
      visitId: 'preview',
      site,
      conversation: null,
      lastSeq: messages.length,
      watch: [],
      callback: offer,
      openCallback: callback,
    };
  }

  function written({ clientMessageId, text }: VisitorChatSend): Reply<'chat:send'> {
    const message: Message = {
      id: newId(),
      conversationId: 'preview',
      clientMessageId,
      seq: messages.length + 1,
      kind: 'text',
      author: { kind: 'visitor' },
      text,
      files: [],
      event: null,
      sentAtMs: now(),
    };
    messages.push(message);
    return { message };
  }

  function called({ clientRequestId, phone }: CallbackRequest): Reply<'callback:request'> {
    callback = {
      id: newId(),
      state: 'requested',
      via: 'phone',
      etaS: null,
      promise: null,
      opensAtMs: null,
      outcome: null,
      attempts: [],
      version: 1,
      clientRequestId,
      phoneEnding: (phone ?? '').replace(/\D/g, '').slice(-2),
      conversationId: null,
      durationS: null,
      createdAtMs: now(),
      updatedAtMs: now(),
    };
    return { callback };
  }

  function ended(): Reply<'callback:cancel'> | null {
    if (callback)
      callback = { ...callback, state: 'canceled', outcome: 'canceled', version: 2, updatedAtMs: now() };
    return callback && { callback };
  }

  /** Go through the survey as far as it was answered. */
  function next({ shown }: PreviewScene, { answers, done }: SurveyAnswerGiven): Reply<'survey:answer'> {
    if (shown.what !== 'survey' || done) return { next: END, done: true };
    const { content } = shown.survey;
    let step = firstStep(content);
    const passed = new Set<string>();
    for (let answer = answers[step]; answer && questionOf(content, step); answer = answers[step]) {
      // What is not finished may lead round in a circle.
      if (passed.has(step)) return { next: END, done: true };
      passed.add(step);
      step = stepAfter(content, step, answer);
    }
    return { next: step, done: step === END };
  }

  async function answer(event: string, payload: unknown): Promise<unknown> {
    const shown = await scene();
    switch (event) {
      case 'visit:start':
        return started(shown.config);
      case 'chat:send':
        return written(payload as VisitorChatSend);
      case 'chat:sync':
        return { messages, lastSeq: messages.length } satisfies Reply<'chat:sync'>;
      case 'callback:request':
        return called(payload as CallbackRequest);
      case 'callback:cancel':
        return ended();
      case 'survey:answer':
        return next(shown, payload as SurveyAnswerGiven);
      default:
        return {};
    }
  }

  class Socket implements PreviewSocket {
    onmessage: PreviewSocket['onmessage'] = null;
    onclose: PreviewSocket['onclose'] = null;

    constructor() {
      current = this;
      setTimeout(() =>
        say(`0${JSON.stringify({ sid: 'preview', pingInterval: PING_MS, pingTimeout: PING_MS })}`),
      );
    }

    async send(text: string) {
      if (text.startsWith('40')) return say(`40${NAMESPACE},{"sid":"preview"}`);
      const [, id, body] = /^42\/visitor,(\d+)(.*)$/s.exec(text) ?? [];
      if (!body) return;
      const [event, payload] = JSON.parse(body) as [string, unknown];
      const data = await answer(event, payload);
      const reply = data ? { ok: true, data } : { ok: false, error: { code: 'not_found', details: {} } };
      say(`43${NAMESPACE},${id}${JSON.stringify([reply])}`);
      if (event === 'visit:start') setTimeout(answered);
    }

    close() {
      if (current === this) current = undefined;
    }
  }

  return {
    Socket,
    started: hasStarted,
    async fetch(url) {
      const { config, shown } = await scene();
      const { site, callback: offer } = config;
      if (String(url).endsWith('/launcher'))
        return Response.json({ ...site, hidden: offer.closed === 'hide' });
      if (!String(url).includes('/surveys/')) return Response.json(config);
      if (shown.what === 'survey') return Response.json(shown.survey);
      return Response.json({ error: { code: 'not_found', details: {} } }, { status: 404 });
    },
    tell: (event, payload) => say(`42${NAMESPACE},${JSON.stringify([event, payload])}`),
  };
}
