import { useSignal } from '@preact/signals';
import { gettext } from '../../../widget/src/shared/gettext';
import { useApp } from '../app/context';
import { askPermission, permission } from '../app/notices';
import { LocaleSelect } from '../app/SignIn';
import { Icon } from '../ui/icons';
import { Choice, Switch } from '../ui/pieces';
import { OwnPassword } from './OwnPassword';

/** A person's own choices; kept in this browser, at work at once. */
export function Mine() {
  const { prefs, speaker, sheetOpen } = useApp();
  const allowed = useSignal(permission());

  async function turnOnNotifications(): Promise<void> {
    allowed.value = await askPermission();
    prefs.desktop.value = allowed.value === 'granted';
  }
  return (
    <>
      <section class="panel">
        <h2>{gettext('Alerts')}</h2>
        <Switch
          label={gettext('Sound')}
          hint={gettext(
            'For waiting visitors, messages and calls. Repeats every 30 seconds while somebody waits.',
          )}
          on={prefs.sound.value}
          onChange={(on) => {
            prefs.sound.value = on;
          }}
        />
        <div class="buttons">
          {(['waiting', 'message', 'callback'] as const).map((tone) => (
            <button
              key={tone}
              type="button"
              class="button button-small"
              onClick={() => void speaker.unlock().then(() => speaker.play(tone))}
            >
              <Icon name="sound" size={16} />
              {tone === 'waiting'
                ? gettext('Test: visitor waits')
                : tone === 'message'
                  ? gettext('Test: message')
                  : gettext('Test: call')}
            </button>
          ))}
        </div>
        {allowed.value === 'granted' ? (
          <Switch
            label={gettext('Desktop notifications')}
            hint={gettext('Shown while you look at another window.')}
            on={prefs.desktop.value}
            onChange={(on) => {
              prefs.desktop.value = on;
            }}
          />
        ) : allowed.value === 'default' ? (
          <div>
            <button type="button" class="button" onClick={() => void turnOnNotifications()}>
              <Icon name="bell" size={18} /> {gettext('Turn on desktop notifications')}
            </button>
            <p class="field-hint">{gettext('The browser then asks for your permission.')}</p>
          </div>
        ) : (
          <p class="field-hint">
            {allowed.value === 'denied'
              ? gettext('The browser blocks notifications of this page. Allow them in its address bar.')
              : gettext('This browser has no desktop notifications.')}
          </p>
        )}
      </section>
      <section class="panel">
        <h2>{gettext('Look and language')}</h2>
        <Choice
          legend={gettext('Theme')}
          value={prefs.theme.value}
          options={[
            { value: 'system', label: gettext('As the system') },
            { value: 'light', label: gettext('Light') },
            { value: 'dark', label: gettext('Dark') },
          ]}
          onChange={(theme) => {
            prefs.theme.value = theme;
          }}
        />
        <LocaleSelect prefs={prefs} />
      </section>
      <section class="panel">
        <h2>{gettext('Writing and keys')}</h2>
        <Choice
          legend={gettext('Send a message with')}
          value={prefs.sendKey.value}
          options={[
            { value: 'enter', label: gettext('Enter'), hint: gettext('Shift+Enter starts a new line') },
            { value: 'mod_enter', label: gettext('Ctrl+Enter'), hint: gettext('Enter starts a new line') },
          ]}
          onChange={(key) => {
            prefs.sendKey.value = key;
          }}
        />
        <Switch
          label={gettext('Single-key shortcuts')}
          hint={gettext('Turn them off if you speak to the computer or press keys by accident.')}
          on={prefs.singleKeys.value}
          onChange={(on) => {
            prefs.singleKeys.value = on;
          }}
        />
        <div>
          <button
            type="button"
            class="button"
            onClick={() => {
              sheetOpen.value = true;
            }}
          >
            <Icon name="keyboard" size={18} /> {gettext('Show all shortcuts')}
          </button>
        </div>
      </section>
      <OwnPassword />
    </>
  );
}
