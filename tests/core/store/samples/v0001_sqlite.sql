BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE change (
	at BIGINT NOT NULL, 
	what TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	CONSTRAINT pk_change PRIMARY KEY (at, what, detail)
);
INSERT INTO "change" VALUES(1767323045678,'start','0.1.0');
CREATE TABLE counter (
	name TEXT NOT NULL, 
	value BIGINT NOT NULL, 
	CONSTRAINT pk_counter PRIMARY KEY (name)
);
INSERT INTO "counter" VALUES('portal',2);
INSERT INTO "counter" VALUES('transaction',2);
INSERT INTO "counter" VALUES('job',5);
CREATE TABLE ghost (
	network TEXT NOT NULL, 
	user TEXT NOT NULL, 
	mxid TEXT NOT NULL, 
	name TEXT, 
	CONSTRAINT pk_ghost PRIMARY KEY (network, user), 
	CONSTRAINT uq_ghost_mxid UNIQUE (mxid)
)
 WITHOUT ROWID

;
INSERT INTO "ghost" VALUES('libera','bob','@libera_bob:example.org','Bob 😀');
CREATE TABLE job (
	id INTEGER NOT NULL, 
	registration SMALLINT DEFAULT '0' NOT NULL, 
	shard SMALLINT DEFAULT '0' NOT NULL, 
	direction TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	body TEXT NOT NULL, 
	source TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	stored_at BIGINT NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	not_before BIGINT DEFAULT '0' NOT NULL, 
	deaths INTEGER DEFAULT '0' NOT NULL, 
	dead SMALLINT DEFAULT '0' NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_job PRIMARY KEY (id), 
	CONSTRAINT uq_job_key UNIQUE ("key")
);
INSERT INTO "job" VALUES(1,0,0,'to_network','1','$a 1','m.room.message','{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}','$a',1767323045678,1767323045688,0,0,0,0,NULL);
INSERT INTO "job" VALUES(2,0,0,'to_matrix','1','m1 1','Message','{"v":1,"r":{"$":"RemoteEvent","chat":{"$":"Chat","id":"#python"},"sender":"bob","content":{"$":"Message","text":[{"$":"Text","text":"hi "},{"$":"Bold","children":[{"$":"Text","text":"all"}]}]},"id":"m1","key":"k1","at":{"$":"at","ms":1767323045678}}}','m1',1767323045678,1767323045688,0,0,0,0,NULL);
INSERT INTO "job" VALUES(3,0,0,'to_network','1','$b 1','m.room.message','{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}','$b',1767323045683,1767323045688,2,1767323105678,0,0,'The network is busy.');
INSERT INTO "job" VALUES(4,0,0,'to_network','1','$c 1','m.room.message','{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}','$c',1767323045684,1767323045688,0,0,0,1,'It is too long.');
CREATE TABLE link (
	portal BIGINT NOT NULL, 
	message TEXT NOT NULL, 
	part INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_link PRIMARY KEY (portal, message, part)
)
 WITHOUT ROWID

;
INSERT INTO "link" VALUES(1,'n9',0,'$d','libera:alice',1767323045778);
CREATE TABLE login (
	id TEXT NOT NULL, 
	registration SMALLINT DEFAULT '0' NOT NULL, 
	shard SMALLINT DEFAULT '0' NOT NULL, 
	network TEXT NOT NULL, 
	owner TEXT, 
	credentials TEXT NOT NULL, 
	me TEXT, 
	cursor TEXT, 
	used_at BIGINT NOT NULL, 
	CONSTRAINT pk_login PRIMARY KEY (id)
);
INSERT INTO "login" VALUES('libera:alice',0,0,'libera','@alice:example.org','{"nick": "alice"}','alice','cursor 7',1767323045678);
CREATE TABLE member (
	portal BIGINT NOT NULL, 
	user TEXT NOT NULL, 
	wanted TEXT NOT NULL, 
	actual TEXT NOT NULL, 
	reason TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_member PRIMARY KEY (portal, user)
)
 WITHOUT ROWID

;
INSERT INTO "member" VALUES(1,'bob','join','join','');
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY ("key")
);
INSERT INTO "meta" VALUES('instance','d0342438c54b948476d4ce33b3caf82f');
INSERT INTO "meta" VALUES('made_by','bridgekit');
CREATE TABLE outcome (
	job BIGINT NOT NULL, 
	network TEXT NOT NULL, 
	direction TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	source TEXT NOT NULL, 
	result TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	finished_at BIGINT NOT NULL, 
	steps TEXT NOT NULL, 
	CONSTRAINT pk_outcome PRIMARY KEY (job)
);
INSERT INTO "outcome" VALUES(4,'libera','to_network','1','m.room.message','$c','failed','rejected','It is too long.',1767323045678,1767323045778,'{"waits": {"order": 5}, "tries": [{"at": 1, "why": "busy"}], "targets": ["n9"], "steps": {}, "fate": null}');
INSERT INTO "outcome" VALUES(5,'libera','to_network','1','m.room.message','$d','delivered','delivered','Delivered.',1767323045678,1767323045778,'{"waits": {"order": 5}, "tries": [{"at": 1, "why": "busy"}], "targets": ["n9"], "steps": {}, "fate": null}');
CREATE TABLE part (
	job BIGINT NOT NULL, 
	number INTEGER NOT NULL, 
	txn TEXT NOT NULL, 
	state TEXT NOT NULL, 
	body TEXT, 
	ids TEXT, 
	CONSTRAINT pk_part PRIMARY KEY (job, number)
)
 WITHOUT ROWID

;
INSERT INTO "part" VALUES(3,0,'t0','sent','{"v":1,"r":{"$":"Message","text":[{"$":"Text","text":"first half"}]}}','["n0"]');
INSERT INTO "part" VALUES(3,1,'t1','planned','{"v":1,"r":{"$":"Message","text":[{"$":"Text","text":"first half"}]}}',NULL);
CREATE TABLE pending (
	portal BIGINT NOT NULL, 
	txn TEXT NOT NULL, 
	part INTEGER NOT NULL, 
	event TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_pending PRIMARY KEY (portal, txn)
);
INSERT INTO "pending" VALUES(1,'t9',0,'$e','libera:alice',1767323045778);
CREATE TABLE portal (
	id INTEGER NOT NULL, 
	registration SMALLINT DEFAULT '0' NOT NULL, 
	shard SMALLINT DEFAULT '0' NOT NULL, 
	network TEXT NOT NULL, 
	chat TEXT NOT NULL, 
	receiver TEXT NOT NULL, 
	state TEXT NOT NULL, 
	room TEXT, 
	flow TEXT NOT NULL, 
	ours SMALLINT NOT NULL, 
	CONSTRAINT pk_portal PRIMARY KEY (id), 
	CONSTRAINT uq_portal_network_chat_receiver UNIQUE (network, chat, receiver)
);
INSERT INTO "portal" VALUES(1,0,0,'libera','#python','','bound','!room:example.org','both',1);
INSERT INTO "portal" VALUES(2,0,0,'libera','bob','libera:alice','new',NULL,'both',0);
CREATE TABLE seen (
	"key" TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_seen PRIMARY KEY ("key")
)
 WITHOUT ROWID

;
INSERT INTO "seen" VALUES('key k1',1767323045688);
INSERT INTO "seen" VALUES('message m1',1767323045688);
CREATE TABLE set_aside (
	"key" TEXT NOT NULL, 
	origin TEXT NOT NULL, 
	body TEXT NOT NULL, 
	why TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_set_aside PRIMARY KEY ("key")
);
INSERT INTO "set_aside" VALUES('a3fc30460ec66b805498c0d49ebcff92d70fbd62e52d953b83312ac1030be8e9','network libera','junk','It is not JSON.',1767323045678);
CREATE TABLE "transaction" (
	id INTEGER NOT NULL, 
	registration SMALLINT DEFAULT '0' NOT NULL, 
	shard SMALLINT DEFAULT '0' NOT NULL, 
	txn TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	body TEXT, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_transaction PRIMARY KEY (id), 
	CONSTRAINT uq_transaction_digest_registration UNIQUE (digest, registration)
);
INSERT INTO "transaction" VALUES(1,0,0,'1','digest of 1',NULL,1767323045678);
INSERT INTO "transaction" VALUES(2,0,0,'2','digest of 2','{"events":[]}',1767323045679);
CREATE TABLE value (
	network TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_value PRIMARY KEY (network, "key")
);
INSERT INTO "value" VALUES('libera','listener','libera:bot');
CREATE INDEX ix_job_source ON job (source);
CREATE INDEX ix_link_event ON link (event);
CREATE INDEX ix_login_owner ON login (network, owner);
CREATE INDEX ix_member_drift ON member (portal) WHERE wanted != actual;
CREATE INDEX ix_outcome_finished_at ON outcome (finished_at);
CREATE INDEX ix_outcome_source ON outcome (source);
CREATE INDEX ix_portal_room ON portal (room);
CREATE INDEX ix_seen_at ON seen (at);
CREATE INDEX ix_transaction_open ON "transaction" (id) WHERE body IS NOT NULL;
COMMIT;
