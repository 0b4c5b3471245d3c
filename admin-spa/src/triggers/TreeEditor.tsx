// The tree of conditions as nested lists. Every change is a button and a key; nothing needs dragging.
import { useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { RuleCondition, RuleGroup } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import type { Problems } from '../app/shape';
import { Icon } from '../ui/icons';
import { Menu, type MenuItem } from '../ui/layers';
import { LeafFields } from './LeafFields';
import { clause } from './sentence';
import {
  add,
  bare,
  type Changed,
  isGroup,
  LEAVES,
  type LeafKind,
  type Move,
  move,
  negate,
  newLeaf,
  type Path,
  pointer,
  put,
  remove,
  wrap,
} from './tree';
import { kindText, problemText } from './words';

interface Editing {
  readonly tree: RuleGroup;
  readonly problems: Problems;
  readonly disabled: boolean;
  /** `moved`: the place that the focus goes to, and the words for those who do not see it. */
  change(changed: Changed, moved?: string): void;
  value(tree: RuleGroup): void;
}

export function TreeEditor(props: {
  tree: RuleGroup;
  problems: Problems;
  disabled: boolean;
  onChange: (tree: RuleGroup) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const goTo = useSignal<string | null>(null);
  const said = useSignal('');
  const { tree, problems, disabled } = props;
  useEffect(() => {
    const wanted = goTo.value;
    if (wanted === null) return;
    goTo.value = null;
    const rows = [...(box.current?.querySelectorAll<HTMLElement>('[data-place]') ?? [])];
    const row = rows.find((one) => one.dataset.place === wanted);
    row?.focus();
    row?.scrollIntoView?.({ block: 'nearest' });
  }, [goTo.value, tree, goTo]);
  const editing: Editing = {
    tree,
    problems,
    disabled,
    change(changed, moved = '') {
      props.onChange(changed.tree);
      goTo.value = pointer(changed.path);
      said.value = moved;
    },
    value: props.onChange,
  };
  return (
    <div class="tree" ref={box}>
      <Group group={tree} path={[]} editing={editing} />
      <p class="sr-only" role="status">
        {said.value}
      </p>
      {!disabled && (
        <p class="field-hint tree-keys">
          <Icon name="keyboard" size={16} />{' '}
          {gettext('On a condition: Alt with the arrow keys moves it up, down, into a group and out.')}
        </p>
      )}
    </div>
  );
}

function Group({ group, path, editing }: { group: RuleGroup; path: Path; editing: Editing }) {
  const id = useId();
  const { problems, disabled } = editing;
  const here = pointer(path);
  const error =
    problemText(problems, `${here}/conditions`) ?? (path.length === 0 ? problemText(problems, here) : null);
  const items: (MenuItem | string)[] = [
    gettext('Add a condition'),
    ...LEAVES.map((kind) => ({
      label: kindText(kind),
      onPick: () =>
        editing.change(
          add(editing.tree, path, newLeaf(kind)),
          gettext('Added: {what}', { what: kindText(kind) }),
        ),
    })),
    gettext('Add a group'),
    ...(['all', 'any'] as const).map((kind) => ({
      label: groupText(kind),
      onPick: () =>
        editing.change(
          add(editing.tree, path, { kind, conditions: [newLeaf('time')] }),
          gettext('Added: {what}', { what: groupText(kind) }),
        ),
    })),
  ];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot hold a field
    <div class={`tree-group tree-${group.kind}`} role="group" aria-labelledby={id}>
      <label class="tree-join" id={id}>
        <span class="sr-only">{gettext('This group is true when')}</span>
        <select
          class="select"
          disabled={disabled}
          value={group.kind}
          onChange={({ currentTarget }) => {
            const kind = currentTarget.value as RuleGroup['kind'];
            editing.value(put(editing.tree, path, { ...group, kind }) as RuleGroup);
          }}
        >
          <option value="all">{groupText('all')}</option>
          <option value="any">{groupText('any')}</option>
        </select>
      </label>
      <ul class="tree-list">
        {group.conditions.map((condition, place) => (
          <Row
            key={`${place}-${bare(condition).inner.kind}`}
            condition={condition}
            path={[...path, place]}
            editing={editing}
          />
        ))}
      </ul>
      {error && (
        <p class="field-error" role="alert">
          <Icon name="warn" size={16} /> {error}
        </p>
      )}
      {!disabled && (
        <Menu
          title={gettext('Add to this group')}
          class="button button-small"
          label={
            <>
              <Icon name="plus" size={16} /> {gettext('Add a condition')}
            </>
          }
          items={items}
        />
      )}
    </div>
  );
}

function groupText(kind: RuleGroup['kind']): string {
  return kind === 'all' ? gettext('All of these are true') : gettext('At least one of these is true');
}

function Row({ condition, path, editing }: { condition: RuleCondition; path: Path; editing: Editing }) {
  const { negated, inner, steps } = bare(condition);
  const { tree, problems, disabled } = editing;
  const here = pointer(path);
  const innerPath = [...path, ...steps];
  const error = problemText(problems, here) ?? (negated ? problemText(problems, pointer(innerPath)) : null);
  const name = isGroup(inner) ? groupText(inner.kind) : kindText(inner.kind as LeafKind);
  const go = (how: Move) => {
    const moved = move(tree, path, how);
    if (moved) editing.change(moved, gettext('Moved: {what}', { what: name }));
    return moved !== null;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (disabled || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // The row that the key was pressed in, not the groups around it.
    if (target.closest('[data-place]') !== event.currentTarget) return;
    const how = moveOf(event.key, getComputedStyle(target).direction === 'rtl');
    if (!how) return;
    event.preventDefault();
    event.stopPropagation();
    go(how);
  };
  const more: MenuItem[] = (
    [
      ['up', gettext('Move up')],
      ['down', gettext('Move down')],
      ['into', gettext('Move into the group beside it')],
      ['out', gettext('Move out of this group')],
    ] as const
  ).map(([how, label]) => ({ label, disabled: move(tree, path, how) === null, onPick: () => void go(how) }));
  return (
    <li>
      {/* biome-ignore lint/a11y/useSemanticElements: a row of a tree, not a form of its own */}
      <div
        class={`tree-row ${isGroup(inner) ? 'tree-row-group' : ''} ${error ? 'tree-row-bad' : ''}`}
        role="group"
        tabIndex={-1}
        aria-label={isGroup(inner) ? name : clause(condition)}
        data-place={here}
        onKeyDown={onKeyDown}
      >
        <div class="tree-head">
          {isGroup(inner) ? (
            <strong class="tree-name">{gettext('Group')}</strong>
          ) : (
            <label class="tree-kind">
              <span class="sr-only">{gettext('Condition')}</span>
              <select
                class="select"
                disabled={disabled}
                value={inner.kind}
                onChange={({ currentTarget }) => {
                  const leaf = newLeaf(currentTarget.value as LeafKind);
                  editing.value(put(tree, innerPath, leaf) as RuleGroup);
                }}
              >
                {LEAVES.map((kind) => (
                  <option key={kind} value={kind}>
                    {kindText(kind)}
                  </option>
                ))}
              </select>
            </label>
          )}
          <button
            type="button"
            class="tree-not"
            aria-pressed={negated}
            disabled={disabled}
            title={gettext('Turn into its opposite')}
            onClick={() => editing.change(negate(tree, path))}
          >
            {gettext('not')}
          </button>
          {!disabled && (
            <span class="tree-tools">
              <button
                type="button"
                class="icon-button tree-step"
                aria-label={gettext('Move up: {what}', { what: name })}
                disabled={move(tree, path, 'up') === null}
                onClick={() => go('up')}
              >
                <Icon name="up" size={18} />
              </button>
              <button
                type="button"
                class="icon-button tree-step"
                aria-label={gettext('Move down: {what}', { what: name })}
                disabled={move(tree, path, 'down') === null}
                onClick={() => go('down')}
              >
                <Icon name="down" size={18} />
              </button>
              <Menu
                name={gettext('More for: {what}', { what: name })}
                title={name}
                class="icon-button"
                label={<Icon name="more" size={18} />}
                items={[
                  ...more,
                  {
                    label: gettext('Put into a group of its own'),
                    onPick: () => editing.change(wrap(tree, path), gettext('Moved: {what}', { what: name })),
                  },
                ]}
              />
              <button
                type="button"
                class="icon-button"
                aria-label={gettext('Remove: {what}', { what: name })}
                onClick={() => editing.change(remove(tree, path), gettext('Removed: {what}', { what: name }))}
              >
                <Icon name="bin" size={18} />
              </button>
            </span>
          )}
        </div>
        {isGroup(inner) ? (
          <Group group={inner} path={innerPath} editing={editing} />
        ) : (
          inner.kind !== 'not' && (
            <LeafFields
              leaf={inner}
              place={pointer(innerPath)}
              problems={problems}
              disabled={disabled}
              onChange={(leaf) => editing.value(put(tree, innerPath, leaf) as RuleGroup)}
            />
          )
        )}
        {error && (
          <p class="field-error" role="alert">
            <Icon name="warn" size={16} /> {error}
          </p>
        )}
      </div>
    </li>
  );
}

function moveOf(key: string, rtl: boolean): Move | null {
  switch (key) {
    case 'ArrowUp':
      return 'up';
    case 'ArrowDown':
      return 'down';
    case 'ArrowRight':
      return rtl ? 'out' : 'into';
    case 'ArrowLeft':
      return rtl ? 'into' : 'out';
    default:
      return null;
  }
}
