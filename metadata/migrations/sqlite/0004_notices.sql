-- Ends of batches that somebody is still to be told of.
CREATE TABLE nekomata_notice (
	identifier varchar(36) NOT NULL PRIMARY KEY,
	state varchar(128) NOT NULL,
	due bigint NOT NULL,
	attempt int NOT NULL
);
CREATE INDEX nekomata_notice_due_index ON nekomata_notice (due);
