// The contracts of the server, asked before sending: which parts of a value do not fit. Pure. It understands what the
// schemas of server/contracts use and nothing more; the server's own judgement is the one that counts.
export interface Shape {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [name: string]: Shape };
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly oneOf?: readonly Shape[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface Problem {
  /** Keyword of the schema, or a word of the rules of that part: `minimum`, `repeated`. */
  readonly rule: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** Problems by place, as the server writes places: `texts/0/title`. One for each place. */
export type Problems = ReadonlyMap<string, Problem>;
export type Shapes = { readonly [name: string]: Shape };

/** Return what of `value` does not fit the named shape. A shape of another file counts as fitting. */
export function problemsOf(shapes: Shapes, name: string, value: unknown): Map<string, Problem> {
  const found = new Map<string, Problem>();
  const shape = shapes[name];
  if (shape) look(shapes, shape, value, '', found);
  return found;
}

function look(shapes: Shapes, shape: Shape, value: unknown, path: string, found: Map<string, Problem>): void {
  const fail = (rule: string, min?: number, max?: number) => {
    if (!found.has(path)) found.set(path, { rule, min, max });
  };
  if (shape.$ref !== undefined) {
    const named = /^#\/\$defs\/(\w+)$/.exec(shape.$ref)?.[1];
    const next = named ? shapes[named] : undefined;
    if (next) look(shapes, next, value, path, found);
    return;
  }
  if (shape.oneOf) {
    const variant = variantFor(shapes, shape.oneOf, value);
    if (variant) look(shapes, variant, value, path, found);
    else fail('kind');
    return;
  }
  if (shape.enum && !shape.enum.includes(value)) {
    fail('enum');
    return;
  }
  if (typeof value === 'string') {
    const length = [...value].length;
    if (shape.minLength !== undefined && length < shape.minLength) fail('minLength', shape.minLength);
    else if (shape.maxLength !== undefined && length > shape.maxLength) fail('maxLength', 0, shape.maxLength);
    else if (shape.pattern !== undefined && !new RegExp(shape.pattern, 'u').test(value)) {
      fail(value.trim() ? 'pattern' : 'minLength');
    }
  } else if (typeof value === 'number') {
    const { minimum: min = -Infinity, maximum: max = Infinity } = shape;
    const whole = types(shape).includes('integer');
    if ((whole && !Number.isInteger(value)) || Number.isNaN(value)) fail('type', min, max);
    else if (value < min) fail('minimum', min, max);
    else if (value > max) fail('maximum', min, max);
  } else if (Array.isArray(value)) {
    if (shape.minItems !== undefined && value.length < shape.minItems) fail('minItems', shape.minItems);
    if (shape.maxItems !== undefined && value.length > shape.maxItems) fail('maxItems', 0, shape.maxItems);
    const { items } = shape;
    for (const [at, one] of value.entries()) if (items) look(shapes, items, one, join(path, at), found);
  } else if (typeof value === 'object' && value !== null) {
    const object = value as Record<string, unknown>;
    for (const [name, part] of Object.entries(shape.properties ?? {})) {
      if (object[name] !== undefined) look(shapes, part, object[name], join(path, name), found);
      else if (shape.required?.includes(name)) found.set(join(path, name), { rule: 'required' });
    }
  }
}

const types = (shape: Shape): readonly string[] =>
  typeof shape.type === 'string' ? [shape.type] : (shape.type ?? []);
export const join = (path: string, part: string | number): string =>
  path ? `${path}/${part}` : String(part);

/** Of several shapes the one that this value means to be: by its `kind`, or simply null or not. */
function variantFor(shapes: Shapes, variants: readonly Shape[], value: unknown): Shape | undefined {
  const resolved = variants.map((one) => shapes[/^#\/\$defs\/(\w+)$/.exec(one.$ref ?? '')?.[1] ?? ''] ?? one);
  if (value === null) return resolved.find((one) => types(one).includes('null'));
  const kind = (value as { kind?: unknown }).kind;
  return (
    resolved.find((one) => one.properties?.kind?.enum?.includes(kind)) ??
    resolved.find((one) => !one.properties?.kind && !types(one).includes('null'))
  );
}
