// The survey as a visitor goes through it: the widget's own, fed with what is written and not saved. It can begin at
// any question, so that the one that is being written is in sight.
import { useSignal } from '@preact/signals';
import type { SurveyContent } from '../../../widget/src/shared/contracts.gen';
import { gettext } from '../../../widget/src/shared/gettext';
import { SelectInput } from '../ui/Inputs';
import { WidgetPreview } from '../ui/WidgetPreview';
import { type Locale, startingAt, textIn } from './content';

export function SurveyPreview(props: { content: SurveyContent; locale: Locale; siteKey: string }) {
  const { content, locale } = props;
  const first = useSignal('');
  const questions = content.questions.map((one, at) => ({
    value: at === 0 ? '' : one.id,
    label: `${at + 1}. ${textIn(one.text, locale, content.locales) || '…'}`,
  }));
  const from = questions.some((one) => one.value === first.value) ? first.value : '';
  const survey = { id: 'preview', version: 1, content: startingAt(content, from) };
  return (
    <WidgetPreview
      siteKey={props.siteKey}
      locale={locale}
      shown={{ what: 'survey', survey }}
      about={gettext('nothing is sent')}
      closeUp
    >
      {questions.length > 1 && (
        <SelectInput
          label={gettext('Begin at')}
          value={from}
          options={questions}
          onChange={(id) => {
            first.value = id;
          }}
        />
      )}
    </WidgetPreview>
  );
}
