// The invitation as a visitor reads it, in a frame that says it is a preview. The widget draws its own card from the
// same words; this one exists because the console may not import the widget's screens.
import { type Signal, useSignal } from '@preact/signals';
import type { RuleContent } from '../../../widget/src/shared/contracts.gen';
import { gettext, isRtl } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Icon } from '../ui/icons';
import { Avatar, Switch } from '../ui/pieces';
import { filled } from './check';

export function InvitationPreview(props: { content: RuleContent; locale: Signal<string>; siteName: string }) {
  const { content, locale } = props;
  const { console } = useApp();
  const known = useSignal(true);
  const text = content.texts.find((one) => one.locale === locale.value) ?? content.texts[0];
  if (!text) return null;
  const colleagues = [...console.people.value.values()];
  const consultant = colleagues.find((one) => one.role === 'consultant' && one.active) ?? console.me.value;
  const inviter =
    content.invitee === 'consultant'
      ? consultant
      : { name: props.siteName, id: props.siteName, photoUrl: null };
  const values = known.value
    ? {
        consultant: content.invitee === 'consultant' ? consultant.name : '',
        page: gettext('Kettles'),
        keyword: gettext('electric kettle'),
        source: 'google',
        medium: 'cpc',
        campaign: 'autumn',
      }
    : {};
  return (
    <figure class="preview">
      <figcaption>
        {gettext('Preview')} <span class="muted">{gettext('as a visitor sees it')}</span>
      </figcaption>
      <div class="preview-page" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <div class="preview-card" lang={text.locale} dir={isRtl(text.locale) ? 'rtl' : 'ltr'}>
        <div class="preview-from">
          <Avatar name={inviter.name} id={inviter.id} photo={inviter.photoUrl} />
          <p>
            <strong dir="auto">{inviter.name}</strong>
            <small>{gettext('Automatic message')}</small>
          </p>
          <span class="preview-close">
            <Icon name="close" size={18} />
          </span>
        </div>
        <div dir="auto" class="preview-said">
          {text.title && <strong>{filled(text.title, values)}</strong>}
          <p>{filled(text.text, values)}</p>
        </div>
        <span class="preview-accept" dir="auto">
          {text.button || '…'}
        </span>
      </div>
      <Switch
        label={gettext('With example values')}
        hint={gettext('Off: what stands in when nothing is known.')}
        on={known.value}
        onChange={(on) => {
          known.value = on;
        }}
      />
    </figure>
  );
}
