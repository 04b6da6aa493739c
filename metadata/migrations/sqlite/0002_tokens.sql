-- Delegation tokens that are good. Times are milliseconds since 1970.
CREATE TABLE nekomata_token (
	id varchar(36) NOT NULL PRIMARY KEY,
	owner varchar(255) NOT NULL,
	renewer varchar(255) NOT NULL,
	issued bigint NOT NULL,
	expires bigint NOT NULL,
	latest bigint NOT NULL
);
CREATE INDEX nekomata_token_owner_index ON nekomata_token (owner);
CREATE INDEX nekomata_token_expires_index ON nekomata_token (expires);
