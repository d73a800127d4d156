CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0015');
CREATE TABLE audit (
	number INTEGER NOT NULL, 
	guild_id BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	actor_id BIGINT, 
	action VARCHAR(32) NOT NULL, 
	person_id BIGINT, 
	job_id VARCHAR(32), 
	reason TEXT NOT NULL, 
	details JSON NOT NULL, 
	prompt TEXT, 
	prompt_sha256 VARCHAR(64), 
	previous_sha256 VARCHAR(64) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, sealed_by INTEGER, 
	CONSTRAINT pk_audit PRIMARY KEY (number)
);
CREATE TABLE deletions (
	person_id BIGINT NOT NULL, 
	asked_at BIGINT NOT NULL, 
	texts_gone_at BIGINT, 
	CONSTRAINT pk_deletions PRIMARY KEY (person_id)
);
CREATE TABLE drafts (
	id VARCHAR(32) NOT NULL, 
	person_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	sources JSON NOT NULL, wish JSON, job_id VARCHAR(32), 
	CONSTRAINT pk_drafts PRIMARY KEY (id)
);
CREATE TABLE file_deletions (
	name TEXT NOT NULL, 
	noted_at BIGINT NOT NULL, 
	CONSTRAINT pk_file_deletions PRIMARY KEY (name)
);
CREATE TABLE gateway_shards (
	id INTEGER NOT NULL, 
	shard_count INTEGER NOT NULL, 
	CONSTRAINT pk_gateway_shards PRIMARY KEY (id)
);
CREATE TABLE greetings (
	guild_id BIGINT NOT NULL, 
	greeted_at BIGINT NOT NULL, 
	CONSTRAINT pk_greetings PRIMARY KEY (guild_id)
);
CREATE TABLE heartbeats (
	process_id VARCHAR(64) NOT NULL, 
	beat_at BIGINT NOT NULL, 
	CONSTRAINT pk_heartbeats PRIMARY KEY (process_id)
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
	post_started_at BIGINT, parent_url TEXT, ping BOOLEAN DEFAULT 0 NOT NULL, language VARCHAR(8) DEFAULT 'en-US' NOT NULL, asked_message_id BIGINT, reply_guild_id BIGINT, role_ids JSON, consented BOOLEAN DEFAULT 0 NOT NULL, approved JSON, review_id VARCHAR(32), claim INTEGER DEFAULT '0' NOT NULL, claimed_by VARCHAR(64), starts INTEGER DEFAULT '0' NOT NULL, raw_answer TEXT, ask_again_since BIGINT, mismatch JSON, had_flags BOOLEAN DEFAULT 0 NOT NULL, from_people BOOLEAN DEFAULT 0 NOT NULL, awaits_posting BOOLEAN DEFAULT 0 NOT NULL, reply_foreign BOOLEAN DEFAULT 0 NOT NULL, pictures_percent INTEGER, video_percent INTEGER, file_facts JSON, fallback JSON, posted_file JSON, original_name TEXT, original_until BIGINT, charged_to BIGINT, rules_channel_id BIGINT, may_be_bought BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('queued','queued',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,'token',1764000000000000,10485760,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('held','held',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('submitting','submitting',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,1764000000000001,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('generating','generating',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-generating',1764000000000001,1764000000000009,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('ready','ready',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-ready',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('delivering','delivering',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-delivering',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,NULL,'delivering.mp4',NULL,NULL,0,'token',1764000000000003,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('undelivered','delivering',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-undelivered',1764000000000001,1764000000000009,1764000000000002,NULL,NULL,1764000000000003,'undelivered.mp4','{"reason": "upload_refused", "detail": "", "picture": "", "problem": null}',NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('delivered','delivered',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-delivered',1764000000000001,1764000000000009,1764000000000002,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('failed','failed',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,'{"reason": "request_rejected", "detail": "no", "picture": "", "problem": null}',NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('expired','expired',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,'task-expired',1764000000000001,1764000000000009,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('cancelled','cancelled',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('denied','denied',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,NULL,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "jobs" VALUES('unknown','unknown',1764000000000000,'a lighthouse in the rain, 灯台',6,'1280x720','720p','normal',0,NULL,'[]',NULL,1001,2001,3001,4001,5001,0,NULL,1764000000000000,10485760,NULL,1764000000000001,NULL,NULL,1764000000000003,1764000000000004,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,0,'en-US',NULL,NULL,NULL,0,NULL,NULL,0,NULL,0,NULL,NULL,NULL,0,0,0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE leader_lease (
	id INTEGER NOT NULL, 
	holder VARCHAR(64) NOT NULL, 
	epoch BIGINT NOT NULL, 
	held_until BIGINT NOT NULL, 
	CONSTRAINT pk_leader_lease PRIMARY KEY (id)
);
CREATE TABLE left_servers (
	guild_id BIGINT NOT NULL, 
	left_at BIGINT NOT NULL, 
	CONSTRAINT pk_left_servers PRIMARY KEY (guild_id)
);
CREATE TABLE line_entries (
	job_id VARCHAR(32) NOT NULL, 
	claim INTEGER NOT NULL, 
	turn INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	slot_at BIGINT, 
	resting BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_line_entries PRIMARY KEY (job_id)
);
CREATE TABLE members (
	guild_id BIGINT NOT NULL, 
	person_id BIGINT NOT NULL, 
	listed VARCHAR(8), 
	suspended_until BIGINT, 
	suspended_by BIGINT, 
	suspended_for TEXT, 
	appealed_at BIGINT, 
	reports_muted BOOLEAN DEFAULT 0 NOT NULL, end_is_told BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_members PRIMARY KEY (guild_id, person_id)
);
CREATE TABLE operator_orders (
	id INTEGER NOT NULL, 
	job_id VARCHAR(32) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	task_id TEXT, 
	ordered_at BIGINT NOT NULL, 
	done_at BIGINT, 
	outcome TEXT, 
	CONSTRAINT pk_operator_orders PRIMARY KEY (id)
);
CREATE TABLE pause_news (
	reason VARCHAR(24) NOT NULL, 
	told_at BIGINT NOT NULL, 
	end_is_news BOOLEAN NOT NULL, 
	CONSTRAINT pk_pause_news PRIMARY KEY (reason)
);
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
CREATE TABLE person_news (
	id INTEGER NOT NULL, 
	guild_id BIGINT NOT NULL, 
	person_id BIGINT NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	at BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	job_id VARCHAR(32), 
	until BIGINT, 
	bought BOOLEAN NOT NULL, 
	told_at BIGINT, 
	CONSTRAINT pk_person_news PRIMARY KEY (id)
);
CREATE TABLE quota_use (
	person_id BIGINT NOT NULL, 
	day BIGINT NOT NULL, 
	seconds BIGINT NOT NULL, 
	CONSTRAINT pk_quota_use PRIMARY KEY (person_id, day)
);
INSERT INTO "quota_use" VALUES(0,0,12);
INSERT INTO "quota_use" VALUES(1001,0,12);
INSERT INTO "quota_use" VALUES(0,1763942400000000,48);
INSERT INTO "quota_use" VALUES(1001,1763942400000000,48);
CREATE TABLE reports (
	job_id VARCHAR(32) NOT NULL, 
	person_id BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	words TEXT NOT NULL, guild_id BIGINT, channel_id BIGINT, message_id BIGINT, hides BOOLEAN DEFAULT 0 NOT NULL, language VARCHAR(8), outcome VARCHAR(16), decided_at BIGINT, told_at BIGINT, 
	CONSTRAINT pk_reports PRIMARY KEY (job_id, person_id)
);
CREATE TABLE request_holds (
	kind VARCHAR(16) NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	asked_s FLOAT NOT NULL, 
	held_since BIGINT NOT NULL, 
	held_until BIGINT NOT NULL, 
	probe_owner VARCHAR(64), 
	told_at BIGINT, 
	CONSTRAINT pk_request_holds PRIMARY KEY (kind)
);
CREATE TABLE reviews (
	id VARCHAR(32) NOT NULL, 
	job_id VARCHAR(32) NOT NULL, 
	guild_id BIGINT NOT NULL, 
	person_id BIGINT NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	decided_at BIGINT, 
	decided_by BIGINT, 
	reason TEXT, 
	channel_id BIGINT, 
	message_id BIGINT, 
	shown_channel_id BIGINT, 
	shown_message_id BIGINT, outstanding VARCHAR(8), refused_at BIGINT, 
	CONSTRAINT pk_reviews PRIMARY KEY (id)
);
CREATE TABLE servers (
	guild_id BIGINT NOT NULL, 
	changed_at BIGINT NOT NULL, 
	rules JSON NOT NULL, 
	CONSTRAINT pk_servers PRIMARY KEY (guild_id)
);
CREATE TABLE strikes (
	id INTEGER NOT NULL, 
	guild_id BIGINT NOT NULL, 
	person_id BIGINT NOT NULL, 
	given_at BIGINT NOT NULL, 
	given_by BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	job_id VARCHAR(32), 
	CONSTRAINT pk_strikes PRIMARY KEY (id)
);
CREATE TABLE submission_pauses (
	id INTEGER NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	behind VARCHAR(24), 
	interval_s FLOAT NOT NULL, 
	next_at BIGINT NOT NULL, 
	probe_job_id VARCHAR(32), 
	probe_claim INTEGER, 
	probe_until BIGINT, 
	CONSTRAINT pk_submission_pauses PRIMARY KEY (id)
);
CREATE TABLE terms (
	guild_id BIGINT NOT NULL, 
	term VARCHAR(100) NOT NULL, 
	effect VARCHAR(8) NOT NULL, 
	fragment BOOLEAN NOT NULL, 
	added_by BIGINT NOT NULL, 
	added_at BIGINT NOT NULL, 
	CONSTRAINT pk_terms PRIMARY KEY (guild_id, term)
);
CREATE TABLE votes (
	review_id VARCHAR(32) NOT NULL, 
	person_id BIGINT NOT NULL, 
	approves BOOLEAN NOT NULL, 
	reason TEXT, 
	cast_at BIGINT NOT NULL, 
	CONSTRAINT pk_votes PRIMARY KEY (review_id, person_id)
);
CREATE INDEX ix_jobs_unsettled ON jobs (created_at) WHERE settled_at IS NULL;
CREATE INDEX ix_jobs_person_id_created_at ON jobs (person_id, created_at);
CREATE INDEX ix_jobs_ready_at ON jobs (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX ix_jobs_submitted_at ON jobs (submitted_at) WHERE submitted_at IS NOT NULL;
CREATE INDEX ix_jobs_tokens ON jobs (answered_at) WHERE token IS NOT NULL;
CREATE UNIQUE INDEX uq_jobs_repeats ON jobs (parent_id) WHERE NOT lookup AND parent_id IS NOT NULL;
CREATE INDEX ix_drafts_created_at ON drafts (created_at);
CREATE INDEX ix_strikes_guild_id_person_id ON strikes (guild_id, person_id);
CREATE INDEX ix_reviews_open ON reviews (expires_at) WHERE state = 'open';
CREATE UNIQUE INDEX uq_reviews_open ON reviews (job_id) WHERE state = 'open';
CREATE INDEX ix_reviews_guild_id_created_at ON reviews (guild_id, created_at);
CREATE INDEX ix_audit_guild_id_number ON audit (guild_id, number);
CREATE INDEX ix_audit_person_id ON audit (person_id);
CREATE UNIQUE INDEX uq_jobs_fetching ON jobs (task_id) WHERE state IN ('generating', 'ready', 'delivering') AND parked_at IS NULL AND task_id IS NOT NULL;
CREATE INDEX ix_jobs_task_id ON jobs (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX ix_reviews_outstanding ON reviews (outstanding) WHERE outstanding IS NOT NULL;
CREATE INDEX ix_reports_guild_id ON reports (guild_id);
CREATE INDEX ix_reports_person_id ON reports (person_id);
CREATE INDEX ix_person_news_untold ON person_news (id) WHERE told_at IS NULL;
CREATE INDEX ix_jobs_originals ON jobs (original_until) WHERE original_name IS NOT NULL;
CREATE INDEX ix_jobs_charged_to ON jobs (charged_to) WHERE charged_to IS NOT NULL;
CREATE INDEX ix_audit_job_id ON audit (job_id) WHERE job_id IS NOT NULL;
CREATE TRIGGER quota_of_new AFTER INSERT ON jobs WHEN (NOT NEW.lookup AND (NEW.state IN ('held', 'queued') OR (NEW.submitted_at IS NOT NULL AND (NEW.task_id IS NOT NULL OR NEW.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) BEGIN INSERT INTO quota_use (person_id, day, seconds) SELECT counted.person_id, (CASE WHEN NEW.state IN ('held', 'queued') THEN 0 ELSE NEW.submitted_at - NEW.submitted_at % 86400000000 END), (CASE WHEN NEW.seconds BETWEEN 1 AND 3600 THEN NEW.seconds ELSE 20 END) FROM (SELECT 0 AS person_id UNION SELECT COALESCE(NEW.charged_to, NEW.person_id)) AS counted WHERE (NOT NEW.lookup AND (NEW.state IN ('held', 'queued') OR (NEW.submitted_at IS NOT NULL AND (NEW.task_id IS NOT NULL OR NEW.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) ON CONFLICT (person_id, day) DO UPDATE SET seconds = quota_use.seconds + excluded.seconds; END;
CREATE TRIGGER quota_of_changed AFTER UPDATE OF state, submitted_at, task_id, seconds, person_id, charged_to, lookup ON jobs WHEN (NOT OLD.lookup AND (OLD.state IN ('held', 'queued') OR (OLD.submitted_at IS NOT NULL AND (OLD.task_id IS NOT NULL OR OLD.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) <> (NOT NEW.lookup AND (NEW.state IN ('held', 'queued') OR (NEW.submitted_at IS NOT NULL AND (NEW.task_id IS NOT NULL OR NEW.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) OR ((NOT NEW.lookup AND (NEW.state IN ('held', 'queued') OR (NEW.submitted_at IS NOT NULL AND (NEW.task_id IS NOT NULL OR NEW.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) AND ((CASE WHEN OLD.state IN ('held', 'queued') THEN 0 ELSE OLD.submitted_at - OLD.submitted_at % 86400000000 END) <> (CASE WHEN NEW.state IN ('held', 'queued') THEN 0 ELSE NEW.submitted_at - NEW.submitted_at % 86400000000 END) OR COALESCE(OLD.charged_to, OLD.person_id) <> COALESCE(NEW.charged_to, NEW.person_id) OR (CASE WHEN OLD.seconds BETWEEN 1 AND 3600 THEN OLD.seconds ELSE 20 END) <> (CASE WHEN NEW.seconds BETWEEN 1 AND 3600 THEN NEW.seconds ELSE 20 END))) BEGIN INSERT INTO quota_use (person_id, day, seconds) SELECT counted.person_id, (CASE WHEN NEW.state IN ('held', 'queued') THEN 0 ELSE NEW.submitted_at - NEW.submitted_at % 86400000000 END), (CASE WHEN NEW.seconds BETWEEN 1 AND 3600 THEN NEW.seconds ELSE 20 END) FROM (SELECT 0 AS person_id UNION SELECT COALESCE(NEW.charged_to, NEW.person_id)) AS counted WHERE (NOT NEW.lookup AND (NEW.state IN ('held', 'queued') OR (NEW.submitted_at IS NOT NULL AND (NEW.task_id IS NOT NULL OR NEW.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) ON CONFLICT (person_id, day) DO UPDATE SET seconds = quota_use.seconds + excluded.seconds; UPDATE quota_use SET seconds = seconds - (CASE WHEN OLD.seconds BETWEEN 1 AND 3600 THEN OLD.seconds ELSE 20 END) WHERE person_id IN (0, COALESCE(OLD.charged_to, OLD.person_id)) AND day = (CASE WHEN OLD.state IN ('held', 'queued') THEN 0 ELSE OLD.submitted_at - OLD.submitted_at % 86400000000 END) AND (NOT OLD.lookup AND (OLD.state IN ('held', 'queued') OR (OLD.submitted_at IS NOT NULL AND (OLD.task_id IS NOT NULL OR OLD.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))); DELETE FROM quota_use WHERE person_id IN (0, COALESCE(OLD.charged_to, OLD.person_id)) AND day = (CASE WHEN OLD.state IN ('held', 'queued') THEN 0 ELSE OLD.submitted_at - OLD.submitted_at % 86400000000 END) AND seconds <= 0; END;
CREATE TRIGGER quota_of_deleted AFTER DELETE ON jobs WHEN (NOT OLD.lookup AND (OLD.state IN ('held', 'queued') OR (OLD.submitted_at IS NOT NULL AND (OLD.task_id IS NOT NULL OR OLD.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))) BEGIN UPDATE quota_use SET seconds = seconds - (CASE WHEN OLD.seconds BETWEEN 1 AND 3600 THEN OLD.seconds ELSE 20 END) WHERE person_id IN (0, COALESCE(OLD.charged_to, OLD.person_id)) AND day = (CASE WHEN OLD.state IN ('held', 'queued') THEN 0 ELSE OLD.submitted_at - OLD.submitted_at % 86400000000 END) AND (NOT OLD.lookup AND (OLD.state IN ('held', 'queued') OR (OLD.submitted_at IS NOT NULL AND (OLD.task_id IS NOT NULL OR OLD.state NOT IN ('denied', 'generating', 'ready', 'delivering', 'delivered', 'failed', 'expired', 'cancelled'))))); DELETE FROM quota_use WHERE person_id IN (0, COALESCE(OLD.charged_to, OLD.person_id)) AND day = (CASE WHEN OLD.state IN ('held', 'queued') THEN 0 ELSE OLD.submitted_at - OLD.submitted_at % 86400000000 END) AND seconds <= 0; END;
CREATE INDEX ix_line_entries_waiting ON line_entries (turn, number) WHERE slot_at IS NULL;
CREATE INDEX ix_line_entries_slots ON line_entries (slot_at) WHERE slot_at IS NOT NULL;
CREATE INDEX ix_jobs_at_service ON jobs (submitted_at) WHERE state IN ('submitting', 'generating') AND settled_at IS NULL AND parked_at IS NULL;
