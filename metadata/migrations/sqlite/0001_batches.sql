-- Kyuubi's columns, then ours. A table that Kyuubi made gets ours alone.
CREATE TABLE IF NOT EXISTS metadata (
	key_id INTEGER PRIMARY KEY AUTOINCREMENT,
	identifier varchar(36) NOT NULL,
	session_type varchar(32) NOT NULL,
	real_user varchar(255) NOT NULL,
	user_name varchar(255) NOT NULL,
	ip_address varchar(128),
	kyuubi_instance varchar(1024),
	state varchar(128) NOT NULL,
	resource varchar(1024),
	class_name varchar(1024),
	request_name varchar(1024),
	request_conf mediumtext,
	request_args mediumtext,
	create_time bigint NOT NULL,
	engine_type varchar(32) NOT NULL,
	cluster_manager varchar(128),
	engine_open_time bigint,
	engine_id varchar(128),
	engine_name mediumtext,
	engine_url varchar(1024),
	engine_state varchar(32),
	engine_error mediumtext,
	end_time bigint,
	priority INTEGER DEFAULT 10 NOT NULL,
	peer_instance_closed boolean DEFAULT '0'
);
CREATE UNIQUE INDEX IF NOT EXISTS metadata_unique_identifier_index ON metadata (identifier);
CREATE INDEX IF NOT EXISTS metadata_user_name_index ON metadata (user_name);
CREATE INDEX IF NOT EXISTS metadata_engine_type_index ON metadata (engine_type);
CREATE INDEX IF NOT EXISTS metadata_create_time_index ON metadata (create_time);

-- lease_expires: -1 is not in the queue (Kyuubi's), 0 waits, else until when.
ALTER TABLE metadata ADD COLUMN lease_owner varchar(255);
ALTER TABLE metadata ADD COLUMN lease_expires bigint NOT NULL DEFAULT -1;
ALTER TABLE metadata ADD COLUMN version bigint NOT NULL DEFAULT 0;
ALTER TABLE metadata ADD COLUMN attempt int NOT NULL DEFAULT 0;
ALTER TABLE metadata ADD COLUMN start_time bigint NOT NULL DEFAULT 0;
ALTER TABLE metadata ADD COLUMN host_id varchar(255);
ALTER TABLE metadata ADD COLUMN request_digest varchar(128);
ALTER TABLE metadata ADD COLUMN log_location varchar(1024);

CREATE INDEX nekomata_queue_index ON metadata (state, lease_expires, priority DESC, create_time);
CREATE INDEX nekomata_state_index ON metadata (state);
CREATE INDEX nekomata_end_time_index ON metadata (end_time);
CREATE INDEX nekomata_name_index ON metadata (request_name);

-- Kyuubi leaves a batch that was canceled before its start without an end.
UPDATE metadata SET end_time = create_time
	WHERE state IN ('FINISHED', 'ERROR', 'CANCELED') AND (end_time IS NULL OR end_time <= 0);
