import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { RuleContent, RuleTemplate } from '../../../widget/src/shared/contracts.gen';
import { currentLanguage, gettext } from '../../../widget/src/shared/gettext';
import { attempt } from '../app/commands';
import { useApp } from '../app/context';
import { hashOf } from '../app/route';
import { Failed } from '../app/site';
import { Icon } from '../ui/icons';
import { Skeleton } from '../ui/pieces';
import { emptyRule, type Rules } from './rules';
import { ruleSentence } from './sentence';

export function NewRule({ rules }: { rules: Rules }) {
  const { go } = useApp();
  const busy = useSignal(false);
  useEffect(() => {
    if (!rules.templates.peek()) void rules.loadTemplates();
  }, [rules]);
  const begin = (content: RuleContent) => () =>
    attempt(async () => {
      if (busy.value) return;
      busy.value = true;
      try {
        go('campaigns', (await rules.create(content)).id);
      } finally {
        busy.value = false;
      }
    });
  const empty = () =>
    emptyRule(gettext('New rule'), currentLanguage(), {
      text: gettext('Hello! Can I help you?'),
      button: gettext('Ask a question'),
    });
  const templates = rules.templates.value;
  return (
    <>
      <header class="page-head">
        <a class="icon-button" href={hashOf('campaigns')} aria-label={gettext('Back to the rules')}>
          <Icon name="back" />
        </a>
        <h2 class="title">{gettext('New rule')}</h2>
        <p class="muted page-about">
          {gettext('Begin with what comes closest. It is a draft: nobody sees it before you publish it.')}
        </p>
      </header>
      {rules.failure.value && !templates && (
        <Failed failure={rules.failure.value} again={() => void rules.loadTemplates()} />
      )}
      {!templates && !rules.failure.value && <Skeleton rows={4} />}
      {templates && (
        <ul class="cards cards-grid" aria-busy={busy.value}>
          {templates.map((template) => {
            const { name, about } = wordsOf(template);
            return (
              <li key={template.id}>
                <button type="button" class="card" onClick={begin({ ...template.rule, name })}>
                  <strong>{name}</strong>
                  <span class="card-text">{about}</span>
                  <span class="muted">{ruleSentence(template.rule)}</span>
                </button>
              </li>
            );
          })}
          <li>
            <button type="button" class="card card-plain" onClick={begin(empty())}>
              <strong>{gettext('Empty rule')}</strong>
              <span class="card-text">
                {gettext('Only a time on the page and somebody who answers; the rest is yours.')}
              </span>
            </button>
          </li>
        </ul>
      )}
    </>
  );
}

function wordsOf(template: RuleTemplate): { name: string; about: string } {
  const found = template.names.find((one) => one.locale === currentLanguage()) ?? template.names[0];
  return found ?? { name: template.rule.name, about: '' };
}
