// One rule: when, what, how often; what it would do; who changed it.
import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { RuleContent, TriggerRule } from '../../../widget/src/shared/contracts.gen';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { hashOf } from '../app/route';
import { Refusal, useSaving } from '../app/saving';
import { Panel, TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Dialog } from '../ui/layers';
import { Empty } from '../ui/pieces';
import { exactWhen } from '../ui/time';
import { ActionFields } from './ActionFields';
import { Decisions } from './Decisions';
import { Frequency } from './Frequency';
import { InvitationPreview } from './InvitationPreview';
import { Counts, StatusChip } from './RuleList';
import { RuleVersions } from './RuleVersions';
import type { Rules } from './rules';
import { ruleSentence } from './sentence';
import { TextsEditor } from './TextsEditor';
import { TreeEditor } from './TreeEditor';
import { rooted } from './tree';
import { problemText } from './words';

export function RuleEditor(props: { rules: Rules; id: string; siteKey: string; mayChange: boolean }) {
  const { rules, id, mayChange } = props;
  const rule = rules.rules.value?.get(id);
  const content = rules.contentOf(id);
  const locale = useSignal(content?.texts[0]?.locale ?? 'en');
  /** Problems are shown where somebody has been, and everywhere after a try to save. */
  const strict = useSignal(false);
  const versionsOpen = useSignal(false);
  const decisionsOpen = useSignal(false);
  const form = useRef<HTMLFormElement>(null);
  const { run, failure, isBusy } = useSaving({
    done: () => {
      strict.value = false;
    },
    failed: showFirstProblem,
  });
  const problems = useComputed(() => rules.problemsOf(id)).value;
  useEffect(() => rules.tryOut(id), [rules, id]);

  if (!rule || !content) {
    return (
      <Empty icon="megaphone" title={gettext('This rule is not here any more')}>
        <a class="button" href={hashOf('campaigns')}>
          {gettext('Back to the rules')}
        </a>
      </Empty>
    );
  }
  const dirty = rules.unsaved.value.has(id);
  const set = (part: Partial<RuleContent>) => {
    rules.edit(id, part);
    rules.tryOut(id);
  };
  function showFirstProblem(): void {
    strict.value = true;
    requestAnimationFrame(() => {
      const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"], .field-error');
      first?.scrollIntoView({ block: 'center' });
      first?.focus();
    });
  }
  const save = () =>
    run(async () => {
      await rules.save(id);
    }, gettext('The draft is saved. Visitors see it once you publish it.'));
  const publish = () => run(() => rules.publish(id), gettext('Published. Visitors get it from now on.'));
  const disable = () =>
    run(() => rules.disable(id), gettext('Switched off. Nobody sees this rule any more.'));
  return (
    <form
      ref={form}
      class="rule-editor"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <header class="page-head">
        <a class="icon-button" href={hashOf('campaigns')} aria-label={gettext('Back to the rules')}>
          <Icon name="back" />
        </a>
        <h2 class="title" dir="auto">
          {content.name || gettext('Rule without a name')}
        </h2>
        <StatusChip rule={rule} />
        {rule.status === 'live' && (rule.hasChanges || dirty) && (
          <span class="chip">{gettext('Draft not published')}</span>
        )}
        <span class="page-tools">
          <button
            type="button"
            class="button"
            onClick={() => {
              versionsOpen.value = true;
            }}
          >
            <Icon name="clock" size={18} /> {gettext('Versions')}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              decisionsOpen.value = true;
            }}
          >
            {gettext('Decisions')}
          </button>
        </span>
      </header>
      <div class="editor-columns">
        <div class="stack">
          <p class="sentence" aria-live="polite">
            {ruleSentence(content)}
          </p>
          <fieldset class="plain stack" disabled={!mayChange}>
            <TextInput
              label={gettext('Name, for colleagues')}
              maxLength={120}
              value={content.name}
              error={problemText(problems, 'name')}
              onChange={(name) => set({ name })}
            />
            <Panel
              title={gettext('When')}
              about={gettext('Nothing is reported by the browser but what live rules ask for.')}
            >
              <TreeEditor
                tree={rooted(content.condition)}
                problems={problems}
                disabled={!mayChange}
                onChange={(condition) => set({ condition })}
              />
            </Panel>
            <Panel title={gettext('What')}>
              <ActionFields siteId={rules.siteId} content={content} problems={problems} onChange={set} />
              <TextsEditor content={content} problems={problems} locale={locale} onChange={set} />
            </Panel>
            <Frequency content={content} problems={problems} onChange={set} />
          </fieldset>
          {failure.value && (
            <Refusal
              failure={failure.value}
              code="rule_changed"
              onTheirs={() => void run(() => rules.reload(id), gettext('This is their version.'))}
              onMine={() =>
                void run(async () => {
                  await rules.rebase(id);
                  await rules.save(id);
                }, gettext('The draft is saved. Visitors see it once you publish it.'))
              }
            />
          )}
        </div>
        <aside class="editor-aside" aria-label={gettext('Preview')}>
          <InvitationPreview content={content} locale={locale} siteKey={props.siteKey} />
          <TriedOut rules={rules} id={id} />
          <div class="panel">
            <h3>{gettext('So far')}</h3>
            <Counts counts={rule.counts} />
            <p class="muted">
              {gettext('Last change: {name}, {when}', {
                name: rule.updatedBy.name,
                when: exactWhen(rule.updatedAtMs),
              })}
            </p>
          </div>
        </aside>
      </div>
      {mayChange && (
        <SaveBar
          rule={rule}
          dirty={dirty}
          busy={isBusy}
          wrong={problems.size}
          onPublish={() => void publish()}
          onDisable={() => void disable()}
          onDiscard={() => rules.discard(id)}
          onShowProblems={showFirstProblem}
        />
      )}
      <Dialog open={versionsOpen} title={gettext('Versions')} class="dialog-wide">
        <RuleVersions
          rules={rules}
          rule={rule}
          mayChange={mayChange}
          onTake={(taken) => {
            set(taken);
            versionsOpen.value = false;
          }}
        />
      </Dialog>
      <Dialog open={decisionsOpen} title={gettext('What was decided')} class="dialog-wide">
        <Decisions rules={rules} ruleId={id} />
      </Dialog>
    </form>
  );
}

function SaveBar(props: {
  rule: TriggerRule;
  dirty: boolean;
  busy: boolean;
  wrong: number;
  onPublish: () => void;
  onDisable: () => void;
  onDiscard: () => void;
  onShowProblems: () => void;
}) {
  const { rule, dirty, busy, wrong } = props;
  const publishable = dirty || rule.hasChanges || rule.status !== 'live';
  return (
    <div class="save-bar">
      <button
        type="button"
        class="button button-primary"
        disabled={busy || !publishable || wrong > 0}
        onClick={props.onPublish}
      >
        {rule.status === 'live' ? gettext('Publish the changes') : gettext('Publish')}
      </button>
      <button type="submit" class="button" disabled={busy || !dirty || wrong > 0}>
        {gettext('Save the draft')}
      </button>
      {dirty && (
        <button type="button" class="button button-quiet" onClick={props.onDiscard}>
          {gettext('Undo changes')}
        </button>
      )}
      {rule.status === 'live' && (
        <button type="button" class="button button-danger" disabled={busy} onClick={props.onDisable}>
          {gettext('Switch off')}
        </button>
      )}
      {wrong > 0 && (
        <button type="button" class="button button-quiet save-wrong" onClick={props.onShowProblems}>
          <Icon name="warn" size={16} />
          {ngettext('{n} place needs a change', '{n} places need a change', wrong)}
        </button>
      )}
    </div>
  );
}

function TriedOut({ rules, id }: { rules: Rules; id: string }) {
  const tried = rules.tried.value?.ruleId === id ? rules.tried.value.visitors : null;
  return (
    <div class="panel tried" aria-live="polite">
      <h3>{gettext('On your last visitors')}</h3>
      {!tried && <p class="muted">{gettext('The figure appears once the rule is complete.')}</p>}
      {tried && tried.of === 0 && (
        <p class="muted">
          {gettext('Nobody has visited the site yet. Open it in another window and look again.')}
        </p>
      )}
      {tried && tried.of > 0 && (
        <>
          <p>
            {ngettext(
              'The condition was met for {hits} of your last {n} visitor.',
              'The condition was met for {hits} of your last {n} visitors.',
              tried.of,
              { hits: tried.wouldFire },
            )}
          </p>
          <meter min={0} max={tried.of} value={tried.wouldFire} aria-label={gettext('Condition met')} />
          {tried.unknown > 0 && (
            <p class="muted">
              {ngettext(
                'For {n} more it is unknown: nobody watched for this then.',
                'For {n} more it is unknown: nobody watched for this then.',
                tried.unknown,
              )}
            </p>
          )}
        </>
      )}
    </div>
  );
}
