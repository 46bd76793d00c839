CREATE TABLE public.alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE public.change (
    at bigint NOT NULL,
    what text NOT NULL,
    detail text NOT NULL
);
CREATE TABLE public.counter (
    name text NOT NULL,
    value bigint NOT NULL
);
CREATE TABLE public.ghost (
    network text NOT NULL,
    "user" text NOT NULL,
    mxid text NOT NULL,
    name text
);
CREATE TABLE public.job (
    id bigint NOT NULL,
    registration smallint DEFAULT '0'::smallint NOT NULL,
    shard smallint DEFAULT '0'::smallint NOT NULL,
    direction text NOT NULL,
    owner text NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    source text NOT NULL,
    received_at bigint NOT NULL,
    stored_at bigint NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    not_before bigint DEFAULT '0'::bigint NOT NULL,
    deaths integer DEFAULT 0 NOT NULL,
    dead smallint DEFAULT '0'::smallint NOT NULL,
    error text
);
CREATE TABLE public.link (
    portal bigint NOT NULL,
    message text NOT NULL,
    part integer NOT NULL,
    event text NOT NULL,
    sender text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.login (
    id text NOT NULL,
    registration smallint DEFAULT '0'::smallint NOT NULL,
    shard smallint DEFAULT '0'::smallint NOT NULL,
    network text NOT NULL,
    owner text,
    credentials text NOT NULL,
    me text,
    cursor text,
    used_at bigint NOT NULL
);
CREATE TABLE public.member (
    portal bigint NOT NULL,
    "user" text NOT NULL,
    wanted text NOT NULL,
    actual text NOT NULL,
    reason text DEFAULT ''::text NOT NULL
);
CREATE TABLE public.meta (
    key text NOT NULL,
    value text NOT NULL
);
CREATE TABLE public.outcome (
    job bigint NOT NULL,
    network text NOT NULL,
    direction text NOT NULL,
    owner text NOT NULL,
    kind text NOT NULL,
    source text NOT NULL,
    result text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    received_at bigint NOT NULL,
    finished_at bigint NOT NULL,
    steps text NOT NULL
);
CREATE SEQUENCE public.outcome_job_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.outcome_job_seq OWNED BY public.outcome.job;
CREATE TABLE public.part (
    job bigint NOT NULL,
    number integer NOT NULL,
    txn text NOT NULL,
    state text NOT NULL,
    body text,
    ids text
);
CREATE TABLE public.pending (
    portal bigint NOT NULL,
    txn text NOT NULL,
    part integer NOT NULL,
    event text NOT NULL,
    sender text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.portal (
    id bigint NOT NULL,
    registration smallint DEFAULT '0'::smallint NOT NULL,
    shard smallint DEFAULT '0'::smallint NOT NULL,
    network text NOT NULL,
    chat text NOT NULL,
    receiver text NOT NULL,
    state text NOT NULL,
    room text,
    flow text NOT NULL,
    ours smallint NOT NULL
);
CREATE TABLE public.seen (
    key text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.set_aside (
    key text NOT NULL,
    origin text NOT NULL,
    body text NOT NULL,
    why text NOT NULL,
    at bigint NOT NULL
);
CREATE TABLE public.transaction (
    id bigint NOT NULL,
    registration smallint DEFAULT '0'::smallint NOT NULL,
    shard smallint DEFAULT '0'::smallint NOT NULL,
    txn text NOT NULL,
    digest text NOT NULL,
    body text,
    at bigint NOT NULL
);
CREATE TABLE public.value (
    network text NOT NULL,
    key text NOT NULL,
    value text NOT NULL
);
ALTER TABLE ONLY public.outcome ALTER COLUMN job SET DEFAULT nextval('public.outcome_job_seq'::regclass);
INSERT INTO public.alembic_version VALUES ('0001');
INSERT INTO public.change VALUES (1767323045678, 'start', '0.1.0');
INSERT INTO public.counter VALUES ('portal', 2);
INSERT INTO public.counter VALUES ('transaction', 2);
INSERT INTO public.counter VALUES ('job', 5);
INSERT INTO public.ghost VALUES ('libera', 'bob', '@libera_bob:example.org', 'Bob 😀');
INSERT INTO public.job VALUES (1, 0, 0, 'to_network', '1', '$a 1', 'm.room.message', '{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}', '$a', 1767323045678, 1767323045688, 0, 0, 0, 0, NULL);
INSERT INTO public.job VALUES (2, 0, 0, 'to_matrix', '1', 'm1 1', 'Message', '{"v":1,"r":{"$":"RemoteEvent","chat":{"$":"Chat","id":"#python"},"sender":"bob","content":{"$":"Message","text":[{"$":"Text","text":"hi "},{"$":"Bold","children":[{"$":"Text","text":"all"}]}]},"id":"m1","key":"k1","at":{"$":"at","ms":1767323045678}}}', 'm1', 1767323045678, 1767323045688, 0, 0, 0, 0, NULL);
INSERT INTO public.job VALUES (3, 0, 0, 'to_network', '1', '$b 1', 'm.room.message', '{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}', '$b', 1767323045683, 1767323045688, 2, 1767323105678, 0, 0, 'The network is busy.');
INSERT INTO public.job VALUES (4, 0, 0, 'to_network', '1', '$c 1', 'm.room.message', '{"v":1,"e":{"event_id":"$a","room_id":"!room:example.org","sender":"@alice:example.org","type":"m.room.message","origin_server_ts":1767323045678,"content":{"msgtype":"m.text","body":"gr\u00fc\u00dfe \ud83d\ude00"}}}', '$c', 1767323045684, 1767323045688, 0, 0, 0, 1, 'It is too long.');
INSERT INTO public.link VALUES (1, 'n9', 0, '$d', 'libera:alice', 1767323045778);
INSERT INTO public.login VALUES ('libera:alice', 0, 0, 'libera', '@alice:example.org', '{"nick": "alice"}', 'alice', 'cursor 7', 1767323045678);
INSERT INTO public.member VALUES (1, 'bob', 'join', 'join', '');
INSERT INTO public.meta VALUES ('made_by', 'bridgekit');
INSERT INTO public.meta VALUES ('instance', '503de4bfdd29c3169ac1486f494fa73a');
INSERT INTO public.outcome VALUES (4, 'libera', 'to_network', '1', 'm.room.message', '$c', 'failed', 'rejected', 'It is too long.', 1767323045678, 1767323045778, '{"waits": {"order": 5}, "tries": [{"at": 1, "why": "busy"}], "targets": ["n9"], "steps": {}, "fate": null}');
INSERT INTO public.outcome VALUES (5, 'libera', 'to_network', '1', 'm.room.message', '$d', 'delivered', 'delivered', 'Delivered.', 1767323045678, 1767323045778, '{"waits": {"order": 5}, "tries": [{"at": 1, "why": "busy"}], "targets": ["n9"], "steps": {}, "fate": null}');
INSERT INTO public.part VALUES (3, 0, 't0', 'sent', '{"v":1,"r":{"$":"Message","text":[{"$":"Text","text":"first half"}]}}', '["n0"]');
INSERT INTO public.part VALUES (3, 1, 't1', 'planned', '{"v":1,"r":{"$":"Message","text":[{"$":"Text","text":"first half"}]}}', NULL);
INSERT INTO public.pending VALUES (1, 't9', 0, '$e', 'libera:alice', 1767323045778);
INSERT INTO public.portal VALUES (2, 0, 0, 'libera', 'bob', 'libera:alice', 'new', NULL, 'both', 0);
INSERT INTO public.portal VALUES (1, 0, 0, 'libera', '#python', '', 'bound', '!room:example.org', 'both', 1);
INSERT INTO public.seen VALUES ('key k1', 1767323045688);
INSERT INTO public.seen VALUES ('message m1', 1767323045688);
INSERT INTO public.set_aside VALUES ('a3fc30460ec66b805498c0d49ebcff92d70fbd62e52d953b83312ac1030be8e9', 'network libera', 'junk', 'It is not JSON.', 1767323045678);
INSERT INTO public.transaction VALUES (2, 0, 0, '2', 'digest of 2', '{"events":[]}', 1767323045679);
INSERT INTO public.transaction VALUES (1, 0, 0, '1', 'digest of 1', NULL, 1767323045678);
INSERT INTO public.value VALUES ('libera', 'listener', 'libera:bot');
ALTER TABLE ONLY public.alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY public.change
    ADD CONSTRAINT pk_change PRIMARY KEY (at, what, detail);
ALTER TABLE ONLY public.counter
    ADD CONSTRAINT pk_counter PRIMARY KEY (name);
ALTER TABLE ONLY public.ghost
    ADD CONSTRAINT pk_ghost PRIMARY KEY (network, "user");
ALTER TABLE ONLY public.job
    ADD CONSTRAINT pk_job PRIMARY KEY (id);
ALTER TABLE ONLY public.link
    ADD CONSTRAINT pk_link PRIMARY KEY (portal, message, part);
ALTER TABLE ONLY public.login
    ADD CONSTRAINT pk_login PRIMARY KEY (id);
ALTER TABLE ONLY public.member
    ADD CONSTRAINT pk_member PRIMARY KEY (portal, "user");
ALTER TABLE ONLY public.meta
    ADD CONSTRAINT pk_meta PRIMARY KEY (key);
ALTER TABLE ONLY public.outcome
    ADD CONSTRAINT pk_outcome PRIMARY KEY (job);
ALTER TABLE ONLY public.part
    ADD CONSTRAINT pk_part PRIMARY KEY (job, number);
ALTER TABLE ONLY public.pending
    ADD CONSTRAINT pk_pending PRIMARY KEY (portal, txn);
ALTER TABLE ONLY public.portal
    ADD CONSTRAINT pk_portal PRIMARY KEY (id);
ALTER TABLE ONLY public.seen
    ADD CONSTRAINT pk_seen PRIMARY KEY (key);
ALTER TABLE ONLY public.set_aside
    ADD CONSTRAINT pk_set_aside PRIMARY KEY (key);
ALTER TABLE ONLY public.transaction
    ADD CONSTRAINT pk_transaction PRIMARY KEY (id);
ALTER TABLE ONLY public.value
    ADD CONSTRAINT pk_value PRIMARY KEY (network, key);
ALTER TABLE ONLY public.ghost
    ADD CONSTRAINT uq_ghost_mxid UNIQUE (mxid);
ALTER TABLE ONLY public.job
    ADD CONSTRAINT uq_job_key UNIQUE (key);
ALTER TABLE ONLY public.portal
    ADD CONSTRAINT uq_portal_network_chat_receiver UNIQUE (network, chat, receiver);
ALTER TABLE ONLY public.transaction
    ADD CONSTRAINT uq_transaction_digest_registration UNIQUE (digest, registration);
CREATE INDEX ix_job_source ON public.job USING btree (source);
CREATE INDEX ix_link_event ON public.link USING btree (event);
CREATE INDEX ix_login_owner ON public.login USING btree (network, owner);
CREATE INDEX ix_member_drift ON public.member USING btree (portal) WHERE (wanted <> actual);
CREATE INDEX ix_outcome_finished_at ON public.outcome USING btree (finished_at);
CREATE INDEX ix_outcome_source ON public.outcome USING btree (source);
CREATE INDEX ix_portal_room ON public.portal USING btree (room);
CREATE INDEX ix_seen_at ON public.seen USING btree (at);
CREATE INDEX ix_transaction_open ON public.transaction USING btree (id) WHERE (body IS NOT NULL);
