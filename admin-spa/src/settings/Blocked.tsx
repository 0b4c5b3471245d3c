import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Block } from '../../../widget/src/shared/contracts.gen';
import { AskError, errorText, toAskError } from '../../../widget/src/shared/errors';
import { gettext, ngettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Failed } from '../app/site';
import { LastsChoice } from '../blocking/BlockDialog';
import {
  addBlock,
  KIND_ICONS,
  type Kind,
  kindText,
  known,
  type Lasts,
  lastsS,
  listBlocks,
  nameOfBlock,
  removeBlock,
  sayBlocked,
} from '../blocking/blocks';
import { TextInput } from '../ui/Inputs';
import { Icon } from '../ui/icons';
import { Empty, Field, Skeleton } from '../ui/pieces';
import { exactWhen, shortWhen } from '../ui/time';
import { say } from '../ui/toasts';

/** From this many on a list wants a field to search in. */
const SEARCHED_FROM = 8;

/** Whom the account refuses: numbers, networks, visitors; by whom and until when. */
export function Blocked() {
  const { api } = useApp();
  const isLoaded = useSignal(false);
  const failure = useSignal<AskError | null>(null);
  const search = useSignal('');

  async function load(): Promise<void> {
    try {
      await listBlocks(api);
      isLoaded.value = true;
      failure.value = null;
    } catch (thrown) {
      failure.value = toAskError(thrown);
    }
  }
  useEffect(() => void load(), []);

  const all = known.value;
  if (!isLoaded.value)
    return failure.value ? (
      <Failed failure={failure.value} again={() => void load()} />
    ) : (
      <Skeleton rows={5} />
    );
  const words = search.value.trim().toLocaleLowerCase();
  const shown = all.filter((block) =>
    `${nameOfBlock(block)} ${block.reason} ${block.authorName ?? ''}`.toLocaleLowerCase().includes(words),
  );
  return (
    <>
      <AddBlock />
      <section class="panel">
        <h2>{gettext('Blocked')}</h2>
        {all.length >= SEARCHED_FROM && (
          <Field label={gettext('Search')}>
            {({ id }) => (
              <input
                id={id}
                type="search"
                class="input"
                value={search.value}
                onInput={(event) => {
                  search.value = event.currentTarget.value;
                }}
              />
            )}
          </Field>
        )}
        {all.length === 0 && (
          <Empty icon="check" title={gettext('Nobody is blocked')}>
            <p>
              {gettext(
                'Block a visitor from the menu of a conversation, a number from its call, or enter one above.',
              )}
            </p>
          </Empty>
        )}
        {all.length > 0 && shown.length === 0 && (
          <p class="muted">{gettext('Nothing like that is blocked.')}</p>
        )}
        <ul class="blocks">
          {shown.map((block) => (
            <BlockRow key={block.id} block={block} />
          ))}
        </ul>
      </section>
    </>
  );
}

function BlockRow({ block }: { block: Block }) {
  const { api, nowMs } = useApp();
  const busy = useSignal(false);
  const name = nameOfBlock(block);
  const { kind, reason, origin, authorName, createdAtMs, expiresAtMs, hits, lastHitAtMs } = block;
  async function remove(): Promise<void> {
    busy.value = true;
    try {
      await removeBlock(api, block.id);
      say(gettext('{name} is not blocked any more.', { name }), false, {
        label: gettext('Undo'),
        run: () => void again(),
      });
    } catch (thrown) {
      say(errorText(toAskError(thrown)), true);
    }
    busy.value = false;
  }
  async function again(): Promise<void> {
    const left = expiresAtMs === null ? null : Math.max(60, Math.round((expiresAtMs - nowMs.value) / 1000));
    try {
      await addBlock(api, { kind, value: block.value, reason, lastsS: left });
    } catch (thrown) {
      say(errorText(toAskError(thrown)), true);
    }
  }
  return (
    <li class="block">
      <span class="block-icon" title={kindText(kind)}>
        <Icon name={KIND_ICONS[kind]} size={18} />
      </span>
      <div class="block-what">
        <strong>
          <bdi>{name}</bdi>
        </strong>
        <p>{origin === 'callee' ? gettext('Whoever answered asked not to be called again.') : reason}</p>
        <small class="muted">
          {authorName && `${gettext('by {name}', { name: authorName })} · `}
          <time title={exactWhen(createdAtMs)}>{shortWhen(createdAtMs, nowMs.value)}</time>
          {' · '}
          {expiresAtMs === null
            ? gettext('for ever')
            : gettext('until {time}', { time: exactWhen(expiresAtMs) })}
        </small>
      </div>
      <div class="block-hits">
        <span class={hits ? 'chip chip-missed' : 'chip'}>
          {hits ? ngettext('{n} refusal', '{n} refusals', hits) : gettext('no refusals yet')}
        </span>
        {lastHitAtMs !== null && (
          <small class="muted">{gettext('last {time}', { time: shortWhen(lastHitAtMs, nowMs.value) })}</small>
        )}
      </div>
      {block.mayRemove && (
        <button
          type="button"
          class="icon-button"
          disabled={busy.value}
          aria-label={gettext('Unblock {name}', { name })}
          title={gettext('Unblock {name}', { name })}
          onClick={() => void remove()}
        >
          <Icon name="bin" size={18} />
        </button>
      )}
    </li>
  );
}

type Addable = Exclude<Kind, 'visitor'>;
const ADDABLE: readonly Addable[] = ['phone', 'prefix', 'network'];
const EXAMPLES: Record<Addable, string> = {
  phone: '+373 69 123 456',
  prefix: '+373 69',
  network: '203.0.113.7',
};

function AddBlock() {
  const { api } = useApp();
  const kind = useSignal<Addable>('phone');
  const value = useSignal('');
  const reason = useSignal('');
  const lasts = useSignal<Lasts>('week');
  const busy = useSignal(false);
  const failure = useSignal<AskError | null>(null);
  const form = useRef<HTMLFormElement>(null);
  const wrong = failure.value?.code === 'value_invalid' || failure.value?.code === 'bad_request';

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    failure.value = null;
    try {
      if (!value.value.trim()) throw new AskError('value_invalid');
      const added = await addBlock(api, {
        kind: kind.value,
        value: value.value.trim(),
        reason: reason.value.trim(),
        lastsS: lastsS(lasts.value),
      });
      value.value = reason.value = '';
      sayBlocked(api, added);
    } catch (thrown) {
      failure.value = toAskError(thrown);
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
    }
    busy.value = false;
  }
  return (
    <form class="panel" ref={form} onSubmit={submit} noValidate>
      <h2>{gettext('Block a number or a network')}</h2>
      <div class="columns">
        <Field label={gettext('What')}>
          {({ id }) => (
            <select
              id={id}
              class="select"
              value={kind.value}
              onChange={(event) => {
                kind.value = event.currentTarget.value as Addable;
                failure.value = null;
              }}
            >
              {ADDABLE.map((one) => (
                <option key={one} value={one}>
                  {kindText(one)}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label={kindText(kind.value)}
          hint={hintOf(kind.value)}
          error={wrong ? wrongText(kind.value) : null}
        >
          {({ id, describedBy, invalid }) => (
            <input
              id={id}
              class="input"
              dir="ltr"
              autocomplete="off"
              maxLength={64}
              placeholder={EXAMPLES[kind.value]}
              aria-describedby={describedBy}
              aria-invalid={invalid}
              value={value.value}
              onInput={(event) => {
                value.value = event.currentTarget.value;
                failure.value = null;
              }}
            />
          )}
        </Field>
      </div>
      <TextInput
        label={gettext('Reason')}
        hint={gettext('Only your colleagues see it.')}
        maxLength={200}
        value={reason.value}
        onChange={(text) => {
          reason.value = text;
        }}
      />
      <LastsChoice
        value={lasts.value}
        onChange={(chosen) => {
          lasts.value = chosen;
        }}
      />
      {failure.value && !wrong && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {errorText(failure.value)}
        </p>
      )}
      <div>
        <button type="submit" class="button button-primary" disabled={busy.value}>
          {gettext('Block')}
        </button>
      </div>
    </form>
  );
}

function hintOf(kind: Addable): string {
  switch (kind) {
    case 'phone':
      return gettext('With the country code. It is never called, also where a call is waiting already.');
    case 'prefix':
      return gettext('With the country code. No number that begins like this is called.');
    case 'network':
      return gettext('An address, or a network such as 203.0.113.0/24 or 2001:db8::/32.');
  }
}

function wrongText(kind: Addable): string {
  switch (kind) {
    case 'phone':
      return gettext('Enter the whole number with its country code, such as {example}.', {
        example: EXAMPLES.phone,
      });
    case 'prefix':
      return gettext('Enter at least three digits with the country code, such as {example}.', {
        example: EXAMPLES.prefix,
      });
    case 'network':
      return gettext('Enter an address or a network that is not half the world, such as {example}.', {
        example: EXAMPLES.network,
      });
  }
}
