// A person with matrix-js-sdk and its Rust crypto, as in Element: a client of encrypted rooms that
// others wrote. Commands come as lines of JSON ({"id", "do", …}); answers ({"id", "answer"} or
// {"id", "failed"}), and what is read or cannot be ({"seen"}, {"unread"}), go out the same way.
// node js_person.mjs NODE_MODULES
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const modules = path.resolve(process.argv[2]);
const sdk = await import(pathToFileURL(path.join(modules, 'matrix-js-sdk/lib/index.js')));
const { logger } = await import(pathToFileURL(path.join(modules, 'matrix-js-sdk/lib/logger.js')));
const { Attachment, EncryptedAttachment } = createRequire(path.join(modules, 'x.js'))(
  '@matrix-org/matrix-sdk-crypto-wasm');
const { EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } = await import(
  pathToFileURL(path.join(modules, 'matrix-js-sdk/lib/crypto-api/index.js')));
const { DecryptionError } = await import(
  pathToFileURL(path.join(modules, 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js')));
const { ClientEvent, MatrixEvent, MatrixEventEvent, RoomEvent } = sdk;

logger.setLevel('warn');
for (const how of ['log', 'info', 'debug', 'warn', 'trace']) console[how] = console.error;
const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');

let client;
let kept = null;  // keys that were to be given to others, while they are held back

async function fetched(url, options) {
  if (kept !== null && options?.method === 'PUT' && String(url).includes('/sendToDevice/')) {
    kept.push([url, options]);
    return new Response('{}', { headers: { 'Content-Type': 'application/json' } });
  }
  return fetch(url, options);
}

function tell(event) {
  if (event.isState() || event.isRedacted()) return;
  const [id, type, sender] = [event.getId(), event.getType(), event.getSender()];
  if (event.isDecryptionFailure()) say({ unread: { id, code: event.decryptionFailureReason } });
  else if (event.isEncrypted() && !event.getClearContent()) return;  // it is told once it is read
  else say({ seen: { id, type, sender, content: event.getContent(), secret: event.isEncrypted() } });
}

function until(thing, happens, so) {
  return new Promise((done) => {
    const look = () => { const found = so(); if (found) { thing.off(happens, look); done(found); } };
    thing.on(happens, look);
    look();
  });
}

async function media(uri) {
  const url = client.mxcUrlToHttp(uri, undefined, undefined, undefined, false, true, true);
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${client.getAccessToken()}` } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

const verbs = {
  async start({ url, user, password }) {
    const { access_token: accessToken, device_id: deviceId } = await sdk
      .createClient({ baseUrl: url })
      .loginRequest({ type: 'm.login.password', identifier: { type: 'm.id.user', user }, password });
    client = sdk.createClient({ baseUrl: url, userId: user, deviceId, accessToken, fetchFn: fetched });
    await client.initRustCrypto({ useIndexedDB: false });
    client.on(RoomEvent.Timeline, (event) => { if (!event.isEncrypted() || event.getClearContent()) tell(event); });
    client.on(MatrixEventEvent.Decrypted, tell);
    await client.startClient({ initialSyncLimit: 20, threadSupport: false });
    await until(client, ClientEvent.Sync, () => client.isInitialSyncComplete());
    return deviceId;
  },
  async join({ room }) { return (await client.joinRoom(room)).roomId; },
  // As Element does: the room is made for the first message, said once the invitation is known.
  async open_chat({ invite, body }) {
    const { room_id: room } = await client.createRoom({
      is_direct: true, invite: [invite], preset: 'trusted_private_chat',
      initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    });
    await verbs.encrypted({ room });
    await until(client, ClientEvent.Sync, () => client.getRoom(room).getMember(invite));
    await verbs.send({ room, type: 'm.room.message', content: { msgtype: 'm.text', body } });
    return room;
  },
  async encrypted({ room }) {
    await until(client, ClientEvent.Sync, () => client.getRoom(room)?.hasEncryptionStateEvent());
    return client.getCrypto().isEncryptionEnabledInRoom(room);
  },
  async send({ room, type, content }) { return (await client.sendEvent(room, type, content)).event_id; },
  async shield({ room, event }) {
    const found = client.getRoom(room).findEventById(event);
    const shown = await client.getCrypto().getEncryptionInfoForEvent(found);
    return [EventShieldColour[shown.shieldColour], EventShieldReason[shown.shieldReason] ?? null];
  },
  async picture({ room, body, data }) {
    const made = Attachment.encrypt(new Uint8Array(Buffer.from(data, 'base64')));
    const info = JSON.parse(made.mediaEncryptionInfo);
    const { content_uri: url } = await client.uploadContent(
      Buffer.from(made.encryptedData), { type: 'application/octet-stream', includeFilename: false });
    const content = { msgtype: 'm.image', body, file: { ...info, url } };
    return (await client.sendEvent(room, 'm.room.message', content)).event_id;
  },
  async open({ file }) {
    const made = new EncryptedAttachment(await media(file.url), JSON.stringify(file));
    return Buffer.from(Attachment.decrypt(made)).toString('base64');
  },
  // As with "exclude insecure devices" (MSC4153); a device that is not signed itself may say nothing.
  async isolate({ password }) {
    const identifier = { type: 'm.id.user', user: client.getUserId() };
    await client.getCrypto().bootstrapCrossSigning({
      authUploadDeviceSigningKeys: (upload) => upload({ type: 'm.login.password', identifier, password }),
    });
    client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
  },
  async rotate({ room }) { await client.getCrypto().forceDiscardSession(room); },
  async opens({ event }) {
    try { return !!(await client.getCrypto().decryptEvent(new MatrixEvent(event))).clearEvent; }
    catch (error) { if (error instanceof DecryptionError) return false; throw error; }
  },
  async remove({ device, password }) {
    const identifier = { type: 'm.id.user', user: client.getUserId() };
    await client.deleteDevice(device, { type: 'm.login.password', identifier, password });
  },
  async hold() { kept = []; },
  async release() {
    const late = kept;
    kept = null;
    for (const [url, options] of late) {
      const answer = await fetch(url, { ...options, signal: undefined });
      if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
    }
    return late.length;
  },
  async logout() { await client.logout(true); },
};

say({ ready: true });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: verb, ...given } = JSON.parse(line);
  verbs[verb](given).then(
    (answer) => say({ id, answer: answer ?? null }),
    (error) => say({ id, failed: `${error?.stack ?? error}` }),
  );
}
process.exit(0);
