import { timeText } from '../../../widget/src/shared/clock';
import type { Callback, CallbackState } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { legText, outcomeText, stateText } from '../app/words';
import { Icon, type IconName } from '../ui/icons';
import { exactWhen } from '../ui/time';
import { type Look, legStanding, lookOf, type Step, stepsOf } from './leads';

const SHAPE: Record<Look, IconName> = {
  soon: 'clock',
  running: 'bell',
  talking: 'phone',
  done: 'check',
  missed: 'warn',
  stopped: 'close',
};

/** A state as a word with a shape of its own; the colour only helps. */
export function StateChip({ state }: { state: CallbackState }) {
  const look = lookOf(state);
  return (
    <span class={`chip chip-${look}`}>
      <Icon name={SHAPE[look]} size={14} />
      {stateText(state)}
    </span>
  );
}

/** What happened, line by line; `lastOnly` shows only so many of the newest. */
export function Steps({ callback, lastOnly }: { callback: Callback; lastOnly?: number }) {
  const steps = stepsOf(callback);
  const shown = lastOnly === undefined ? steps : steps.slice(-lastOnly);
  return (
    <ol class="steps">
      {shown.map((step) => (
        <li key={step.key} class={`step step-${step.about} step-${tone(step, callback)}`}>
          <time title={exactWhen(step.atMs)}>{timeText(step.atMs)}</time>
          <span class="step-mark" aria-hidden="true" />
          <span>{stepText(step, callback)}</span>
        </li>
      ))}
    </ol>
  );
}

function stepText(step: Step, callback: Callback): string {
  switch (step.about) {
    case 'requested':
      return gettext('The call was requested');
    case 'attempt':
      return gettext('Round {number}', { number: step.attempt });
    case 'leg':
      return step.leg ? legText(step.leg) : '';
    case 'end':
      return outcomeText(callback.outcome) ?? stateText(callback.state);
  }
}

function tone(step: Step, callback: Callback): 'good' | 'bad' | 'live' | 'plain' {
  if (step.about === 'end') {
    const look = lookOf(callback.state);
    return look === 'done' ? 'good' : look === 'missed' ? 'bad' : 'plain';
  }
  if (!step.leg) return 'plain';
  const standing = legStanding(step.leg);
  if (standing === 'accepted' || standing === 'talked' || standing === 'on_line') return 'good';
  if (standing === 'ringing' || standing === 'calling') return 'live';
  return standing === 'over' || standing === 'canceled' ? 'plain' : 'bad';
}
