-- Work that one gateway at a time does for all, such as cleaning.
CREATE TABLE nekomata_duty (
	name varchar(128) NOT NULL PRIMARY KEY,
	owner varchar(255) NOT NULL,
	expires bigint NOT NULL
);
