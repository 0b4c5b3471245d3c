/** The invitation: a quiet card beside the launcher. It takes no focus, covers nothing it need not, and Esc ends it. */
import { effect } from '@preact/signals-core';
import { render } from 'preact';
import type { Session } from '../app';
import { readPage } from '../session/visit';
import { claim } from '../shared/claim';
import type { InvitationShow } from '../shared/contracts.gen';
import { gettext } from '../shared/gettext';
import { isRtl } from '../shared/locale';
import { loadWords } from '../shared/words';
import { besideLauncher } from '../shell/beside';
import { dress } from '../shell/dress';
import { Icon } from '../shell/Icon';
import css from './invitation.css?inline';
import { createInvitations, type Invitations } from './invitations';

interface CardProps {
  told: InvitationShow;
  /** Who invites where no consultant is named. */
  site: string;
  invitations: Invitations;
  onAccept(): void;
}

export function Card({ told, site, invitations, onAccept }: CardProps) {
  const { content, consultant } = told;
  const { locale, title, text, button } = content;
  const name = consultant?.name ?? site;
  const photo = consultant?.photoUrl;
  return (
    <section
      class="ui float invite"
      role="dialog"
      aria-labelledby="invite-from"
      aria-describedby="invite-text"
    >
      <div class="from">
        <span class="avatar" aria-hidden="true">
          {[...name][0]?.toUpperCase()}
          {photo && /^https?:/.test(photo) && (
            <img
              src={photo}
              alt=""
              width={42}
              height={42}
              referrerpolicy="no-referrer"
              onError={({ currentTarget }) => {
                currentTarget.hidden = true;
              }}
            />
          )}
        </span>
        <p class="who" id="invite-from">
          <b dir="auto">{name}</b>
          <span class="fine">{gettext('Automatic message')}</span>
        </p>
        <button type="button" class="round" aria-label={gettext('Close')} onClick={invitations.dismiss}>
          <Icon name="close" />
        </button>
      </div>
      <div class="said" id="invite-text" lang={locale} dir={isRtl(locale) ? 'rtl' : 'ltr'}>
        {title && <h2>{title}</h2>}
        <p>{text}</p>
      </div>
      <button type="button" class="primary" dir="auto" onClick={onAccept}>
        {button}
      </button>
    </section>
  );
}

export async function mount(session: Session): Promise<Invitations> {
  const { launcher, isOpen } = session;
  const { root, button } = launcher;
  await loadWords(session.locale);
  dress(root, session.site, css);
  const beside = besideLauncher(launcher);

  const invitations = createInvitations({
    link: session.link,
    visit: session.visit,
    isBusy: () => isOpen.value || session.isEngaged.value || session.isAsking.value,
    isVisible: () => !document.hidden,
    hasFocus: () => document.hasFocus(),
    url: () => readPage().url,
    remember: session.keep.stay,
    claim,
  });
  const { shown } = invitations;

  async function accept(told: InvitationShow) {
    const { action } = told;
    if (action.kind === 'chat') session.keep.allow();
    const known = invitations.accept();
    if (action.kind === 'chat' || action.kind === 'callback') await session.open(action.kind);
    else if (action.kind === 'survey') await session.showSurvey(action.surveyId, told.impressionId);
    else if (action.kind === 'event') dispatchEvent(new CustomEvent(`ringback:${action.name}`));
    else if (/^https?:/i.test(action.url)) {
      // What was accepted is to be known before the page goes; it is not waited for long.
      await Promise.race([known, new Promise((resolve) => setTimeout(resolve, 1000))]);
      location.assign(action.url);
    }
  }

  effect(() => {
    const told = shown.value;
    const hadFocus = beside.hasFocus();
    render(
      told && (
        <Card
          told={told}
          site={session.site.value.name}
          invitations={invitations}
          onAccept={() => void accept(told)}
        />
      ),
      beside.place,
    );
    const { title, text } = told?.content ?? {};
    const from = told?.consultant?.name ?? session.site.peek().name;
    beside.announce(told ? [gettext('Automatic message'), from, title, text].filter(Boolean).join('. ') : '');
    if (told) return beside.onEscape(invitations.dismiss);
    if (hadFocus && !isOpen.value) button.focus();
  });
  return invitations;
}
