CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE drafts (
	id VARCHAR(32) NOT NULL, 
	person_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	sources JSON NOT NULL, 
	CONSTRAINT pk_drafts PRIMARY KEY (id)
);
CREATE TABLE jobs (
	id VARCHAR(32) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at BIGINT NOT NULL, 
	prompt TEXT NOT NULL, 
	seconds INTEGER NOT NULL, 
	size VARCHAR(16) NOT NULL, 
	resolution VARCHAR(8) NOT NULL, 
	preset VARCHAR(16) NOT NULL, 
	reference_count INTEGER NOT NULL, 
	channel_group TEXT, 
	sources JSON NOT NULL, 
	pictures JSON, 
	person_id BIGINT NOT NULL, 
	guild_id BIGINT, 
	channel_id BIGINT, 
	application_id BIGINT NOT NULL, 
	message_id BIGINT, 
	private BOOLEAN NOT NULL, 
	token TEXT, 
	answered_at BIGINT NOT NULL, 
	upload_limit_bytes BIGINT NOT NULL, 
	task_id TEXT, 
	submitted_at BIGINT, 
	expires_at BIGINT, 
	ready_at BIGINT, 
	ended_at BIGINT, 
	settled_at BIGINT, 
	parked_at BIGINT, 
	video_name TEXT, 
	failure JSON, 
	parent_id VARCHAR(32), 
	lookup BOOLEAN DEFAULT 0 NOT NULL, 
	post_route VARCHAR(24), 
	post_started_at BIGINT, parent_url TEXT, ping BOOLEAN DEFAULT 0 NOT NULL, language VARCHAR(8) DEFAULT 'en-US' NOT NULL, asked_message_id BIGINT, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('queued','queued',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,'token',1764000000000000,10485760,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('submitting','submitting',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,1764000000000001,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('generating','generating',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-generating',1764000000000001,1764000000000009,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('ready','ready',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-ready',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('delivering','delivering',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-delivering',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,NULL,'delivering.mp4',NULL,NULL,0,'token',1764000000000003,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('undelivered','delivering',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-undelivered',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,1764000000000003,'undelivered.mp4','{"reason": "upload_refused", "detail": "", "picture": "", "problem": null}',NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('delivered','delivered',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-delivered',1764000000000001,1764000000000009,1764000000000002,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('failed','failed',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,'{"reason": "request_rejected", "detail": "no", "picture": "", "problem": null}',NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('expired','expired',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-expired',1764000000000001,1764000000000009,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
INSERT INTO "jobs" VALUES('cancelled','cancelled',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL);
CREATE TABLE people (
	person_id BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	seconds INTEGER, 
	size VARCHAR(16), 
	resolution VARCHAR(8), 
	preset VARCHAR(16), 
	private BOOLEAN, 
	ping BOOLEAN, 
	CONSTRAINT pk_people PRIMARY KEY (person_id)
);
CREATE TABLE reports (
	job_id VARCHAR(32) NOT NULL, 
	person_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	words TEXT NOT NULL, 
	CONSTRAINT pk_reports PRIMARY KEY (job_id, person_id)
);
CREATE INDEX ix_jobs_unsettled ON jobs (created_at) WHERE settled_at IS NULL;
CREATE INDEX ix_jobs_person_id_created_at ON jobs (person_id, created_at);
CREATE INDEX ix_jobs_ready_at ON jobs (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX ix_jobs_submitted_at ON jobs (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX ix_jobs_tokens ON jobs (answered_at) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX uq_jobs_repeats ON jobs (parent_id) WHERE NOT lookup AND parent_id IS NOT NULL;
CREATE UNIQUE INDEX uq_jobs_fetching ON jobs (task_id) WHERE state IN ('generating', 'ready', 'delivering', 'delivered') AND task_id IS NOT NULL;
CREATE INDEX ix_drafts_created_at ON drafts (created_at);
