-- "My batches that run": with the state and the type in it, the index is enough to count
-- them, and none of the user's batches is read.
CREATE INDEX nekomata_user_index ON metadata (user_name, state, engine_type);
-- How often batches were deleted: a count that was made before has to be made again.
CREATE TABLE nekomata_deletion (
	times bigint NOT NULL
) ENGINE = InnoDB;
INSERT INTO nekomata_deletion (times) SELECT 0 FROM (SELECT 0 AS times) AS one
	WHERE NOT EXISTS (SELECT 1 FROM nekomata_deletion);
