// The opponent of `bench chat`: socket.io and the mongodb driver as their manuals have it.
// One majority, journaled insert for each message, then an emit to the visitor and to the consoles, then the ack.
import { createServer } from 'node:http';
import { MongoClient } from 'mongodb';
import { Server } from 'socket.io';

const [url, database] = process.argv.slice(2);
const client = await new MongoClient(url, {
  writeConcern: { w: 'majority', journal: true },
  maxPoolSize: 256,
}).connect();
const messages = client.db(database).collection('messages');
await messages.createIndex({ conversation: 1, clientMessageId: 1 }, { unique: true });

const http = createServer();
const io = new Server(http, { transports: ['websocket'], serveClient: false });

const visitors = io.of('/visitor');
const consoles = io.of('/console');
consoles.on('connection', (socket) => socket.join('staff'));
visitors.on('connection', (socket) => {
  const visitor = socket.handshake.auth.token;
  socket.join(visitor);
  socket.on('chat:send', async ({ clientMessageId, text }, ack) => {
    const message = { conversation: visitor, clientMessageId, text, sentAtMs: Date.now() };
    await messages.insertOne(message);
    const told = { message: { ...message, _id: undefined, id: String(message._id) } };
    consoles.to('staff').emit('chat:message', told);
    visitors.to(visitor).emit('chat:message', told);
    ack({ ok: true, data: told });
  });
});
http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: http.address().port })));
