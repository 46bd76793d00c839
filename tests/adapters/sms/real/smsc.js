// An SMSC on loopback, by the npm package "smpp": an implementation that is none of ours.
//
// Prints one line of JSON: {"smpp": port, "control": port}. GET /events is a stream of lines, one for
// each message that is submitted; POST /do takes {"what": …}, see below. What phones text is kept until
// it is answered, and delivered again on the next connection. NODE_PATH says where the package is.
const smpp = require('smpp'), http = require('http');

const links = new Set(), watchers = new Set(), waiting = [], trouble = [];
let numbers = 0, refusing = false, underWay = false;

const tell = (event) => { for (const one of watchers) one.write(JSON.stringify(event) + '\n'); };
const words = (pdu) => (pdu.message_payload || pdu.short_message || {}).message || '';
const header = (pdu) => {
  const found = (pdu.short_message || {}).udh;
  return found ? Buffer.concat(found.map((one) => Buffer.from(one))).toString('hex') : '';
};

function receiver() { return [...links].find((link) => link.receives); }

function deliver() {
  const link = receiver();
  if (underWay || !link || !waiting.length) return;
  underWay = true;
  const mine = waiting[0];
  link.deliver_sm(mine, (answer) => {
    if (!links.has(link)) return;
    underWay = false;
    if (answer.command_status === 0) waiting.shift();
    setTimeout(deliver, answer.command_status === 0 ? 0 : 200);
  });
}

function submitted(link, pdu) {
  const next = trouble.length ? trouble.shift() : null;
  if (next && next.status) return link.send(pdu.response({ command_status: next.status }));
  if (next && next.lose === 'before') return link.socket.destroy();
  const id = `${++numbers}`, to = pdu.destination_addr, from = pdu.source_addr;
  tell({ id, from, to, text: words(pdu).toString(), header: header(pdu), coding: pdu.data_coding,
    sar: pdu.sar_msg_ref_num === undefined ? null
      : [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum] });
  if (next && next.lose === 'after') return link.socket.destroy();
  link.send(pdu.response({ message_id: id }));
  const failed = /(^|: )FAIL/.test(words(pdu));  // a name may stand before it
  const wanted = pdu.registered_delivery & 3;
  if (wanted === 1 || (wanted === 2 && failed)) report(id, to, from, failed);
}

function report(id, peer, own, failed, why) {
  const stat = failed ? 'UNDELIV' : 'DELIVRD', day = '2611211200';
  waiting.push({ source_addr: peer, destination_addr: own, esm_class: 4, source_addr_ton: 1, dest_addr_ton: 1,
    short_message: `id:${id} sub:001 dlvrd:00${failed ? 0 : 1} submit date:${day} done date:${day} ` +
      `stat:${stat} err:${failed ? why || '001' : '000'} text:`,
    receipted_message_id: id, message_state: failed ? 5 : 2 });
  deliver();
}

const server = smpp.createServer({}, (link) => {
  link.on('error', () => {});
  link.on('close', () => { links.delete(link); if (!receiver()) underWay = false; });
  for (const kind of ['bind_transceiver', 'bind_receiver', 'bind_transmitter'])
    link.on(kind, (pdu) => {
      if (refusing || pdu.password === 'wrong')
        return link.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
      link.receives = kind !== 'bind_transmitter';
      links.add(link);
      link.send(pdu.response({ system_id: 'smsc' }));
      underWay = false;
      setTimeout(deliver, 20);
    });
  link.on('enquire_link', (pdu) => link.send(pdu.response()));
  link.on('unbind', (pdu) => { link.send(pdu.response()); link.close(); });
  link.on('submit_sm', (pdu) => submitted(link, pdu));
});

const doings = {
  // Somebody texts: from, to, text; or octets (hex) in a coding, with a header (hex), or sar.
  text: (one) => {
    const pdu = { source_addr: one.from, destination_addr: one.to, source_addr_ton: one.ton ?? 1,
      dest_addr_ton: 1, short_message: { message: one.octets ? Buffer.from(one.octets, 'hex') : one.text } };
    if (one.coding !== undefined) pdu.data_coding = one.coding;
    if (one.header) { pdu.esm_class = 0x40; pdu.short_message.udh = Buffer.from(one.header, 'hex'); }
    if (one.payload) { pdu.message_payload = { message: one.text }; pdu.short_message = ''; }
    if (one.sar) [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum] = one.sar;
    waiting.push(pdu); deliver();
  },
  raw: (one) => { const link = receiver(); if (link) link.socket.write(Buffer.from(one.octets, 'hex')); },
  report: (one) => report(one.id, one.from, one.to, one.failed, one.why),
  drop: () => { for (const link of links) link.socket.destroy(); },
  refuse: () => { refusing = true; },
  admit: () => { refusing = false; },
  trouble: (one) => { trouble.push(one); },
};

const control = http.createServer((request, response) => {
  if (request.url === '/events') {
    response.writeHead(200); response.write('\n');
    watchers.add(response); response.on('close', () => watchers.delete(response));
    return;
  }
  let body = '';
  request.on('data', (piece) => (body += piece)).on('end', () => {
    const one = JSON.parse(body);
    doings[one.what](one);
    response.end('{}');
  });
});

server.listen(0, '127.0.0.1', () => control.listen(0, '127.0.0.1', () =>
  console.log(JSON.stringify({ smpp: server.address().port, control: control.address().port }))));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
