import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RuleContent, RuleVersion, TriggerRule } from '../../../widget/src/shared/contracts.gen';
import { type AskError, toAskError } from '../../../widget/src/shared/errors';
import { gettext } from '../../../widget/src/shared/gettext';
import { Failed } from '../app/site';
import { Skeleton } from '../ui/pieces';
import { exactWhen } from '../ui/time';
import type { Rules } from './rules';
import { ruleSentence } from './sentence';
import { versionText } from './words';

/** Who changed what, the newest first; an old one can be taken into the draft. */
export function RuleVersions(props: {
  rules: Rules;
  rule: TriggerRule;
  mayChange: boolean;
  onTake: (content: RuleContent) => void;
}) {
  const { rules, rule } = props;
  const failure = useSignal<AskError | null>(null);
  function load(): void {
    failure.value = null;
    rules.loadVersions(rule.id).catch((thrown: unknown) => {
      failure.value = toAskError(thrown);
    });
  }
  useEffect(load, [rules, rule.id, rule.version]);
  if (failure.value) return <Failed failure={failure.value} again={load} />;
  const list = rules.versions.value;
  if (!list) return <Skeleton rows={3} />;
  return (
    <ol class="versions">
      {list.map((version, at) => (
        <li key={version.version}>
          <div class="versions-head">
            <strong>{versionText(version.action)}</strong>
            <span class="muted">
              <bdi>{version.by.name}</bdi>, <time>{exactWhen(version.atMs)}</time>
            </span>
            {version.version === rule.liveVersion && rule.status === 'live' && (
              <span class="chip chip-done">{gettext('Live')}</span>
            )}
            {props.mayChange && at > 0 && (
              <button type="button" class="button button-small" onClick={() => props.onTake(version.content)}>
                {gettext('Take into the draft')}
              </button>
            )}
          </div>
          <p class="muted">{changeText(version, list[at + 1])}</p>
        </li>
      ))}
    </ol>
  );
}

/** What is different from the version before it. */
function changeText(version: RuleVersion, before: RuleVersion | undefined): string {
  if (!before) return ruleSentence(version.content);
  const names: Record<keyof RuleContent, string> = {
    name: gettext('name'),
    condition: gettext('condition'),
    action: gettext('action'),
    texts: gettext('texts'),
    invitee: gettext('who invites'),
    priority: gettext('priority'),
    caps: gettext('limits'),
    schedule: gettext('dates'),
    samplePercent: gettext('share of visitors'),
  };
  const changed = (Object.keys(names) as (keyof RuleContent)[]).filter(
    (field) => JSON.stringify(version.content[field]) !== JSON.stringify(before.content[field]),
  );
  if (changed.length === 0) return gettext('The same content');
  const sentence = changed.includes('condition') ? ` ${ruleSentence(version.content)}` : '';
  return gettext('Changed: {list}.', { list: changed.map((one) => names[one]).join(', ') }) + sentence;
}
