// The invitation as a visitor gets it: the widget's own card, fed with what is written and not saved.
import { type Signal, useSignal } from '@preact/signals';
import type { InvitationShow, RuleContent } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { Switch } from '../ui/pieces';
import { WidgetPreview } from '../ui/WidgetPreview';
import { filled } from './check';

export function InvitationPreview(props: { content: RuleContent; locale: Signal<string>; siteKey: string }) {
  const { content, locale } = props;
  const { console } = useApp();
  const known = useSignal(true);
  const text = content.texts.find((one) => one.locale === locale.value) ?? content.texts[0];
  if (!text) return null;
  const colleagues = [...console.people.value.values()];
  const consultant =
    content.invitee === 'consultant'
      ? (colleagues.find((one) => one.role === 'consultant' && one.active) ?? console.me.value)
      : null;
  const values = known.value
    ? {
        consultant: consultant?.name ?? '',
        page: gettext('Kettles'),
        keyword: gettext('electric kettle'),
        source: 'google',
        medium: 'cpc',
        campaign: 'autumn',
      }
    : {};
  const { kind } = content.action;
  const told: InvitationShow = {
    impressionId: 'preview',
    ruleId: 'preview',
    // What leads away from the page leads nowhere here.
    action: kind === 'chat' || kind === 'callback' ? content.action : { kind: 'event', name: 'preview' },
    content: {
      locale: text.locale,
      title: filled(text.title, values),
      text: filled(text.text, values),
      button: text.button || '…',
    },
    consultant: consultant && {
      id: consultant.id,
      name: consultant.name,
      photoUrl: consultant.photoUrl && new URL(consultant.photoUrl, location.href).href,
    },
    automatic: true,
    page: null,
  };
  return (
    <WidgetPreview
      siteKey={props.siteKey}
      locale={text.locale}
      shown={{ what: 'invitation', told }}
      about={gettext('as a visitor sees it')}
      closeUp
    >
      <Switch
        label={gettext('With example values')}
        hint={gettext('Off: what stands in when nothing is known.')}
        on={known.value}
        onChange={(on) => {
          known.value = on;
        }}
      />
    </WidgetPreview>
  );
}
