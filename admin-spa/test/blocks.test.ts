import { expect, test } from 'vitest';
import type { Block } from '../../widget/src/shared/contracts.gen';
import { blocks, lastsS, nameOfBlock } from '../src/blocking/blocks';

const block = (over: Partial<Block>): Block => ({
  id: 'b1',
  kind: 'phone',
  value: '+37369123456',
  label: null,
  reason: '',
  origin: 'person',
  authorName: 'Anna',
  createdAtMs: 0,
  expiresAtMs: null,
  hits: 0,
  lastHitAtMs: null,
  mayRemove: true,
  ...over,
});

test('a number is blocked by itself or by how it begins, and only until the end of the block', () => {
  const prefix = block({ kind: 'prefix', value: '+37369', expiresAtMs: 100 });
  expect(blocks(block({}), 'phone', '+37369123456', 1)).toBe(true);
  expect(blocks(prefix, 'phone', '+37369123456', 99)).toBe(true);
  expect(blocks(prefix, 'phone', '+37369123456', 100)).toBe(false);
  expect(blocks(prefix, 'phone', '+37368123456', 1)).toBe(false);
  expect(blocks(block({ kind: 'visitor', value: 'v1' }), 'visitor', 'v1', 1)).toBe(true);
  expect(blocks(block({ kind: 'network', value: 'v1' }), 'visitor', 'v1', 1)).toBe(false);
});

test('a block is called as a person would call it', () => {
  expect(nameOfBlock(block({ kind: 'prefix', value: '+37369' }))).toBe('+37369…');
  expect(nameOfBlock(block({ kind: 'visitor', value: 'v1', label: 'Maria' }))).toBe('Maria');
  expect(nameOfBlock(block({ kind: 'visitor', value: 'v1', label: '#12' }))).toBe('Visitor 12');
  expect([lastsS('day'), lastsS('week'), lastsS('ever')]).toEqual([86_400, 604_800, null]);
});
