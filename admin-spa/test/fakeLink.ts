// A link without a network: the test is the server.
import { signal } from '@preact/signals';
import type { ConsoleAsks, ConsoleTells, ErrorBody } from '../../widget/src/shared/contracts.gen';
import { AskError } from '../../widget/src/shared/errors';
import type { Link, LinkState } from '../src/app/link';

type Answers = { [E in keyof ConsoleAsks]?: (payload: ConsoleAsks[E]['payload']) => ConsoleAsks[E]['reply'] };

export class FakeLink implements Link {
  readonly state = signal<LinkState>('offline');
  /** Every request that reached us, in order. */
  readonly asked: { event: string; payload: unknown }[] = [];
  readonly answers: Answers = {};
  private readonly listeners = new Map<string, ((told: never) => void)[]>();
  private readonly connected: (() => void)[] = [];
  private readonly refused: ((error: ErrorBody) => void)[] = [];

  async ask<E extends keyof ConsoleAsks>(
    event: E,
    payload: ConsoleAsks[E]['payload'],
  ): Promise<ConsoleAsks[E]['reply']> {
    if (this.state.value !== 'online') throw new AskError('connection_lost');
    this.asked.push({ event, payload });
    await Promise.resolve();
    const answer = this.answers[event];
    if (!answer) throw new AskError('forbidden');
    return answer(payload);
  }

  on<E extends keyof ConsoleTells>(event: E, listener: (told: ConsoleTells[E]) => void): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener as (told: never) => void]);
  }

  onConnect(listener: () => void): void {
    this.connected.push(listener);
  }

  onRefused(listener: (error: ErrorBody) => void): void {
    this.refused.push(listener);
  }

  open(): void {
    this.state.value = 'online';
    for (const listener of this.connected) listener();
  }

  close(): void {
    this.state.value = 'offline';
  }

  tell<E extends keyof ConsoleTells>(event: E, told: ConsoleTells[E]): void {
    for (const listener of this.listeners.get(event) ?? []) listener(told as never);
  }

  askedFor(event: keyof ConsoleAsks): unknown[] {
    return this.asked.filter((one) => one.event === event).map((one) => one.payload);
  }
}

/** Let everything that waits on a resolved promise go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
}
