// The opponent on Node: socket.io as its documentation starts it. Prints its port as a JSON line.
// Arguments: "echo", or "chat" and the URL of a MongoDB: one majority insert, an emit to a room, the acknowledgement.
import { createServer } from 'node:http';
import { MongoClient } from 'mongodb';
import { Server } from 'socket.io';

const [mode = 'echo', mongoUrl] = process.argv.slice(2);
const http = createServer();
const io = new Server(http);

if (mode === 'chat') {
  const client = await new MongoClient(mongoUrl, { writeConcern: { w: 'majority', journal: true } }).connect();
  const messages = client.db('bench_node').collection('messages');
  io.on('connection', (socket) => {
    if (socket.handshake.auth.role === 'consultant') socket.join('staff');
    socket.on('chat:send', async (payload, ack) => {
      const message = { ...payload, sentAtMs: Date.now() };
      await messages.insertOne(message);
      io.to('staff').emit('chat:message', { message });
      ack({ ok: true, data: { message } });
    });
  });
} else {
  io.on('connection', (socket) => {
    socket.on('chat:send', (payload, ack) => ack({ ok: true, data: payload }));
  });
}

http.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: http.address().port })));
