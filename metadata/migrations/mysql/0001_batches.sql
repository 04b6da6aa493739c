-- Kyuubi's columns, then ours. A table that Kyuubi made gets ours alone, and a
-- binary collation where a name must be the same letter by letter.
CREATE TABLE IF NOT EXISTS metadata (
	key_id bigint PRIMARY KEY AUTO_INCREMENT,
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
	priority int DEFAULT 10 NOT NULL,
	peer_instance_closed boolean DEFAULT '0',
	UNIQUE INDEX unique_identifier_index (identifier),
	INDEX user_name_index (user_name),
	INDEX engine_type_index (engine_type),
	INDEX create_time_index (create_time)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4;

-- lease_expires: -1 is not in the queue (Kyuubi's), 0 waits, else until when.
ALTER TABLE metadata
	MODIFY identifier varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	MODIFY real_user varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	MODIFY user_name varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	MODIFY state varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	MODIFY engine_type varchar(32) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	MODIFY request_name varchar(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	MODIFY kyuubi_instance varchar(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	ADD COLUMN lease_owner varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	ADD COLUMN lease_expires bigint NOT NULL DEFAULT -1,
	ADD COLUMN version bigint NOT NULL DEFAULT 0,
	ADD COLUMN attempt int NOT NULL DEFAULT 0,
	ADD COLUMN start_time bigint NOT NULL DEFAULT 0,
	ADD COLUMN host_id varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	ADD COLUMN request_digest varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	ADD COLUMN log_location varchar(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

ALTER TABLE metadata
	ADD INDEX nekomata_queue_index (state, lease_expires, priority DESC, create_time),
	ADD INDEX nekomata_state_index (state),
	ADD INDEX nekomata_end_time_index (end_time),
	ADD INDEX nekomata_name_index (request_name(128));

-- Kyuubi leaves a batch that was canceled before its start without an end.
UPDATE metadata SET end_time = create_time
	WHERE state IN ('FINISHED', 'ERROR', 'CANCELED') AND (end_time IS NULL OR end_time <= 0);
