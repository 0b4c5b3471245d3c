import { expect, test } from 'vitest';
import type { Colleague } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import type { Api } from '../src/app/api';
import { moved, openPeople } from '../src/people/people';
import { ANNA } from './builders';

function colleague(id: string, dialOrder: number, part: Partial<Colleague['person']> = {}): Colleague {
  return {
    person: { ...ANNA, id, name: id, ...part },
    phone: null,
    dialOrder,
    revision: 1,
    departmentIds: [],
  };
}
const LIST = [
  colleague('ana', 2),
  colleague('bob', 1),
  colleague('eva', 3, { active: false }),
  colleague('ada', 0, { role: 'admin' }),
];

function opened(answer: (method: string, path: string, body: unknown) => unknown) {
  const asked: [string, string, unknown][] = [];
  const call: Api['call'] = async (method, path, body) => {
    asked.push([method, path, body]);
    return path === '/people' && method === 'GET' ? { colleagues: LIST } : answer(method, path, body);
  };
  return { people: openPeople(call), asked };
}
const names = (list: readonly Colleague[]) => list.map(({ person }) => person.id);

test('consultants stand in the order in which they are dialled, without who has left', async () => {
  const { people } = opened(() => null);
  await people.load();
  expect(names(people.order.value)).toEqual(['bob', 'ana']);
  expect(names(people.left.value)).toEqual(['eva']);
});

test('a move shows at once and goes back when it is refused', async () => {
  const { people, asked } = opened(() => {
    throw new AskError('person_changed');
  });
  await people.load();
  const ana = people.order.value[1] as Colleague;
  const moving = people.move(ana, -1);
  expect(names(people.order.value)).toEqual(['ana', 'bob']);
  await expect(moving).rejects.toThrow('person_changed');
  expect(names(people.order.value)).toEqual(['bob', 'ana']);
  expect(asked.at(-1)).toEqual(['PUT', '/people/order', { personIds: ['ana', 'bob'] }]);
});

test('of quick moves only the newest order is sent after the first, so an older one never comes last', async () => {
  const answers: ((reply: unknown) => void)[] = [];
  const { people, asked } = opened(() => new Promise((resolve) => answers.push(resolve)));
  await people.load();
  const ana = () => people.order.value.find(({ person }) => person.id === 'ana') as Colleague;
  const moves = [people.move(ana(), -1), people.move(ana(), 1), people.move(ana(), -1)];
  expect(names(people.order.value)).toEqual(['ana', 'bob']);
  expect(asked.filter(([, path]) => path === '/people/order')).toHaveLength(1);
  answers[0]?.({ colleagues: LIST });
  await expect.poll(() => answers.length).toBe(2);
  expect(names(people.order.value)).toEqual(['ana', 'bob']);
  answers[1]?.({ colleagues: [colleague('ana', 1), colleague('bob', 2)] });
  await Promise.all(moves);
  expect(asked.filter(([, path]) => path === '/people/order').at(-1)?.[2]).toEqual({
    personIds: ['ana', 'bob'],
  });
  expect(names(people.order.value)).toEqual(['ana', 'bob']);
});

test('who stands at an end stays there', () => {
  expect(moved(['a', 'b', 'c'], 'a', -1)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 'c', 1)).toEqual(['a', 'b', 'c']);
  expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
});

test('a change names the revision it was made on, and presence heard meanwhile stays', async () => {
  const { people, asked } = opened((_, __, body) => ({
    colleague: { ...colleague('ana', 2, { name: (body as { name: string }).name }), revision: 2 },
  }));
  await people.load();
  people.heard({ ...ANNA, id: 'bob', name: 'bob', status: 'away' });
  await people.change(LIST[0] as Colleague, { name: 'Anna' });
  expect(asked.at(-1)?.[2]).toEqual({ name: 'Anna', revision: 1 });
  const [, anna, bob] = people.list.value ?? [];
  expect([anna?.person.name, anna?.revision, bob?.person.status]).toEqual(['Anna', 2, 'away']);
});
