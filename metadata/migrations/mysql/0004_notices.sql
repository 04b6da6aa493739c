-- Ends of batches that somebody is still to be told of.
CREATE TABLE nekomata_notice (
	identifier varchar(36) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
	state varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	due bigint NOT NULL,
	attempt int NOT NULL
) ENGINE = InnoDB;
CREATE INDEX nekomata_notice_due_index ON nekomata_notice (due);
