-- Work that one gateway at a time does for all, such as cleaning.
CREATE TABLE nekomata_duty (
	name varchar(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
	owner varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	expires bigint NOT NULL
) ENGINE = InnoDB;
