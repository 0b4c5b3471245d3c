// Time zones to choose from: by continent, each with how far it is from UTC today.
interface Zone {
  readonly id: string;
  readonly label: string;
}

interface ZoneGroup {
  readonly name: string;
  readonly zones: readonly Zone[];
}

let drawn: { current: string; groups: ZoneGroup[] } | undefined;

/** Return all zones that this browser knows, and `current` in any case. Worked out once: there are over 400. */
export function zoneGroups(current: string): ZoneGroup[] {
  if (drawn?.groups.some(({ zones }) => zones.some(({ id }) => id === current))) return drawn.groups;
  const groups = new Map<string, Zone[]>();
  for (const id of new Set([current, ...supported(), 'UTC'])) {
    const [area = id, ...city] = id.split('/');
    const name = city.length ? area : 'UTC';
    const label = `${(city.length ? city.join(' / ') : id).replaceAll('_', ' ')} (${offsetOf(id)})`;
    groups.set(name, [...(groups.get(name) ?? []), { id, label }]);
  }
  drawn = {
    current,
    groups: [...groups].map(([name, zones]) => ({
      name,
      zones: zones.sort((a, b) => a.label.localeCompare(b.label)),
    })),
  };
  drawn.groups.sort((a, b) => a.name.localeCompare(b.name));
  return drawn.groups;
}

function supported(): string[] {
  try {
    return Intl.supportedValuesOf('timeZone');
  } catch {
    return [];
  }
}

function offsetOf(timeZone: string): string {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'shortOffset' });
    const offset = format.formatToParts().find(({ type }) => type === 'timeZoneName')?.value ?? '';
    return offset.replace('GMT', 'UTC');
  } catch {
    return 'UTC';
  }
}
