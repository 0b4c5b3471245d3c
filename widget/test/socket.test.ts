/** Our small client and the official one, against the same server: whatever one of them sees, the other sees. */
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket as NodeSocket, WebSocketServer } from 'ws';
import { createSocket, type Socket, type SocketOptions, waitMs } from '../src/shared/socket';
import { createOfficialSocket } from '../src/shared/socket.official';

/** Node's sockets throw where nobody listens for errors; a browser's do not. */
class BrowserLikeSocket extends NodeSocket {
  constructor(...args: ConstructorParameters<typeof NodeSocket>) {
    super(...args);
    this.on('error', () => {});
  }
}
Object.assign(globalThis, { WebSocket: BrowserLikeSocket });

type Peer = NodeSocket;
interface Fixture {
  /** Answer to "40/visitor,{...}"; null to say nothing. */
  onConnect(auth: unknown): string | null;
  onEvent(peer: Peer, id: string, event: string, payload: unknown): void;
}

let server: WebSocketServer;
let fixture: Fixture;
let peers: Peer[];
let frames: string[];
let open: Socket | undefined;

beforeEach(async () => {
  peers = [];
  frames = [];
  fixture = {
    onConnect: () => '40/visitor,{"sid":"s"}',
    onEvent: (peer, id, _event, payload) =>
      peer.send(`43/visitor,${id}[${JSON.stringify({ ok: true, data: payload })}]`),
  };
  server = new WebSocketServer({ port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  server.on('connection', (peer, request) => {
    peers.push(peer);
    frames.push(request.url ?? '');
    peer.send('0{"sid":"e","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":65536}');
    peer.on('message', (raw) => {
      const data = String(raw);
      frames.push(data);
      const connect = /^40\/visitor,(.*)$/.exec(data);
      if (connect) {
        const answer = fixture.onConnect(JSON.parse(connect[1] ?? 'null'));
        if (answer) peer.send(answer);
      }
      const event = /^42\/visitor,(\d*)(.*)$/.exec(data);
      if (event) {
        const [name, payload] = JSON.parse(event[2] ?? '[]');
        fixture.onEvent(peer, event[1] ?? '', name, payload);
      }
    });
  });
});

afterEach(() => {
  open?.close();
  for (const peer of peers) peer.terminate();
  server.close();
});

interface Heard {
  ups: number;
  downs: number;
  told: [string, unknown][];
  refused: { code: string; details: object }[];
  failed: number;
}

const until = async (condition: () => boolean) => {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};

const clients: [string, (options: SocketOptions) => Socket][] = [
  ['ours', createSocket],
  ['the official one', (options) => createOfficialSocket(options, ['websocket'])],
];

describe.each(clients)('%s', (_name, create) => {
  function start(tryAgain = false): [Socket, Heard] {
    const heard: Heard = { ups: 0, downs: 0, told: [], refused: [], failed: 0 };
    const socket = create({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/socket.io/?site=KEY`,
      namespace: '/visitor',
      auth: () => ({ token: 't' }),
      onUp: () => heard.ups++,
      onDown: () => heard.downs++,
      onTold: (event, payload) => heard.told.push([event, payload]),
      onRefused: ({ code, details }) => {
        heard.refused.push({ code, details });
        if (tryAgain) socket.retry();
      },
      onOpenFailed: (inARow) => {
        heard.failed = inARow;
      },
      random: () => 0.02,
    });
    open = socket;
    socket.open();
    return [socket, heard];
  }

  test('joins its namespace with what the auth says, at the address of the site', async () => {
    const [, heard] = start();
    await until(() => heard.ups === 1);
    const query = new URL(frames[0] ?? '', 'http://x').searchParams;
    expect([query.get('site'), query.get('EIO'), query.get('transport')]).toEqual(['KEY', '4', 'websocket']);
    expect(frames).toContain('40/visitor,{"token":"t"}');
  });

  test('an answer with data is the data, an answer with an error is thrown with its code', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    const payload = { text: 'line one\nзвонок "quoted" 🙂 [1,2]' };
    expect(await socket.ask('echo', payload)).toEqual(payload);
    fixture.onEvent = (peer, id) =>
      peer.send(`43/visitor,${id}[{"ok":false,"error":{"code":"rate_limited","details":{"retryAfterS":3}}}]`);
    await expect(socket.ask('echo', {})).rejects.toMatchObject({
      code: 'rate_limited',
      details: { retryAfterS: 3 },
    });
  });

  test('answers in another order reach the ones who asked', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    const held: (() => void)[] = [];
    fixture.onEvent = (peer, id, event) => {
      held.unshift(() => peer.send(`43/visitor,${id}[{"ok":true,"data":"${event}"}]`));
      if (held.length === 3) for (const answer of held) answer();
    };
    expect(await Promise.all(['a', 'b', 'c'].map((e) => socket.ask(e, {})))).toEqual(['a', 'b', 'c']);
  });

  test('hears what the server tells', async () => {
    const [, heard] = start();
    await until(() => heard.ups === 1);
    peers[0]?.send('42/visitor,["chat:message",{"message":{"seq":7}}]');
    await until(() => heard.told.length === 1);
    expect(heard.told).toEqual([['chat:message', { message: { seq: 7 } }]]);
  });

  test('answers every heartbeat', async () => {
    const [, heard] = start();
    await until(() => heard.ups === 1);
    peers[0]?.send('2');
    await until(() => frames.includes('3'));
    expect(heard.downs).toBe(0);
  });

  test('a server that has gone silent is left, and found again', async () => {
    const [, heard] = start();
    await until(() => heard.ups === 1);
    await until(() => heard.downs === 1 && heard.ups === 2);
  });

  test('a lost connection fails what was asked and comes back by itself', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    fixture.onEvent = (peer) => peer.terminate();
    await expect(socket.ask('echo', {})).rejects.toMatchObject({ code: 'connection_lost' });
    await until(() => heard.ups === 2);
  });

  test('a disconnect by the server is no goodbye', async () => {
    const [, heard] = start();
    await until(() => heard.ups === 1);
    peers[0]?.send('41/visitor,');
    await until(() => heard.ups === 2);
  });

  test('a refusal comes with its code, and is tried again only where that was asked for', async () => {
    fixture.onConnect = () =>
      '44/visitor,{"message":"client_too_old","data":{"code":"client_too_old","details":{}}}';
    const [, heard] = start(false);
    await until(() => heard.refused.length === 1);
    expect(heard.refused[0]?.code).toBe('client_too_old');
    expect(heard.ups).toBe(0);
  });

  test('a refusal that may pass is tried again', async () => {
    fixture.onConnect = () => '44/visitor,{"message":"draining"}';
    const [, heard] = start(true);
    await until(() => heard.refused.length === 1);
    fixture.onConnect = () => '40/visitor,{"sid":"s"}';
    await until(() => heard.ups === 1);
    expect(heard.refused[0]?.code).toBe('draining');
  });

  test('nothing is asked without a connection, and closed means closed', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    socket.close();
    await expect(socket.ask('echo', {})).rejects.toMatchObject({ code: 'connection_lost' });
    expect(heard.downs).toBe(1);
  });

  test('no answer in time is said as that', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    fixture.onEvent = () => {};
    await expect(socket.ask('echo', {}, 60)).rejects.toMatchObject({ code: 'timed_out' });
  });

  test('a pause ends with a new connection', async () => {
    const [socket, heard] = start();
    await until(() => heard.ups === 1);
    socket.pause(30);
    await until(() => heard.ups === 2);
  });

  test('connections that never open are counted, for the fallback', async () => {
    const port = (server.address() as AddressInfo).port;
    server.close();
    const heard = { failed: 0 };
    const socket = create({
      url: `http://127.0.0.1:${port}/socket.io/?site=KEY`,
      namespace: '/visitor',
      auth: () => ({}),
      onUp() {},
      onDown() {},
      onTold() {},
      onRefused() {},
      onOpenFailed: (inARow) => {
        heard.failed = inARow;
      },
      random: () => 0.01,
    });
    open = socket;
    socket.open();
    await until(() => heard.failed >= 3);
  });
});

test('the wait before a new try grows from half a second to half a minute, and is never the same for all', () => {
  expect([0, 1, 2, 3, 20].map((tries) => waitMs(tries, () => 1))).toEqual([500, 1000, 2000, 4000, 30_000]);
  expect(waitMs(20, () => 0)).toBe(0);
});
