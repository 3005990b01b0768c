// The peer of P6 in another language: reads the frames of the event socket with node's own WebSocket, and counts them.
// Run as `node --experimental-websocket listening.mjs ADDRESS CLIENT`; the secret is the first line of the input, and
// each further line asks for the count.

import { createInterface } from 'node:readline';

const [address, client] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const secret = (await lines.next()).value;

const answer = await fetch(`${address}/openapi/v1.0/get_token`, {
  method: 'POST',
  headers: { 'User-Agent': 'OpenAPI', 'Content-Type': 'application/json' },
  body: JSON.stringify({ username: client, password: secret }),
});
const { access_token: token } = await answer.json();
const socket = new WebSocket(
  `${address.replace('http', 'ws')}/openapi/v1.0/subscribe?access_token=${token}`,
);
let frames = 0;
let useful = 0;
socket.onopen = () => {
  socket.send('{"topic_list":[30008,30011,30012,30015]}');
  setInterval(() => socket.send('heartbeat'), 20_000);
};
socket.onmessage = ({ data }) => {
  if (!data.includes('"msg"')) return;
  const { type, msg } = JSON.parse(data);
  const told = JSON.parse(msg);
  frames += 1;
  if (type > 0 && (told.call_id || told.extension)) useful += 1;
};
socket.onclose = () => process.exit(1);

for await (const _ of lines) console.log(`${frames} ${useful}`);
process.exit(0);
