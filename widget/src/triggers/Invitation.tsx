/** The invitation: a quiet card beside the launcher. It takes no focus, covers nothing it need not, and Esc ends it. */
import { effect } from '@preact/signals-core';
import { render } from 'preact';
import type { Session } from '../main';
import { readPage } from '../session/visit';
import type { InvitationShow } from '../shared/contracts.gen';
import { gettext } from '../shared/gettext';
import { isRtl } from '../shared/locale';
import { loadWords } from '../shared/words';
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

function Card({ told, site, invitations, onAccept }: CardProps) {
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

/** Take the claim that only one tab gets; it is held until the page goes. Without locks every tab gets its own. */
async function claim(name: string): Promise<boolean> {
  const { locks } = navigator;
  if (!locks) return true;
  const held = new AbortController();
  return new Promise((resolve) => {
    locks
      .request(`ringback:${name}`, { ifAvailable: true }, (lock) => {
        resolve(!!lock);
        // A page that goes to the back/forward cache must hold nothing.
        return lock && new Promise<void>((done) => addEventListener('pagehide', () => done(), held));
      })
      .finally(() => held.abort())
      .catch(() => resolve(true));
  });
}

export async function mount(session: Session): Promise<Invitations> {
  const { launcher, isOpen } = session;
  const { root, frame, button, config } = launcher;
  await loadWords(session.locale);
  dress(root, config.site.color, css);
  const place = document.createElement('div');
  // A live region has to be there before its words are.
  const announcer = document.createElement('div');
  announcer.role = 'status';
  announcer.className = 'vh';
  frame.insertBefore(place, button);
  frame.append(announcer);

  const invitations = createInvitations({
    link: session.link,
    visit: session.visit,
    isBusy: () => isOpen.value || session.isEngaged.value || session.isAsking.value,
    isVisible: () => !document.hidden,
    hasFocus: () => document.hasFocus(),
    url: () => readPage(document).url,
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

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented) return;
    invitations.dismiss();
  };
  effect(() => {
    const told = shown.value;
    const hadFocus = place.contains(root.activeElement);
    render(
      told && (
        <Card
          told={told}
          site={config.site.name}
          invitations={invitations}
          onAccept={() => void accept(told)}
        />
      ),
      place,
    );
    announcer.textContent = told
      ? [
          gettext('Automatic message'),
          told.consultant?.name ?? config.site.name,
          told.content.title,
          told.content.text,
        ]
          .filter(Boolean)
          .join('. ')
      : '';
    if (!told && hadFocus && !isOpen.value) button.focus();
    if (!told) return;
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });
  return invitations;
}
