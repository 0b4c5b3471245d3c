// What a report shows: which numbers, in which order, and how they are said. Pure.
import type { ReportNumbers, ReportSource } from '../../../widget/src/shared/contracts.gen';
import { currentLocale, gettext } from '../../../widget/src/shared/gettext';
import { numberText, shareText } from '../ui/Charts';

export type Counted = {
  [K in keyof ReportNumbers]: ReportNumbers[K] extends number ? K : never;
}[keyof ReportNumbers];

/** Numbers that can be added up by day, page and source. */
export const COUNTED: readonly Counted[] = [
  'visits',
  'invitationsShown',
  'invitationsAccepted',
  'invitationsDismissed',
  'chats',
  'chatsAnswered',
  'callbacksRequested',
  'callbacksConnected',
  'callbacksMissed',
  'surveyAnswers',
];

export function countedText(name: Counted): string {
  switch (name) {
    case 'visits':
      return gettext('Visits');
    case 'invitationsShown':
      return gettext('Invitations shown');
    case 'invitationsAccepted':
      return gettext('Invitations accepted');
    case 'invitationsDismissed':
      return gettext('Invitations closed');
    case 'chats':
      return gettext('Chats');
    case 'chatsAnswered':
      return gettext('Chats answered');
    case 'callbacksRequested':
      return gettext('Callbacks requested');
    case 'callbacksConnected':
      return gettext('Callbacks connected');
    case 'callbacksMissed':
      return gettext('Callbacks missed');
    case 'surveyAnswers':
      return gettext('Survey answers');
  }
}

export interface Tile {
  readonly label: string;
  readonly value: string;
  readonly more: string;
}

/** The first view: each number with what it says beside its neighbour. A time that was not measured is a dash. */
export function tiles(n: ReportNumbers): Tile[] {
  const of = (part: number, whole: number) => (whole > 0 ? shareText(part, whole) : '');
  return [
    { label: countedText('visits'), value: numberText(n.visits), more: '' },
    {
      label: countedText('invitationsShown'),
      value: numberText(n.invitationsShown),
      more: gettext('{accepted} accepted, {closed} closed', {
        accepted: numberText(n.invitationsAccepted),
        closed: numberText(n.invitationsDismissed),
      }),
    },
    {
      label: countedText('chats'),
      value: numberText(n.chats),
      more: gettext('{answered} answered {share}', {
        answered: numberText(n.chatsAnswered),
        share: of(n.chatsAnswered, n.chats),
      }).trim(),
    },
    {
      label: gettext('First answer after'),
      value: lengthText(n.firstResponseMedianMs),
      more: ninetyText(n.firstResponseP90Ms),
    },
    {
      label: countedText('callbacksRequested'),
      value: numberText(n.callbacksRequested),
      more: gettext('{connected} connected, {missed} missed', {
        connected: numberText(n.callbacksConnected),
        missed: numberText(n.callbacksMissed),
      }),
    },
    {
      label: gettext('Talking after'),
      value: lengthText(n.connectMedianMs),
      more: ninetyText(n.connectP90Ms),
    },
    { label: countedText('surveyAnswers'), value: numberText(n.surveyAnswers), more: '' },
  ];
}

function ninetyText(ms: number | null): string {
  return ms === null
    ? gettext('not measured in this period')
    : gettext('half of them; nine of ten within {time}', { time: lengthText(ms) });
}

/** "8 sec", "2 min 5 sec", "1 hr 4 min"; a dash for what was never measured. */
export function lengthText(ms: number | null): string {
  if (ms === null) return '—';
  const seconds = Math.round(ms / 1000);
  const parts: [number, string][] =
    seconds < 60
      ? [[seconds, 'second']]
      : seconds < 3600
        ? [
            [Math.floor(seconds / 60), 'minute'],
            [seconds % 60, 'second'],
          ]
        : [
            [Math.floor(seconds / 3600), 'hour'],
            [Math.floor((seconds % 3600) / 60), 'minute'],
          ];
  return parts
    .filter(([value], at) => at === 0 || value > 0)
    .map(([value, unit]) =>
      new Intl.NumberFormat(currentLocale(), { style: 'unit', unit, unitDisplay: 'short' }).format(value),
    )
    .join(' ');
}

export function sourceText({ source, medium, campaign }: ReportSource): string {
  const parts = [source, medium, campaign].filter(Boolean);
  return parts.length > 0 ? parts.join(' / ') : gettext('Direct');
}

/** Whether nothing at all has happened. */
export const isEmpty = (n: ReportNumbers): boolean => COUNTED.every((name) => n[name] === 0);
