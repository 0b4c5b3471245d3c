// Drives the official socket.io-client through what a widget needs; prints one JSON line. Run by test_clients.py.
// Arguments: url, transports ("websocket" or "polling" or "polling,websocket"), origin.
import { io } from 'socket.io-client';

const [url, transports, origin] = process.argv.slice(2);
const seen = { transports: [], told: [] };
const options = {
  transports: transports.split(','),
  extraHeaders: { origin },
  reconnection: false,
  forceNew: false,
  auth: { protocol: 1, siteKey: 'shop', token: 'anna' },
};
const visitor = io(`${url}/visitor`, options);
const consultant = io(`${url}/console`, { ...options, auth: { token: 'tok-carol' } });
const stranger = io(`${url}/visitor`, { ...options, forceNew: true, auth: { protocol: 1, siteKey: 'nowhere' } });
const engine = visitor.io.engine;
seen.transports.push(engine.transport.name);
engine.on('upgrade', (transport) => seen.transports.push(transport.name));

const once = (socket, name) => new Promise((resolve) => socket.once(name, resolve));
const refusal = once(stranger, 'connect_error');
await Promise.all([once(visitor, 'connect'), once(consultant, 'connect')]);
seen.sameConnection = visitor.io === consultant.io;
visitor.on('chat:message', (payload) => seen.told.push(payload));
seen.typing = await visitor.timeout(5000).emitWithAck('chat:typing', { typing: true });
seen.people = await consultant.timeout(5000).emitWithAck('people:list', {});
seen.unknown = await visitor.timeout(5000).emitWithAck('chat:nothing', {});
const message = once(visitor, 'chat:message');
seen.asked = await visitor.timeout(5000).emitWithAck('chat:send', { clientMessageId: '00000000-1', text: 'tell me – é 日本\n\u2028' });
await message;
const error = await refusal;
seen.refused = { message: error.message, data: error.data };
if (transports === 'polling,websocket' && seen.transports.length < 2) await once(engine, 'upgrade');
seen.afterUpgrade = await visitor.timeout(5000).emitWithAck('chat:typing', { typing: false });
const gone = once(consultant, 'disconnect');
console.log(JSON.stringify(seen));
consultant.disconnect();
await gone;
visitor.disconnect();
stranger.disconnect();
