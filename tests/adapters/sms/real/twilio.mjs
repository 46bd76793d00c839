// A Twilio that others wrote, npm's `emulate`, run by node 20 or later. Prints one line of JSON once it
// listens: {"api_url": …}.
// node twilio.mjs NODE_MODULES PORT ACCOUNT TOKEN NUMBER
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, port, sid, auth_token, phone_number] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(path.join(modules, 'emulate/dist/api.js')));
const twilio = {
  account: { sid, auth_token, friendly_name: 'bridge' },
  phone_numbers: [{ phone_number, friendly_name: 'ours' }],
};
const made = await createEmulator({ service: 'twilio', port: Number(port), seed: { twilio } });
console.log(JSON.stringify({ api_url: made.url }));
