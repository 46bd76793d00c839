// A Slack that others wrote: the Web API and the state of npm's `emulate`, run by node 20 or later.
// It has no Socket Mode and subscribes nobody to its events: both are added here. Prints one line of
// JSON once it listens: api_url, origin. POST {origin}/_test/disconnect ends its sockets as Slack does.
// node slack.mjs NODE_MODULES PORT
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port] = [path.resolve(process.argv[2]), Number(process.argv[3])];
const origin = `http://127.0.0.1:${port}`;
const dist = path.join(modules, 'emulate/dist');
const isSlack = (name) => /^dist-.*\.js$/.test(name)
  && fs.readFileSync(path.join(dist, name), 'utf8').includes('getSlackStore,');
const file = path.join(dist, fs.readdirSync(dist).find(isSlack));
const { slackPlugin, seedFromConfig, getSlackStore } = await import(pathToFileURL(file));
const core = path.join(modules, '@emulators/core/dist/index.js');
const { createServer } = await import(pathToFileURL(core));
const { WebSocketServer } = createRequire(path.join(modules, 'x.js'))('ws');

const TEAM = 'T000000001';
const sockets = new Set();
const answers = new Map();

async function deliver(payload) {
  for (let attempt = 0; attempt < 3 && sockets.size; attempt++) {
    const socket = [...sockets][attempt % sockets.size], envelope_id = randomUUID();
    const envelope = { envelope_id, type: 'events_api', payload, retry_attempt: attempt };
    socket.send(JSON.stringify(envelope));
    const answered = await new Promise((done) => {
      answers.set(envelope_id, () => done(true));
      setTimeout(() => done(false), 3000);
    });
    answers.delete(envelope_id);
    if (answered) return;
  }
}

const events = {  // what emulate's plugin hands its events to
  setHeaderFactory() {}, getSubscriptions: () => [], getDeliveries: () => [], clear() {},
  register: (one) => one, unregister: () => false, getSubscription() {}, updateSubscription() {},
  async dispatch(_event, _action, payload) {
    const authorizations = [{ team_id: TEAM, user_id: bot(), is_bot: true }];
    const about = { type: 'event_callback', event_id: 'Ev' + randomUUID(), authorizations };
    deliver({ ...about, api_app_id: 'A000000001', event_time: 0, ...payload });
  },
};

let made;
const store = () => getSlackStore(made.store);
const bot = () => store().users.findOneBy('name', 'bridge').user_id;
const of = (user) => store().channels.all().filter((one) => one.members.includes(user));
const plugin = {
  ...slackPlugin,
  register(app, kept, webhooks, url, tokens) {
    app.post('/api/apps.connections.open', (c) => c.json({
      ok: true, url: `${origin.replace('http', 'ws')}/link?ticket=${randomUUID()}`,
    }));
    app.post('/api/users.conversations', (c) => c.json({
      ok: true, channels: of(bot()).map((one) => ({ id: one.channel_id, name: one.name })),
    }));
    app.post('/_test/disconnect', (c) => {
      const frame = JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' });
      for (const socket of sockets) socket.send(frame);
      return c.json({ sockets: sockets.size });
    });
    slackPlugin.register(app, kept, events, url, tokens);
  },
};

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = { ...request.headers };
  delete headers.connection; delete headers['transfer-encoding'];
  const body = chunks.length ? Buffer.concat(chunks) : undefined;
  const asked = new Request(origin + request.url, { method: request.method, headers, body });
  let answer = await made.app.fetch(asked);
  if (answer.status === 404 && request.url.startsWith('/api/')) {
    answer = Response.json({ ok: false, error: 'unknown_method' });
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
});
new WebSocketServer({ server, path: '/link' }).on('connection', (socket) => {
  socket.send(JSON.stringify({ type: 'hello', num_connections: sockets.size + 1 }));
  sockets.add(socket);
  socket.on('message', (data) => answers.get(JSON.parse(data).envelope_id)?.());
  socket.on('close', () => sockets.delete(socket));
});

server.listen(port, '127.0.0.1', () => {
  made = createServer(plugin, { port, baseUrl: origin });
  slackPlugin.seed(made.store, origin);
  const people = ['alice', 'bob', 'bridge'];
  seedFromConfig(made.store, origin, {
    team: { name: 'Test', domain: 'test' },
    signing_secret: 'sign-secret',
    users: people.map((name) => ({ name, real_name: name, email: `${name}@example.com` })),
    channels: [{ name: 'general', topic: 'General' }],
    bots: [{ name: 'bridge' }],
    tokens: people.map((name) => ({ token: `xoxb-${name}`, user: name })),
  }, made.webhooks);
  const user = store().users.findOneBy('name', 'bridge');
  const bot_id = store().bots.all().find((one) => one.name === 'bridge').bot_id;
  store().users.update(user.id, { is_bot: true, profile: { ...user.profile, bot_id } });
  const token = store().tokens.findOneBy('token', 'xoxb-bridge');
  const is_bot = { bot_id, bot_user_id: user.user_id, token_type: 'bot' };
  store().tokens.update(token.id, is_bot);
  const channel = store().channels.findOneBy('name', 'general').channel_id;
  console.log(JSON.stringify({ api_url: `${origin}/api/`, origin, team: TEAM, channel }));
});
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
